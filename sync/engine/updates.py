"""Which databases were created, updated and deleted, in order: what `_db_updates` tells.

Nothing is written when a database changes, so that a commit costs nothing more. The list is brought up to date when somebody asks for it: files whose
size and time are as they were when last looked at have not changed; of the others the sequence is read. What was found is kept in the catalogue, with
sequences of its own, so a place in this feed holds across restarts. A database has one row for each thing that happened to it, at its latest time.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sync.engine.catalogue import Catalogue, Entry
from sync.engine.connections import Connections, FileGone
from sync.engine.errors import BadSequence
from sync.engine.schema import CATALOGUE_FILE

SETTLED_SECONDS = 2.0  # a file that was written to since then may be written to again without its time or size telling
DELETED_KEPT_MAX = 10_000
LIFE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Update:
    sequence: int
    name: str
    type: Literal["created", "updated", "deleted"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A database when it was last looked at. `stamp` is empty when its file may have changed since."""

    life: str
    reached: int
    stamp: str


class Updates:
    """Of the databases of one folder."""

    def __init__(self, folder: Path, catalogue: Catalogue, connections: Connections) -> None:
        self._path = folder / CATALOGUE_FILE
        self._catalogue = catalogue
        self._connections = connections

    def sequence_text(self, sequence: int) -> str:
        return f"{sequence}-{self._catalogue.uuid[:LIFE_LENGTH]}"

    def sequence_after(self, since: str) -> int:
        """The number in `since`; 0 for one of another server. Raises BadSequence."""
        text = since.strip('"')
        if text == "now":
            return self.last()
        number, _, life = text.partition("-")
        if not number.isascii() or not number.isdigit() or len(number) > 18:
            raise BadSequence
        return int(number) if life in ("", self._catalogue.uuid[:LIFE_LENGTH]) and int(number) <= self.last() else 0

    def last(self) -> int:
        self.bring_up_to_date()
        with self._connections.reading(self._path) as connection:
            return connection.execute("SELECT coalesce(max(sequence), 0) FROM updates").fetchone()[0]

    def after(self, sequence: int, limit: int) -> list[Update]:
        """Those after this place in the feed, oldest first, as of the last time that the list was brought up to date."""
        with self._connections.reading(self._path) as connection:
            rows = connection.execute("SELECT sequence, name, type FROM updates WHERE sequence > ? ORDER BY sequence LIMIT ?", (sequence, limit))
            return [Update(*row) for row in rows]

    def bring_up_to_date(self) -> None:
        """Look at all databases. Several processes may do it at once: each thing is noted once."""
        with self._connections.reading(self._path) as connection:
            seen = {name: _Seen(*values) for name, *values in connection.execute("SELECT name, life, reached, stamp FROM seen")}
        entries = {entry.name: entry for entry in self._catalogue.entries()}
        found = {name: now for name, entry in entries.items() if (now := self._look(entry, seen.get(name))) != seen.get(name)}
        gone = seen.keys() - entries.keys()
        if found or gone:
            self._note(found, gone)

    def _look(self, entry: Entry, before: _Seen | None) -> _Seen | None:
        """What it is now; the same as before when its file is gone, since then it is about to leave the catalogue."""
        stamp = _stamp(entry.path)
        if before is not None and before.life == entry.life and stamp and before.stamp == stamp:
            return before
        with contextlib.suppress(FileGone), self._connections.reading(entry.path) as connection:
            return _Seen(entry.life, connection.execute("SELECT sequence FROM state").fetchone()[0], stamp)
        return before

    def _note(self, found: dict[str, _Seen | None], gone: set[str]) -> None:
        with self._connections.writing(self._path) as connection:
            before = {name: _Seen(*values) for name, *values in connection.execute("SELECT name, life, reached, stamp FROM seen")}
            names = dict(connection.execute("SELECT name, life FROM databases").fetchall())
            happened: list[tuple[str, str]] = []
            for name, now in found.items():
                known = before.get(name)
                if now is None or names.get(name) != now.life:
                    continue  # another one by now: the next look finds it
                is_new = known is None or known.life != now.life
                if is_new:
                    happened.append((name, "created"))
                if now.reached > (0 if is_new or known is None else known.reached):
                    happened.append((name, "updated"))
                connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", (name, now.life, now.reached, now.stamp))
            for name in (gone & before.keys()) - names.keys():
                happened.append((name, "deleted"))
                connection.execute("DELETE FROM seen WHERE name = ?", (name,))
                connection.execute("DELETE FROM updates WHERE name = ?", (name,))
            connection.executemany("INSERT OR REPLACE INTO updates (name, type) VALUES (?, ?)", happened)
            connection.execute(
                "DELETE FROM updates WHERE type = 'deleted' AND sequence <= ("
                "SELECT sequence FROM updates WHERE type = 'deleted' ORDER BY sequence DESC LIMIT 1 OFFSET ?)",
                (DELETED_KEPT_MAX,),
            )


def _stamp(path: Path) -> str:
    """Times and sizes of the file and its log; empty when they are too young to tell."""
    stamps = []
    for each in (path, Path(f"{path}-wal")):
        try:
            found = each.stat()
        except FileNotFoundError:
            stamps.append("-")
            continue
        if abs(time.time() - found.st_mtime) < SETTLED_SECONDS:
            return ""
        stamps.append(f"{found.st_mtime_ns}.{found.st_size}")
    return " ".join(stamps)
