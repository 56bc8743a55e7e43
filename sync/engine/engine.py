"""All databases of one folder: the embedded implementation of `sync.databases.Databases`, safe over any number of threads and processes."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from sync.databases import START, Batch, Change, Leaf, Writers, pieces_between
from sync.engine.catalogue import Catalogue
from sync.engine.connections import Connections
from sync.engine.database import Database
from sync.engine.document import Document, stubs
from sync.engine.errors import DatabaseMissing, DocumentMissing
from sync.engine.limits import DEFAULT, Limits
from sync.engine.tending import Found, Tending
from sync.engine.updates import Updates
from sync.engine.wake import Bells, Watch
from sync.engine.wire import check_id

SWEEP_SECONDS = 30.0  # how often `wait` says "unknown, look at all": a ring that was lost costs no more than this
DOCUMENTS_PER_READ_MAX = 5_000

_log = logging.getLogger(__name__)


class Engine:
    """Databases in files of this folder, which is made if need be."""

    def __init__(self, folder: Path | str, limits: Limits = DEFAULT) -> None:
        folder = Path(folder)
        self.limits = limits
        self._connections = Connections()
        self._catalogue = Catalogue(folder, self._connections)
        self._bells = Bells(folder / "wake")
        self.updates = Updates(folder, self._catalogue, self._connections)
        self._waiting = threading.local()
        self._tending = Tending(folder, self._catalogue, self._connections)
        self._met: set[Path] = set()  # files that this process has looked at

    @property
    def uuid(self) -> str:
        """Names this server to replicating clients: their checkpoints hold only for it."""
        return self._catalogue.uuid

    def names(self, prefix: str = "") -> list[str]:
        return self._catalogue.names(prefix)

    def exists(self, name: str) -> bool:
        try:
            return bool(self._catalogue.entry(name))
        except DatabaseMissing:
            return False

    def create(self, name: str, security: Mapping[str, Any] | None = None, writers: Writers = "members") -> bool:
        made = self._catalogue.create(name, security, writers)
        if made:
            self._bells.ring(name)
        return made

    def delete(self, name: str) -> bool:
        deleted = self._catalogue.delete(name)
        if deleted:
            self._bells.ring(name)
        return deleted

    def security(self, name: str) -> dict[str, Any]:
        return self._catalogue.entry(name).security

    def set_security(self, name: str, security: Mapping[str, Any]) -> None:
        self._catalogue.set_security(name, security)
        self._bells.ring(name)  # feeds look whether their readers may still read

    def open(self, name: str) -> Database:
        """The database with all that HTTP needs of it. Raises DatabaseMissing."""
        database = Database(self._catalogue.entry(name), self._connections, self._bells, self.limits)
        if database.entry.path not in self._met:
            database.entry = self._catalogue.meet(database.entry, database.info().sequence)
            self._met.add(database.entry.path)
        return database

    def tend(self, compacting: bool = True) -> bool:
        """Look after the folder, see tending.py; False when another process is at it."""
        return self._tending.tend(compacting)

    def examine(self) -> Found:
        """What does not fit together in the folder."""
        return self._tending.examine()

    def begin_anew(self) -> None:
        """The databases were put back from a copy: all clients are to compare again from the start."""
        self._catalogue.begin_anew()

    def changes(self, name: str, since: str = START, limit: int = 500) -> Batch:
        database = self.open(name)
        if database.is_beyond(since):
            _log.warning("%s is read from a place that it has not reached: the folder was put back from a copy", name)
            self.begin_anew()
            database = self.open(name)
        after = database.sequence_after(since)
        last = database.info().sequence
        rows = database.changes(after, last, min(limit, DOCUMENTS_PER_READ_MAX), bodies=True)
        if rows:
            last = rows[-1].sequence if len(rows) == limit or len(rows) == DOCUMENTS_PER_READ_MAX else last
        return Batch(
            [Change(row.id, database.sequence_text(row.sequence), _leaves(row.document)) for row in rows if row.document],
            database.sequence_text(max(last, after)),
        )

    def publish(self, name: str, documents: Sequence[Mapping[str, Any]]) -> None:
        if documents:
            self.open(name).publish(documents)

    def read(self, name: str, id: str) -> dict[str, Any] | None:
        document = self.open(name).get(check_id(id))
        if document is None or document.deleted:
            return None
        return _leaves(document)[0].document

    def attachment(self, name: str, id: str, attachment: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        database = self.open(name)
        document = database.get(check_id(id))
        entry = None if document is None or document.deleted else next(iter(document.leaves.values())).entries().get(attachment)
        if entry is None:
            raise DocumentMissing("Document is missing attachment")
        if entry.get("encoding"):
            yield from pieces_between(database.attachment(entry), start, stop)
        else:
            yield from database.attachment_range(entry["key"], start, entry["length"] if stop is None else min(stop, entry["length"]))

    def wait(self, timeout_seconds: float) -> set[str] | None:
        """See Databases.wait. Each thread that calls it hears of every change for itself."""
        watch: Watch | None = getattr(self._waiting, "watch", None)
        now = time.monotonic()
        if watch is None:
            self._waiting.watch = self._bells.watch_all()
            self._waiting.sweep_at = now + SWEEP_SECONDS
            return None
        heard = watch.wait(min(timeout_seconds, self._waiting.sweep_at - now))
        if time.monotonic() >= self._waiting.sweep_at:
            self._waiting.sweep_at = time.monotonic() + SWEEP_SECONDS
            return None
        return heard

    def watch(self) -> contextlib.AbstractContextManager[Watch]:
        """Hear of every database from now on."""
        return self._bells.watch(None)

    def close(self) -> None:
        """Close the files. For tests and commands; a server just ends."""
        self._connections.close()


def _leaves(document: Document) -> list[Leaf]:
    found = []
    for revision, kept in document.leaves.items():
        text = str(revision)
        members: dict[str, Any] = {"_id": document.id, "_rev": text}
        if kept.deleted:
            members["_deleted"] = True
        members.update(orjson.loads(kept.body))
        if kept.attachments:
            members["_attachments"] = stubs(kept.entries())
        found.append(Leaf(text, kept.deleted, members))
    return found
