"""Attachments' bytes: they arrive in a nameless file, are kept in parts under their SHA-256, and are read part by part, never whole.

What is kept is what came: bytes that came compressed (CouchDB's replicator sends texts so) stay so, and are uncompressed for whoever reads
them otherwise. The digest is that of the bytes as they are kept, as in CouchDB.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.engine.connections import in_our_words
from sync.engine.errors import BadDocument, DocumentMissing, TooLarge
from sync.engine.limits import Limits

PART_BYTES = 256 * 1024
SPOOL_BYTES_IN_MEMORY_MAX = 512 * 1024  # of one request; more goes to disk
GZIP_MEMBERS_MAX = 40_000  # a gzip may be many, one behind another; a hundred megabytes of empty ones would keep a reader busy for minutes
GZIP = "gzip"


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that have arrived whole. `length` is that of the content, `kept_bytes` that of what is kept; they differ when it came compressed."""

    key: str
    digest: str
    length: int
    kept_bytes: int
    encoding: str | None
    parts: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, content: bytes) -> Upload:
        """Of bytes that are in memory anyway."""
        md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        return cls(hashlib.sha256(content).hexdigest(), f"md5-{md5}", len(content), len(content), None, lambda: _cut(content))

    def entry(self, content_type: str, revpos: int) -> dict[str, Any]:
        """How a leaf names it."""
        members: dict[str, Any] = {"content_type": content_type, "revpos": revpos, "digest": self.digest, "length": self.length, "key": self.key}
        if self.encoding:
            members |= {"encoding": self.encoding, "encoded_length": self.kept_bytes}
        return members


class Spool:
    """Where the attachments of one request wait until they are written: a file that is gone when this process is."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._limits = limits
        self._file = tempfile.SpooledTemporaryFile(SPOOL_BYTES_IN_MEMORY_MAX, dir=str(folder))  # noqa: SIM115 closed by __exit__
        self._end = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, name: str, chunks: Iterable[bytes], encoding: str | None = None) -> Upload:
        """Take the bytes of this attachment as they come. Raises TooLarge, StorageFull, and BadDocument when they are not in the encoding."""
        start, kept_bytes, length = self._end, 0, 0
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        uncompressed = Gunzip() if encoding == GZIP else None
        with in_our_words():
            self._file.seek(start)
            for chunk in chunks:
                kept_bytes += len(chunk)
                sha256.update(chunk)
                md5.update(chunk)
                for piece in uncompressed.feed(chunk) if uncompressed else (chunk,):
                    length += len(piece)
                    if length > self._limits.attachment_bytes_max:
                        raise TooLarge(name, "attachment_too_large")
                self._file.write(chunk)
        if kept_bytes > self._limits.attachment_bytes_max:
            raise TooLarge(name, "attachment_too_large")
        if uncompressed:
            uncompressed.end()
        self._end = start + kept_bytes
        digest = base64.b64encode(md5.digest()).decode()
        return Upload(sha256.hexdigest(), f"md5-{digest}", length, kept_bytes, encoding, lambda: self._read(start, start + kept_bytes))

    def _read(self, start: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            self._file.seek(start)
            part = self._file.read(min(PART_BYTES, stop - start))
            assert part, "the spool ends before its attachments do"
            yield part
            start += len(part)


class Gunzip:
    """Uncompresses gzip in pieces of limited size, whatever size the chunks have."""

    def __init__(self) -> None:
        self._decoder: Any = None
        self._members = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What this chunk adds. Raises BadDocument when it is no gzip."""
        more = False  # the decoder may hold back what did not fit a piece, with no bytes left to feed it
        while chunk or more:
            if self._decoder is None:
                self._decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
                self._members += 1
                if self._members > GZIP_MEMBERS_MAX:
                    raise BadDocument("The attachment's gzip has too many members.")
            try:
                piece = self._decoder.decompress(chunk, PART_BYTES)
            except zlib.error:
                raise BadDocument("The attachment says that it is gzip, and is not.") from None
            chunk, more = self._decoder.unconsumed_tail, len(piece) == PART_BYTES
            if self._decoder.eof:
                chunk, more, self._decoder = self._decoder.unused_data, False, None  # another gzip may follow the first
            if piece:
                yield piece

    def end(self) -> None:
        """Raises BadDocument when it ended in the middle."""
        if self._decoder is not None or not self._members:
            raise BadDocument("The attachment's gzip ends in the middle.")


def gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The content of bytes that `Spool.take` found to be whole gzip."""
    uncompressed = Gunzip()
    for chunk in chunks:
        yield from uncompressed.feed(chunk)


def base64_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Base64 of all chunks together, in pieces."""
    left = b""
    for chunk in chunks:
        left += chunk
        whole = len(left) - len(left) % 3
        yield base64.b64encode(left[:whole])
        left = left[whole:]
    yield base64.b64encode(left)


def keep(connection: sqlite3.Connection, upload: Upload) -> None:
    """Write the bytes, in the transaction that writes the leaf which names them. The same photo is kept once."""
    if not is_kept(connection, upload.key):
        parts = ((upload.key, number, part) for number, part in enumerate(upload.parts()))
        connection.executemany("INSERT INTO attachments VALUES (?, ?, ?)", parts)
        if not upload.kept_bytes:
            connection.execute("INSERT INTO attachments VALUES (?, 0, x'')", (upload.key,))


def is_kept(connection: sqlite3.Connection, key: str) -> bool:
    return connection.execute("SELECT 1 FROM attachments WHERE key = ? AND part = 0", (key,)).fetchone() is not None


def part(connection: sqlite3.Connection, key: str, number: int) -> bytes:
    """One part of what is kept. Raises DocumentMissing when it is not there any more: nothing named it, and it was collected."""
    row = connection.execute("SELECT bytes FROM attachments WHERE key = ? AND part = ?", (key, number)).fetchone()
    if row is None:
        raise DocumentMissing("Document is missing attachment")
    return row[0]


def _cut(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), PART_BYTES):
        yield content[start : start + PART_BYTES]
