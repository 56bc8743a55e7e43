"""The changes feed: all at once, or waiting for the next one (longpoll)."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from flask import Response, current_app

from server import parent
from server.access import Identity
from server.errors import Unavailable
from server.sync_api.answers import CACHE_CONTROL, answer_bytes, raw
from server.sync_api.asked import BATCH_DOCUMENTS_MAX, Asked, NotImplementedHere
from server.sync_api.permission import Need, may
from server.sync_api.rendering import Shown, render
from sync.engine import Engine
from sync.engine.database import Database, Row
from sync.engine.errors import BadDocument, DatabaseMissing, TooLarge
from sync.engine.wake import Watch

PAGE_ROWS_MAX = 1_000  # read at once; a longer answer is sent in pages
HEARTBEAT_SECONDS_MIN, HEARTBEAT_SECONDS_MAX = 0.5, 60.0
TIMEOUT_SECONDS_MAX = 60.0
FEED_SECONDS_MAX = 300.0  # then the client asks again, and shows who it is again: an expired token does not listen for ever
LISTENING_SECONDS = 1.0  # how often a waiting feed looks whether its client is still there
RETRY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Question:
    """What of the feed is wanted."""

    after: int
    limit: int | None
    descending: bool
    all_leaves: bool
    bodies: bool
    show: Shown
    ids: list[str] | None


def feed(asked: Asked) -> Response:
    kind = asked.text("feed") or "normal"
    if kind in ("continuous", "live", "eventsource"):
        raise NotImplementedHere(f"feed={kind} is not served here: use feed=longpoll.")
    if kind not in ("normal", "longpoll"):
        raise BadDocument("Supported `feed` types: normal, longpoll")
    question = _question(asked)
    if kind == "longpoll" and not question.descending and not _look(asked.database, question)[0]:
        return _longpoll(asked, question)
    pieces = _normal(asked.database, question)
    first = next(pieces)  # what fails, fails before the headers are sent
    if question.limit is not None and question.limit <= PAGE_ROWS_MAX:
        return answer_bytes(first + b"".join(pieces))
    return _stream(chain([first], pieces))


def _question(asked: Asked) -> Question:
    members = asked.members(empty={}) if asked.request.method == "POST" else {}
    database = asked.database
    since = asked.text("since")
    descending = asked.flag("descending")
    return Question(
        after=0 if since is None or descending else database.sequence_after(since),
        limit=asked.whole("limit"),
        descending=descending,
        all_leaves=asked.text("style") == "all_docs",
        bodies=asked.flag("include_docs"),
        show=Shown(conflicts=asked.flag("conflicts"), attachments=asked.flag("attachments")),
        ids=_ids(asked, members),
    )


def _ids(asked: Asked, members: dict[str, Any]) -> list[str] | None:
    """The documents that a filter admits; None: all."""
    name = asked.text("filter")
    if not name:
        return None
    if name != "_doc_ids":
        if name.startswith("_") and name not in ("_selector", "_design", "_view"):
            raise BadDocument("unknown builtin filter name")
        raise NotImplementedHere("Of the filters, only _doc_ids is served here: each database holds what its readers may have, whole.")
    ids = members.get("doc_ids", asked.json("doc_ids")[1])
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise BadDocument("`doc_ids` filter parameter is not a list of doc ids.")
    if len(ids) > BATCH_DOCUMENTS_MAX:
        raise TooLarge(f"At most {BATCH_DOCUMENTS_MAX} ids in one request")
    return ids


def _look(database: Database, question: Question, last: int | None = None) -> tuple[list[Row], int]:
    """The next page of rows, and how far the feed has been read with it."""
    last = database.info().sequence if last is None else last
    limit = PAGE_ROWS_MAX if question.limit is None else min(question.limit, PAGE_ROWS_MAX)
    if limit == 0:
        return [], question.after
    if question.ids is not None:
        rows = database.changes_of(question.ids, question.after, last)
        if question.descending:
            rows.reverse()
        wanted = rows if question.limit is None else rows[: question.limit]
        return wanted, last if len(wanted) == len(rows) or question.descending else wanted[-1].sequence
    rows = database.changes(question.after, last, limit, descending=question.descending, bodies=question.bodies, all_leaves=question.all_leaves)
    return rows, rows[-1].sequence if len(rows) == limit or (question.descending and rows) else last


def _normal(database: Database, question: Question) -> Iterator[bytes]:
    """The answer in pages. Ends at what was the newest when it began: what comes later is the next answer's."""
    end = database.info().sequence
    rows, reached = _look(database, question, end)
    yield b'{"results":[\n' + _rows(database, question, rows)
    sent = len(rows)
    low, high = question.after, end
    while question.ids is None and len(rows) == PAGE_ROWS_MAX and (question.limit is None or sent < question.limit):
        if question.descending:
            high = reached - 1
        else:
            low = reached
        left = None if question.limit is None else question.limit - sent
        page = Question(low, left, question.descending, question.all_leaves, question.bodies, question.show, None)
        rows, further = _look(database, page, high)
        if rows:
            reached = further
            yield b",\n" + _rows(database, question, rows)
            sent += len(rows)
    yield _end(database, reached, question)


