"""Feeds over real connections, many at a time: they hold no thread, nor does a client that does not take its answer."""

import contextlib
import http.client
import json
import os
import socket
import threading
import time

import psutil
import pytest

from server.tokens import CLOCK_SKEW_SECONDS_MAX, sign, signing_key

NAME = "worker-w0042"
MANY = 150  # the server under test has 32 threads
PING_SECONDS_MAX = 8.0  # on a machine that does other things; if each of the many held a thread it would be a minute


@pytest.fixture
def database(live_server):
    live_server.databases.delete(NAME)
    live_server.databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})
    return live_server.databases.open(NAME)


@pytest.fixture
def connect(live_server):
    """Opens a connection that has sent a GET; all are closed at the end."""
    with contextlib.ExitStack() as opened:

        def opens(path, token=None, buffer_bytes=None):
            connection = socket.socket()
            opened.callback(connection.close)
            if buffer_bytes:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
            connection.settimeout(30)
            connection.connect(("127.0.0.1", live_server.port))
            token = token or live_server.token("worker:w0042")
            connection.sendall(f"GET /sync/{NAME}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            return connection

        yield opens


def read_until(connection, end):
    received = b""
    while end not in received:
        more = connection.recv(65_536)
        assert more, received[-500:]
        received += more
    return received


def rows(received):
    """What the chunks of a continuous feed say, line by line."""
    body = received.partition(b"\r\n\r\n")[2]
    return [json.loads(line) for line in body.split(b"\n") if line.startswith(b'{"')]


def ping(live_server):
    """Seconds that a new connection waits for an answer, at worst of ten."""
    worst = 0.0
    for _ in range(10):
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", live_server.port, timeout=20)
        connection.request("GET", "/sync/_up")
        assert connection.getresponse().status == 200
        connection.close()
        worst = max(worst, time.monotonic() - began)
    return worst


def test_a_continuous_feed_is_told_of_each_commit_and_beats_between(live_server, database, connect):
    feed = connect("/_changes?feed=continuous&heartbeat=500&since=now")
    assert read_until(feed, b"\n").lower().startswith(b"http/1.1 200 ok")
    for number in range(3):
        live_server.databases.publish(NAME, [{"_id": f"d{number}"}])
        assert rows(b"\r\n\r\n" + read_until(feed, b'"rev"'))[-1]["id"] == f"d{number}"
    assert feed.recv(65_536).endswith(b"1\r\n\n\r\n")
    live_server.databases.delete(NAME)
    assert rows(b"\r\n\r\n" + read_until(feed, b"0\r\n\r\n"))[-1].keys() == {"last_seq", "pending"}


def test_many_feeds_wait_in_fewer_threads_and_all_hear(live_server, database, connect):
    feeds = [connect(f"/_changes?feed={kind}&heartbeat=20000&since=now") for kind in ("longpoll", "continuous", "eventsource") for _ in range(MANY // 3)]
    for feed in feeds:
        read_until(feed, b"\r\n\r\n")
    assert ping(live_server) < PING_SECONDS_MAX
    live_server.databases.publish(NAME, [{"_id": "news"}])
    for feed in feeds:
        assert b'"id":"news"' in read_until(feed, b'"rev"')
    assert ping(live_server) < PING_SECONDS_MAX


def test_many_clients_that_take_nothing_hold_up_nobody(live_server, database, connect):
    live_server.databases.publish(NAME, [{"_id": f"d{number}", "text": "x" * 1_000_000} for number in range(8)])
    asked = ("/_changes?include_docs=true", "/_changes?feed=continuous&include_docs=true&heartbeat=1000", "/_all_docs?include_docs=true")
    for number in range(MANY):
        connect(asked[number % 3], buffer_bytes=4_096)
    time.sleep(1)
    assert ping(live_server) < PING_SECONDS_MAX


def test_a_slow_client_gets_all_of_its_answer(live_server, database, connect):
    live_server.databases.publish(NAME, [{"_id": f"d{number}", "text": "x" * 1_000_000} for number in range(8)])
    slow = connect("/_changes?include_docs=true&feed=continuous&timeout=1000", buffer_bytes=4_096)
    time.sleep(1)
    received = bytearray()
    while not received.endswith(b"\r\n0\r\n\r\n"):
        received += slow.recv(500_000)
    assert received.count(b'"text":"x') == 8 and b'"last_seq"' in received[-200:]


FILES_OPENED_MAX = 44  # 2 processes keep up to 3 connections of 3 files each, to the database and to the catalogue, and what rings; 80 feeds hold 80 handles


def test_clients_that_hang_up_are_forgotten(live_server, database, connect):
    before = _handles(live_server)
    for feed in [connect(f"/_changes?feed={kind}&heartbeat=60000&since=now") for kind in ("longpoll", "continuous") for _ in range(40)]:
        read_until(feed, b"\r\n\r\n")
        feed.close()
    until = time.monotonic() + 10
    while (left := _handles(live_server) - before) > FILES_OPENED_MAX and time.monotonic() < until:
        time.sleep(0.1)
    assert left <= FILES_OPENED_MAX


def test_a_request_that_is_sent_behind_a_feed_is_answered_after_it(live_server, database, connect):
    feed = connect("/_changes?feed=longpoll&since=now&timeout=1500")
    feed.sendall(b"GET /sync/_up HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    received = read_until(feed, b'"status"')
    assert received.index(b'"last_seq"') < received.index(b'"status"')


@pytest.mark.parametrize("kind", ["longpoll", "continuous"])
def test_a_feed_ends_with_its_token(live_server, database, connect, kind):
    nearly_over = sign(signing_key(live_server.settings.secret), "w0042", ["worker:w0042"], 3 - CLOCK_SKEW_SECONDS_MAX)
    began = time.monotonic()
    assert b"last_seq" in read_until(connect(f"/_changes?feed={kind}&heartbeat=60000&since=now", nearly_over), b"0\r\n\r\n")
    assert time.monotonic() - began < 15


def test_the_rights_that_are_taken_away_end_a_feed(live_server, database, connect):
    feed = connect("/_changes?feed=continuous&heartbeat=60000&since=now")
    read_until(feed, b"\r\n\r\n")
    live_server.databases.set_security(NAME, {})
    assert b"last_seq" in read_until(feed, b"0\r\n\r\n")


def test_feeds_end_when_the_server_is_told_to_stop(live_server, database, connect):
    feeds = [connect(f"/_changes?feed={kind}&heartbeat=60000&since=now") for kind in ("longpoll", "continuous") for _ in range(5)]
    for feed in feeds:
        read_until(feed, b"\r\n\r\n")
    began = time.monotonic()
    live_server.stop()
    try:
        assert time.monotonic() - began < 12
        for feed in feeds:
            assert b"last_seq" in read_until(feed, b"0\r\n\r\n")
    finally:
        live_server.start()


def test_what_a_dead_process_left_to_be_rung_is_removed(live_server, database):
    folder = live_server.settings.engine_folder / "wake"
    dead = folder / "999999-dead.pipe"
    os.mkfifo(dead)
    live_server.databases.publish(NAME, [{"_id": "a"}])
    assert not dead.exists()


def _handles(live_server):
    leader = psutil.Process(live_server.process.pid)
    return sum(process.num_fds() for process in leader.children())


def test_a_commit_wakes_no_thread_that_waits_for_another_database(live_server, database, connect):
    feed = connect("/_changes?feed=continuous&heartbeat=60000&since=now")
    read_until(feed, b"\r\n\r\n")
    live_server.databases.create("other")
    threading.Thread(target=lambda: [live_server.databases.publish("other", [{"_id": f"d{number}"}]) for number in range(50)]).start()
    feed.settimeout(1.0)
    with pytest.raises(TimeoutError):
        feed.recv(65_536)
