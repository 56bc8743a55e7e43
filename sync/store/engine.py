"""Opening the central store from one URL.

`store.reading()` and `store.writing()` give a Core connection in a transaction that commits when the block ends and
rolls back when it raises. A writing transaction on SQLite takes the write lock at its start, so that what it read
cannot have changed when it writes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

BUSY_SECONDS_MAX = 30
"""How long a statement waits for another process's write on SQLite."""

CACHE_KIBIBYTES_MAX = 32 * 1024
"""Of each connection to SQLite: what a batch of the merge worker changes (some 15 MB) fits in, and is written once."""
LOG_PAGES = 16_000
"""After so many (64 MB) SQLite moves what its log holds into the database: pages that many batches change are moved once."""

ASK_AGAIN_SECONDS = 0.001
TURN = "doorstep_turn"
IDLE_IN_TRANSACTION_SECONDS_MAX = 300  # a delivery to a CouchDB that is slow to answer may take four minutes


class Store:
    """A central store, open. Safe to share between threads; each block has a connection of its own."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self._writer = engine.execution_options(doorstep_writes=True)

    def reading(self) -> AbstractContextManager[Connection]:
        return self.engine.begin()

    def writing(self) -> AbstractContextManager[Connection]:
        return self._writer.begin()

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the store at `url` (`sqlite:////path/central.db`, `postgresql+psycopg://…`). Does not migrate: see upgrading.py."""
    database = make_url(url)
    if database.get_backend_name() == "sqlite" and database.database:
        Path(database.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    prepare(engine)
    return Store(engine)


def prepare(engine: Engine) -> None:
    """Give an engine made elsewhere (Flask-SQLAlchemy's) the settings that the store needs. Once an engine, before its first use."""
    engine.hide_parameters = True  # a full disk or a lock would write people's names into the log
    if engine.dialect.name == "sqlite":
        turns = _Turns(engine.url.database)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", turns.begin)
        event.listen(engine, "commit", turns.end)
        event.listen(engine, "rollback", turns.end)
        event.listen(engine, "checkin", turns.end_with)
    else:
        event.listen(engine, "connect", _prepare_postgresql)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """A process that hangs in the middle of a transaction (its machine is frozen or cut off) gives back its locks: the others go on."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS_MAX}s'")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    settings = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS_MAX * 1000}")
    for pragma in (*settings, f"cache_size=-{CACHE_KIBIBYTES_MAX}", f"wal_autocheckpoint={LOG_PAGES}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class _Turns:
    """Who writes to SQLite next. SQLite itself lets whoever comes second sleep and try again, longer and longer, up to a tenth of a second: of a
    hundred threads some would wait for all that came after them, and next to a merge worker that takes one batch after the other a phone that
    signs in would wait for the last batch. So the threads of a process queue at a lock, and the first of them asks often for a file that the
    processes lock in turns. Both are a courtesy: what keeps writers apart is SQLite, and whoever has waited too long asks it without them.
    """

    def __init__(self, database: str | None) -> None:
        self._turn = threading.Lock()
        self._file = f"{database}-turn" if database and database != ":memory:" else None

    def begin(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("doorstep_writes", False):
            connection.exec_driver_sql("BEGIN")
            return
        if self._turn.acquire(timeout=BUSY_SECONDS_MAX):
            connection.info[TURN] = self._among_processes()
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            self.end(connection)
            raise

    def _among_processes(self) -> int | None:
        """The file, open and locked; closing it unlocks it. None: there is none, or it cannot be opened."""
        if self._file is None:
            return None
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # no handle left, or a full disk: then without
            return None
        until = time.monotonic() + BUSY_SECONDS_MAX
        while time.monotonic() < until:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(ASK_AGAIN_SECONDS)
        return descriptor

    def end(self, connection: Connection) -> None:
        self._release(connection.info)

    def end_with(self, _connection: Any, record: Any) -> None:
        """For one that was dropped in the middle: nobody may wait for it."""
        self._release(record.info)

    def _release(self, info: dict[Any, Any]) -> None:
        if TURN in info:
            descriptor = info.pop(TURN)
            if descriptor is not None:
                os.close(descriptor)
            self._turn.release()
