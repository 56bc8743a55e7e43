"""gunicorn's worker with threads, made patient with slow phones but not with crowds of them.

gthread reads a request in one of its threads, as long as the client likes: a hundred connections that send half a request each would
leave no thread for anybody. Here

- a connection takes a thread when its first bytes are there, not before;
- a request must arrive at BYTES_PER_SECOND_MIN on the whole, after GRACE_SECONDS, which an old phone at the edge of a network manages;
- when more than a quarter of the threads wait for their clients, those that have waited longest are closed first: a phone that is cut off
  sends the same again, and everyone else is served;
- a client that takes nothing of its answer for SEND_SECONDS_MAX is given up;
- the end of a connection (gunicorn lingers up to two seconds, so that a client still sending gets its answer) holds up nobody else.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import select
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

GRACE_SECONDS = 20.0
BYTES_PER_SECOND_MIN = 500
FIRST_BYTES_SECONDS_MAX = 15.0
SEND_SECONDS_MAX = 15
CROWD_SECONDS_MIN = 0.5  # nobody is closed sooner, however many wait
CROWD_SHARE = 4  # one thread in so many may wait for a slow client
LOOK_MILLISECONDS = 250
CLOSERS = 4  # threads that linger with connections to be closed
CLOSING_MAX = 64  # more are closed at once


class Readers:
    """The requests whose threads wait for their clients just now, by the moment they began."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._began: dict[int, float] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def waiting(self, who: object, began: float) -> Iterator[None]:
        with self._lock:
            self._began[id(who)] = began
        try:
            yield
        finally:
            with self._lock:
                self._began.pop(id(who), None)

    def is_in_the_way(self, began: float) -> bool:
        """Whether more than the most wait, and this one is among those too many that have waited longest."""
        with self._lock:
            too_many = len(self._began) - self._most
            return too_many > 0 and sum(other < began for other in self._began.values()) < too_many


class PatientSocket:
    """What gunicorn's parser reads from. A client that is too slow looks like one that has hung up."""

    def __init__(self, sock: socket.socket, readers: Readers) -> None:
        self._sock = sock
        self._readers = readers
        self.gave_up = False
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self.begin()

    def begin(self) -> None:
        """Another request starts."""
        self._began = time.monotonic()
        self._received = 0

    def recv(self, most: int) -> bytes:
        if self.gave_up or (not self._poll.poll(0) and not self._waited()):
            self.gave_up = True
            return b""
        chunk = self._sock.recv(most)
        self._received += len(chunk)
        return chunk

    def _waited(self) -> bool:
        """Wait for bytes; False when that has taken too long."""
        with self._readers.waiting(self, self._began):
            while not self._poll.poll(LOOK_MILLISECONDS):
                took = time.monotonic() - self._began
                if took > GRACE_SECONDS + self._received / BYTES_PER_SECOND_MIN:
                    return False
                if took > CROWD_SECONDS_MIN and self._readers.is_in_the_way(self._began):
                    return False
        return True


class Closers:
    """A few threads that linger with connections to be closed; gunicorn does it in the loop that accepts new ones."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(CLOSERS, "closes connections")
        self._places = threading.BoundedSemaphore(CLOSING_MAX)

    def take(self, sock: socket.socket) -> bool:
        """False when there are too many."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            self._threads.submit(self._close, sock)
        except RuntimeError:  # this process ends
            self._places.release()
            return False
        return True

    def _close(self, sock: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError):
                sock.setblocking(True)
                util.close_graceful(sock)
        finally:
            self._places.release()


class PatientConnection(TConn):
    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any, readers: Readers, closers: Closers) -> None:
        super().__init__(cfg, sock, client, server)
        self.patient = PatientSocket(sock, readers)
        self._closers = closers

    def init(self) -> None:
        super().init()
        self.parser.unreader.sock = self.patient

    def close(self, graceful: bool = False) -> None:
        if not graceful or self.patient.gave_up or not self._closers.take(self.sock):
            util.close(self.sock)


class PatientWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._readers = Readers(max(1, self.cfg.threads // CROWD_SHARE))
        self._closers = Closers()

    def accept(self, listener: socket.socket) -> None:
        """As gthread's, except that a new connection waits for its first bytes without a thread."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SEND_SECONDS_MAX, 0))
        connection = PatientConnection(self.cfg, sock, address, listener.getsockname(), self._readers, self._closers)
        connection.timeout = time.monotonic() + FIRST_BYTES_SECONDS_MAX
        self.pending_conns.append(connection)
        self.poller.register(sock, selectors.EVENT_READ, functools.partial(self.on_pending_socket_readable, connection))

    def handle(self, conn: Any) -> Any:
        conn.patient.begin()
        return super().handle(conn)
