"""Bells: whoever commits a change rings the database's name, and whoever waits hears it, in this process or another, without asking the disk.

Each process that waits has a named pipe in the `wake` folder. A ring is one short line written to every pipe there; the kernel keeps lines whole.
A pipe that nobody reads any more is removed by the next ring. A ring can be lost (a pipe runs full when its process hangs), so
whoever waits also looks again by itself now and then.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

READ_BYTES = 65_536


class Watch:
    """Hears of changes from the moment it is made, so: make it, then look at the database, then wait."""

    def __init__(self) -> None:
        self._heard: set[str] = set()
        self._event = threading.Event()
        self._lock = threading.Lock()

    def wait(self, timeout_seconds: float) -> set[str]:
        """Names that changed since the last call, as soon as there are some; empty when the time is up."""
        self._event.wait(max(0.0, timeout_seconds))
        with self._lock:
            heard, self._heard = self._heard, set()
            self._event.clear()
        return heard

    def hear(self, names: set[str]) -> None:
        with self._lock:
            self._heard |= names
            self._event.set()


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
    def watch(self, name: str) -> Iterator[Watch]:
        """Hear of this database while the block runs."""
        one = self.watch_all(name)
        try:
            yield one
        finally:
            with self._lock:
                watches = self._watches.get(name, set())
                watches.discard(one)
                if not watches:
                    self._watches.pop(name, None)

    def watch_all(self, name: str | None = None) -> Watch:
        """Hear of every database, for as long as the process lives."""
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
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as pipes:
            for pipe in pipes:
                if pipe.name.endswith(".pipe") and (pipe.name != self._pipe or self._process != os.getpid()):
                    _write(pipe.path, line)

    def _tell(self, names: set[str]) -> None:
        with self._lock:
            for name in names:
                for one in self._watches.get(name, ()):
                    one.hear({name})
            for one in self._watches.get(None, ()):
                one.hear(names)

    def _listen(self) -> str:
        """Make this process's pipe and read it in a thread. It gets its name once it is open, or a ring might take it for a dead one."""
        name = f"{os.getpid()}-{secrets.token_hex(4)}.pipe"
        made = self._folder / f"{name}.new"
        os.mkfifo(made, 0o600)
        descriptor = os.open(made, os.O_RDWR | os.O_CLOEXEC)  # for writing too, so that it never reads as ended
        made.rename(self._folder / name)
        threading.Thread(target=self._hear, args=(descriptor,), name="bells", daemon=True).start()
        return name

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
