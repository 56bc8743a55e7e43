"""What goes wrong between us and CouchDB: nothing is lost, nothing is written twice, and nobody waits for ever."""

from __future__ import annotations

import threading
import time

import pytest

from sync.couchdb.connection import TRIES_MAX
from sync.couchdb.databases import CouchDatabases
from sync.couchdb.errors import CouchError, CouchUnavailable
from sync.couchdb.news import News
from sync.engine.errors import TooLarge
from tests.sync.couchdb.conftest import PEERS
from tests.sync.couchdb.faults import Fault

NAME = "worker-w0042"
SECURITY = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [], "roles": ["worker:w0042"]}}
BEFORE, AFTER, HALF = Fault("before"), Fault("after"), Fault("half")


@pytest.fixture(scope="session", params=[peer for peer in PEERS if peer != "pouchdb-server"])
def peer(request) -> str:
    """The faults are the proxy's: two servers behind it are enough."""
    return request.param


@pytest.fixture
def inbox(databases, shaky):
    """Made without faults, used with them."""
    databases.create(NAME, SECURITY)
    return shaky


def asks(ending, verb=None):
    return lambda method, path: path.partition("?")[0].endswith(ending) and verb in (None, method)


@pytest.mark.parametrize(
    "fault",
    [BEFORE, AFTER, *(Fault("status", status) for status in (429, 500, 502, 503, 504))],
    ids=lambda fault: f"{fault.kind} {fault.status or ''}".strip(),
)
def test_a_request_that_fails_once_is_tried_again(inbox, proxy, databases, fault):
    proxy.order(fault, only=asks("_bulk_docs"))
    inbox.publish(NAME, [{"_id": "a", "n": 1}, {"_id": "b"}])
    assert not proxy.faults
    assert databases.read(NAME, "a")["_rev"].startswith("1-"), "an answer that was lost is no reason to write again"
    proxy.order(fault, only=asks("_changes"))
    assert len(inbox.changes(NAME).changes) == 2


def test_tries_are_bounded_and_the_error_says_where_without_credentials(inbox, proxy):
    proxy.order(*[Fault("status", 503)] * 20)
    started = time.monotonic()
    with pytest.raises(CouchUnavailable, match=r"http://\*\*\*@127\.0\.0\.1"):
        inbox.changes(NAME)
    assert len(proxy.faults) == 20 - 1 - TRIES_MAX
    assert time.monotonic() - started < 10


def test_a_cluster_that_lacks_too_many_nodes_is_away_and_has_not_the_database_already(shaky, proxy, databases):
    proxy.order(*[Fault("status", 412, b'{"error":"nodedown","reason":"progress not possible"}')] * 2)
    with pytest.raises(CouchUnavailable):
        shaky.create(NAME, SECURITY)
    with pytest.raises(CouchUnavailable):
        shaky.changes(NAME)
    assert not databases.exists(NAME)


def test_an_answer_that_breaks_off_is_no_answer(inbox, proxy, databases):
    databases.publish(NAME, [{"_id": f"d{number}", "text": "x" * 1000} for number in range(50)])
    proxy.order(HALF, only=asks("_changes"))
    with pytest.raises(CouchUnavailable):
        inbox.changes(NAME)
    assert len(inbox.changes(NAME).changes) == 50


def test_a_page_of_a_proxy_is_told_from_an_answer_of_couchdb(inbox, proxy):
    proxy.order(Fault("status", 404, b"<html>nothing here</html>"))
    with pytest.raises(CouchError, match="not CouchDB's JSON"):
        inbox.read(NAME, "a")


def test_a_database_is_made_whatever_fails_on_the_way(shaky, proxy, databases):
    """Each request of the making fails once, in each way; in the end the database is whole."""
    for nth in range(4):
        for fault in (BEFORE, AFTER, Fault("status", 503)):
            databases.delete("area-g0311")
            counted = iter(range(100))
            proxy.order(fault, only=lambda method, path, counted=counted, nth=nth: next(counted) == nth)
            made = CouchDatabases(proxy.url)
            for _ in range(3):
                try:
                    made.create("area-g0311", SECURITY, writers="server")
                    break
                except CouchUnavailable:
                    continue
            made.close()
            proxy.faults.clear()
            assert databases.security("area-g0311") == SECURITY
            assert databases.administration.is_guarded("area-g0311")


