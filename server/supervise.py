"""`flask serve`: one parent that starts the web processes and the merge worker, starts again what dies, and leaves nothing behind.

The parent opens the port itself and hands it to gunicorn, so that a busy port is told in a sentence, and phones that ask while the web
processes are being started again wait in the queue instead of being turned away.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.demo import is_loaded
from server.parent import LISTENER_VARIABLE, PIPE_VARIABLE
from server.settings import Settings
from server.updating import answering
from sync.couchdb.address import Address
from sync.couchdb.connection import is_up
from sync.store import open_store, upgrade
from sync.store.upgrading import CannotUpgrade, Progress

ROOT = Path(__file__).parent.parent
LOOK_SECONDS = 0.1
RESTART_SECONDS_MIN = 0.1
RESTART_SECONDS_MAX = 5.0
STEADY_SECONDS = 15  # a child that lived this long starts again without a pause
FIRST_TRIES_MAX = 4  # before it was ever ready: then the reason lies elsewhere
STOP_SECONDS_MAX = 10
BACKLOG = 1_024
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class CannotStart(Exception):
    """Why the server cannot start, as a sentence for the person at the terminal."""


@dataclass
class Child:
    """A process to keep running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_seconds: float = RESTART_SECONDS_MIN / 2
    ends: int = 0


def serve(settings: Settings) -> None:
    """Migrate, load the demo at the first start, run everything until told to end. Raises CannotStart."""
    started = time.monotonic()
    stop = threading.Event()
    with _only_one(settings), _listener(settings) as listener, _parent_pipe() as pipe:
        environment = {**os.environ, PIPE_VARIABLE: str(pipe), LISTENER_VARIABLE: str(listener.fileno())}
        descriptors = (pipe, listener.fileno())
        _bring_to_this_version(settings, listener)
        for number in ENDING:
            signal.signal(number, lambda *_: stop.set())
        if settings.couchdb_url:
            say(f"The sync engine is CouchDB at {Address(settings.couchdb_url)}{'' if is_up(settings.couchdb_url) else ', which does not answer yet'}.")
        if settings.demo and not _demo_is_loaded(settings) and not _run_to_the_end(_flask("demo", "load"), environment, descriptors, stop):
            return
        children = [
            Child("the web processes", [sys.executable, "-m", "gunicorn", "--config", "python:server.gunicorn_settings", "wsgi:app"]),
            *(Child(name, _flask("worker", "run")) for name in _merge_workers(settings)),
        ]
        try:
            _keep_running(children, environment, descriptors, stop, _Welcome(settings, listener.getsockname()[1], started))
        finally:
            _end(children)


def _bring_to_this_version(settings: Settings, listener: socket.socket) -> None:
    """Where that takes a while, whoever asks meanwhile is told. To be ended meanwhile costs no more than a power cut. Raises CannotStart."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    try:
        with answering(listener) as meanwhile:

            def tell(progress: Progress) -> None:
                meanwhile.progress = progress
                say(str(progress))

            if upgrade(settings.database_url, tell) and meanwhile.progress:
                say("The central store is at this version.")
    except CannotUpgrade as error:
        raise CannotStart(str(error)) from error


def _merge_workers(settings: Settings) -> list[str]:
    """Their names. Raises CannotStart where the store has one writer only."""
    if settings.merge_workers == 1:
        return ["the merge worker"]
    if settings.database_url.startswith("sqlite"):
        raise CannotStart("DOORSTEP_MERGE_WORKERS: several merge workers need PostgreSQL as the central store (DATABASE_URL); SQLite has one writer.")
    return [f"merge worker {number}" for number in range(1, settings.merge_workers + 1)]


def _keep_running(children: list[Child], environment: dict[str, str], descriptors: tuple[int, ...], stop: threading.Event, welcome: _Welcome) -> None:
    while not stop.is_set():
        now = time.monotonic()
        for child in children:
            if child.process is not None and child.process.poll() is not None:
                child.pause_seconds = RESTART_SECONDS_MIN if now - child.started_at > STEADY_SECONDS else min(child.pause_seconds * 2, RESTART_SECONDS_MAX)
                child.start_again_at = now + child.pause_seconds
                child.ends += 1
                if child.ends >= FIRST_TRIES_MAX and not welcome.said:
                    raise CannotStart(f"Tried {child.ends} times to start {child.name}, in vain: {_how(child.process.returncode)}. The reason stands above.")
                say(f"{child.name} ended ({_how(child.process.returncode)}); starting again in {child.pause_seconds:.1f} s")
                _end_group(child.process)  # what it left behind, gunicorn's own children above all
                child.process = None
            if child.process is None and now >= child.start_again_at:
                child.process = subprocess.Popen(child.command, cwd=ROOT, env=environment, pass_fds=descriptors, start_new_session=True)
                child.started_at = now
        welcome.when_ready()
        stop.wait(LOOK_SECONDS)


def _end(children: list[Child]) -> None:
    """Ask all, wait, then insist."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    until = time.monotonic() + STOP_SECONDS_MAX
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
        _end_group(process)
        process.wait()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Each child leads a process group of its own, so that Ctrl-C reaches the parent only and a kill here reaches grandchildren."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _run_to_the_end(command: Sequence[str], environment: dict[str, str], descriptors: tuple[int, ...], stop: threading.Event) -> bool:
    """False when told to stop meanwhile. Raises CannotStart when it failed; it has said why itself."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=descriptors, start_new_session=True)
    while process.poll() is None:
        if stop.wait(LOOK_SECONDS):
            _end_group(process)
            process.wait()
            return False
    if process.returncode:
        raise CannotStart("The demo organisation could not be loaded.")
    return True


def _demo_is_loaded(settings: Settings) -> bool:
    store = open_store(settings.database_url)
    try:
        return is_loaded(store)
    finally:
        store.close()


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One server per data folder. The lock goes with the process that holds it, however that ends."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data / "serving.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise CannotStart(
                f"The data in {settings.data} is being served already, by process {file.read().strip() or '?'}. "
                "Stop that one, or set DOORSTEP_DATA to another folder."
            ) from error
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextlib.contextmanager
def _listener(settings: Settings) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise CannotStart(f"DOORSTEP_HOST is {settings.host!r}, which is no address of this machine.") from error
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"Port {settings.port} on {settings.host} is in use by another program. Stop that one, or set DOORSTEP_PORT to another port."
                ) from error
            raise CannotStart(f"Cannot listen on {settings.host}, port {settings.port}: {error.strerror}.") from error
        yield listener


@contextlib.contextmanager
def _parent_pipe() -> Iterator[int]:
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


class _Welcome:
    """Says once, when the first answer came, where to go and how long the start took."""

    def __init__(self, settings: Settings, port: int, started: float) -> None:
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 comparing, not listening
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.demo = settings.demo
        self.started = started
        self.said = False

    def when_ready(self) -> None:
        if self.said or not self._answers():
            return
        self.said = True
        accounts = " Sign in as admin, leader, surveyor1 … surveyor9 or operator, password demo." if self.demo else ""
        say(f"Doorstep: the office is {self.url}/ and the phone app {self.url}/app/.{accounts} Up in {time.monotonic() - self.started:.1f} s; Ctrl-C ends it.")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 our own address
                return answer.status == 200
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def _flask(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
