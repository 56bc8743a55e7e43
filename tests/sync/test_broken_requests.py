"""What cannot be read as HTTP at all is answered in JSON too, by the web server itself."""

import contextlib
import socket
from urllib.parse import urlsplit

import orjson
import pytest
import requests


def said_to(server, raw: bytes):
    """(status, headers as one text, body) of the answer to these bytes."""
    address = urlsplit(server.url)
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=20) as sock:
        sock.sendall(raw)
        with contextlib.suppress(ConnectionResetError):
            while chunk := sock.recv(65_536):
                answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1").lower(), body


@pytest.mark.parametrize(
    ("raw", "status", "error"),
    [
        (b"GET /sync/db/" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "uri_too_long"),
        (b"GET /sync/ HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n", 431, "headers_too_large"),
        (b"GET /sync/ HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 10_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET /sync/ HTTP/9.9\r\n\r\n", 400, "bad_request"),
        (b"GET /sync/ HTTP/1.1\r\nHost: a\r\nBad Header: <script>\"'&\xff\r\n\r\n", 400, "bad_request"),
        (b"POST /sync/ HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n", 400, "bad_request"),
        (b"POST /sync/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: nonsense\r\n\r\n", 501, "not_implemented"),
    ],
)
def test_a_request_that_is_none_gets_json(live_server, raw, status, error):
    answered, head, body = said_to(live_server, raw)
    assert (answered, orjson.loads(body)["error"]) == (status, error)
    assert set(orjson.loads(body)) == {"error", "reason"} and "content-type: application/json" in head


def test_an_address_as_long_as_couchdbs_replicator_makes_them_is_read(live_server):
    address = f"{live_server.url}/worker-w0042/{'x' * 6_950}"
    assert requests.get(address, timeout=20).status_code == 401
