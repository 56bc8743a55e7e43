"""Speaks the CouchDB API to any server of it: over a socket, or to an app in this process."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson
import requests

ANSWER_SECONDS_MAX = 15
Answered = tuple[int, Mapping[str, str], bytes]


class Transport(Protocol):
    """How requests get there. A path begins behind the API's root, percent-encoded, with its query."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | Iterable[bytes] | None) -> Answered: ...

    def stream(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Iterator[bytes]:
        """The pieces of the answer as they come; closing the iterator hangs up."""
        ...


class OverHttp:
    """Real connections, kept alive."""

    def __init__(self, url: str, seconds_max: float = ANSWER_SECONDS_MAX) -> None:
        self.url = url.rstrip("/")
        self.seconds_max = seconds_max
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | Iterable[bytes] | None) -> Answered:
        answer = self._session.request(method, self.url + path, headers=headers, data=body, timeout=self.seconds_max, allow_redirects=False)
        return answer.status_code, answer.headers, answer.content

    def stream(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Iterator[bytes]:
        with requests.request(method, self.url + path, headers=headers, data=body, timeout=self.seconds_max, stream=True) as answer:
            yield from answer.iter_content(chunk_size=None)


class InProcess:
    """The WSGI app itself, without a socket."""

    def __init__(self, app, root: str) -> None:
        self._app, self._root = app, root

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | Iterable[bytes] | None) -> Answered:
        data = body if body is None or isinstance(body, bytes) else b"".join(body)
        with self._app.test_client(use_cookies=False).open(self._root + path, method=method, headers=headers, data=data) as answer:
            return answer.status_code, answer.headers, answer.data

    def stream(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Iterator[bytes]:
        with self._app.test_client(use_cookies=False).open(self._root + path, method=method, headers=headers, data=body, buffered=False) as answer:
            yield from answer.iter_encoded()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """Status and code of an error, which is always JSON and always says a reason."""
        assert self.status >= 400, self
        assert self.headers["Content-Type"].startswith("application/json"), (self.status, self.headers["Content-Type"], self.body[:200])
        assert isinstance(self.json["reason"], str) or self.json["reason"] is None, self.json
        return self.status, self.json["error"]

    @property
    def reason(self) -> tuple[int, str]:
        return self.status, self.json["reason"]


@dataclass
class Client:
    """One person's requests to one server. Paths begin behind the API's root: `/{db}/{id}`."""

    transport: Transport
    credentials: tuple[str, str] | None

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        data: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """`body` goes as JSON, `data` as it is. Query values that are no text go as JSON: `limit=1`, `keys=["a"]`, `revs=True`."""
        sent, data = self._prepared(body, data, headers)
        return Answer(*self.transport.send(method, path + _query(query), sent, data))

    def stream(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, **query: Any) -> Lines:
        sent, data = self._prepared(body, None, headers)
        assert data is None or isinstance(data, bytes)
        return Lines(self.transport.stream(method, path + _query(query), sent, data))

    def without_credentials(self) -> Client:
        return Client(self.transport, None)

    def _prepared(self, body: Any, data: Any, headers: Mapping[str, str] | None) -> tuple[dict[str, str], Any]:
        sent = {"Accept": "application/json", **(headers or {})}
        if self.credentials and "Authorization" not in sent:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(self.credentials).encode()).decode()
        if body is not None:
            data = orjson.dumps(body)
        if body is not None or (data is None and method_has_body(sent)):
            sent.setdefault("Content-Type", "application/json")
        return {name: value for name, value in sent.items() if value}, data


def method_has_body(headers: Mapping[str, str]) -> bool:
    """PouchDB names a content type on requests without a body too."""
    return "Content-Type" not in headers


class Lines:
    """An answer that goes on: its lines one by one, heartbeats (empty lines) too."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while b"\n" not in self._left:
            self._left += next(self._pieces)
        line, _, self._left = self._left.partition(b"\n")
        return line

    def row(self) -> Any:
        """The next line that is no heartbeat, as JSON."""
        return orjson.loads(next(line for line in self if line.strip()))

    def close(self) -> None:
        self._pieces.close()  # type: ignore[attr-defined]  # both transports are generators


@dataclass
class Database:
    """One database of a server. Paths begin behind its name; an empty one is the database itself."""

    client: Client
    name: str
    made: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return "/" + quote(self.name, safe="")

    def __call__(self, method: str, path: str = "", body: Any = None, **options: Any) -> Answer:
        return self.client(method, f"{self.path}/{path}" if path else self.path, body, **options)

    def stream(self, method: str, path: str, body: Any = None, **options: Any) -> Lines:
        return self.client.stream(method, f"{self.path}/{path}", body, **options)

    def save(self, id: str, document: Mapping[str, Any] | None = None, **members: Any) -> str:
        """Write a document, which must go well; its new revision."""
        answer = self("PUT", quote(id, safe="/"), {**(document or {}), **members})
        assert answer.status in (200, 201), answer
        return answer.json["rev"]

    def remove(self, id: str, revision: str) -> str:
        answer = self("DELETE", quote(id, safe="/"), rev=revision)
        assert answer.status == 200, answer
        return answer.json["rev"]

    def graft(self, id: str, *path: str, deleted: bool = False, **members: Any) -> None:
        """Write a replicated revision with its ancestors, newest first: `graft("doc", "3-c", "2-b")`."""
        answer = self("POST", "_bulk_docs", {"docs": [grafted(id, path, deleted, **members)], "new_edits": False})
        assert (answer.status, answer.json) == (201, []), answer

    def get(self, id: str, **query: Any) -> Any:
        answer = self("GET", quote(id, safe="/"), **query)
        assert answer.status == 200, answer
        return answer.json

    def leaves(self, id: str) -> list[str]:
        """All leaves as the feed tells them, the winner first."""
        (row,) = [row for row in self.changes(style="all_docs")["results"] if row["id"] == id]
        return [change["rev"] for change in row["changes"]]

    def changes(self, **query: Any) -> Any:
        answer = self("GET", "_changes", **query)
        assert answer.status == 200, answer
        return answer.json

    def changed(self, **query: Any) -> list[str]:
        """Ids in the order of the feed."""
        return [row["id"] for row in self.changes(**query)["results"]]


def grafted(id: str, path: Sequence[str], deleted: bool = False, **members: Any) -> dict[str, Any]:
    """A document as replication sends it."""
    start = int(path[0].partition("-")[0])
    revisions = {"start": start, "ids": [revision.partition("-")[2] for revision in path]}
    return {"_id": id, "_rev": path[0], "_revisions": revisions, **({"_deleted": True} if deleted else {}), **members}


def new_name() -> str:
    return f"contract-{secrets.token_hex(6)}"


def _query(query: Mapping[str, Any]) -> str:
    if not query:
        return ""
    return "?" + urlencode({name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in query.items()}, quote_via=quote)