def test_a_request_that_is_too_large_is_halved_until_it_fits(inbox, proxy, databases):
    proxy.largest_body = 4_000
    inbox.publish(NAME, [{"_id": f"d{number}", "text": "x" * 300} for number in range(60)])
    assert len(databases.changes(NAME).changes) == 60
    with pytest.raises(TooLarge, match="huge"):
        inbox.publish(NAME, [{"_id": "small"}, {"_id": "huge", "text": "x" * 5_000}])
    assert databases.read(NAME, "small"), "what fits is there, and is found equal when it is delivered again"


def test_someone_elses_write_meanwhile_is_read_again_and_overwritten(inbox, proxy, databases):
    databases.publish(NAME, [{"_id": "a", "n": 0}, {"_id": "b", "n": 0}])
    meanwhile = iter(range(1, 3))

    def someone_writes(method, path):
        if path.endswith("_bulk_docs") and (number := next(meanwhile, None)):
            databases.publish(NAME, [{"_id": "a", "n": f"someone's {number}"}])
        return False

    proxy.order(Fault("before"), only=someone_writes)
    inbox.publish(NAME, [{"_id": "a", "n": "ours"}, {"_id": "b", "n": "ours"}])
    assert (databases.read(NAME, "a")["n"], databases.read(NAME, "a")["_rev"].partition("-")[0]) == ("ours", "4")
    assert databases.read(NAME, "b")["_rev"].startswith("2-")


def test_someone_who_never_stops_writing_is_an_error_with_the_documents_name(inbox, proxy, databases):
    numbers = iter(range(1_000))

    def someone_writes(method, path):
        if path.endswith("_bulk_docs"):
            databases.publish(NAME, [{"_id": "a", "n": next(numbers)}])
        return False

    proxy.order(Fault("before"), only=someone_writes)
    with pytest.raises(CouchError, match="publishing a to worker-w0042"):
        inbox.publish(NAME, [{"_id": "a", "n": "ours"}, {"_id": "b"}])
    assert databases.read(NAME, "b")


# Waiting


def eventually(true, seconds=20):
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "not in time"
        time.sleep(0.02)
    return found


@pytest.fixture
def news(shaky):
    made = News(shaky.connection, sweep_without_feed_seconds=0.6)
    yield made
    made.close()


def test_waiting_tells_first_that_all_is_unknown_and_does_not_spin(news):
    assert news.wait(0.1) is None
    started, rounds = time.monotonic(), 0
    while time.monotonic() - started < 1.0:
        news.wait(0.2)
        rounds += 1
    assert rounds <= 12


def test_a_change_is_heard_of_in_one_way_or_the_other(inbox, news, databases):
    """By the feed where there is one, by the sweep where there is none."""
    while news.wait(0.2) is None:
        pass
    databases.publish(NAME, [{"_id": "news"}])
    heard: list = []
    eventually(lambda: heard.append(news.wait(1)) or heard[-1] is None or NAME in heard[-1])


def test_who_waits_outlives_a_couchdb_that_goes_away_and_comes_back(inbox, news, proxy, databases):
    assert news.wait(0.1) is None
    proxy.away = True
    proxy.seen.clear()
    started = time.monotonic()
    while time.monotonic() - started < 2:
        news.wait(0.2)
    assert len(proxy.seen) < 40, "it asks with pauses"
    proxy.away = False
    databases.publish(NAME, [{"_id": "news"}])
    heard: list = []
    eventually(lambda: heard.append(news.wait(0.5)) or heard[-1] is None or NAME in heard[-1])


def test_two_threads_that_wait_both_hear(inbox, news, databases):
    heard: dict[str, list] = {"one": [], "two": []}
    stop = threading.Event()

    def listen(name):
        while not stop.is_set():
            heard[name].append(news.wait(0.2))

    threads = [threading.Thread(target=listen, args=(name,)) for name in heard]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: all(None in told for told in heard.values()))
        before = {name: len(told) for name, told in heard.items()}
        databases.publish(NAME, [{"_id": "news"}])
        eventually(lambda: all(any(each is None or NAME in each for each in told[before[name] :]) for name, told in heard.items()))
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
