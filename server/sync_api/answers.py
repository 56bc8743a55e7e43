"""Answers: JSON as CouchDB sends it, and the one table of the engine's errors."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
from flask import Request, Response

from server.sync_api.asked import BadContentType, NotImplementedHere
from sync.engine import errors

STATUS: dict[type[errors.EngineError], int] = {
    errors.DatabaseMissing: 404,
    errors.IllegalName: 400,
    errors.BadDocument: 400,
    errors.BadSequence: 400,
    errors.EditConflict: 409,
    errors.RevisionMissing: 409,
    errors.DocumentMissing: 404,
    errors.MissingStub: 412,
    errors.TooLarge: 413,
    errors.StorageFull: 507,
    errors.Busy: 503,
    BadContentType: 415,
    NotImplementedHere: 501,
}
RETRY_SECONDS = 5
COMPRESSED_BYTES_MIN = 2_000  # below, the packet is sent anyway
CACHE_CONTROL = "private, must-revalidate"
"""Names and phones. CouchDB's own `must-revalidate` alone would let a cache in between keep them, for all that they came with a token."""


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """This value as JSON."""
    return answer_bytes(orjson.dumps(value), status, headers)


def answer_bytes(text: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON that is written already."""
    return Response(text + b"\n", status, {"Cache-Control": CACHE_CONTROL, **(headers or {})}, content_type="application/json")


def compressed(answer: Response, request: Request) -> Response:
    """Gzipped where the client reads that and it pays: a phone's first download of an area shrinks to a tenth. Level 1: 3 ms of CPU a megabyte."""
    if "gzip" in request.accept_encodings and not answer.is_streamed and answer.content_length is not None and answer.content_length >= COMPRESSED_BYTES_MIN:
        answer.set_data(gzip.compress(answer.get_data(), compresslevel=1, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    return answer


def error_answer(error: errors.EngineError) -> Response:
    status = STATUS[type(error)]
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in (503, 507) else {}
    return answer({"error": error.code, "reason": error.reason}, status, headers)


def raw(text: bytes) -> orjson.Fragment:
    """JSON to be put into a larger answer as it is."""
    return orjson.Fragment(text)
