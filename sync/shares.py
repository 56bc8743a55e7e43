"""How several merge workers share the inboxes: each inbox belongs to one living worker, and all of them reckon the same one.

Every worker notes in the central store that it lives. An inbox belongs to the worker for which the digest of both names is highest
(rendezvous hashing): when a worker comes or goes only its own inboxes change hands, and nobody has to be asked. While two do not agree yet
who lives, both may read an inbox; the one that commits second finds the inbox's place moved and drops its batch (sync/pipeline.py).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection

from sqlalchemy import Connection, delete, func, literal_column, select, text

from sync.store import statements
from sync.store.engine import Store
from sync.store.models import MergeWorker, table

BEAT_SECONDS = 5.0
"""How often a worker notes that it lives and looks who else does."""
GONE_SECONDS = 20
"""A worker that was not seen for so long is gone, by the store's own clock."""

_workers = table(MergeWorker)


def owner(name: str, workers: Collection[str]) -> str:
    """The one of these workers that `name` belongs to."""
    return max(workers, key=lambda worker: (hashlib.sha256(f"{worker} {name}".encode()).digest(), worker))


class Share:
    """The inboxes of one worker, `me`. Alone on SQLite, which has one merge worker only."""

    def __init__(self, store: Store, me: str, clock: Callable[[], float] = time.monotonic):
        self._store = store
        self._me = me
        self._clock = clock
        self._next_beat = 0.0
        self.workers = frozenset([me])

    def holds(self, name: str) -> bool:
        return len(self.workers) == 1 or owner(name, self.workers) == self._me

    def beat(self) -> bool:
        """Note that this worker lives, when it is time to; whether other workers live now than before."""
        if self._store.engine.dialect.name != "postgresql" or self._clock() < self._next_beat:
            return False
        self._next_beat = self._clock() + BEAT_SECONDS
        before = self.workers
        with self._store.writing() as connection:
            connection.execute(delete(_workers).where(_workers.c.seen_at < _long_ago()))
            statements.put(connection, _workers, [{"id": self._me, "seen_at": _now(connection)}], ("id",))
            self.workers = frozenset(connection.execute(select(_workers.c.id)).scalars()) | {self._me}
        return self.workers != before

    def leave(self) -> None:
        """The others need not wait until they miss it."""
        if self._store.engine.dialect.name == "postgresql":
            with self._store.writing() as connection:
                connection.execute(delete(_workers).where(_workers.c.id == self._me))


def _now(connection: Connection) -> object:
    return connection.execute(text("SELECT clock_timestamp() AT TIME ZONE 'UTC'")).scalar()


def _long_ago() -> object:
    return func.timezone("UTC", func.clock_timestamp()) - literal_column(f"interval '{GONE_SECONDS} seconds'")
