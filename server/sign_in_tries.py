"""Failed sign-ins, counted over all web processes of this machine, so that passwords cannot be guessed by trying.

Why a file and not Flask-Limiter: its counters live in one process or in a Redis; a small SQLite file is shared by all processes and nothing to install.
Only failures count: a community that signs in forty phones behind one address in the morning is no attack.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from server.errors import TooManyRequests

WINDOW_SECONDS = 60
ADDRESS_FACTOR = 10  # many people share one address
BUSY_SECONDS_MAX = 5


class SignInTries:
    """`check` before a password is looked at, `failed` after it was wrong."""

    def __init__(self, file: Path, tries_per_minute: int) -> None:
        self.file = file
        self.per_name = tries_per_minute
        self.per_address = tries_per_minute * ADDRESS_FACTOR

    def check(self, username: str, address: str, now: float | None = None) -> None:
        """Raises TooManyRequests when this name or this address has failed too often within the last minute."""
        now = time.time() if now is None else now
        with closing(self._open()) as file:
            for who, most in ((_mark("name", username), self.per_name), (_mark("address", address), self.per_address)):
                times = [at for (at,) in file.execute("SELECT at FROM failures WHERE who = ? AND at > ? ORDER BY at", (who, now - WINDOW_SECONDS))]
                if len(times) >= most:
                    wait = max(1, int(times[-most] + WINDOW_SECONDS - now) + 1)
                    raise TooManyRequests("Too many failed sign-ins. Wait a little and try again.", headers={"Retry-After": str(wait)})

    def failed(self, username: str, address: str, now: float | None = None) -> None:
        now = time.time() if now is None else now
        with closing(self._open()) as file, file:
            file.execute("DELETE FROM failures WHERE at <= ?", (now - WINDOW_SECONDS,))
            file.executemany("INSERT INTO failures (who, at) VALUES (?, ?)", [(_mark("name", username), now), (_mark("address", address), now)])

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.file, timeout=BUSY_SECONDS_MAX)
        connection.execute("PRAGMA synchronous=OFF")  # a count of failures need not survive a power cut
        connection.execute("CREATE TABLE IF NOT EXISTS failures (who BLOB NOT NULL, at REAL NOT NULL)")
        connection.execute("CREATE INDEX IF NOT EXISTS failures_by_who ON failures (who, at)")
        return connection


def _mark(kind: str, text: str) -> bytes:
    """Hashed, so that a password typed into the name's box is not kept on disk as it was."""
    return hashlib.sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest()[:16]
