"""What is answered while the central store is brought to a new version: 503, and a sentence in both languages, how far it is, and when to ask again.

The web processes are not there yet; this is a small server of its own on the port that they will have. Phones go on without it and say so.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from server.errors import UPDATING, wants_json
from sync.store.upgrading import Progress

ASK_AGAIN_SECONDS = 10
BODY_BYTES_MAX = 1_000_000
"""Of a request that are taken before the answer, so that whoever sends sees it."""
REQUEST_SECONDS_MAX = 10


@contextlib.contextmanager
def answering(listener: socket.socket) -> Iterator[Updating]:
    """While the block runs, whoever asks at this port is told. Who comes at its end waits for the web processes."""
    server = Updating(listener)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="says that the server is being updated", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()


class Updating(ThreadingHTTPServer):
    daemon_threads = True
    progress: Progress | None = None

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(("", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, *_: Any) -> None:
        """Whoever hung up needs no answer."""

    def body(self, path: str, chinese_first: bool) -> tuple[str, bytes]:
        """Content type and content."""
        at = self.progress
        zh = "登记都保存在手机上，恢复后自动发送。请过几分钟再试。" + (f"这一步已完成 {at.done:,} / {at.total:,}。" if at and at.total else "")
        en = "What is filled in stays on the phones and is sent when it is over. Try again in a few minutes." + (
            f" {at.done:,} of {at.total:,} done in this step." if at and at.total else ""
        )
        if wants_json(path):
            said = {"error": UPDATING.code, "reason": f"{UPDATING.en}. {en}", "message": {"zh": f"{UPDATING.zh}。{zh}", "en": f"{UPDATING.en}. {en}"}}
            return "application/json", orjson.dumps({"status": UPDATING.code, **said}) + b"\n"
        parts = [("zh-CN", UPDATING.zh, zh), ("en", UPDATING.en, en)]
        first, second = parts if chinese_first else reversed(parts)
        page = (
            f'<!doctype html><html lang="{first[0]}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f'<meta http-equiv="refresh" content="{ASK_AGAIN_SECONDS}"><title>{escape(first[1])}</title>'
            '<body style="font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem">'
            + "".join(
                f'<section lang="{lang}"><h1 style="font-size:1.5rem">{escape(head)}</h1><p>{escape(words)}</p></section>'
                for lang, head, words in (first, second)
            )
            + "</body></html>"
        )
        return "text/html; charset=utf-8", page.encode()


class _Handler(BaseHTTPRequestHandler):
    server: Updating
    timeout = REQUEST_SECONDS_MAX
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        self.rfile.read(min(int(length) if length.isdecimal() else 0, BODY_BYTES_MAX))
        languages = self.headers.get("Accept-Language", "zh").lower()
        kind, content = self.server.body(self.path.partition("?")[0], chinese_first="zh" in languages or "en" not in languages)
        self.send_response(UPDATING.status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Retry-After", str(ASK_AGAIN_SECONDS)),
            ("Cache-Control", "no-store"),
            ("Doorstep-Updating", "1"),  # the phone's sign: server/pwa/src/data/session.ts
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer

    def log_message(self, *_: Any) -> None:
        """The terminal is for how far it is."""
