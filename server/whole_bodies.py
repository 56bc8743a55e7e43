"""Request bodies arrive whole, or the request is refused: half a photo must never be kept as a photo.

gunicorn hands over what came when a client hangs up in mid-body, and raises errors of its own for broken chunks; Werkzeug cuts a body
without a declared length at its limit without a word. This stands between them: 400 for the first two, 413 for the third.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def whole_bodies(application: Application, bytes_max: int) -> Application:
    def with_whole_body(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("wsgi.input_terminated") and "wsgi.input" in environ:
            environ["wsgi.input"] = _Whole(environ["wsgi.input"], _declared(environ), bytes_max)
        return application(environ, start_response)

    return with_whole_body


def allow(request: Request, bytes_max: int) -> None:
    """Let this request's body be as large as that. To be called before anything of it is read."""
    request.max_content_length = bytes_max
    stream = request.environ.get("wsgi.input")
    if isinstance(stream, _Whole):
        stream.bytes_max = bytes_max


class _Whole:
    """The stream of a body. Reading raises an HTTP error when it ends too early or goes on too long."""

    def __init__(self, stream: Any, declared: int | None, bytes_max: int) -> None:
        self._stream = stream
        self._declared = declared
        self.bytes_max = bytes_max
        self._read = 0

    def read(self, size: int | None = -1) -> bytes:
        return self._counted(lambda: self._stream.read(self.bytes_max + 1 if size is None or size < 0 else size), size == 0)

    def readline(self, size: int | None = -1) -> bytes:
        return self._counted(lambda: self._stream.readline(self.bytes_max + 1 if size is None or size < 0 else size), size == 0)

    def _counted(self, read: Callable[[], bytes], nothing_asked: bool) -> bytes:
        try:
            chunk = read()
            self._read += len(chunk)
            if self._declared is None and self._read == self.bytes_max:
                self._read += len(self._stream.read(1))
        except Exception as error:  # gunicorn's, for chunks that are none
            raise ClientDisconnected("The body is broken.") from error
        if self._read > self.bytes_max:
            raise RequestEntityTooLarge
        if not chunk and not nothing_asked and self._declared is not None and self._read < self._declared:
            raise ClientDisconnected("The body did not arrive whole.")
        return chunk


def _declared(environ: dict[str, Any]) -> int | None:
    text = environ.get("CONTENT_LENGTH") or ""
    return int(text) if text.isascii() and text.isdigit() else None
