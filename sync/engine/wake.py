"""Bells: whoever commits a change rings the database's name, and whoever waits hears it, in this process or another, without asking the disk.

Each process that waits has a named pipe in the `wake` folder. A ring is one short line written to every pipe there; the kernel keeps lines whole.
A pipe that nobody reads any more is removed by the next ring, or by the next process that listens. A ring can be lost (a pipe runs full when its
process hangs), so whoever waits also looks again by itself now and then.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

READ_BYTES = 65_536
PIPE = ".pipe"
UNFINISHED = ".new"
NAMING_SECONDS_MAX = 60


class Watch:
    """Hears of changes from the moment it is made, so: make it, then look at the database, then wait."""

    def __init__(self) -> None:
        self._heard: set[str] = set()
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._call: Callable[[], None] | None = None

    def wait(self, timeout_seconds: float) -> set[str]:
        """Names that changed since the last call, as soon as there are some; empty when the time is up."""
        self._event.wait(max(0.0, timeout_seconds))
        with self._lock:
            heard, self._heard = self._heard, set()
            self._event.clear()
        return heard

    def call_when_heard(self, call: Callable[[], None] | None) -> None:
        """Instead of a thread that waits: call this once, at once if there is something already, else at the next ring. None: do not call any more.

        It is called in the thread of whoever rings, so it must be quick and must not wait.
        """
        with self._lock:
            self._call = None if self._heard else call
            at_once = bool(self._heard)
        if at_once and call is not None:
            call()

    def hear(self, names: set[str]) -> None:
        with self._lock:
            self._heard |= names
            self._event.set()
            call, self._call = self._call, None
        if call is not None:
            call()


class Bells:
    """The bells of one folder, in this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._start_anew()

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._watches: dict[str | None, set[Watch]] = {}
        self._pipe: str | None = None
        self._process = os.getpid()

    @contextlib.contextmanager
    def watch(self, name: str | None) -> Iterator[Watch]:
        """Hear of this database, or of all, while the block runs."""
        one = self.watch_all(name)
        try:
            yield one
        finally:
            self.leave(one, name)

    def leave(self, one: Watch, name: str | None = None) -> None:
        """Hear no more."""
        with self._lock:
            watches = self._watches.get(name, set())
            watches.discard(one)
            if not watches:
                self._watches.pop(name, None)

    def watch_all(self, name: str | None = None) -> Watch:
        """Hear of every database, for as long as the process lives (or until `leave`)."""
        if self._process != os.getpid():
            self._start_anew()  # after a fork the thread that listened is in the parent only
        one = Watch()
        with self._lock:
            self._watches.setdefault(name, set()).add(one)
            if self._pipe is None:
                self._pipe = self._listen()
        return one

    def ring(self, name: str) -> None:
        """Tell everyone that this database has changed. Call it after the commit."""
        self._tell({name})
        line = name.encode() + b"\n"
        with contextlib.suppress(OSError), os.scandir(self._folder) as pipes:  # no handle left: what is committed is not to be told as failed
            for pipe in pipes:
                if pipe.name.endswith(PIPE) and (pipe.name != self._pipe or self._process != os.getpid()):
                    _write(pipe.path, line)

    def _tell(self, names: set[str]) -> None:
        with self._lock:
            told = [(one, {name}) for name in names for one in self._watches.get(name, ())] + [(one, names) for one in self._watches.get(None, ())]
        for one, heard in told:  # outside of the lock: whoever hears may stop listening at once
            one.hear(heard)

    def _listen(self) -> str:
        """Make this process's pipe and read it in a thread. It gets its name once it is open, or a ring might take it for a dead one."""
        self._clear_away()
        name = f"{os.getpid()}-{secrets.token_hex(4)}{PIPE}"
        made = self._folder / f"{name}{UNFINISHED}"
        os.mkfifo(made, 0o600)
        descriptor = os.open(made, os.O_RDWR | os.O_CLOEXEC)  # for writing too, so that it never reads as ended
        made.rename(self._folder / name)
        threading.Thread(target=self._hear, args=(descriptor,), name="bells", daemon=True).start()
        return name

    def _clear_away(self) -> None:
        """Remove what dead processes left: pipes that nobody reads, and those of processes that died before they had named theirs."""
        for left in self._folder.iterdir():
            if left.name.endswith(PIPE):
                _write(str(left), b"")
            elif left.name.endswith(UNFINISHED):
                with contextlib.suppress(FileNotFoundError):  # its maker has named it meanwhile
                    if time.time() - left.stat().st_mtime > NAMING_SECONDS_MAX:
                        left.unlink()

    def _hear(self, descriptor: int) -> None:
        rest = b""
        while True:
            *lines, rest = (rest + os.read(descriptor, READ_BYTES)).split(b"\n")
            self._tell({line.decode(errors="replace") for line in lines})


def _write(pipe: str, line: bytes) -> None:
    try:
        descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nobody reads it: its process is gone
            with contextlib.suppress(FileNotFoundError):
                Path(pipe).unlink()
        return
    try:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(descriptor, line)
    finally:
        os.close(descriptor)
