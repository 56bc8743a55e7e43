"""SQLite connections: lent to one thread at a time, one writer a file, and SQLite's errors in the engine's words."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sync.engine.errors import Busy, StorageFull
from sync.engine.schema import bring_up_to_date

BUSY_SECONDS_MAX = 20
OPEN_FILES_MAX = 256  # databases kept open a process: opening one again takes as long as ten small requests
HANDLES_PER_OPEN_FILE = 16  # of those that the process may have; each connection takes two or three, and most databases have one
IDLE_CONNECTIONS_MAX = 3  # a database
WAL_PAGES_MAX = 2_000  # 8 MB, then the log is written back into the file
WAL_BYTES_KEPT = 16 * 1024 * 1024  # a log that grew longer is cut back
SETTINGS = f"""
PRAGMA synchronous=FULL;
PRAGMA wal_autocheckpoint={WAL_PAGES_MAX};
PRAGMA journal_size_limit={WAL_BYTES_KEPT};
PRAGMA cache_size=-2000;
PRAGMA temp_store=MEMORY;
"""


class FileGone(Exception):
    """The file is not there: its database was deleted."""


class _File:
    def __init__(self) -> None:
        self.idle: list[sqlite3.Connection] = []
        self.writing = threading.Lock()


class Connections:
    """All SQLite connections of one process."""

    def __init__(self) -> None:
        self._start_anew()

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[Path, _File] = OrderedDict()
        self._open_files_max = _open_files_max()
        self._process = os.getpid()

    @contextlib.contextmanager
    def reading(self, path: Path) -> Iterator[sqlite3.Connection]:
        """A connection whose reads all see the same moment."""
        file = self._file(path)
        with in_our_words(), self._lent(path, file) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def writing(self, path: Path) -> Iterator[sqlite3.Connection]:
        """A transaction of the one writer: on disk when the block ends, undone when it raises.

        Threads of this process queue at a lock, since SQLite itself only lets a second writer sleep and try again.
        """
        file = self._file(path)
        with in_our_words(), file.writing, self._lent(path, file) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def outside(self, path: Path) -> Iterator[sqlite3.Connection]:
        """A connection in no transaction, for what SQLite does in none."""
        with in_our_words(), self._lent(path, self._file(path)) as connection:
            yield connection

    def forget(self, path: Path) -> None:
        """Close what is idle of this file; what is lent is closed when it comes back."""
        with self._lock:
            file = self._files.pop(path, None) or _File()
            idle, file.idle = file.idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        for path in list(self._files):
            self.forget(path)

    def _file(self, path: Path) -> _File:
        if self._process != os.getpid():
            # SQLite's connections must not cross a fork, not even to be closed: the parent's stay referenced here and are never touched.
            _of_parents.append(self._files)
            self._start_anew()
        closing: list[sqlite3.Connection] = []
        with self._lock:
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = _File()
                if len(self._files) > self._open_files_max:
                    closing = self._close_oldest()
            self._files.move_to_end(path)
        for connection in closing:
            connection.close()
        return file

    def _close_oldest(self) -> list[sqlite3.Connection]:
        """Idle connections of the file that was longest not asked for. Its lock stays while somebody may hold it."""
        for path, file in self._files.items():
            if not file.writing.locked() and file.idle:
                idle, file.idle = file.idle, []
                del self._files[path]
                return idle
        return []

    @contextlib.contextmanager
    def _lent(self, path: Path, file: _File) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = file.idle.pop() if file.idle else None
        if connection is None:
            connection = _open(path)
        usable = False
        try:
            yield connection
            usable = True
        except sqlite3.Error:
            raise  # whatever it was, this connection is not used again
        except BaseException:
            usable = True
            raise
        finally:
            with self._lock:
                keep = usable and self._files.get(path) is file and len(file.idle) < IDLE_CONNECTIONS_MAX and not connection.in_transaction
                if keep:
                    file.idle.append(connection)
            if not keep:
                connection.close()


_of_parents: list = []


def _open_files_max() -> int:
    """Many systems allow a process 1,024 file handles: then 64 databases stay open."""
    handles, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES_MAX if handles == resource.RLIM_INFINITY else min(OPEN_FILES_MAX, max(1, handles // HANDLES_PER_OPEN_FILE))


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS_MAX, cached_statements=64
        )
        connection.executescript(SETTINGS)
        bring_up_to_date(connection, path.name)
    except sqlite3.OperationalError as error:
        if not path.exists():
            raise FileGone(path) from error
        raise
    return connection


@contextlib.contextmanager
def in_our_words() -> Iterator[None]:
    """A full disk and a lock held too long are answers, not accidents."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL or error.sqlite_errorcode == sqlite3.SQLITE_IOERR_SHMSIZE:
            raise StorageFull from error
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy from error
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise
