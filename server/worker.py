"""The merge worker's process: one per SQLite store, any number per PostgreSQL, alive as long as its parent, telling /healthz that it gets on."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import secrets
import signal
import socket
import sqlite3
import threading
import time
from typing import cast

from sqlalchemy.exc import SQLAlchemyError

from server.couchdb.keys import keep_keys
from server.health import HEARTBEAT_SECONDS, beat
from server.parent import end_with_parent
from server.provision import provide_forms
from server.settings import Settings
from server.stores import Stores
from sync.clock import utc_now
from sync.couchdb.errors import CouchError, CouchUnavailable
from sync.engine import Engine
from sync.engine.errors import EngineError
from sync.publish import RETRY_SECONDS_MAX, RETRY_SECONDS_MIN
from sync.store import Store
from sync.store.searchable import COPIED_ROWS_MAX, Keeper

TENDING_FIRST_SECONDS = 30.0
TENDING_SECONDS = 600.0
SEARCHABLE_SECONDS = 5.0
SEARCHABLE_AGAIN_SECONDS = 0.1
NEW_OBJECTS_MAX = 100_000
"""So many more objects than before, and Python looks for cycles among them that nothing needs any more: some 10 MB at most."""

_log = logging.getLogger(__name__)


def run_worker(stores: Stores) -> None:
    """Until SIGTERM or SIGINT. On SQLite a second one on the same data waits for the first to end; on PostgreSQL they share the inboxes."""
    from sync.pipeline import Pipeline  # compiles forms: slow to import

    logging.basicConfig(level=stores.settings.log_level.upper(), format="%(asctime)s merge worker: %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it would tell of every try; we tell of what failed in the end
    stop = Stop(stores.settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    end_with_parent()
    me = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
    with (stores.settings.data / "merging.lock").open("a") as file:
        if stores.store.engine.dialect.name == "sqlite":
            fcntl.flock(file, fcntl.LOCK_EX)
        if stores.settings.couchdb_url:
            threading.Thread(target=keep_keys, args=(stores.settings,), name="signing keys of CouchDB", daemon=True).start()
        else:
            threading.Thread(target=_tend, args=(stores, stop), name="tending", daemon=True).start()
        threading.Thread(target=_keep_searchable, args=(stores.store, stop), name="making searchable", daemon=True).start()
        if _provided(stores, stop):
            look_for_cycles_seldom()
            Pipeline(stores.store, stores.databases, me=me).run_forever(stop)
        if not stores.settings.couchdb_url:
            _tend_once(stores, compacting=False)  # notes how far each database has come: an older copy put back now will be noticed


def look_for_cycles_seldom() -> None:
    """For this process. A batch makes and drops hundreds of thousands of objects, next to none of them in cycles; at Python's own setting (every 700)
    looking for cycles took an eighth of merging, much of it among what was imported and stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_MAX, *gc.get_threshold()[1:])


def _provided(stores: Stores, stop: Stop) -> bool:
    """Make what every phone needs; CouchDB may still be starting. False when told to stop meanwhile."""
    pause = 0.0
    while not stop.wait(pause):
        try:
            provide_forms(stores.databases)
            return True
        except (CouchUnavailable, CouchError) as error:
            pause = min(RETRY_SECONDS_MAX, max(RETRY_SECONDS_MIN, 2 * pause))
            _log.warning("cannot begin, again in %.0f s: %s", pause, error)
    return False


def _tend(stores: Stores, stop: Stop) -> None:
    """Look after the embedded engine's folder now and then. What fails is tried again the next time."""
    pause = TENDING_FIRST_SECONDS
    while not stop.is_told_within(pause):
        pause = TENDING_SECONDS
        _tend_once(stores)


def _tend_once(stores: Stores, compacting: bool = True) -> None:
    try:
        cast(Engine, stores.databases).tend(compacting)
    except (EngineError, OSError, sqlite3.Error):
        _log.exception("the databases' folder could not be looked after")


def _keep_searchable(store: Store, stop: Stop) -> None:
    """Beside merging: what records are found by is brought up, without a pause while much has changed. What fails is tried again."""
    keeper = Keeper(store)
    pause = SEARCHABLE_SECONDS
    while not stop.is_told_within(pause):
        pause = SEARCHABLE_SECONDS
        try:
            if keeper.bring_up(utc_now()) >= COPIED_ROWS_MAX:
                pause = SEARCHABLE_AGAIN_SECONDS
            elif (wrong := keeper.sweep()) > 0:
                _log.warning("%d records could not be found by what they say; now they can: was a clock set back?", wrong)
        except SQLAlchemyError:
            _log.exception("what records are found by could not be brought up")


class Stop(threading.Event):
    """Asked in every round of the worker whether to stop; each time someone asks, the worker is getting on."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._told = 0.0

    def is_set(self) -> bool:
        self._tell()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        self._tell()
        return super().wait(timeout)

    def is_told_within(self, seconds: float) -> bool:
        """For threads beside the worker: asking says nothing of how the worker gets on."""
        return super().wait(seconds)

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told > HEARTBEAT_SECONDS:
            beat(self._settings)
            self._told = now
