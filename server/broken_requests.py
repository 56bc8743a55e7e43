"""What gunicorn itself answers to a request that it cannot read, said in JSON as everything under /sync/ is: clients parse every answer."""

from __future__ import annotations

import re

import orjson

CODES = {
    400: "bad_request",
    403: "forbidden",
    414: "uri_too_long",
    417: "expectation_failed",
    431: "headers_too_large",
    501: "not_implemented",
}
REASONS = {
    414: "The address is too long: ask for fewer things at once, or by POST.",
    431: "The headers are too many or too long.",
    500: "Something broke here. It has been written down.",
}
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ([^\r\n]*)")
PAGE = re.compile(rb"</h1>\s*(.*?)\s*</body>", re.DOTALL)


class Overheard:
    """Takes what gunicorn would send to the client."""

    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def gettimeout(self) -> float:
        return 0.0

    def in_json(self) -> bytes:
        """The same answer; nothing when gunicorn had nothing to say."""
        found = STATUS.match(self.sent)
        if found is None:
            return b""
        status, phrase = int(found[1]), found[2].decode("latin-1")
        said = PAGE.search(self.sent)
        reason = REASONS.get(status) or (_plain(said[1]) if said else "") or phrase
        body = orjson.dumps({"error": CODES.get(status, "internal_server_error"), "reason": reason}) + b"\n"
        head = f"HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode("latin-1") + body


def _plain(text: bytes) -> str:
    """Without what a header or a page could be broken by: it quotes what the client sent."""
    return re.sub(r"&[#\w]+;|[^ -~]", " ", text.decode("latin-1")).strip()[:200]
