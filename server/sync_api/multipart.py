"""Multipart bodies (RFC 2046), read and written piece by piece. Strict: what is not quite multipart is refused, never guessed at.

--B                             a boundary of 128 random bits, made for this body: that the bytes hold it by chance need not be feared
Content-Type: text/plain
                                an empty line
the bytes of the first part     the line break before a boundary belongs to the boundary
--B--
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.sync_api.pieces import Piece
from sync.engine.errors import BadDocument

BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
HEADER_BYTES_MAX = 16 * 1024  # of one part
AROUND_BYTES_MAX = 1024  # before the first boundary and after the last: for people whose mail program shows them, so they say
UNCLOSED = "The multipart body ends before its closing boundary."


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `headers` have their names in lower case. `chunks` are its bytes; what nobody reads of them is skipped."""

    headers: Mapping[str, str]
    chunks: Iterator[bytes]


def read_parts(chunks: Iterable[bytes], boundary: str) -> Iterator[Part]:
    """The parts of a body that comes in chunks of any size. Raises BadDocument when it is not whole multipart."""
    if not BOUNDARY.fullmatch(boundary):
        raise BadDocument("The boundary of the multipart body is missing or has characters that it must not have.")
    delimiter = b"\r\n--" + boundary.encode("ascii")
    body = _Body(chunks)
    body.short(body.until(delimiter), AROUND_BYTES_MAX, "what comes before the first boundary")
    while not body.starts_with(b"--"):
        headers = _headers(body.short(body.until(b"\r\n\r\n"), HEADER_BYTES_MAX, "the headers of a part"))
        rest = body.until(delimiter)
        yield Part(headers, rest)
        for _ in rest:
            pass
    body.short(body.rest(), AROUND_BYTES_MAX, "what comes after the last boundary")


def new_boundary() -> str:
    return secrets.token_hex(16)


def write_parts(parts: Iterable[tuple[Sequence[tuple[str, str]], Sequence[Piece]]], boundary: str) -> list[Piece]:
    """A body of these parts, each its headers and its bytes. Values of headers must be single lines."""
    pieces: list[Piece] = []
    line = b"--" + boundary.encode("ascii")
    for headers, content in parts:
        lines = "".join([f"\r\n{name}: {value}" for name, value in headers])
        pieces.append(line + lines.encode() + b"\r\n\r\n")
        pieces.extend(content)
        line = b"\r\n--" + boundary.encode("ascii")
    return [*pieces, line + b"--"]


class _Body:
    """What has come and is not used yet. A line break is put before it, so that the first boundary is like the others."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = bytearray(b"\r\n")

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        self._held += chunk or b""
        return chunk is not None

    def until(self, delimiter: bytes) -> Iterator[bytes]:
        """The bytes before the delimiter, in pieces; it is taken away too."""
        while (at := self._held.find(delimiter)) < 0:
            certain = len(self._held) - len(delimiter) + 1  # the rest may be the beginning of a delimiter
            if certain > 0:
                yield bytes(self._held[:certain])
                del self._held[:certain]
            if not self._more():
                raise BadDocument(UNCLOSED)
        if at:
            yield bytes(self._held[:at])
        del self._held[: at + len(delimiter)]

    def starts_with(self, text: bytes) -> bool:
        """Whether these bytes come next."""
        while len(self._held) < len(text):
            if not self._more():
                raise BadDocument(UNCLOSED)
        return self._held.startswith(text)

    def rest(self) -> Iterator[bytes]:
        while True:
            yield bytes(self._held)
            self._held.clear()
            if not self._more():
                return

    @staticmethod
    def short(pieces: Iterator[bytes], bytes_max: int, what: str) -> bytes:
        """All of these pieces, which are no place to hide a film in."""
        found = bytearray()
        for piece in pieces:
            found += piece
            if len(found) > bytes_max:
                raise BadDocument(f"In the multipart body, {what} has more than {bytes_max} bytes.")
        return bytes(found)


def _headers(lines: bytes) -> dict[str, str]:
    """The headers between a boundary and the empty line."""
    after_boundary, *found = lines.split(b"\r\n")
    if after_boundary.strip(b" \t"):
        raise BadDocument("In the multipart body, something follows a boundary on its line.")
    headers: dict[str, str] = {}
    for line in found:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon or not name or name != name.strip() or name.lower() in headers:
            raise BadDocument("In the multipart body, a part has a header that is none, or one twice.")
        headers[name.lower()] = value.strip()
    return headers
