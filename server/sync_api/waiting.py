"""Feeds that wait: how long, for whom, and how many. A changes feed and the feed of databases wait alike."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any

from flask import Response, current_app

from server import parent
from server.errors import Unavailable
from server.pause import ROOM, Listener, Pause, in_this_thread
from server.sync_api.answers import CACHE_CONTROL
from server.sync_api.asked import Asked
from server.tokens import CLOCK_SKEW_SECONDS_MAX
from server.waiting_room import WaitingRoom
from sync.engine.errors import BadDocument

HEARTBEAT_SECONDS_MIN, HEARTBEAT_SECONDS_MAX = 0.5, 60.0
TIMEOUT_SECONDS_MAX = 60.0
FEED_SECONDS_MAX = 300.0  # then the client asks again, and shows who it is again
THREADS_LEFT = 4  # one thread in so many stays free of feeds, where each feed holds one
SWEEP_SECONDS = 20.0  # how often a waiting feed looks by itself: a ring that was lost costs no more than this
RETRY_SECONDS = 10
CHUNK_BYTES = 64 * 1024

KINDS = ("normal", "longpoll", "continuous", "eventsource")


def kind_of(asked: Asked) -> str:
    """Which of KINDS is asked for. Raises BadDocument."""
    text = asked.text("feed") or "normal"
    kind = "continuous" if text == "live" else text
    if kind not in KINDS:
        raise BadDocument("Supported `feed` types: normal, continuous, live, longpoll, eventsource")
    return kind


class Patience:
    """How long a feed waits: for the next news (`seconds`), and altogether, until `end`. A heartbeat says that it is still there."""

    def __init__(self, seconds: float, heartbeat_seconds: float | None, end: float) -> None:
        self._seconds = seconds
        self._end = end
        self._pause = Pause(end, heartbeat_seconds=heartbeat_seconds)
        self.begin_anew()

    def begin_anew(self) -> None:
        """There was news."""
        now = time.monotonic()
        self._quiet_until = min(self._end, now + self._seconds)
        self._pause.beat_at = math.inf if self._pause.heartbeat_seconds is None else now + self._pause.heartbeat_seconds

    @property
    def is_over(self) -> bool:
        return parent.stopping.is_set() or time.monotonic() >= self._quiet_until

    def pause(self, listener: Listener, heartbeat: bytes) -> Pause:
        """Until there is news, or it is time to look whether a bell was not heard."""
        self._pause.until = min(self._quiet_until, time.monotonic() + SWEEP_SECONDS)
        self._pause.listener, self._pause.heartbeat = listener, heartbeat
        return self._pause


def patience_of(asked: Asked) -> Patience:
    """With a heartbeat a feed stays until its client leaves, or its token ends, or FEED_SECONDS_MAX; else for `timeout` without news."""
    end = time.monotonic() + FEED_SECONDS_MAX
    if asked.identity is not None and asked.identity.expires_at is not None:
        end = min(end, time.monotonic() + asked.identity.expires_at + CLOCK_SKEW_SECONDS_MAX - time.time())  # from then on the token is refused
    text = asked.text("heartbeat")
    if text and text != "false":
        seconds = HEARTBEAT_SECONDS_MAX if text == "true" else (asked.whole("heartbeat") or 0) / 1000
        return Patience(FEED_SECONDS_MAX, min(max(seconds, HEARTBEAT_SECONDS_MIN), HEARTBEAT_SECONDS_MAX), end)
    milliseconds = asked.whole("timeout")
    return Patience(TIMEOUT_SECONDS_MAX if milliseconds is None else min(milliseconds / 1000, TIMEOUT_SECONDS_MAX), None, end)


def waiting_answer(asked: Asked, pieces: Generator[bytes | Pause, None, None], content_type: str) -> Response:
    """An answer that may wait, if there is a place for one more. Raises Unavailable."""
    environment = asked.request.environ
    room: WaitingRoom | None = environment.get(ROOM)
    places: threading.BoundedSemaphore = current_app.extensions.setdefault("doorstep.feeds", threading.BoundedSemaphore(_places(asked, room)))
    if not places.acquire(blocking=False):
        raise Unavailable("Too many feeds are open. Come back a little later.", headers={"Retry-After": str(RETRY_SECONDS)})
    gathered = _gathered(pieces)
    client = environment.get("gunicorn.socket") or environment.get("werkzeug.socket")
    body = gathered if room is not None else in_this_thread(gathered, client, parent.stopping.is_set)
    response = _response(body, content_type)
    response.call_on_close(places.release)
    return response


def streamed(pieces: Generator[bytes, None, None], content_type: str) -> Response:
    """An answer that does not wait."""
    return _response(_gathered(pieces), content_type)


def _response(pieces: Iterator[bytes | Pause], content_type: str) -> Response:
    headers = {"Cache-Control": CACHE_CONTROL, "X-Accel-Buffering": "no"}
    return Response(pieces, content_type=content_type, headers=headers)  # type: ignore[arg-type]  # the pauses are for our web worker


def _gathered(pieces: Iterator[Any]) -> Generator[bytes | Pause, None, None]:
    """Rows together, in chunks of a good size; what comes before a pause goes out before it."""
    some: list[bytes] = []
    size = 0
    for piece in pieces:
        if not isinstance(piece, Pause):
            some.append(piece)
            size += len(piece)
        if size and (size >= CHUNK_BYTES or isinstance(piece, Pause)):
            yield b"".join(some)
            some, size = [], 0
        if isinstance(piece, Pause):
            yield piece
    yield b"".join(some)


def _places(asked: Asked, room: WaitingRoom | None) -> int:
    threads: int = asked.settings.web_threads
    return max(1, min(asked.settings.open_feeds_max, threads - threads // THREADS_LEFT if room is None else room.feeds_max))