def _longpoll(asked: Asked, question: Question) -> Response:
    """Wait for the next row. One thread waits for each feed, so there is a limit, beyond which clients come back later."""
    places: threading.BoundedSemaphore = current_app.extensions.setdefault("doorstep.feeds", threading.BoundedSemaphore(max(1, asked.settings.open_feeds_max)))
    if not places.acquire(blocking=False):
        raise Unavailable("Too many feeds are open. Come back a little later.", headers={"Retry-After": str(RETRY_SECONDS)})
    heartbeat, patience = _times(asked)
    response = _stream(_waiting(asked, asked.engine, question, heartbeat, patience))
    response.call_on_close(places.release)
    return response


def _waiting(asked: Asked, engine: Engine, question: Question, heartbeat: float | None, patience: float) -> Iterator[bytes]:
    """Headers and the beginning go out at once, then a newline a heartbeat, each in a chunk of its own, until there is something to tell."""
    database, identity = asked.database, asked.identity
    is_gone = _client_is_gone(asked)
    yield b'{"results":[\n'
    rows: list[Row] = []
    reached = question.after
    end = time.monotonic() + patience
    try:
        with database.watch() as watch:  # first listen, then look: what comes in between is heard
            while _may_still_read(engine, database, identity):
                rows, reached = _look(database, question)
                if rows or time.monotonic() >= end or is_gone() or parent.stopping.is_set():
                    break
                if not _hears(watch, min(end, time.monotonic() + (heartbeat or patience)), is_gone):
                    yield b"\n"
        yield _rows(database, question, rows)
        yield _end(database, reached, question)
    except DatabaseMissing:
        yield _end(database, question.after, None)  # it was deleted: the feed ends, and the next request says so


def _may_still_read(engine: Engine, database: Database, identity: Identity | None) -> bool:
    entry = engine.open(database.name).entry
    return entry.life == database.entry.life and may(identity, entry.security, entry.writers) >= Need.READ


def _hears(watch: Watch, until: float, is_gone: Callable[[], bool]) -> bool:
    """Wait for a change; False when the time is up, the client has hung up, or this process is to end."""
    while (left := until - time.monotonic()) > 0 and not is_gone() and not parent.stopping.is_set():
        if watch.wait(min(LISTENING_SECONDS, left)):
            return True
    return False


def _times(asked: Asked) -> tuple[float | None, float]:
    """(seconds between heartbeats or None, seconds to wait at most)."""
    text = asked.text("heartbeat")
    if text and text != "false":
        seconds = HEARTBEAT_SECONDS_MAX if text == "true" else (asked.whole("heartbeat") or 0) / 1000
        return min(max(seconds, HEARTBEAT_SECONDS_MIN), HEARTBEAT_SECONDS_MAX), FEED_SECONDS_MAX
    milliseconds = asked.whole("timeout")
    return None, TIMEOUT_SECONDS_MAX if milliseconds is None else min(milliseconds / 1000, TIMEOUT_SECONDS_MAX)


def _client_is_gone(asked: Asked) -> Callable[[], bool]:
    """A function that says whether the client has hung up, where the server lets us see its socket."""
    environment = asked.request.environ
    socket = environment.get("gunicorn.socket") or environment.get("werkzeug.socket")
    if socket is None:
        return lambda: False

    def is_gone() -> bool:
        try:
            poll = select.poll()
            poll.register(socket, select.POLLRDHUP)
            return any(event & (select.POLLRDHUP | select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
        except (OSError, ValueError):
            return True

    return is_gone


def _rows(database: Database, question: Question, rows: list[Row]) -> bytes:
    return b",\n".join([_row(database, question, row) for row in rows])


def _row(database: Database, question: Question, row: Row) -> bytes:
    leaves = row.leaves if question.all_leaves else row.leaves[:1]
    shape: dict[str, Any] = {"seq": database.sequence_text(row.sequence), "id": row.id, "changes": [{"rev": leaf} for leaf in leaves]}
    if row.deleted:
        shape["deleted"] = True
    if question.bodies and row.document:
        shape["doc"] = raw(render(database, row.document, row.document.winner, question.show))
    return orjson.dumps(shape)


def _end(database: Database, reached: int, question: Question | None) -> bytes:
    pending = database.pending(reached) if question and question.ids is None and not question.descending else 0
    return b'\n],\n"last_seq":%b,"pending":%d}' % (orjson.dumps(database.sequence_text(reached)), pending)


def _stream(pieces: Iterator[bytes]) -> Response:
    return Response(chain(pieces, [b"\n"]), content_type="application/json", headers={"Cache-Control": CACHE_CONTROL, "X-Accel-Buffering": "no"})
