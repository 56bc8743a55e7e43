"""Recognises databases that were put back from a copy, and gives them a new life, so that every client compares again from the start.

A client remembers how far it has read: a sequence. When the files under it go back to an older copy and then grow again, its sequence names a
place that it has never seen, and everything before that is lost to it without a word. So each sequence carries the *life* of its database;
one of another life counts as "from the beginning" (`Database.sequence_after`), and the server's uuid, which PouchDB's checkpoints hang on,
changes as well. What remains is to notice. SQLite's files look the same after any copying, so the catalogue remembers what no copy can have:

- *The mark*: an empty file beside the catalogue, made anew by each process that opens the folder and by each tending. The catalogue knows its name and the
  moment of its last change (ctime), which no program can set. A folder copied elsewhere, unpacked, replaced by `rsync`, or overlaid with older files
  has either another ctime or no file of that name.
- *The inode* of each database's file: a file that replaces it has another one, as long as both are there at once.
- *The sequence it has reached*, noted at each tending and when the merge worker ends: a file overwritten in place has gone back behind it.
- *A trusted reader's place* (the merge worker keeps its own in the central store): one beyond the end proves the same.

False alarms (a folder moved to another disk, `chown -R`) cost each client one comparison and nothing else. Not seen from inside: a whole disk or virtual
machine set back, together with the central store. `flask engine restored` is for that. See docs/decisions/0072.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from pathlib import Path

from sync.engine.connections import Connections, in_our_words
from sync.engine.errors import StorageFull

MARK = "here-"
STRAY_MARK_SECONDS_MIN = 3600.0  # an older mark that the catalogue does not name was left by a crash


def settle_in(catalogue: Path, connections: Connections) -> bool:
    """A process opens the folder: whether it finds a copy, which then has begun a new life. Leaves a new mark."""
    folder = catalogue.parent
    try:
        mark = _make_mark(folder)
        with connections.writing(catalogue) as connection:
            before = _mark_of(connection)
            copied = _is_elsewhere(folder, before)
            if copied:
                begin_anew(connection)
            _note_files(connection, folder)
            connection.execute("UPDATE server SET mark = ?, mark_changed = ?", mark)
    except StorageFull:
        with connections.reading(catalogue) as connection:
            if _is_elsewhere(folder, _mark_of(connection)):
                raise
        return False
    if before[0] is not None:
        (folder / before[0]).unlink(missing_ok=True)
    _sweep_marks(folder, mark[0])
    return copied


def begin_anew(connection: sqlite3.Connection) -> None:
    """The server gets a new uuid and each database a new life: nobody's place in a feed holds any more."""
    connection.execute("UPDATE server SET uuid = ?", (secrets.token_hex(16),))
    for (name,) in connection.execute("SELECT name FROM databases").fetchall():
        connection.execute("UPDATE databases SET life = ?, inode = NULL, reached = 0 WHERE name = ?", (new_life(), name))


def new_life() -> str:
    return secrets.token_hex(4)


def inode_of(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _note_files(connection: sqlite3.Connection, folder: Path) -> None:
    for name, file in connection.execute("SELECT name, file FROM databases WHERE inode IS NULL").fetchall():
        connection.execute("UPDATE databases SET inode = ? WHERE name = ?", (inode_of(folder / file), name))


def _mark_of(connection: sqlite3.Connection) -> tuple[str | None, int | None]:
    return connection.execute("SELECT mark, mark_changed FROM server").fetchone()


def _is_elsewhere(folder: Path, mark: tuple[str | None, int | None]) -> bool:
    """Whether the catalogue does not lie where it was last opened. One without a mark is new."""
    name, changed = mark
    return name is not None and _changed(folder / name) != changed


def _changed(path: Path) -> int | None:
    try:
        return path.stat().st_ctime_ns
    except FileNotFoundError:
        return None


def _make_mark(folder: Path) -> tuple[str, int | None]:
    path = folder / f"{MARK}{secrets.token_hex(8)}"
    with in_our_words():
        for name, flags in ((path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), (folder, os.O_RDONLY)):
            descriptor = os.open(name, flags | os.O_CLOEXEC, 0o600)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    return path.name, _changed(path)


def _sweep_marks(folder: Path, current: str) -> None:
    """Remove those of processes that ended in between. Young ones may be another process's, about to be named."""
    for path in folder.glob(f"{MARK}*"):
        with contextlib.suppress(FileNotFoundError):
            if path.name != current and time.time() - path.stat().st_mtime > STRAY_MARK_SECONDS_MIN:
                path.unlink()
