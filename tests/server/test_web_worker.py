"""Slow clients wait; a crowd of them does not take every thread."""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from server.web_worker import CROWD_SECONDS_MIN, PatientSocket, Readers
from tests.server.needs_its_context import PIECE_BYTES, PIECES


@pytest.fixture
def pairs():
    """Makes connected pairs of sockets: (ours, the client's)."""
    made = []

    def make():
        made.append(socket.socketpair())
        return made[-1]

    yield make
    for pair in made:
        for end in pair:
            end.close()


def test_what_is_there_is_read_at_once_and_a_client_that_pauses_is_waited_for(pairs):
    ours, theirs = pairs()
    patient = PatientSocket(ours, Readers(1))
    theirs.sendall(b"GET ")
    assert patient.recv(100) == b"GET "
    threading.Timer(CROWD_SECONDS_MIN * 2, theirs.sendall, [b"/"]).start()
    assert patient.recv(100) == b"/"
    assert not patient.gave_up


def test_of_too_many_that_wait_the_ones_that_began_first_are_given_up(pairs):
    readers = Readers(2)
    waiting = []
    for _ in range(5):
        ours, _theirs = pairs()
        patient = PatientSocket(ours, readers)
        thread = threading.Thread(target=patient.recv, args=[100], daemon=True)
        thread.start()
        waiting.append((patient, thread, _theirs))
        time.sleep(0.02)
    until = time.monotonic() + CROWD_SECONDS_MIN * 10
    while time.monotonic() < until and sum(thread.is_alive() for _, thread, _ in waiting) > 2:
        time.sleep(0.05)
    assert [patient.gave_up for patient, _, _ in waiting] == [True, True, True, False, False]
    for _, thread, theirs in waiting[3:]:
        theirs.sendall(b"x")
        thread.join(5)
        assert not thread.is_alive()


# Answers, by a real process


@contextlib.contextmanager
def serving(handles=None):
    """Where it serves. `handles`: file handles that it may have."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4", "--no-control-socket", "--log-level", "critical"]
    limits = ["prlimit", f"--nofile={handles}:{handles}"] if handles else []
    process = subprocess.Popen([*limits, *command, "--worker-class", "server.web_worker.PatientWorker", "tests.server.needs_its_context:app"])
    until = time.monotonic() + 30
    while True:
        try:
            assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).text == "ok"
            break
        except requests.ConnectionError:
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.05)
    try:
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def address():
    with serving() as address:
        yield address


def ask(address, path):
    connection = socket.socket()
    connection.settimeout(20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.connect(address)
    connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    return connection


def read_all(connection):
    received = b""
    while more := connection.recv(1_000_000):
        received += more
    return received.partition(b"\r\n\r\n")[2]


def test_an_answer_keeps_its_application_while_it_waits_for_its_client(address):
    with ask(address, "/streamed") as slow:
        time.sleep(0.5)
        others = [ask(address, "/streamed") for _ in range(12)]  # more than there are threads
        assert requests.get("http://{}:{}/".format(*address), timeout=10).text == "ok"
        received = read_all(slow)
        assert received.count(b"x") == PIECES * PIECE_BYTES and b"/streamed in " in received
        for other in others:
            other.close()
    assert requests.get("http://{}:{}/".format(*address), timeout=10).text == "ok"


def test_an_error_before_anything_was_sent_is_told_and_one_in_the_middle_cuts_the_answer_off(address):
    assert requests.get("http://{}:{}/broken-at-once".format(*address), timeout=10).status_code == 500
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get("http://{}:{}/broken".format(*address), timeout=10)


def test_a_pause_parts_an_answer_and_one_connection_carries_many_answers(address):
    with requests.Session() as session:
        for _ in range(5):
            assert session.get("http://{}:{}/paused".format(*address), timeout=10).text == "first second"
            assert session.get("http://{}:{}/streamed".format(*address), timeout=10).text.count("x") == PIECES * PIECE_BYTES


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit sets the limit of file handles; it is there on every Linux")
def test_a_process_without_file_handles_goes_on_when_it_has_some_again():
    with serving(handles=60) as address, contextlib.ExitStack() as crowd:
        before = requests.get("http://{}:{}/process".format(*address), timeout=10).text
        for _ in range(100):
            connection = crowd.enter_context(socket.create_connection(address))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1)
        crowd.close()
        assert requests.get("http://{}:{}/process".format(*address), timeout=30).text == before
