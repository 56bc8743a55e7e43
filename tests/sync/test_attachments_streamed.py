"""Attachments over real connections: 100 MB need no 20 MB of memory, slow clients hold up nobody, and who hangs up leaves nothing behind."""

import contextlib
import http.client
import json
import os
import socket
import sqlite3
import time
from pathlib import Path

import psutil
import pytest
import requests

from tests.sync.conftest import LiveServer

NAME = "media-w0042"
MEGABYTE = 1024 * 1024
LARGE = 100 * MEGABYTE
GROWTH_MAX = 20 * MEGABYTE
BLOCK = os.urandom(MEGABYTE)


def noise(length=LARGE):
    """Bytes of which no two megabytes are equal."""
    for number in range(length // MEGABYTE):
        yield BLOCK[number:] + BLOCK[:number]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own: what its processes needed at most is what these tests made them need."""
    server = LiveServer(tmp_path_factory.mktemp("streamed"))
    yield server
    server.stop()


@pytest.fixture
def database(server):
    server.databases.delete(NAME)
    server.databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})
    return f"{server.url}/{NAME}"


@pytest.fixture
def session(server):
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {server.token('worker:w0042')}", "Accept": "application/json"})
    return session


def peaks(server):
    """The most memory that each of the server's processes has had, in bytes."""
    found = {}
    for process in psutil.Process(server.process.pid).children(recursive=True):
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
        found[process.pid] = int(lines["VmHWM"].split()[0]) * 1024
    return found


def test_100_megabytes_either_way_need_less_than_20_of_memory(server, database, session):
    for _ in range(12):  # both processes have answered before
        assert session.put(f"{database}/warm-{os.urandom(4).hex()}/a", data=b"x", headers={"Connection": "close"}).status_code == 201
    before = peaks(server)

    def length(answer):
        assert answer.status_code == 200
        return sum(len(chunk) for chunk in answer.iter_content(MEGABYTE))

    def in_parts():
        entry = {"follows": True, "content_type": "video/mp4", "length": LARGE}
        yield b"--B\r\nContent-Type: application/json\r\n\r\n" + json.dumps({"_attachments": {"film.mp4": entry}}).encode() + b"\r\n--B\r\n\r\n"
        yield from noise()
        yield b"\r\n--B--"

    assert session.put(f"{database}/one/film.mp4", data=noise(), headers={"Content-Type": "video/mp4"}).status_code == 201
    assert session.put(f"{database}/two", data=in_parts(), headers={"Content-Type": 'multipart/related; boundary="B"'}).status_code == 201
    assert length(session.get(f"{database}/one/film.mp4", stream=True)) == LARGE
    assert length(session.get(f"{database}/two?attachments=true", stream=True)) > LARGE * 4 // 3
    assert length(session.get(f"{database}/two?attachments=true", stream=True, headers={"Accept": "multipart/related"})) > LARGE
    assert length(session.get(f"{database}/one?open_revs=all", stream=True, headers={"Accept": "multipart/mixed"})) > LARGE
    assert length(session.post(f"{database}/_bulk_get?attachments=true", stream=True, json={"docs": [{"id": "one"}]})) > LARGE * 4 // 3
    after = peaks(server)
    assert after.keys() == before.keys() and len(after) == 2
    assert max(after[process] - before[process] for process in after) < GROWTH_MAX


def put(server, path, headers, beginning):
    """A connection that has sent the beginning of this PUT."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    head = f"PUT /sync/{NAME}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token('worker:w0042')}\r\n"
    connection.sendall((head + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode() + beginning)
    return connection


def answer_of(connection):
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())


def until(it_holds):
    end = time.monotonic() + 20
    while not it_holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def spools(server):
    """The nameless files in the data folder that the server's processes hold open."""
    links = [link for process in psutil.Process(server.process.pid).children(recursive=True) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
    found = []
    for link in links:
        with contextlib.suppress(FileNotFoundError):
            found.append(str(link.readlink()))
    return [name for name in found if name.startswith(str(server.settings.engine_folder)) and name.endswith("(deleted)") and ".sqlite" not in name]


@pytest.mark.parametrize(
    ("headers", "beginning"),
    [
        ({"Content-Length": "3000000"}, bytes(2_000_000)),
        ({"Transfer-Encoding": "chunked"}, b"1e8480\r\n" + bytes(2_000_000) + b"\r\n"),
        (
            {"Content-Length": "3000000", "Content-Type": 'multipart/related; boundary="B"'},
            b'--B\r\n\r\n{"_attachments":{"a":{"follows":true}}}\r\n--B\r\n\r\n' + bytes(2_000_000),
        ),
    ],
)
def test_a_client_that_hangs_up_leaves_nothing(server, database, session, headers, beginning):
    path = "/half" if "Content-Type" in headers else "/half/a"
    with put(server, path, headers, beginning) as connection:
        until(lambda: spools(server))
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            assert answer_of(connection)[0] == 400
    assert session.get(f"{database}/half").status_code == 404
    until(lambda: not spools(server))


def test_while_an_attachment_comes_slowly_others_write(server, database, session):
    with put(server, "/slow/a", {"Content-Length": "2000000"}, bytes(1_000_000)) as connection:
        for number in range(5):
            assert session.put(f"{database}/quick-{number}", json={}).status_code == 201
        connection.sendall(bytes(1_000_000))
        assert answer_of(connection)[0] == 201
    assert session.get(f"{database}/slow/a").content == bytes(2_000_000)


@pytest.fixture
def slow_reader(server, database, session):
    """Someone who has read the first megabyte of 40, and waits."""
    assert session.put(f"{database}/film/a", data=noise(40 * MEGABYTE)).status_code == 201
    answer = session.get(f"{database}/film/a", stream=True)
    assert len(answer.raw.read(MEGABYTE)) == MEGABYTE
    return answer


def rest_of(answer):
    """The bytes that still come, of 39 megabytes, and whether all of them did. Those that come are the right ones."""
    come = b""
    with contextlib.suppress(requests.exceptions.RequestException):
        for chunk in answer.iter_content(MEGABYTE):
            come += chunk
    assert b"".join(noise(40 * MEGABYTE))[MEGABYTE:].startswith(come)
    return len(come)


def test_a_slow_reader_does_not_hold_back_the_log(server, database, session, slow_reader):
    assert session.put(f"{database}/another", json={}).status_code == 201
    with contextlib.closing(sqlite3.connect(server.databases.open(NAME).entry.path)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy and rest_of(slow_reader) == 39 * MEGABYTE


def test_when_the_database_goes_its_readers_come_to_an_end(server, slow_reader):
    server.databases.delete(NAME)
    assert rest_of(slow_reader) <= 39 * MEGABYTE


def test_a_reader_of_what_is_collected_meanwhile_is_cut_off(server, database, session, slow_reader):
    revision = session.get(f"{database}/film").json()["_rev"]
    assert session.delete(f"{database}/film/a?rev={revision}").status_code == 200
    assert session.get(f"{database}/film/a?rev={revision}").status_code == 404
    server.databases.open(NAME).begin_compaction()()
    assert rest_of(slow_reader) < 39 * MEGABYTE
