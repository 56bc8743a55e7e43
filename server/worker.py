"""The merge worker's process: one per data folder, alive as long as its parent, telling /healthz that it is."""

from __future__ import annotations

import fcntl
import signal
import threading

from server.health import HEARTBEAT_SECONDS, beat
from server.parent import end_with_parent
from server.provision import provide_forms
from server.stores import Stores


def run_worker(stores: Stores) -> None:
    """Until SIGTERM or SIGINT. A second one on the same data waits for the first to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    end_with_parent()
    with (stores.settings.data / "merging.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        provide_forms(stores.databases)
        from sync.pipeline import Pipeline

        pipeline = Pipeline(stores.store, stores.databases, stores.forms)
        threading.Thread(target=_tell, args=(stores, stop), name="heartbeat", daemon=True).start()
        pipeline.run_forever(stop)


def _tell(stores: Stores, stop: threading.Event) -> None:
    while True:
        beat(stores.settings)
        if stop.wait(HEARTBEAT_SECONDS):
            return
