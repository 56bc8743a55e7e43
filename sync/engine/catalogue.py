"""Which databases there are: name, file, security object, who may write. One small SQLite file that all processes share."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from sync.databases import Writers
from sync.engine.connections import Connections, in_our_words
from sync.engine.errors import BadDocument, DatabaseMissing, IllegalName
from sync.engine.limits import DATABASE_NAME_LENGTH_MAX, SECURITY_BYTES_MAX
from sync.engine.schema import CATALOGUE, DATABASE

NAME = re.compile(r"[a-z][a-z0-9_$()+/-]*\Z")
EVERYONE_OUT: dict[str, Any] = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [], "roles": ["_admin"]}}  # as CouchDB 3's default


@dataclass(frozen=True, slots=True)
class Entry:
    """A database. `life` is new each time that a database of this name is made; sequences carry it."""

    name: str
    path: Path
    life: str
    security: dict[str, Any]
    writers: Writers
    created_at: int  # seconds since 1970


class Catalogue:
    """The databases of one folder."""

    def __init__(self, folder: Path, connections: Connections) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._path = folder / "catalogue.sqlite"
        self._connections = connections
        if not self._path.exists():
            _make(self._path, CATALOGUE, [("INSERT INTO server VALUES (?)", (secrets.token_hex(16),))])
        with connections.reading(self._path) as connection:
            self.uuid: str = connection.execute("SELECT uuid FROM server").fetchone()[0]

    def entry(self, name: str) -> Entry:
        """Raises DatabaseMissing."""
        with self._connections.reading(self._path) as connection:
            row = connection.execute("SELECT file, life, security, writers, created_at FROM databases WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise DatabaseMissing(name)
        return Entry(name, self._folder / row[0], row[1], orjson.loads(row[2]), row[3], row[4])

    def names(self, prefix: str = "") -> list[str]:
        with self._connections.reading(self._path) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM databases WHERE substr(name, 1, ?) = ? ORDER BY name", (len(prefix), prefix))]

    def create(self, name: str, security: Mapping[str, Any] | None, writers: Writers) -> bool:
        """False when it is there. The file is whole before the catalogue names it, so that no process ever sees half a database."""
        if not is_name(name):
            raise IllegalName(name)
        kept = security_json(EVERYONE_OUT if security is None else security)
        with contextlib.suppress(DatabaseMissing):
            self.entry(name)
            return False
        life = secrets.token_hex(4)
        file = f"{quote(name, safe='')}~{life}.sqlite"
        path = self._folder / file
        now = int(time.time())
        _make(path, DATABASE, [("INSERT INTO state VALUES (0, 0, 0, 1000)", ())])
        try:
            with self._connections.writing(self._path) as connection:
                connection.execute("INSERT INTO databases VALUES (?, ?, ?, ?, ?, ?)", (name, file, life, kept, writers, now))
        except sqlite3.IntegrityError:
            path.unlink()  # another process was first
            return False
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return True

    def delete(self, name: str) -> bool:
        try:
            entry = self.entry(name)
        except DatabaseMissing:
            return False
        with self._connections.writing(self._path) as connection:
            removed = connection.execute("DELETE FROM databases WHERE name = ? AND life = ?", (name, entry.life)).rowcount
        self._connections.forget(entry.path)
        for ending in ("", "-wal", "-shm"):
            Path(f"{entry.path}{ending}").unlink(missing_ok=True)  # a file's name is never used again, so a late writer spoils nothing
        return bool(removed)

    def set_security(self, name: str, security: Mapping[str, Any]) -> None:
        with self._connections.writing(self._path) as connection:
            if not connection.execute("UPDATE databases SET security = ? WHERE name = ?", (security_json(security), name)).rowcount:
                raise DatabaseMissing(name)


def is_name(name: str) -> bool:
    return NAME.match(name) is not None and len(quote(name, safe="")) <= DATABASE_NAME_LENGTH_MAX


def security_json(security: object) -> bytes:
    """The security object as it is kept. Raises BadDocument when it has not CouchDB's shape."""
    if not isinstance(security, Mapping):
        raise BadDocument("Security object must be a JSON object")
    for group in ("admins", "members"):
        lists = security.get(group, {})
        if not isinstance(lists, Mapping):
            raise BadDocument(f"{group} must be a JSON object of names and roles")
        for kind in ("names", "roles"):
            if not isinstance(lists.get(kind, []), list | tuple) or not all(isinstance(each, str) for each in lists.get(kind, [])):
                raise BadDocument(f"{group}.{kind} must be a JSON list of strings")
    kept = orjson.dumps(security)
    if len(kept) > SECURITY_BYTES_MAX:
        raise BadDocument("Security object is too large")
    return kept


def _make(path: Path, statements: str, rows: list[tuple[str, tuple]]) -> None:
    """A new SQLite file with these tables and rows, under its name only when it is whole and on disk. An existing one is left as it is."""
    made = path.with_name(f".{secrets.token_hex(8)}.new")
    with in_our_words(), contextlib.ExitStack() as afterwards:
        afterwards.callback(made.unlink, missing_ok=True)
        connection = sqlite3.connect(made, isolation_level=None)
        try:
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN;" + statements)
            for statement, values in rows:
                connection.execute(statement, values)
            connection.execute("COMMIT")
        finally:
            connection.close()  # the last one to close writes the log back and removes it
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
