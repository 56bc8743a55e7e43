"""The numbers of everything (sync/store/counts.py) for this page: as of now where that is quick, else as kept, and made anew beside pages once they are old."""

from __future__ import annotations

import logging
import threading

from flask import g

from server.stores import stores
from sync.clock import utc_now
from sync.store import Store, counts
from sync.store.counts import LIVE_SECONDS_MAX, Counts

_log = logging.getLogger(__name__)
_last: dict[str, Counts] = {}
"""What was read last, by store: a count is some hundred kilobytes, and the same for every page of a minute."""
_counting = threading.Lock()


def all_counts() -> Counts:
    """Read once a request."""
    if "counts" not in g:
        g.counts = _counts()
    return g.counts


def _counts() -> Counts:
    connection, store = stores().session.connection(), stores().store
    at, key = counts.kept_at(connection), str(store.engine.url)
    if at is not None and (key not in _last or _last[key].at != at):
        kept = counts.kept_counts(connection)
        if kept is not None:  # else gone meanwhile
            _last[key] = kept
    if at is None or key not in _last:
        counted = counts.count_all(connection, utc_now())
        if counted.seconds > LIVE_SECONDS_MAX:
            _beside(store, counted)
        return counted
    if counts.is_old(_last[key], utc_now()):
        _beside(store)
    return _last[key]


def _beside(store: Store, counted: Counts | None = None) -> None:
    """Keep this count, or a new one, while the page goes out. One at a time."""
    if _counting.acquire(blocking=False):
        threading.Thread(target=_keep, args=(store, counted), name="counting", daemon=True).start()


def _keep(store: Store, counted: Counts | None) -> None:
    try:
        if counted is None:
            with store.reading() as connection:
                counted = counts.count_all(connection, utc_now())
        with store.writing() as connection:
            if counted.seconds > LIVE_SECONDS_MAX:
                counts.keep(connection, counted)
            else:
                counts.forget(connection)
    except Exception:
        _log.exception("the numbers could not be kept")
    finally:
        _counting.release()
