"""Word of changes: one thread follows CouchDB's `_db_updates` for all threads of this process that wait.

A hint and no more: CouchDB may forget some of it, and has none of it without the database `_global_changes`. So now and then, and after every gap in
the feed, who waits is told `None`: look at all.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import suppress

import orjson

from sync.couchdb.connection import Connection
from sync.couchdb.errors import CouchError, CouchUnavailable
from sync.engine.errors import DatabaseMissing

SWEEP_SECONDS = 60.0  # how often `wait` says "unknown" while the feed is followed; each time costs a request an inbox
SWEEP_WITHOUT_FEED_SECONDS = 5.0
HEARTBEAT_SECONDS = 10
SILENCE_SECONDS_MAX = 3 * HEARTBEAT_SECONDS  # longer than that, and the connection is dead
PIECE_BYTES = 64 * 1024
RETRY_SECONDS_MIN = 0.5
RETRY_SECONDS_MAX = 30.0

_log = logging.getLogger(__name__)


class Watch:
    """What one waiting thread has not been told yet."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.unknown = True
        self.sweep_at = 0.0


class News:
    """Follows from the first `wait` on."""

    def __init__(self, connection: Connection, sweep_without_feed_seconds: float = SWEEP_WITHOUT_FEED_SECONDS) -> None:
        self._connection = connection
        self._sweep_without_feed_seconds = sweep_without_feed_seconds
        self._mine = threading.local()
        self._watches: list[Watch] = []
        self._heard = threading.Condition()
        self._follower: threading.Thread | None = None
        self._following = False
        self._closed = threading.Event()

    def wait(self, timeout_seconds: float) -> set[str] | None:
        """See Databases.wait. Each thread hears of every change for itself."""
        watch = self._watch()
        with self._heard:
            until = min(time.monotonic() + timeout_seconds, watch.sweep_at)
            while not watch.names and not watch.unknown and (left := until - time.monotonic()) > 0:
                self._heard.wait(left)
            if watch.unknown or time.monotonic() >= watch.sweep_at:
                watch.unknown = False
                watch.names = set()
                watch.sweep_at = time.monotonic() + (SWEEP_SECONDS if self._following else self._sweep_without_feed_seconds)
                return None
            names, watch.names = watch.names, set()
            return names

    def close(self) -> None:
        self._closed.set()

    def _watch(self) -> Watch:
        watch = getattr(self._mine, "watch", None)
        if watch is None:
            watch = self._mine.watch = Watch()
            with self._heard:
                self._watches.append(watch)
                if self._follower is None:
                    self._follower = threading.Thread(target=self._follow, name="news of CouchDB", daemon=True)
                    self._follower.start()
        return watch

    def _follow(self) -> None:
        pause = RETRY_SECONDS_MIN
        while not self._closed.is_set():
            started = time.monotonic()
            try:
                self._listen()
            except (CouchUnavailable, CouchError, DatabaseMissing) as error:
                if self._following:
                    _log.warning(
                        "no word of changes from CouchDB, looking at all databases every %.0f s meanwhile: %s", self._sweep_without_feed_seconds, error
                    )
            self._set_following(False)
            pause = RETRY_SECONDS_MIN if time.monotonic() - started > RETRY_SECONDS_MAX else min(2 * pause, RETRY_SECONDS_MAX)
            self._closed.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311

    def _listen(self) -> None:
        """Until the feed ends. What happened before it began is unknown, so everybody looks at all once."""
        parameters = {"feed": "continuous", "heartbeat": HEARTBEAT_SECONDS * 1000, "since": "now"}
        with self._connection.open("GET", "/_db_updates", parameters, timeout_seconds=SILENCE_SECONDS_MAX) as answer:
            self._set_following(True)
            left = b""
            while (piece := answer.raw.read1(PIECE_BYTES)) and not self._closed.is_set():  # as it comes, chunked or not
                *lines, left = (left + piece).split(b"\n")
                for line in lines:
                    if line.strip():
                        with suppress(orjson.JSONDecodeError, KeyError, TypeError):
                            self._tell(orjson.loads(line)["db_name"])

    def _set_following(self, following: bool) -> None:
        with self._heard:
            if following != self._following:
                self._following = following
                for watch in self._watches:
                    watch.unknown = True
                    watch.sweep_at = 0.0
                self._heard.notify_all()

    def _tell(self, name: str) -> None:
        with self._heard:
            for watch in self._watches:
                watch.names.add(name)
            self._heard.notify_all()
