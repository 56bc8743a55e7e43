"""Multipart bodies: whatever is written is read back the same, however it is cut up on its way; what is not whole is refused."""

import itertools
import json
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.stores import stores
from server.sync_api.in_parts import quoted
from server.sync_api.multipart import AROUND_BYTES_MAX, HEADER_BYTES_MAX, new_boundary, read_parts, write_parts
from server.sync_api.pieces import Later, length_of, sent
from server.tokens import sign, signing_key
from sync.engine.errors import BadDocument
from tests.examples import examples

TWO_PARTS = b"--B\r\nContent-Type: application/json\r\n\r\n{}\r\n--B\r\nX: \xe6\xad\xa3\r\n\r\n\x00\r\n--\r\n\r\n--B--"


def cut(body, sizes):
    """The body in chunks of these sizes, then the rest."""
    for size in sizes:
        yield body[:size]
        body = body[size:]
    yield body


def read(body, boundary="B", sizes=()):
    return [(dict(part.headers), b"".join(part.chunks)) for part in read_parts(cut(body, sizes), boundary)]


def write(parts, boundary="B"):
    return b"".join(sent(write_parts([(headers, [content]) for headers, content in parts], boundary)))


def test_headers_and_bytes_come_back():
    assert read(TWO_PARTS) == [({"content-type": "application/json"}, b"{}"), ({"x": "正"}, b"\x00\r\n--\r\n")]


def test_a_body_is_read_the_same_byte_by_byte():
    assert read(TWO_PARTS, sizes=[1] * len(TWO_PARTS)) == read(TWO_PARTS)


def test_a_part_that_nobody_reads_is_skipped():
    assert [dict(part.headers) for part in read_parts([TWO_PARTS], "B")] == [{"content-type": "application/json"}, {"x": "正"}]


def test_bytes_that_are_read_only_when_they_are_sent_count_before():
    pieces = write_parts([([("X", "y")], [Later(5, lambda: iter([b"he", b"llo"]))])], "B")
    assert b"".join(sent(pieces)) == b"--B\r\nX: y\r\n\r\nhello\r\n--B--" and length_of(pieces) == len(b"".join(sent(pieces)))


lookalikes = st.sampled_from([b"\r\n--B", b"\r\n", b"--B", b"--", b"\r", b"\n--B--", b"-", b"B"])
contents = st.lists(st.binary(max_size=30) | lookalikes, max_size=12).map(b"".join)
names = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=5)
values = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), max_size=8)
parts = st.tuples(st.dictionaries(names, values, max_size=3), contents)


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(parts, min_size=1, max_size=4), st.lists(st.integers(0, 40), max_size=60))
@example([({}, b""), ({}, b"\r\n--B")], [])
def test_whatever_is_written_is_read_back_in_whatever_chunks(written, sizes):
    boundary = new_boundary()
    body = write([(list(headers.items()), content) for headers, content in written], boundary)
    assert read(body, boundary, sizes) == written


@settings(max_examples=examples(150), deadline=None)
@given(contents, st.lists(st.integers(0, 9), max_size=40))
def test_any_bytes_are_parts_or_are_refused(body, sizes):
    try:
        whole = read(b"--B" + body)
    except BadDocument:
        whole = None
    try:
        in_chunks = read(b"--B" + body, sizes=sizes)
    except BadDocument:
        in_chunks = None
    assert in_chunks == whole


