"""Bodies arrive whole or are refused, whatever the server under the app hands over."""

import io

import pytest
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request

from server.whole_bodies import whole_bodies

BYTES_MAX = 100


def read(body, declared=None, bytes_max=BYTES_MAX):
    """What the app reads of this body, as gunicorn hands it over: the stream ends where the body does."""
    got = []

    def application(environ, _start_response):
        request = Request(environ)
        request.max_content_length = bytes_max
        got.append(request.get_data(cache=False))
        return []

    environ = {"REQUEST_METHOD": "POST", "wsgi.input": body, "wsgi.input_terminated": True}
    if declared is not None:
        environ["CONTENT_LENGTH"] = str(declared)
    whole_bodies(application, bytes_max)(environ, None)
    return got[0]


def test_a_whole_body_is_read():
    assert read(io.BytesIO(b"x" * 60), declared=60) == b"x" * 60
    assert read(io.BytesIO(b"x" * BYTES_MAX)) == b"x" * BYTES_MAX
    assert read(io.BytesIO(b"")) == b""


def test_half_a_photo_is_refused():
    with pytest.raises(ClientDisconnected):
        read(io.BytesIO(b"x" * 30), declared=60)


def test_a_body_without_a_length_is_not_cut_at_the_limit_without_a_word():
    with pytest.raises(RequestEntityTooLarge):
        read(io.BytesIO(b"x" * (BYTES_MAX + 1)))


def test_a_broken_chunk_is_the_clients_fault():
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise RuntimeError("Invalid chunk size: 'ZZ'")

    with pytest.raises(ClientDisconnected):
        read(Broken())
