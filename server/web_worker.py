"""gunicorn's worker with threads, made patient with slow phones but not with crowds of them, and with phones that wait for news.

gthread reads a request and sends its answer in one of its threads, as long as the client likes: a hundred connections that send half a request each,
or take half an answer, would leave no thread for anybody. Here

- a connection takes a thread when its first bytes are there, not before;
- a request must arrive at BYTES_PER_SECOND_MIN on the whole, after GRACE_SECONDS, which an old phone at the edge of a network manages;
- when more than a quarter of the threads wait for their clients, those that have waited longest are closed first: a phone that is cut off
  sends the same again, and everyone else is served;
- no thread waits for a client to take its answer, or for a feed to have something to tell: such answers go to the waiting room, where a client that
  takes too little is given up (server/waiting_room.py);
- the end of a connection (gunicorn lingers up to two seconds, so that a client still sending gets its answer) holds up nobody else.
"""

from __future__ import annotations

import contextlib
import contextvars
import errno
import functools
import select
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from server import parent
from server.broken_requests import Overheard
from server.pause import ROOM, Pause
from server.waiting_room import BYTES_PER_SECOND_MIN, GRACE_SECONDS, Outbox, WaitingRoom

FIRST_BYTES_SECONDS_MAX = 15.0
CROWD_SECONDS_MIN = 0.5  # nobody is closed sooner, however many wait
CROWD_SHARE = 4  # one thread in so many may wait for a slow client
SEND_SECONDS_MAX = 15  # of what gunicorn itself sends, like errors; answers never wait in a thread
LOOK_MILLISECONDS = 250
FLUSHED_BYTES_MIN = 16 * 1024  # smaller pieces of an answer go out together
NO_HANDLES_SECONDS = 0.2  # until the next try to take a new connection
CLOSERS = 4  # threads that linger with connections to be closed
CLOSING_MAX = 64  # more are closed at once
OUTBOX_BYTES_MAX = 256 * 1024  # of an answer that is made while it is sent, ahead of its client
GOING_ON_SHARE = 4  # one thread in so many may go on with an answer from the waiting room
OTHERS_SHARE = 4  # one connection in so many is kept for what is no feed
PARKED = object()
"""What a request ends with, for now, when its answer waits in the waiting room."""


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


class Answer:
    """One answer under way: the waiting room's guest. `steps` is PatientWorker's `_answering`."""

    response: wsgi.Response
    steps: Generator[Pause | None, None, bool]

    def __init__(self, connection: PatientConnection) -> None:
        self.connection = connection
        self.sock = connection.sock
        self.outbox = Outbox(connection.sock)
        self.gave_up = False
        self.context = contextvars.copy_context()  # the application's: it goes with the answer from thread to thread

    def beat(self, heartbeat: bytes) -> None:
        self.response.write(heartbeat)


class PatientWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._readers = Readers(max(1, self.cfg.threads // CROWD_SHARE))
        self._closers = Closers()

    def init_process(self) -> None:
        feeds_max = self.cfg.worker_connections - max(self.cfg.threads, self.cfg.worker_connections // OTHERS_SHARE)
        self._room = WaitingRoom(self._send_on, max(1, self.cfg.threads // GOING_ON_SHARE), max(1, feeds_max), self._end_soon)
        self._room.start()
        super().init_process()

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Told to end: feeds end at once, instead of holding up the end."""
        parent.stopping.set()
        self._room.stop()
        super().handle_exit(sig, frame)

    def _end_soon(self) -> None:
        """The waiting room is broken: another process takes over."""
        self.log.error("The waiting room is broken; this web process ends, and another starts")
        self.alive = False

    def accept(self, listener: socket.socket) -> None:
        """As gthread's, except that a new connection waits for its first bytes without a thread."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._free_handles()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SEND_SECONDS_MAX, 0))
        connection = PatientConnection(self.cfg, sock, address, listener.getsockname(), self._readers, self._closers)
        connection.timeout = time.monotonic() + FIRST_BYTES_SECONDS_MAX
        self.pending_conns.append(connection)
        self.poller.register(sock, selectors.EVENT_READ, functools.partial(self.on_pending_socket_readable, connection))

    def _free_handles(self) -> None:
        """There are no file handles left: gthread would end here, with all its phones. New ones wait in the listener's queue meanwhile."""
        self.log.warning("No file handles are left: idle connections are closed, new ones wait (see LimitNOFILE, ulimit -n)")
        self.murder_keepalived(force=True)
        time.sleep(NO_HANDLES_SECONDS)

    def handle(self, conn: Any) -> Any:
        conn.patient.begin()
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """As gunicorn's, in JSON."""
        overheard = Overheard()
        super().handle_error(req, overheard, addr, exc)
        with contextlib.suppress(OSError):  # the client may be gone
            util.write_nonblock(client, overheard.in_json())

    def handle_request(self, req: Any, conn: Any) -> Any:
        answer = Answer(conn)
        answer.steps = self._answering(req, answer)
        return self._go_on(answer)

    def finish_request(self, conn: Any, fs: Any) -> None:
        if fs.cancelled() or fs.exception() is not None or fs.result() is not PARKED:
            super().finish_request(conn, fs)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> Any:
        return PARKED if keepalive is PARKED else super()._keepalive_after(conn, keepalive)

    def _answering(self, request: Any, answer: Answer) -> Generator[Pause | None, None, bool]:
        """All of one answer, as gthread does it, in steps: yields a pause of the application's, or None when it must wait for its client.

        Returns whether the connection may be kept.
        """
        connection, outbox = answer.connection, answer.outbox
        response: wsgi.Response | None = None
        environ: dict[str, Any] = {}
        try:
            self.cfg.pre_request(self, request)
            began = datetime.now()
            response, environ = wsgi.create(request, connection.sock, connection.client, connection.server, self.cfg)
            answer.response, response.sock = response, outbox
            environ |= {"wsgi.multithread": True, ROOM: self._room}
            self._count_request()
            if not self.alive or not self.cfg.keepalive or len(self.keepalived_conns) >= self.max_keepalived:
                response.force_close()
            pieces = self.wsgi(environ, response.start_response)
            try:
                for piece in pieces:
                    if isinstance(piece, Pause):
                        response.write(b"")  # the headers, if they have not gone out
                        outbox.flush()
                        yield piece
                        continue
                    response.write(piece)
                    if outbox.waiting >= FLUSHED_BYTES_MIN:
                        outbox.flush()
                    if outbox.waiting >= OUTBOX_BYTES_MAX:
                        yield None
                response.close()
                outbox.flush()
                if outbox.waiting:
                    yield None
            finally:
                self.log.access(response, request, environ, datetime.now() - began)
                if hasattr(pieces, "close"):
                    pieces.close()
            return not response.should_close()
        except OSError:
            raise
        except Exception:
            if not outbox.taken:
                raise  # nothing went out: it can still be told as an error
            self.log.exception("Error in the middle of an answer")  # the client sees that it is cut off
            return False
        finally:
            self.cfg.post_request(self, request, environ, response)

    def _count_request(self) -> None:
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False

    def _go_on(self, answer: Answer) -> Any:
        """One step of the answer. Whether to keep the connection, or PARKED."""
        try:
            pause = answer.context.run(next, answer.steps)
        except StopIteration as end:
            return end.value
        self._room.take(answer, pause)
        return PARKED

    def _send_on(self, answer: Answer, done: Callable[[], None]) -> None:
        """For the waiting room: have a thread go on with this answer."""
        try:
            future = self.tpool.submit(self._resume, answer)
        except RuntimeError:  # this process ends
            done()
            return

        def finish(future: Future) -> None:
            done()
            self.method_queue.defer(self.finish_request, answer.connection, future)

        future.add_done_callback(finish)

    def _resume(self, answer: Answer) -> Any:
        connection = answer.connection
        try:
            if not answer.gave_up:
                return self._keepalive_after(connection, self._go_on(answer))
            connection.patient.gave_up = True
            answer.context.run(answer.steps.close)
        except OSError as error:
            self.log.debug("A client has hung up: %s", error)
        except Exception:
            self.log.exception("Error while going on with an answer")
        return False
