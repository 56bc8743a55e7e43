"""What a request asks: its query parameters and JSON body, read as CouchDB reads them, within the limits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

import orjson
from flask import Request, current_app

from server.access import Identity
from server.stores import stores
from sync.engine import Engine
from sync.engine.database import Database
from sync.engine.errors import BadDocument, EngineError, TooLarge
from sync.engine.limits import Limits

GROUPS_MAX = 1_000_000  # objects and lists in one body: twenty million empty ones fit 60 MB and would take a gigabyte and half a minute
VALUES_MAX = 4_000_000
CHUNK_BYTES = 64 * 1024
WINDOW_BYTES = 1024 * 1024
DIGITS_KEPT_MAX = 18  # every whole number of so many digits fits 64 bits; longer ones are looked at one by one
_DIGITS_TO_ZERO = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else 1 for byte in range(256))


class BadContentType(EngineError):
    """The body must be JSON and must say so."""

    code = "bad_content_type"


class NotImplementedHere(EngineError):
    """CouchDB can do it, this engine cannot; the reason says what to use instead."""

    code = "not_implemented"


@dataclass
class Asked:
    """One request to the sync API. `id` and `attachment` are there when the path names them."""

    request: Request
    identity: Identity | None
    database_name: str = ""
    id: str = ""
    attachment: str = ""
    in_body: dict[str, Any] = field(default_factory=dict)  # parameters that a POST has in its body instead
    _answered_bytes: int = 0
    _engine: Engine | None = None
    _database: Database | None = None

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = cast(Engine, stores().databases)
        return self._engine

    @property
    def database(self) -> Database:
        """Opened once a request. (Before Python 3.12, `cached_property` would let requests wait for each other here.)"""
        if self._database is None:
            self._database = self.engine.open(self.database_name)
        return self._database

    @property
    def limits(self) -> Limits:
        return self.engine.limits

    @property
    def is_admin(self) -> bool:
        return self.identity is not None and self.identity.is_admin

    def counted(self, text: bytes) -> bytes:
        """This part of the answer, if all parts together are not too large. Raises TooLarge."""
        self._answered_bytes += len(text)
        if self._answered_bytes > self.limits.answer_bytes_max:
            raise TooLarge(f"The answer would have more than {self.limits.answer_bytes_max} bytes: ask for fewer documents at once")
        return text

    def url_of(self, id: str) -> str:
        """Where this document is."""
        return f"{self.request.root_url}sync/{quote(self.database_name, safe='')}/{quote(id, safe='')}"

    # Query parameters

    def text(self, name: str) -> str | None:
        return self.request.args.get(name)

    def flag(self, name: str) -> bool:
        """Only the word `true` is true; anything else counts as not given."""
        return self.in_body.get(name) is True or self.request.args.get(name) == "true"

    def whole(self, name: str) -> int | None:
        """A whole number, zero or more."""
        text = str(self.in_body[name]) if name in self.in_body else self.request.args.get(name)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 15:
            raise BadDocument(f"Invalid value for integer: {text[:50]!r}", "query_parse_error")
        return int(text)

    def json(self, *names: str) -> tuple[bool, Any]:
        """Whether a parameter of one of these names was given, and its value as JSON."""
        for name in names:
            if name in self.in_body:
                return True, self.in_body[name]
            text = self.request.args.get(name)
            if text is not None:
                try:
                    return True, orjson.loads(text)
                except orjson.JSONDecodeError:
                    raise BadDocument(f"Invalid JSON in the parameter {name}") from None
        return False, None

    @property
    def revision(self) -> str | None:
        """The revision that the URL or the If-Match header names; they must agree."""
        in_url = self.request.args.get("rev") or None
        in_header = self.request.headers.get("If-Match", "").strip().strip('"') or None
        if in_url and in_header and in_url != in_header:
            raise BadDocument("Document rev and etag have different values")
        return in_url or in_header

    # Body

    def must_say_json(self) -> None:
        """Raises BadContentType."""
        if self.request.mimetype != "application/json":
            raise BadContentType("Content-Type must be application/json")

    def body(self, must_say_json: bool = True, empty: Any = None) -> Any:
        """The body as JSON. `empty` stands for no body at all, where that is allowed. Raises BadDocument, BadContentType, 413."""
        if must_say_json:
            self.must_say_json()
        text = bytearray()  # grows in its place: a body read at once lies in memory twice
        while chunk := self.request.stream.read(CHUNK_BYTES):
            text += chunk
        return empty if not text and empty is not None else self.parsed(text)

    @staticmethod
    def parsed(text: bytearray) -> Any:
        """This JSON as a value. Raises BadDocument, TooLarge."""
        if text.count(b"[") + text.count(b"{") > GROUPS_MAX or text.count(b",") > VALUES_MAX:
            raise TooLarge("The body has too many parts: send fewer documents at once")
        try:
            value = orjson.loads(text)
        except (orjson.JSONDecodeError, RecursionError) as error:
            raise BadDocument(f"invalid UTF-8 JSON: {error}" if text else "invalid UTF-8 JSON") from None
        if _has_long_numbers(text):
            _refuse_numbers_that_lose_digits(text)
        return value

    def members(self, must_say_json: bool = True, empty: Any = None) -> dict[str, Any]:
        """The body as a JSON object."""
        value = self.body(must_say_json, empty)
        if not isinstance(value, dict):
            raise BadDocument("Request body must be a JSON object")
        return value

    @property
    def settings(self) -> Any:
        return current_app.extensions["doorstep.settings"]


def _has_long_numbers(text: bytearray) -> bool:
    """Whether there are more digits in a row than any 64 bits can hold. Looks at a window at a time, to hold no second copy of it all."""
    long = b"0" * (DIGITS_KEPT_MAX + 1)
    return any(long in text[start : start + WINDOW_BYTES + DIGITS_KEPT_MAX].translate(_DIGITS_TO_ZERO) for start in range(0, len(text), WINDOW_BYTES))


def _refuse_numbers_that_lose_digits(text: bytearray) -> None:
    """The fast reader turns whole numbers beyond 64 bits into floats, which loses digits without a word."""

    def whole(digits: str) -> int:
        if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
            raise BadDocument(f"The whole number {digits[:40]} does not fit 64 bits and would lose digits: send it as text")
        return 0

    json.loads(text, parse_int=whole)
