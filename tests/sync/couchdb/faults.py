"""A proxy between us and a CouchDB, on which each thing that goes wrong on a network or in a restarting server can be ordered."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


@dataclass(frozen=True)
class Fault:
    """What happens to one request. `before`: it never arrives. `after`: it is done, and the answer is lost. `half`: the answer breaks off."""

    kind: str  # "before" | "after" | "half" | "status"
    status: int = 0
    body: bytes = b'{"error":"ordered","reason":"by the test"}'


class FaultProxy:
    """Passes requests on, unless a fault is ordered or it is away. `url` has the credentials of the CouchDB behind it.

    With `beside`, the address of Doorstep, it is the reverse proxy of docs/operators.md: /sync/ goes to CouchDB, everything else to Doorstep.
    """

    def __init__(self, url: str, beside: str | None = None) -> None:
        parts = urlsplit(url)
        self._beside = beside
        self.faults: deque[Fault] = deque()
        self.only: Callable[[str, str], bool] = lambda method, path: True  # which requests faults are for
        self.away = False
        self.seen: list[tuple[str, str]] = []
        self.largest_body = 1 << 40  # bytes; a larger one gets 413
        self._behind, self._root = f"{parts.hostname}:{parts.port}", parts.path
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        credentials = f"{parts.username}:{parts.password}@" if parts.username else ""
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"http://{credentials}127.0.0.1:{self._server.server_port}{parts.path}"

    def order(self, *faults: Fault, only: Callable[[str, str], bool] | None = None) -> None:
        """For the next requests, one each."""
        self.only = only or (lambda method, path: True)
        self.faults.extend(faults)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _way(self, path: str) -> tuple[str, str]:
        if self._beside is None:
            return self._behind, path
        if path.startswith("/sync/"):
            return self._behind, self._root + path.removeprefix("/sync")
        return urlsplit(self._beside).netloc, path

    def _next(self, method: str, path: str) -> Fault | None:
        return self.faults.popleft() if self.faults and self.only(method, path) else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                body = self._body()
                proxy.seen.append((self.command, self.path))
                if proxy.away:
                    self._hang_up()
                    return
                fault = proxy._next(self.command, self.path)
                if len(body) > proxy.largest_body:
                    fault = Fault("status", 413, b'{"error":"too_large","reason":"the request entity is too large"}')
                if fault and fault.kind == "before":
                    self._hang_up()
                elif fault and fault.kind == "status":
                    self._answer(fault.status, {"Content-Type": "application/json"}, fault.body)
                else:
                    self._ask(body, fault)

            def _ask(self, body: bytes, fault: Fault | None) -> None:
                host, path = proxy._way(self.path)
                behind = http.client.HTTPConnection(host, timeout=60)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                behind.request(self.command, path, body, headers)
                answer = behind.getresponse()
                kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
                if "feed=continuous" in self.path:
                    self._stream(answer, kept)
                elif fault and fault.kind == "after":
                    answer.read()
                    self._hang_up()
                elif fault and fault.kind == "half":
                    content = answer.read()
                    self.send_response(answer.status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content[: len(content) // 2])
                    self._hang_up()
                else:
                    self._answer(answer.status, kept, answer.read())
                behind.close()

            def _stream(self, answer: http.client.HTTPResponse, headers: dict[str, str]) -> None:
                self.send_response(answer.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.close_connection = True
                with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                    while not proxy.away and (piece := answer.read1(65_536)):
                        self.wfile.write(piece)
                        self.wfile.flush()

            def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(OSError):  # whoever asked has hung up
                        self.wfile.write(content)

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                content = b""
                while size := int(self.rfile.readline(), 16):
                    content += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return content

            def _hang_up(self) -> None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(2)

            def log_message(self, *_: object) -> None:
                pass

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = pass_on

        return Handler
