"""Bodies of requests that are taken as they come."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.exceptions import RequestEntityTooLarge

from server.sync_api.asked import CHUNK_BYTES, Asked
from server.whole_bodies import allow
from sync.engine.errors import TooLarge


def streamed(asked: Asked, bytes_max: int, name: str) -> Iterator[bytes]:
    """The body in chunks. Raises TooLarge with this name, and what server.whole_bodies raises when it does not arrive whole."""
    allow(asked.request, bytes_max)
    try:
        while chunk := asked.request.stream.read(CHUNK_BYTES):
            yield chunk
    except RequestEntityTooLarge:
        raise TooLarge(name, "attachment_too_large") from None
