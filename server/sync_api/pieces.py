"""Answers that are put together while they are sent: text, and between it bytes that are read only when their turn comes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from server.sync_api.answers import CACHE_CONTROL, answer_bytes
from sync.engine.attachments import base64_of
from sync.engine.database import Database


@dataclass(frozen=True, slots=True)
class Later:
    """So many bytes, read when they are sent."""

    length: int
    read: Callable[[], Iterator[bytes]]


Piece = bytes | Later


def length_of(pieces: Sequence[Piece]) -> int:
    return sum(piece.length if isinstance(piece, Later) else len(piece) for piece in pieces)


def sent(pieces: Sequence[Piece]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, Later):
            yield from piece.read()
        else:
            yield piece


def answer_pieces(pieces: Sequence[Piece], content_type: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose length is known before its bytes are: one that breaks off in the middle is seen to be broken."""
    known = {"Cache-Control": CACHE_CONTROL, "Content-Length": str(length_of(pieces)), **(headers or {})}
    return Response(sent(pieces), status, known, content_type=content_type)


@dataclass(slots=True)
class Inlay:
    """Attachments to be put into a JSON text as base64 while it is sent. Until then marks hold their places.

    A mark has 128 random bits that are new with each answer, so no document can hold one.
    """

    _database: Database
    _mark: str = field(default_factory=lambda: secrets.token_hex(16))
    _entries: list[Mapping[str, Any]] = field(default_factory=list)

    def place(self, entry: Mapping[str, Any]) -> str:
        """The mark that stands for this attachment's base64."""
        self._entries.append(entry)
        return f"{self._mark}-{len(self._entries) - 1}."

    def pieces(self, text: bytes) -> list[Piece]:
        """The text with the attachments in their places."""
        if not self._entries:
            return [text]
        found: list[Piece] = []
        end = 0
        for mark in re.finditer(self._mark.encode() + rb"-([0-9]+)\.", text):
            found.append(text[end : mark.start()])
            found.append(self._base64(self._entries[int(mark[1])]))
            end = mark.end()
        return [*found, text[end:]]

    def answer(self, text: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """This JSON with the attachments in it."""
        if not self._entries:
            return answer_bytes(text, headers=dict(headers or {}))
        return answer_pieces([*self.pieces(text), b"\n"], "application/json", headers=headers)

    def _base64(self, entry: Mapping[str, Any]) -> Later:
        return Later((entry["length"] + 2) // 3 * 4, lambda: base64_of(self._database.attachment(entry)))
