"""Which databases there are: name, file, security object, who may write. One small SQLite file that all processes share."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from sync.databases import Writers
from sync.engine.compaction import RUNNING
from sync.engine.connections import Connections, in_our_words
from sync.engine.errors import BadDocument, DatabaseMissing, IllegalName
from sync.engine.limits import DATABASE_NAME_LENGTH_MAX, SECURITY_BYTES_MAX
from sync.engine.lives import begin_anew, inode_of, new_life, settle_in
from sync.engine.schema import CATALOGUE_FILE, make_tables
from sync.revisions import REVISIONS_KEPT

ENTRY = "name, file, life, security, writers, created_at, inode, reached"
FILE_ENDINGS = ("", "-wal", "-shm", RUNNING)
NAME = re.compile(r"[a-z][a-z0-9_$()+/-]*\Z")
EVERYONE_OUT: dict[str, Any] = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [], "roles": ["_admin"]}}  # as CouchDB 3's default

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A database. `life` is new each time that a database of this name is made or put back from a copy; sequences carry it."""

    name: str
    path: Path
    life: str
    security: dict[str, Any]
    writers: Writers
    created_at: int  # seconds since 1970
    inode: int | None  # of the file, when it was last known to be in its place
    reached: int  # a sequence that it has had


class Catalogue:
    """The databases of one folder."""

    def __init__(self, folder: Path, connections: Connections) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._path = folder / CATALOGUE_FILE
        self._connections = connections
        if not self._path.exists():
            _make(self._path, "INSERT INTO server (uuid) VALUES (?)", (secrets.token_hex(16),))
        if settle_in(self._path, connections):
            log.warning("%s was put back from a copy: every client compares again from the start", folder)

    @property
    def uuid(self) -> str:
        with self._connections.reading(self._path) as connection:
            return connection.execute("SELECT uuid FROM server").fetchone()[0]

    def entry(self, name: str) -> Entry:
        """Raises DatabaseMissing."""
        with self._connections.reading(self._path) as connection:
            row = connection.execute(f"SELECT {ENTRY} FROM databases WHERE name = ?", (name,)).fetchone()  # noqa: S608 a constant
        if row is None:
            raise DatabaseMissing(name)
        return self._entry(row)

    def entries(self) -> list[Entry]:
        """All databases, by name."""
        with self._connections.reading(self._path) as connection:
            return [self._entry(row) for row in connection.execute(f"SELECT {ENTRY} FROM databases ORDER BY name")]  # noqa: S608 a constant

    def _entry(self, row: tuple) -> Entry:
        name, file, life, security, *others = row
        return Entry(name, self._folder / file, life, orjson.loads(security), *others)

    def names(self, prefix: str = "") -> list[str]:
        with self._connections.reading(self._path) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM databases WHERE substr(name, 1, ?) = ? ORDER BY name", (len(prefix), prefix))]

    def create(self, name: str, security: Mapping[str, Any] | None, writers: Writers) -> bool:
        """False when it is there. The file is whole before the catalogue names it, so that no process ever sees half a database."""
        if not is_name(name):
            raise IllegalName(name)
        kept = security_json(EVERYONE_OUT if security is None else security)
        with contextlib.suppress(DatabaseMissing):
            self.entry(name)
            return False
        life = new_life()
        file = f"{quote(name, safe='')}~{life}.sqlite"
        path = self._folder / file
        now = int(time.time())
        _make(path, "INSERT INTO state (sequence, live, deleted, revisions_kept) VALUES (0, 0, 0, ?)", (REVISIONS_KEPT,))
        try:
            with self._connections.writing(self._path) as connection:
                connection.execute(
                    "INSERT INTO databases (name, file, life, security, writers, created_at, inode) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (name, file, life, kept, writers, now, inode_of(path)),
                )
        except sqlite3.IntegrityError:
            path.unlink()  # another process was first
            return False
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return True

    def delete(self, name: str) -> bool:
        try:
            entry = self.entry(name)
        except DatabaseMissing:
            return False
        with self._connections.writing(self._path) as connection:
            if not connection.execute("DELETE FROM databases WHERE name = ? AND life = ?", (name, entry.life)).rowcount:
                return False  # another process was first
            connection.execute("INSERT OR IGNORE INTO leaving VALUES (?)", (entry.path.name,))
        self._remove(entry.path.name)
        return True

    def finish_deleting(self) -> None:
        """Remove files whose process ended in the middle of it."""
        for file in self.leaving():
            self._remove(file)

    def leaving(self) -> set[str]:
        """Names of files of deleted databases that are still there."""
        with self._connections.reading(self._path) as connection:
            return {file for (file,) in connection.execute("SELECT file FROM leaving")}

    def _remove(self, file: str) -> None:
        path = self._folder / file
        self._connections.forget(path)
        for ending in FILE_ENDINGS:
            Path(f"{path}{ending}").unlink(missing_ok=True)  # a file's name is never used again, so a late writer spoils nothing
        with self._connections.writing(self._path) as connection:
            connection.execute("DELETE FROM leaving WHERE file = ?", (file,))

    # Lives: see lives.py

    def begin_anew(self) -> None:
        """All clients are to compare again from the start."""
        with self._connections.writing(self._path) as connection:
            begin_anew(connection)

    def settle_in(self) -> None:
        """Leave a new mark: a copy made before now is recognised by it."""
        settle_in(self._path, self._connections)

    def meet(self, entry: Entry, sequence: int) -> Entry:
        """A process opens this database and finds it at this sequence. One that was put back from a copy begins a new life."""
        inode = inode_of(entry.path)
        if inode is None or (entry.inode in (None, inode) and sequence >= entry.reached):
            return entry
        log.warning("%s was put back from a copy: its clients compare again from the start", entry.path)
        with self._connections.writing(self._path) as connection:
            connection.execute(
                "UPDATE databases SET life = ?, inode = ?, reached = 0 WHERE name = ? AND life = ?",
                (new_life(), inode, entry.name, entry.life),  # another process may have been first
            )
        return self.entry(entry.name)

    def note_reached(self, reached: Mapping[str, tuple[str, int]]) -> None:
        """Sequences that databases have: {name: (life, sequence)}."""
        if reached:
            with self._connections.writing(self._path) as connection:
                connection.executemany(
                    "UPDATE databases SET reached = max(reached, ?) WHERE name = ? AND life = ?",
                    [(sequence, name, life) for name, (life, sequence) in reached.items()],
                )

    def set_security(self, name: str, security: Mapping[str, Any]) -> None:
        with self._connections.writing(self._path) as connection:
            if not connection.execute("UPDATE databases SET security = ? WHERE name = ?", (security_json(security), name)).rowcount:
                raise DatabaseMissing(name)


