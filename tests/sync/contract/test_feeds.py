"""Section 6: feeds that wait: longpoll, continuous, eventsource."""

import contextlib
import threading
import time

import orjson
import pytest
import requests

QUIET_SECONDS = 0.3  # long enough for a feed to be waiting
WOKEN_SECONDS_MAX = 5


@pytest.fixture
def listen(db):
    """Asks for a feed in a thread of its own; calling what it returns gives the answer."""

    def start(method="GET", path="_changes", body=None, **query):
        answers = []

        def ask():
            with contextlib.suppress(requests.RequestException):  # an engine that never answers: heard() tells
                answers.append(db(method, path, body, **query))

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        time.sleep(QUIET_SECONDS)

        def heard():
            thread.join(WOKEN_SECONDS_MAX)
            assert answers, "the feed still waits"
            return answers[0].json

        heard.waits = lambda: not answers
        return heard

    return start


def now(db):
    return str(db("GET").json["update_seq"])


def test_longpoll_answers_at_once_where_there_are_rows(db):
    db.save("doc")
    assert [row["id"] for row in db.changes(feed="longpoll")["results"]] == ["doc"]


def test_longpoll_waits_for_the_next_row(db, listen):
    db.save("old")
    heard = listen(feed="longpoll", since=now(db))
    assert heard.waits()
    db.save("new")
    answer = heard()
    assert [row["id"] for row in answer["results"]] == ["new"]
    assert db.changed(since=str(answer["last_seq"])) == []


def test_longpoll_is_woken_by_a_losing_branch(db, listen):
    db.graft("doc", "2-z", "1-a")
    heard = listen(feed="longpoll", since=now(db), style="all_docs")
    db.graft("doc", "2-b", "1-a")
    assert heard()["results"][0]["changes"] == [{"rev": "2-z"}, {"rev": "2-b"}]


def test_longpoll_ends_when_its_time_is_up(db):
    db.save("doc")
    since = now(db)
    started = time.monotonic()
    answer = db.changes(feed="longpoll", since=since, timeout=400)
    assert answer["results"] == [] and 0.3 < time.monotonic() - started < WOKEN_SECONDS_MAX
    assert db.changed(since=str(answer["last_seq"])) == []


def test_longpoll_with_a_filter_sleeps_through_what_does_not_pass(db, listen):
    heard = listen("POST", "_changes?filter=_doc_ids&feed=longpoll&timeout=20000", {"doc_ids": ["wanted"]})
    db.save("other")
    time.sleep(QUIET_SECONDS)
    assert heard.waits()
    db.save("wanted")
    assert [row["id"] for row in heard()["results"]] == ["wanted"]


def test_longpoll_does_not_lose_a_write_between_looking_and_waiting(db):
    """Twenty writers race twenty listeners."""
    for n in range(20):
        since = now(db)
        writer = threading.Thread(target=db.save, args=(f"doc-{n}",))
        writer.start()
        answer = db.changes(feed="longpoll", since=since, timeout=4000)
        writer.join()
        assert [row["id"] for row in answer["results"]] == [f"doc-{n}"]


def test_longpoll_sends_its_beginning_and_heartbeats_while_it_waits(db):
    db.save("doc")
    feed = db.stream("GET", "_changes", feed="longpoll", since=now(db), heartbeat=500)
    started = time.monotonic()
    assert next(feed) == b'{"results":['
    assert time.monotonic() - started < WOKEN_SECONDS_MAX
    assert next(feed) == b""
    feed.close()


def test_deleting_the_database_ends_the_feed(db, listen):
    heard = listen(feed="longpoll", since=now(db), timeout=20000)
    db("DELETE")
    assert heard()["results"] == []


# Continuous


@pytest.mark.parametrize("name", ["continuous", "live"])
def test_continuous_sends_a_line_for_each_change(db, name):
    db.save("first")
    feed = db.stream("GET", "_changes", feed=name, timeout=4000)
    assert feed.row()["id"] == "first"
    db.save("second")
    row = feed.row()
    assert (row["id"], set(row)) == ("second", {"seq", "id", "changes"})
    feed.close()


def test_continuous_ends_with_a_line_that_names_where_to_go_on(db):
    db.save("doc")
    feed = db.stream("GET", "_changes", feed="continuous", timeout=300)
    assert feed.row()["id"] == "doc"
    last = feed.row()
    assert {"last_seq", "pending"} <= set(last) and last["pending"] == 0
    assert db.changed(since=str(last["last_seq"])) == []


def test_continuous_ends_at_its_limit(db):
    for id in "abc":
        db.save(id)
    feed = db.stream("GET", "_changes", feed="continuous", limit=2)
    assert [feed.row()["id"], feed.row()["id"]] == ["a", "b"]
    last = feed.row()
    assert db.changed(since=str(last["last_seq"])) == ["c"]


def test_continuous_sends_heartbeats_while_nothing_happens(db):
    db.save("doc")
    feed = db.stream("GET", "_changes", feed="continuous", since=now(db), heartbeat=500)
    assert next(feed) == b""
    assert next(feed) == b""
    db.save("other")
    assert feed.row()["id"] == "other"
    feed.close()


def test_continuous_with_a_filter_and_documents(db):
    feed = db.stream("POST", "_changes?feed=continuous&filter=_selector&include_docs=true&timeout=4000", {"selector": {"n": {"$gt": 1}}})
    db.save("a", n=1)
    db.save("b", n=2)
    assert feed.row()["doc"]["n"] == 2
    feed.close()


def test_continuous_from_now_on(db):
    db.save("old")
    feed = db.stream("GET", "_changes", feed="continuous", since="now", timeout=1500, heartbeat=500)
    assert next(feed) == b""
    db.save("new")
    assert feed.row()["id"] == "new"
    feed.close()


# Eventsource


def event(feed):
    """The next event that is no heartbeat, as its fields."""
    fields = {}
    for line in feed:
        if not line:
            if fields and fields.get("event") != "heartbeat":
                return fields
            fields = {}
        else:
            name, _, value = line.decode().partition(":")
            fields[name] = value.strip()
    raise StopIteration


def test_eventsource_sends_each_change_as_an_event_with_its_sequence(db):
    db.save("first")
    feed = db.stream("GET", "_changes", feed="eventsource", timeout=4000)
    found = event(feed)
    row = orjson.loads(found["data"])
    assert row["id"] == "first" and found["id"].strip('"') == str(row["seq"])
    db.save("second")
    assert orjson.loads(event(feed)["data"])["id"] == "second"
    feed.close()


def test_eventsource_goes_on_after_the_last_event_that_was_seen(db):
    db.save("first")
    seen = str(db.changes()["last_seq"])
    db.save("second")
    for sent in (seen, f'"{seen}"'):
        feed = db.stream("GET", "_changes", feed="eventsource", timeout=4000, since="0", headers={"Last-Event-ID": sent})
        assert orjson.loads(event(feed)["data"])["id"] == "second"
        feed.close()


def test_eventsource_sends_heartbeats_as_events(db):
    feed = db.stream("GET", "_changes", feed="eventsource", since=now(db), heartbeat=500)
    lines = [next(feed) for _ in range(2)]
    assert b"event: heartbeat" in lines
    feed.close()
