"""The waiting room: heartbeats, bells, clients that take little, and who goes on when."""

import socket
import threading
import time

import pytest

from server.pause import Pause
from server.waiting_room import Outbox, WaitingRoom
from sync.engine.wake import Watch

SOON = 5.0
SYSTEM_BYTES = 256 * 1024


class Phone:
    """A guest of the room, and the client's end of its connection."""

    def __init__(self, pair):
        self.sock, self.client = pair
        self.client.settimeout(SOON)
        self.outbox = Outbox(self.sock)
        self.gave_up = False
        self.went_on = threading.Event()

    def beat(self, heartbeat):
        self.outbox.sendall(heartbeat)


@pytest.fixture
def phone():
    made = []

    def makes():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            # Small ones: how much the system itself holds of an answer on its way would differ from run to run.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM_BYTES)
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SYSTEM_BYTES)
            client.connect(listener.getsockname())
            made.append(Phone((listener.accept()[0], client)))
        return made[-1]

    yield makes
    for each in made:
        each.sock.close()
        each.client.close()


@pytest.fixture
def room():
    made = []

    def makes(go_on=None, at_once_max=4, **limits):
        def at_once(guest, done):
            guest.went_on.set()
            done()

        made.append(WaitingRoom(go_on or at_once, at_once_max, 100, lambda: None, **limits))
        made[-1].start()
        return made[-1]

    yield makes
    for each in made:
        each.stop()


def in_an_hour(**more):
    return Pause(time.monotonic() + 3600, **more)


def test_a_bell_lets_a_feed_go_on_also_one_that_rang_before(room, phone):
    waits = room()
    for rings_before in (True, False):
        guest, watch = phone(), Watch()
        if rings_before:
            watch.hear({"forms"})
        waits.take(guest, in_an_hour(listener=watch))
        if not rings_before:
            assert not guest.went_on.wait(0.2)
            watch.hear({"forms"})
        assert guest.went_on.wait(SOON) and not guest.gave_up
        assert watch.wait(0) == {"forms"}


def test_its_time_lets_a_feed_go_on(room, phone):
    guest = phone()
    began = time.monotonic()
    room().take(guest, Pause(began + 0.3, Watch()))
    assert guest.went_on.wait(SOON) and time.monotonic() - began >= 0.3 and not guest.gave_up


def test_heartbeats_are_sent_meanwhile(room, phone):
    guest = phone()
    room().take(guest, in_an_hour(listener=Watch(), heartbeat=b"\n", heartbeat_seconds=0.1, beat_at=time.monotonic() + 0.1))
    assert [guest.client.recv(1) for _ in range(3)] == [b"\n"] * 3
    assert not guest.went_on.is_set()


def test_a_client_that_hangs_up_is_given_up(room, phone):
    guest = phone()
    room().take(guest, in_an_hour(listener=Watch()))
    guest.client.close()
    assert guest.went_on.wait(SOON) and guest.gave_up


def test_a_client_that_sends_its_next_request_is_not(room, phone):
    guest, watch = phone(), Watch()
    room().take(guest, in_an_hour(listener=watch))
    guest.client.sendall(b"GET / HTTP/1.1\r\n")
    assert not guest.went_on.wait(0.3)
    watch.hear({"forms"})
    assert guest.went_on.wait(SOON) and not guest.gave_up


def test_an_answer_goes_on_when_its_client_has_taken_what_was_there(room, phone):
    guest = phone()
    guest.outbox.sendall(b"x" * 8_000_000)
    room().take(guest, None)
    assert not guest.went_on.wait(0.2)
    taken = 0
    while taken < 8_000_000:
        taken += len(guest.client.recv(1_000_000))
    assert guest.went_on.wait(SOON) and not guest.gave_up and guest.outbox.taken == 8_000_000


def test_a_client_that_takes_nothing_is_given_up_after_its_grace_and_one_that_takes_some_is_not(room, phone):
    waits, idle, slow = room(grace_seconds=0.5), phone(), phone()
    for guest in (idle, slow):
        guest.outbox.sendall(b"x" * 8_000_000)
        guest.outbox.flush()
        waits.take(guest, None)
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert slow.client.recv(20_000)
        time.sleep(0.1)
    assert idle.went_on.is_set() and idle.gave_up
    assert not slow.went_on.is_set()


def test_when_too_much_waits_for_clients_the_first_are_given_up(room, phone):
    waits = room(waiting_bytes_max=20_000_000)  # room for two of four
    guests = [phone() for _ in range(4)]
    for guest in guests:
        guest.outbox.sendall(b"x" * 8_000_000)
        guest.outbox.flush()
        waits.take(guest, None)
    assert guests[0].went_on.wait(SOON) and guests[1].went_on.wait(SOON)
    assert [guest.gave_up for guest in guests] == [True, True, False, False]


def test_only_so_many_go_on_at_once(room, phone):
    under_way, most, finish = [], [], threading.Semaphore(0)

    def go_on(guest, done):
        def work():
            under_way.append(guest)
            most.append(len(under_way))
            finish.acquire()
            under_way.remove(guest)
            guest.went_on.set()
            done()

        threading.Thread(target=work).start()

    waits, watch_of = room(go_on, at_once_max=2), {}
    guests = [phone() for _ in range(6)]
    for guest in guests:
        watch_of[guest] = Watch()
        waits.take(guest, in_an_hour(listener=watch_of[guest]))
    for watch in watch_of.values():
        watch.hear({"forms"})
    time.sleep(0.3)
    for _ in guests:
        finish.release()
    assert all(guest.went_on.wait(SOON) for guest in guests) and max(most) == 2


def test_all_feeds_go_on_when_the_process_is_to_end(room, phone):
    waits, guests = room(), [phone() for _ in range(3)]
    for guest in guests:
        waits.take(guest, in_an_hour(listener=Watch()))
    waits.stop()
    assert all(guest.went_on.wait(SOON) and not guest.gave_up for guest in guests)