def is_name(name: str) -> bool:
    return NAME.match(name) is not None and len(quote(name, safe="")) <= DATABASE_NAME_LENGTH_MAX


def security_json(security: object) -> bytes:
    """The security object as it is kept. Raises BadDocument when it has not CouchDB's shape."""
    if not isinstance(security, Mapping):
        raise BadDocument("Security object must be a JSON object")
    for group in ("admins", "members"):
        lists = security.get(group, {})
        if not isinstance(lists, Mapping):
            raise BadDocument(f"{group} must be a JSON object of names and roles")
        for kind in ("names", "roles"):
            if not isinstance(lists.get(kind, []), list | tuple) or not all(isinstance(each, str) for each in lists.get(kind, [])):
                raise BadDocument(f"{group}.{kind} must be a JSON list of strings")
    kept = orjson.dumps(security)
    if len(kept) > SECURITY_BYTES_MAX:
        raise BadDocument("Security object is too large")
    return kept


def _make(path: Path, first_row: str, values: tuple) -> None:
    """A new SQLite file with its tables and this row, under its name only when it is whole and on disk. An existing one is left as it is."""
    made = path.with_name(f".{secrets.token_hex(8)}.new")
    with in_our_words(), contextlib.ExitStack() as afterwards:
        afterwards.callback(made.unlink, missing_ok=True)
        connection = sqlite3.connect(made, isolation_level=None)
        try:
            # Space that is given up goes back to the disk in small steps, see compaction.py: this can only be chosen before the first table.
            connection.executescript("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN;")
            make_tables(connection, path.name)
            connection.execute(first_row, values)
            connection.execute("COMMIT")
        finally:
            connection.close()  # the last one to close writes the log back and removes it
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
