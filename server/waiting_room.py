"""Where answers wait without a thread: feeds with nothing to tell, and answers whose clients are slow to take them.

One thread a process looks after all of them. It hands bytes to clients as they take them, sends heartbeats, sees who hung up, and gives an answer
back to the pool's threads when there is something to do: a bell rang, its time is up, or its client has taken what was there.
Whatever costs more than a moment is done in the pool, and for only a few of these answers at a time: when one commit wakes a thousand phones, other
requests still find threads.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import heapq
import itertools
import os
import selectors
import socket
import struct
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from server.pause import Pause

GRACE_SECONDS = 20.0
BYTES_PER_SECOND_MIN = 500  # in each such time; an old phone at the edge of a network manages
WAITING_BYTES_MAX = 256 * 1024 * 1024  # of all answers together; beyond it, those that have waited longest for their clients are given up
LOOK_SECONDS = 1.0
TIMERS_LEFT_MAX = 1_000
GONE = (OSError, ValueError, KeyError)  # what a socket, or the poller over it, says when it was closed
PIECE_BYTES_MAX = 256 * 1024  # handed to the kernel at once


class Outbox:
    """What gunicorn's Response writes to instead of the socket. Nothing here ever waits."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._pieces: deque[memoryview] = deque()
        self.waiting = 0  # bytes that the kernel has not taken yet
        self.taken = 0

    @property
    def arrived(self) -> int:
        """Bytes that the client has acknowledged. The kernel takes megabytes ahead, and then none until a third of them has gone."""
        try:
            under_way = struct.unpack("i", fcntl.ioctl(self._sock, termios.TIOCOUTQ, b"\0" * 4))[0]
        except (OSError, ValueError):
            under_way = 0  # a system that does not tell, or a socket that is closed
        return self.taken - under_way

    def sendall(self, content: bytes) -> None:
        """Put it behind what waits. `flush` sends it."""
        if content:
            self._pieces.append(memoryview(content))
            self.waiting += len(content)

    def flush(self) -> None:
        """Send as much as the client takes at once. Raises OSError when it is gone."""
        while self._pieces:
            piece = self._together()
            try:
                sent = self._sock.send(piece[:PIECE_BYTES_MAX], socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                return
            self.waiting -= sent
            self.taken += sent
            if sent == len(piece):
                self._pieces.popleft()
            else:
                self._pieces[0] = piece[sent:]

    def _together(self) -> memoryview:
        """The first pieces as one, if they are small, so that they go out in one packet. A large one is not copied."""
        pieces = [self._pieces.popleft()]
        size = len(pieces[0])
        while self._pieces and size + len(self._pieces[0]) <= PIECE_BYTES_MAX:
            pieces.append(self._pieces.popleft())
            size += len(pieces[-1])
        self._pieces.appendleft(memoryview(b"".join(pieces)) if len(pieces) > 1 else pieces[0])
        return self._pieces[0]


class Guest(Protocol):
    """A connection with an answer under way; the web worker's connections are."""

    sock: socket.socket
    outbox: Outbox
    gave_up: bool
    """Set by the room: its client is gone, or takes too little."""

    def beat(self, heartbeat: bytes) -> None:
        """Write this as a part of the answer."""
        ...


class _Stay:
    """One guest's time in the room. `pause` None: it waits for its client only."""

    def __init__(self, guest: Guest, pause: Pause | None, number: int) -> None:
        self.guest = guest
        self.pause = pause
        self.number = number
        self.over = False
        self.since = time.monotonic()
        self.arrived = guest.outbox.arrived
        self.judged_at = self.since
        self.listens_for = 0

    def is_too_slow(self, now: float, grace_seconds: float) -> bool:
        """Whether too little has arrived since it was last judged, a grace ago."""
        if now - self.judged_at < grace_seconds or not self.guest.outbox.waiting:
            return False
        before, self.arrived, self.judged_at = self.arrived, self.guest.outbox.arrived, now
        return self.arrived - before < BYTES_PER_SECOND_MIN * grace_seconds


class WaitingRoom:
    """`go_on(guest, done)` has the pool continue an answer and calls `done` afterwards. Start it in the process that serves: threads do not cross forks.

    `at_once_max` answers go on at the same time. `feeds_max`: more would leave no connection to others. `broken` is called when the room's thread ends
    by a mistake of ours: whoever waits would wait for ever.
    """

    def __init__(
        self,
        go_on: Callable[[Any, Callable[[], None]], None],
        at_once_max: int,
        feeds_max: int,
        broken: Callable[[], None],
        grace_seconds: float = GRACE_SECONDS,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
    ) -> None:
        self.feeds_max = feeds_max
        self._broken = broken
        self._grace_seconds = grace_seconds
        self._waiting_bytes_max = waiting_bytes_max
        self._go_on = go_on
        self._at_once_max = at_once_max
        self._lock = threading.Lock()
        self._arrivals: deque[_Stay] = deque()
        self._called: deque[_Stay] = deque()
        self._leaving: deque[Guest] = deque()
        self._under_way = 0
        self._numbers = itertools.count()
        self._stays: dict[int, _Stay] = {}
        self._timers: list[tuple[float, int, _Stay]] = []
        self._poller = selectors.DefaultSelector()
        self._ears, self._mouth = os.pipe()
        os.set_blocking(self._ears, False)
        os.set_blocking(self._mouth, False)
        self._poller.register(self._ears, selectors.EVENT_READ)
        self._stopping = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="waiting room", daemon=True).start()

    def stop(self) -> None:
        """Every feed ends now; what is being sent may still be taken. May be called from a signal's handler."""
        self._stopping = True
        self._wake()

    def take(self, guest: Guest, pause: Pause | None) -> None:
        """Let it wait. Its thread must not touch it any more."""
        self._arrivals.append(_Stay(guest, pause, next(self._numbers)))
        self._wake()

    # What follows runs in the room's own thread, except where it says otherwise

    def _run(self) -> None:
        try:
            self._look_after_all()
        except BaseException:
            self._broken()
            raise

    def _look_after_all(self) -> None:
        look_at = 0.0
        while True:
            now = time.monotonic()
            seconds = min(LOOK_SECONDS, max(0.0, self._timers[0][0] - now)) if self._timers else LOOK_SECONDS
            for key, events in self._poller.select(seconds):
                if key.fd == self._ears:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._ears, 4096)
                else:
                    self._hear_client(key.data, events)
            while self._arrivals:
                self._settle(self._arrivals.popleft())
            while self._called:
                self._leave(self._called.popleft())
            self._keep_time()
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_SECONDS
                self._make_room()
                self._forget_timers()
            if self._stopping:
                for stay in [stay for stay in self._stays.values() if stay.pause is not None]:
                    self._leave(stay)

    def _settle(self, stay: _Stay) -> None:
        self._stays[stay.number] = stay
        pause = stay.pause
        try:
            stay.guest.outbox.flush()
            self._listen(stay)
        except GONE:
            self._give_up(stay)
            return
        if pause is None:
            if not stay.guest.outbox.waiting:
                self._leave(stay)
            else:
                self._set_timer(stay, stay.since + self._grace_seconds)
            return
        self._set_timer(stay, min(pause.until, pause.beat_at))
        if pause.listener is not None:
            pause.listener.call_when_heard(functools.partial(self._call, stay))

    def _call(self, stay: _Stay) -> None:
        """In the thread of whoever rings."""
        self._called.append(stay)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it is going to look anyway
            os.write(self._mouth, b"\0")

    def _listen(self, stay: _Stay) -> None:
        """For the client's hanging up, and for room to send more, when something waits."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if stay.guest.outbox.waiting else 0)
        if not stay.listens_for:
            self._poller.register(stay.guest.sock, wanted, stay)
        elif stay.listens_for != wanted:
            self._poller.modify(stay.guest.sock, wanted, stay)
        stay.listens_for = wanted

    def _hear_client(self, stay: _Stay, events: int) -> None:
        if stay.over:
            return
        try:
            if events & selectors.EVENT_WRITE:
                stay.guest.outbox.flush()
                if stay.pause is None and not stay.guest.outbox.waiting:
                    self._leave(stay)
                    return
                self._listen(stay)
            if events & selectors.EVENT_READ and self._sent_more(stay.guest.sock):
                self._poller.unregister(stay.guest.sock)  # the next request already: it is read after this answer
                stay.listens_for = 0
                if stay.guest.outbox.waiting:
                    self._poller.register(stay.guest.sock, selectors.EVENT_WRITE, stay)
                    stay.listens_for = selectors.EVENT_WRITE
        except GONE:
            self._give_up(stay)

    @staticmethod
    def _sent_more(sock: socket.socket) -> bool:
        """Raises OSError when it sent nothing more but hung up."""
        try:
            if not sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                raise ConnectionResetError
        except (BlockingIOError, InterruptedError):
            return False
        return True

    def _keep_time(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            stay = heapq.heappop(self._timers)[2]
            if stay.over:
                continue
            pause = stay.pause
            if stay.is_too_slow(now, self._grace_seconds):
                self._give_up(stay)
            elif pause is None:
                self._set_timer(stay, now + LOOK_SECONDS)
            elif now >= pause.until:
                self._leave(stay)
            elif pause.heartbeat_seconds is not None:
                self._beat(stay, pause, pause.heartbeat_seconds)

    def _beat(self, stay: _Stay, pause: Pause, seconds: float) -> None:
        pause.beat_at = time.monotonic() + seconds
        try:
            if not stay.guest.outbox.waiting:
                stay.guest.beat(pause.heartbeat)
                stay.guest.outbox.flush()
                self._listen(stay)
            self._set_timer(stay, min(pause.until, pause.beat_at))
        except GONE:
            self._give_up(stay)

    def _make_room(self) -> None:
        """When too much waits for clients, those that have waited longest are given up."""
        waiting = sum(stay.guest.outbox.waiting for stay in self._stays.values())
        for stay in list(self._stays.values()):
            if waiting <= self._waiting_bytes_max:
                return
            if stay.guest.outbox.waiting:
                waiting -= stay.guest.outbox.waiting
                self._give_up(stay)

    def _set_timer(self, stay: _Stay, at: float) -> None:
        heapq.heappush(self._timers, (at, next(self._numbers), stay))

    def _forget_timers(self) -> None:
        """Of those who have left: a feed that is woken often leaves many behind."""
        if len(self._timers) > 2 * len(self._stays) + TIMERS_LEFT_MAX:
            self._timers = [timer for timer in self._timers if not timer[2].over]
            heapq.heapify(self._timers)

    def _give_up(self, stay: _Stay) -> None:
        stay.guest.gave_up = True
        self._leave(stay)

    def _leave(self, stay: _Stay) -> None:
        if stay.over:
            return
        stay.over = True
        del self._stays[stay.number]
        if stay.pause is not None and stay.pause.listener is not None:
            stay.pause.listener.call_when_heard(None)
        if stay.listens_for:
            with contextlib.suppress(*GONE):
                self._poller.unregister(stay.guest.sock)
        with self._lock:
            self._leaving.append(stay.guest)
        self._send_on()

    def _send_on(self) -> None:
        """In any thread: let as many go on as may at once."""
        while True:
            with self._lock:
                if not self._leaving or self._under_way >= self._at_once_max:
                    return
                self._under_way += 1
                guest = self._leaving.popleft()
            self._go_on(guest, self._done)

    def _done(self) -> None:
        with self._lock:
            self._under_way -= 1
        self._send_on()
