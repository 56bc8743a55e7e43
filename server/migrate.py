"""Moving everything from one sync engine to the other: `flask engine migrate --from embedded --to couchdb`, and back.

Database by database in the order of their names: make it with its security object and writers, bring what is missing (sync.replicate), and when all are
there, compare all. Nothing is taken away from the source. The merge worker then reads all inboxes of the new engine from the beginning, for its places in
the old engine's feeds mean nothing there; what it has merged already changes nothing. Phones see another server (its uuid), and compare from the start.
"""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete

from server.errors import BadRequest, Conflict
from server.settings import Settings
from sync.couchdb.address import Address
from sync.couchdb.administration import closed
from sync.couchdb.connection import Connection, segment
from sync.replicate import NAMED_MAX, Refused, Replica, compare, replicate
from sync.store.engine import Store
from sync.store.models import Checkpoint, table

ENGINES = ("embedded", "couchdb")
PROGRESS_SECONDS = 2.0
LOCKS = ("serving.lock", "merging.lock")


@dataclass
class Progress:
    """How far it is, told every PROGRESS_SECONDS."""

    what: str
    documents_total: int
    databases_total: int
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    documents: int = 0
    earlier: int = 0  # seen to by an earlier run
    databases: int = 0
    started: float = field(init=False)
    told: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.told = self.clock()

    def add(self, documents: int, earlier: bool = False) -> None:
        self.documents += documents
        self.earlier += documents if earlier else 0
        if self.clock() - self.told >= PROGRESS_SECONDS:
            self.tell()

    def tell(self) -> None:
        self.told = self.clock()
        seconds = max(0.001, self.told - self.started)
        total = max(self.documents_total, self.documents)
        self.say(
            f"{self.what} {self.documents:,} of {total:,} documents, {self.databases:,} of {self.databases_total:,} databases, "
            f"{(self.documents - self.earlier) / seconds:,.0f} documents/s"
        )


def migrate(source: Replica, target: Replica, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> list[Refused]:
    """Move all, then compare all. What could not be moved, or is not the same, by name; at most NAMED_MAX of it."""
    names = source.names()
    described = {name: source.describe(name) for name in names}
    total = sum(each.live + each.deleted for each in described.values())
    wrong: list[Refused] = []

    copied = Progress("copied", total, len(names), say, clock)
    for name in names:
        target.prepare(name, described[name])
        for step in replicate(source, target, name):
            copied.add(step.documents, step.earlier)
            wrong += step.refused
        copied.databases += 1
    copied.tell()
    if wrong:
        return wrong[:NAMED_MAX]

    compared = Progress("compared", total, len(names), say, clock)
    for name in names:
        here, there = source.describe(name), target.describe(name)
        wrong += [Refused(name, "the database itself", f"has another {part}") for part in ("security", "writers") if _of(here, part) != _of(there, part)]
        for step in compare(source, target, name):
            compared.add(step.documents)
            wrong += step.refused
            if len(wrong) >= NAMED_MAX:
                return wrong[:NAMED_MAX]
        compared.databases += 1
    compared.tell()
    return wrong


def begin_anew(couchdb_url: str, store: Store) -> str:
    """After CouchDB was put back from a backup: a new uuid on every node, so that phones compare from the start, and the merge worker's places forgotten.

    Its sequences do not tell: what was written after the backup was taken may stand where something else stood. Returns the uuid.
    """
    uuid = secrets.token_hex(16)
    connection = Connection(Address(couchdb_url))
    for node in connection.get("/_membership")["cluster_nodes"]:
        connection.put(f"/_node/{segment(node)}/_config/couchdb/uuid", uuid)
    with store.writing() as writing:
        writing.execute(delete(table(Checkpoint)))
    return uuid


@contextlib.contextmanager
def opened(settings: Settings, engine: str) -> Iterator[Replica]:
    """One end. Raises BadRequest when COUCHDB_URL is not set, CouchUnavailable."""
    if engine == "couchdb":
        if not settings.couchdb_url:
            raise BadRequest("COUCHDB_URL is not set: it names the CouchDB to move to or from, also while the server still runs without it.")
        from sync.couchdb.databases import CouchDatabases
        from sync.couchdb.replica import CouchReplica

        with contextlib.closing(CouchDatabases(settings.couchdb_url)) as databases:
            yield CouchReplica(databases)
    else:
        from sync.engine import Engine
        from sync.engine.replica import EmbeddedReplica

        with contextlib.closing(Engine(settings.engine_folder, settings.limits)) as embedded:
            yield EmbeddedReplica(embedded)


def name_of(settings: Settings, engine: str) -> str:
    """For people; without credentials."""
    return f"CouchDB at {Address(settings.couchdb_url)}" if engine == "couchdb" else f"the embedded engine in {settings.engine_folder}"


@contextlib.contextmanager
def nobody_serves(data: Path) -> Iterator[None]:
    """Hold the locks of the server and of the merge worker on this data folder, so that neither writes meanwhile. Raises Conflict when one runs."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as locks:
        for name in LOCKS:
            file = locks.enter_context((data / name).open("a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(f"The server is running on {data}. Stop it first: what is written while it is moved might stay behind.") from None
        yield


def _of(described: object, part: str) -> object:
    value = getattr(described, part)
    return closed(value) if part == "security" else value
