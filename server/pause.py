"""What an answer yields, among its bytes, when it has nothing to say for now: a feed that waits for the next change.

Our own web worker parks such an answer without a thread (server/waiting_room.py). Any other WSGI server gets `in_this_thread`, which waits itself.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

ROOM = "doorstep.waiting_room"
"""Where our worker tells an application, in the WSGI environment, that its answers may hold pauses."""

LISTENING_SECONDS = 1.0  # how often a thread that waits looks whether its client is still there


class Listener(Protocol):
    """Hears that something may have changed; `sync.engine.wake.Watch` is one."""

    def wait(self, timeout_seconds: float) -> set[str]: ...

    def call_when_heard(self, call: Callable[[], None] | None) -> None: ...


@dataclass(slots=True)
class Pause:
    """Go on when `listener` hears something, or at `until` (of the monotonic clock), or when the process is to end.

    Meanwhile, at `beat_at` and each `heartbeat_seconds` after it, `heartbeat` is sent, in a chunk of its own. Whoever waits moves `beat_at` on.
    """

    until: float
    listener: Listener | None = None
    heartbeat: bytes = b""
    heartbeat_seconds: float | None = None
    beat_at: float = math.inf


def in_this_thread(pieces: Generator[bytes | Pause, None, None], client: socket.socket | None, stopping: Callable[[], bool]) -> Iterator[bytes]:
    """The same answer for a server that knows no pauses: this thread waits. It ends when the client has hung up."""
    with contextlib.closing(pieces):
        for piece in pieces:
            if not isinstance(piece, Pause):
                yield piece
                continue
            yield b""  # the headers and what is written so far go out
            if not (yield from _waited(piece, client, stopping)):
                return


def _waited(piece: Pause, client: socket.socket | None, stopping: Callable[[], bool]) -> Generator[bytes, None, bool]:
    """Wait; False when the client has hung up."""
    while (left := piece.until - time.monotonic()) > 0 and not stopping():
        if has_hung_up(client):
            return False
        if piece.heartbeat_seconds is not None and time.monotonic() >= piece.beat_at:
            piece.beat_at = time.monotonic() + piece.heartbeat_seconds
            yield piece.heartbeat
        seconds = max(0.0, min(LISTENING_SECONDS, left, piece.beat_at - time.monotonic()))
        if piece.listener is None:
            time.sleep(seconds)
        elif piece.listener.wait(seconds):
            break
    return True


def has_hung_up(client: Any) -> bool:
    """Whether the client has closed the connection, where the server lets us see its socket."""
    if client is None:
        return False
    try:
        poll = select.poll()
        poll.register(client, select.POLLIN)
        return any(client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"" for _ in poll.poll(0))
    except (OSError, ValueError):
        return True
