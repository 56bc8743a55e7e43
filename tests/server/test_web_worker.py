"""Slow clients wait; a crowd of them does not take every thread."""

import socket
import threading
import time

import pytest

from server.web_worker import CROWD_SECONDS_MIN, PatientSocket, Readers


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
