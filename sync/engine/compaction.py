"""Compaction: drops the bytes of attachments that no leaf names any more, and gives the file's free space back to the disk, in small steps.

Bodies of replaced revisions are dropped as they are replaced, and their space is used again; bytes of attachments stay until here, since the
same photo may be named by many documents. What is unnamed is found in one reading, which holds up nobody. It is deleted in short transactions;
each looks again at the documents that changed since the reading, because one of them may name the bytes by now. One compaction runs at a time
for each file, over all processes.
"""

from __future__ import annotations

import fcntl
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import orjson

from sync.engine.connections import Connections

RUNNING = ".compacting"  # a lock file beside the database's
STEP_PARTS_MAX = 64  # 16 MB of attachments deleted in one transaction
STEP_PAGES_MAX = 1_024  # 4 MB of free space given back in one transaction
FREE_PAGES_KEPT = 256  # 1 MB, which the next documents will fill
REWRITTEN_BYTES_MAX = 64 * 1024 * 1024  # files made by older versions give no space back in steps; those no larger are written anew once
DROPPED_BYTES_MIN = 1024 * 1024  # below, compaction does not begin by itself
DROPPED_SHARE = 8  # nor when less than one part in so many of the file was dropped


class Compaction:
    """The right to compact this file: `begin` it, then `run` it."""

    def __init__(self, path: Path, lock: IO[bytes]) -> None:
        self._path = path
        self._lock = lock

    @classmethod
    def begin(cls, path: Path) -> Compaction | None:
        """None when one is running already."""
        lock = Path(f"{path}{RUNNING}").open("ab")  # noqa: SIM115 closed by `run`
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return cls(path, lock)

    def run(self, connections: Connections) -> None:
        try:
            _drop_unnamed(self._path, connections)
            _give_back(self._path, connections)
        finally:
            Path(f"{self._path}{RUNNING}").unlink(missing_ok=True)
            self._lock.close()


def is_running(path: Path) -> bool:
    try:
        with Path(f"{path}{RUNNING}").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def is_due(dropped_bytes: int, file_bytes: int) -> bool:
    """Whether enough was dropped for a compaction to begin by itself."""
    return dropped_bytes >= max(DROPPED_BYTES_MIN, file_bytes // DROPPED_SHARE)


def _drop_unnamed(path: Path, connections: Connections) -> None:
    with connections.reading(path) as connection:
        sequence, dropped = connection.execute("SELECT sequence, dropped_bytes FROM state").fetchone()
        named = _named(connection, 0)
        kept = connection.execute("SELECT key, count(*) FROM attachments GROUP BY key").fetchall()
    unnamed = [(key, parts) for key, parts in kept if key not in named]
    for keys in _in_steps(unnamed):
        with connections.writing(path) as connection:
            named_since = _named(connection, sequence)
            connection.executemany("DELETE FROM attachments WHERE key = ?", [(key,) for key in keys if key not in named_since])
    if dropped:
        with connections.writing(path) as connection:
            connection.execute("UPDATE state SET dropped_bytes = max(0, dropped_bytes - ?)", (dropped,))


def _named(connection: sqlite3.Connection, after: int) -> set[str]:
    """Keys of all attachments that leaves of documents name which changed after this sequence."""
    rows = itertools.chain(
        connection.execute("SELECT attachments FROM documents WHERE sequence > ? AND attachments IS NOT NULL", (after,)),
        connection.execute(
            "SELECT attachments FROM other_leaves WHERE attachments IS NOT NULL AND id IN (SELECT id FROM documents WHERE sequence > ? AND other_leaves > 0)",
            (after,),
        ),
    )
    return {entry["key"] for (attachments,) in rows for entry in orjson.loads(attachments).values()}


def _in_steps(unnamed: list[tuple[str, int]]) -> Iterator[list[str]]:
    step: list[str] = []
    step_parts = 0
    for key, parts in unnamed:
        step.append(key)
        step_parts += parts
        if step_parts >= STEP_PARTS_MAX:
            yield step
            step, step_parts = [], 0
    if step:
        yield step


def _give_back(path: Path, connections: Connections) -> None:
    with connections.outside(path) as connection:
        if connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 0:
            _write_anew(connection)
    while True:
        with connections.writing(path) as connection:
            free = connection.execute("PRAGMA freelist_count").fetchone()[0] - FREE_PAGES_KEPT
            if free <= 0:
                break
            connection.execute(f"PRAGMA incremental_vacuum({min(free, STEP_PAGES_MAX)})").fetchall()
    with connections.outside(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # only then is the file shorter


def _write_anew(connection: sqlite3.Connection) -> None:
    """A file of an older version: write it anew, so that from now on it gives space back in steps. Larger ones only use theirs again."""
    pages, bytes_a_page, free = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size", "freelist_count"))
    if free > FREE_PAGES_KEPT and pages * bytes_a_page <= REWRITTEN_BYTES_MAX:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")
