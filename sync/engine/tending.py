"""Tending the folder: what nobody asks for and somebody must do now and then. The merge worker's process calls `tend` every ten minutes.

Files of deleted databases that a crash left are removed, a new mark is left and the sequences reached are noted (see lives.py), and databases
that dropped many attachments are compacted, so that nothing grows for ever when no operator ever calls `_compact`.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sync.engine.catalogue import Catalogue, Entry
from sync.engine.compaction import Compaction, is_due
from sync.engine.connections import Connections, FileGone
from sync.engine.errors import Busy, StorageFull
from sync.engine.schema import CATALOGUE_FILE

LEFT_OVER_SECONDS_MIN = 3600.0  # younger files may be somebody's who is about to name them

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What does not fit together. `orphans` are files of databases that the catalogue does not name, with the documents in each."""

    missing: list[str]
    orphans: dict[str, int]


class Tending:
    """Of one folder, by one process."""

    def __init__(self, folder: Path, catalogue: Catalogue, connections: Connections) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._connections = connections
        self._looked_at: dict[Path, tuple[int, int]] = {}

    def tend(self, compacting: bool = True) -> bool:
        """False when another process is at it."""
        with (self._folder / "tending.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._catalogue.finish_deleting()
            self._catalogue.settle_in()
            self._remove_left_over()
            reached = {}
            for entry in self._catalogue.entries():
                stamp = _stamp(entry.path)
                if self._looked_at.get(entry.path) != stamp:
                    with contextlib.suppress(FileGone):
                        reached[entry.name] = (entry.life, self._look_at(entry, compacting))
                        self._looked_at[entry.path] = stamp
            self._catalogue.note_reached(reached)
        return True

    def examine(self) -> Found:
        """For the doctor; changes nothing."""
        missing = [entry.name for entry in self._catalogue.entries() if not entry.path.exists()]
        return Found(missing, {path.name: _documents_in(path) for path in self._orphans() if _age_seconds(path) > 60})

    def _look_at(self, entry: Entry, compacting: bool) -> int:
        """Compact it if that is wanted and due; the sequence it has reached."""
        with self._connections.reading(entry.path) as connection:
            sequence, dropped_bytes = connection.execute("SELECT sequence, dropped_bytes FROM state").fetchone()
        if compacting and is_due(dropped_bytes, entry.path.stat().st_size) and (compaction := Compaction.begin(entry.path)):
            try:
                compaction.run(self._connections)
            except (StorageFull, Busy) as error:
                _log.warning("%s could not be compacted: %s", entry.path, error)
        return sequence

    def _remove_left_over(self) -> None:
        """Files that a crash left before they were named: half-made ones, and databases in which nothing was ever written."""
        for path in [*self._folder.glob(".*.new"), *self._orphans()]:
            if _age_seconds(path) > LEFT_OVER_SECONDS_MIN and (path.suffix == ".new" or _documents_in(path) == 0):
                for ending in ("", "-wal", "-shm"):
                    Path(f"{path}{ending}").unlink(missing_ok=True)

    def _orphans(self) -> Iterator[Path]:
        named = {entry.path.name for entry in self._catalogue.entries()} | self._catalogue.leaving() | {CATALOGUE_FILE}
        return (path for path in sorted(self._folder.glob("*.sqlite")) if path.name not in named)


def _documents_in(path: Path) -> int:
    """How many documents, `_local` ones included, an orphan holds; 1 when that cannot be told."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT (SELECT count(*) FROM documents) + (SELECT count(*) FROM local_documents)").fetchone()[0]
    except sqlite3.Error:
        return 1


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _stamp(path: Path) -> tuple[int, int]:
    """Changes whenever the database is written."""
    times = []
    for ending in ("", "-wal"):
        try:
            times.append(Path(f"{path}{ending}").stat().st_mtime_ns)
        except FileNotFoundError:
            times.append(0)
    return times[0], times[1]
