"""How a changes feed is written: as one JSON list, as lines, or as events for a browser's EventSource."""

from __future__ import annotations

from collections.abc import Iterator

import orjson


class Form:
    """`stays`: goes on after the first news. Whatever is written between rows is a heartbeat's."""

    content_type = "application/json"
    stays = True
    opening = b""
    heartbeat = b"\n"

    def row(self, sequence: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """A row, from the pieces of its JSON."""
        yield from pieces
        yield b"\n"

    def end(self, last_sequence: str, pending: int) -> bytes:
        return b'{"last_seq":%b,"pending":%d}\n' % (orjson.dumps(last_sequence), pending)


class List(Form):
    """normal and longpoll. One for each answer: it remembers whether a comma is due."""

    stays = False
    opening = b'{"results":[\n'

    def __init__(self) -> None:
        self._comma = b""

    def row(self, sequence: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield self._comma
        yield from pieces
        self._comma = b",\n"

    def end(self, last_sequence: str, pending: int) -> bytes:
        return b'\n],\n"last_seq":%b,"pending":%d}\n' % (orjson.dumps(last_sequence), pending)


class Lines(Form):
    """continuous: a row a line."""


class Events(Form):
    """eventsource: a browser sends the last `id` again when it comes back."""

    content_type = "text/event-stream"
    heartbeat = b"event: heartbeat\ndata: \n\n"

    def row(self, sequence: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield b"data: "
        yield from pieces
        yield b"\nid: %b\n\n" % orjson.dumps(sequence)

    def end(self, last_sequence: str, pending: int) -> bytes:
        return b""


FORMS: dict[str, type[Form]] = {"normal": List, "longpoll": List, "continuous": Lines, "eventsource": Events}
