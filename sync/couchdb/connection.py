"""HTTP to CouchDB: requests tried again a few times, answers as JSON, errors in our words.

Tries are bounded (TRIES_MAX, a few seconds in all), so that whoever asked stays in charge: the merge worker and the outbox have growing pauses of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote

import orjson
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from sync.couchdb.address import Address
from sync.couchdb.errors import DATABASE_MISSING, NODE_DOWN, CouchError, CouchUnavailable
from sync.engine.errors import DatabaseMissing

CONNECT_SECONDS_MAX = 5
ANSWER_SECONDS_MAX = 60  # between two bytes of an answer
UP_SECONDS_MAX = 2
TRIES_MAX = 3  # after the first
BACKOFF_SECONDS = 0.2  # doubled at each try
BACKOFF_SECONDS_MAX = 3
CONNECTIONS_MAX = 32  # kept open; more are made when needed and closed after use
PIECE_BYTES = 256 * 1024
TRY_AGAIN = (429, 500, 502, 503, 504)
UNAVAILABLE = (429, 502, 503, 504)


class Connection:
    """Requests to one CouchDB, from any number of threads."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._session = requests.Session()
        self._session.auth = _authorization(address)
        # Every request that goes through here may be sent twice: reads, and writes that say the same again.
        retry = Retry(
            total=TRIES_MAX,
            backoff_factor=BACKOFF_SECONDS,
            backoff_max=BACKOFF_SECONDS_MAX,
            backoff_jitter=BACKOFF_SECONDS,
            status_forcelist=TRY_AGAIN,
            allowed_methods=None,
            raise_on_status=False,
            respect_retry_after_header=False,  # it may ask for minutes; our callers pause themselves
        )
        adapter = HTTPAdapter(pool_maxsize=CONNECTIONS_MAX, max_retries=retry)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        return self.ask("GET", path, parameters)

    def post(self, path: str, body: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        return self.ask("POST", path, parameters, body)

    def put(self, path: str, body: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        return self.ask("PUT", path, parameters, body)

    def ask(self, method: str, path: str, parameters: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """The answer as JSON. Raises CouchUnavailable, DatabaseMissing, CouchError."""
        with self.open(method, path, parameters, None if body is None else orjson.dumps(body)) as answer:
            return self._json(method, path, answer.content)

    def get_if_small(self, path: str, parameters: Mapping[str, Any], bytes_max: int) -> Any | None:
        """The answer as JSON; None, and the rest of it not read, when it is larger."""
        with self.open("GET", path, parameters) as answer:
            content = bytearray()
            for piece in answer.iter_content(PIECE_BYTES):
                content += piece
                if len(content) > bytes_max:
                    return None
            return self._json("GET", path, bytes(content))

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = ANSWER_SECONDS_MAX,
    ) -> Iterator[requests.Response]:
        """A good answer, its body still to be read. Raises as `ask` does, also while the body is read."""
        sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        try:
            answer = self._session.request(
                method,
                self.address.url + path,
                params=parameters,
                data=data,
                headers=sent,
                timeout=(CONNECT_SECONDS_MAX, timeout_seconds),
                stream=True,
                allow_redirects=False,  # credentials go nowhere else
            )
            with answer:
                if answer.status_code >= 300:
                    raise self._refusal(method, path, answer)
                yield answer
        except (requests.RequestException, HTTPError) as error:
            raise CouchUnavailable(f"CouchDB at {self.address} does not answer {method} {path}: {_reason(error)}") from None

    def _refusal(self, method: str, path: str, answer: requests.Response) -> Exception:
        try:
            body = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            body = None
        code, reason = (str(body.get("error", "")), str(body.get("reason", ""))) if isinstance(body, dict) else ("", "the answer is not CouchDB's JSON")
        if answer.status_code in UNAVAILABLE or code == NODE_DOWN:
            return CouchUnavailable(f"CouchDB at {self.address} answered {answer.status_code} to {method} {path}: {reason}")
        if answer.status_code == 404 and reason in DATABASE_MISSING:
            return DatabaseMissing(unquote(path.split("/")[1]))
        return CouchError(f"{method} {path}", answer.status_code, code, reason)

    def _json(self, method: str, path: str, content: bytes) -> Any:
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:  # cut short, or a proxy's page
            raise CouchUnavailable(f"CouchDB at {self.address} answered {method} {path} with something that is not JSON") from None

    def close(self) -> None:
        self._session.close()


def is_up(url: str) -> bool:
    """Whether CouchDB at this address answers well, at once, and takes the credentials."""
    address = Address(url)
    try:
        return requests.get(f"{address.url}/_up", auth=_authorization(address), timeout=UP_SECONDS_MAX, allow_redirects=False).status_code == 200
    except requests.RequestException:
        return False


def _authorization(address: Address) -> HTTPBasicAuth | None:
    return None if address.credentials is None else HTTPBasicAuth(*(each.encode() for each in address.credentials))


def segment(name: str) -> str:
    """One segment of a path; a slash in it stays in it."""
    return quote(name, safe="")


def document_path(database: str, id: str) -> str:
    """CouchDB wants the slash after `_design` and `_local` as it is."""
    for reserved in ("_design/", "_local/"):
        if id.startswith(reserved):
            return f"/{segment(database)}/{reserved}{segment(id[len(reserved) :])}"
    return f"/{segment(database)}/{segment(id)}"


def _reason(error: BaseException) -> str:
    """The innermost cause: the library's own texts are long and repeat the URL."""
    while (
        (inner := getattr(error, "reason", None) or error.__cause__ or error.__context__) is not None
        and isinstance(inner, BaseException)
        and inner is not error
    ):
        error = inner
    return f"{type(error).__name__}: {error}"
