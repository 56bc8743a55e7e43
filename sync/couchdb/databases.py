"""Apache CouchDB 3.3 or newer, one node or a cluster, as `sync.databases.Databases`. docs/decisions/0070 says what is different from the embedded engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync.couchdb import publishing
from sync.couchdb.address import Address
from sync.couchdb.administration import Administration, closed
from sync.couchdb.connection import PIECE_BYTES, Connection, document_path, segment
from sync.couchdb.errors import NOT_FOUND, CouchError
from sync.couchdb.feed import read_changes
from sync.couchdb.news import News
from sync.databases import START, Batch, Writers, pieces_between
from sync.engine.wire import check_id

PROVIDED_SECONDS = 60.0  # for so long a database that was found right is not looked at again: phones come in crowds
PROVIDED_MAX = 10_000


class CouchDatabases:
    """The databases of one CouchDB. `url` holds the administrator's credentials; a cluster's is its load balancer's, which knows the nodes that are well."""

    def __init__(self, url: str) -> None:
        """Asks CouchDB nothing yet. Raises ValueError for a URL that is none."""
        self.address = Address(url)
        self.connection = Connection(self.address)
        self.administration = Administration(self.address)
        self._news = News(self.connection)
        self._provided: dict[str, tuple[Any, float]] = {}
        self._providing = threading.Lock()

    def __repr__(self) -> str:
        return f"CouchDatabases({str(self.address)!r})"

    def names(self, prefix: str = "") -> list[str]:
        between = {"startkey": f'"{prefix}"', "endkey": f'"{prefix}\ufff0"'} if prefix else None
        found = self.connection.get("/_all_dbs", between)
        return sorted(name for name in found if name.startswith(prefix) and not name.startswith("_"))

    def exists(self, name: str) -> bool:
        return self.administration.exists(name)

    def create(self, name: str, security: Mapping[str, Any] | None = None, writers: Writers = "members") -> bool:
        """Made in steps, so one that is there is looked through: what a crash left undone is done, another security object put right."""
        wanted = closed(security or {})
        if self._is_provided(name, (wanted, writers)):
            return False
        made = self.administration.make(name)
        if made or self.administration.security(name) != wanted:
            self.administration.set_security(name, wanted)
        if writers == "server":
            self.administration.set_guard(name)
        with self._providing:
            if len(self._provided) >= PROVIDED_MAX:
                self._provided.clear()
            self._provided[name] = ((wanted, writers), time.monotonic() + PROVIDED_SECONDS)
        return made

    def delete(self, name: str) -> bool:
        self._forget(name)
        return self.administration.remove(name)

    def security(self, name: str) -> dict[str, Any]:
        return self.administration.security(name)

    def set_security(self, name: str, security: Mapping[str, Any]) -> None:
        self._forget(name)
        self.administration.set_security(name, closed(security))

    def changes(self, name: str, since: str = START, limit: int = 500) -> Batch:
        return read_changes(self.connection, name, since, limit)

    def publish(self, name: str, documents: Sequence[Mapping[str, Any]]) -> None:
        if documents:
            publishing.publish(self.connection, name, documents)

    def read(self, name: str, id: str) -> dict[str, Any] | None:
        try:
            return self.connection.get(document_path(name, check_id(id)))
        except CouchError as error:
            if error.status == 404 and error.code == NOT_FOUND:  # not a proxy's page
                return None
            raise

    def attachment(self, name: str, id: str, attachment: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """What CouchDB keeps compressed it sends whole whatever range is asked for, so the range is taken of what comes."""
        headers = {"Accept": "*/*"}
        if start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        try:
            with self.connection.open("GET", f"{document_path(name, check_id(id))}/{segment(attachment)}", headers=headers) as answer:
                skipped = 0 if answer.status_code == 206 else start
                yield from pieces_between(answer.iter_content(PIECE_BYTES), skipped, None if stop is None else stop - start + skipped)
        except CouchError as error:
            if error.status == 404 and error.code == NOT_FOUND:
                raise LookupError(f"{name} has no attachment {attachment} of {id}") from error
            raise

    def wait(self, timeout_seconds: float) -> set[str] | None:
        return self._news.wait(timeout_seconds)

    def close(self) -> None:
        self._news.close()
        self.connection.close()

    def _is_provided(self, name: str, how: Any) -> bool:
        with self._providing:
            known, until = self._provided.get(name, (None, 0.0))
        return known == how and time.monotonic() < until

    def _forget(self, name: str) -> None:
        with self._providing:
            self._provided.pop(name, None)