@settings(max_examples=examples(50), deadline=None)
@given(st.integers(0, len(TWO_PARTS) - 1))
def test_a_body_that_breaks_off_anywhere_is_refused(length):
    with pytest.raises(BadDocument):
        read(TWO_PARTS[:length])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--C\r\n\r\n\r\n--C--",
        b"--B\n\n{}\n--B--",
        b"--B\r\nno colon\r\n\r\n\r\n--B--",
        b"--B\r\nA: 1\r\na: 2\r\n\r\n\r\n--B--",
        b"--B\r\n folded: 1\r\n\r\n\r\n--B--",
        b"--Bmore\r\n\r\n\r\n--B--",
        b"--B\r\nA: " + b"x" * HEADER_BYTES_MAX + b"\r\n\r\n\r\n--B--",
        b"x" * AROUND_BYTES_MAX + b"x\r\n--B\r\n\r\n\r\n--B--",
        b"--B\r\n\r\n\r\n--B--" + b"x" * AROUND_BYTES_MAX + b"x",
    ],
)
def test_what_is_not_quite_multipart_is_refused(body):
    with pytest.raises(BadDocument):
        read(body)


@pytest.mark.parametrize("boundary", ["", "x" * 71, "a\r\nb", "正", "ends with a space "])
def test_boundaries_that_cannot_be_are_refused(boundary):
    with pytest.raises(BadDocument):
        read(TWO_PARTS, boundary)


def test_what_comes_before_the_first_boundary_and_after_the_last_is_not_read():
    assert read(b"for old mail programs\r\n--B  \r\n\r\nx\r\n--B--\r\nbye") == [({}, b"x")]


def test_multipart_in_multipart():
    inner = write([([("A", "1")], b"x")], "B-inner")
    body = write([([("Content-Type", "multipart/related")], inner), ([], b"y")], "B0")
    first, second = [(part, read(b"".join(part.chunks), "B-inner") if part.headers else b"".join(part.chunks)) for part in read_parts([body], "B0")]
    assert first[1] == [({"a": "1"}, b"x")] and second[1] == b"y"


@settings(max_examples=examples(100))
@given(st.text())
def test_a_name_in_a_header_is_one_line_between_its_quotation_marks(name):
    assert not set(quoted(name)) & set('"\r\n\x00\\')


WHOLE = b'--B\r\nContent-Type: application/json\r\n\r\n{"_attachments":{"a":{"follows":true,"length":3},"b":{"follows":true}}}'
WHOLE += b'\r\n--B\r\nContent-Disposition: attachment; filename="b"\r\n\r\nB\r\n--B\r\n\r\nAAA\r\n--B--'
NUMBERS = itertools.count()


@pytest.fixture
def send(app, settings):
    """send(body): the answer to a document in parts, and whether anything was written."""
    with app.app_context():
        databases = stores().databases
        databases.create("worker-w0042", {"members": {"roles": ["worker:w0042"]}})
    headers = {"Authorization": "Bearer " + sign(signing_key(settings.secret), "w0042", ["worker:w0042"], 900), "Accept": "application/json"}
    headers["Content-Type"] = 'multipart/related; boundary="B"'

    def sent_to(body):
        path = f"/sync/worker-w0042/d{next(NUMBERS)}"
        answer = app.test_client().put(path, data=body, headers=headers)
        return answer, app.test_client().get(path, headers=headers).status_code == 200

    return sent_to


@settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE)), st.integers(0, 12), lookalikes | st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"]", b"gzip", b"true"]))
@example(0, 0, b"")
@example(len(WHOLE), 0, b"\r\n")
def test_a_document_in_parts_with_a_few_bytes_changed_is_written_or_refused_whole(send, at, length, instead):
    answer, is_there = send(WHOLE[:at] + instead + WHOLE[at + length :])
    assert answer.status_code in ((201,) if is_there else (400, 412)), answer.data


def test_a_document_in_very_many_parts_is_refused_before_they_are_read(send):
    count = 20_000
    document = {"_attachments": {f"a{number}": {"follows": True} for number in range(count)}}
    body = b"--B\r\n\r\n" + json.dumps(document).encode() + b"\r\n--B\r\n\r\n" * count + b"\r\n--B--"
    began = time.monotonic()
    answer, is_there = send(body)
    assert (answer.status_code, is_there) == (400, False)
    assert time.monotonic() - began < 5  # each looked for among all the others: 40 s, and a hundred times as long for ten times as many
