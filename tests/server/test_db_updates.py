"""The feed of databases: what was created, updated and deleted, in this process or another, before this start or after it."""

import threading
import time

import orjson
import pytest

from server.stores import stores
from sync.engine import Engine
from sync.engine.errors import BadSequence
from sync.engine.updates import SETTLED_SECONDS
from tests.server.callers import Server


@pytest.fixture
def server(tmp_path):
    return Server(tmp_path)


@pytest.fixture
def databases(server):
    with server.app.app_context():
        return stores().databases


def ask(server, query="", **options):
    answer = server.ask("operator", "GET", f"/_db_updates?{query}", **options)
    assert answer.status_code == 200, answer.data
    return answer


def told(answer):
    return [(row["type"], row["db_name"]) for row in answer.json["results"]]


def test_everything_that_happened_is_told_once_in_order(server, databases):
    assert ("created", "forms") in told(ask(server))
    now = ask(server).json["last_seq"]
    assert told(ask(server, f"since={now}")) == told(ask(server, "since=now")) == []
    databases.create("area-g2")
    databases.publish("forms", [{"_id": "a"}])
    assert sorted(told(ask(server, f"since={now}"))) == [("created", "area-g2"), ("updated", "forms")]
    databases.delete("area-g2")
    databases.publish("forms", [{"_id": "b"}])
    then = ask(server, f"since={now}")
    assert sorted(told(then)) == [("deleted", "area-g2"), ("updated", "forms")]
    assert then.json["last_seq"] == then.json["results"][-1]["seq"]
    page = ask(server, f"since={now}&limit=1").json
    assert len(page["results"]) == 1 and page["pending"] == 1
    assert told(ask(server, f"since={page['last_seq']}")) == told(then)[1:]


def test_a_database_that_was_made_anew_is_told_of(server, databases):
    databases.publish("forms", [{"_id": "a"}])
    now = ask(server).json["last_seq"]
    databases.delete("forms")
    databases.create("forms")
    assert told(ask(server, f"since={now}")) == [("created", "forms")]


def test_a_place_in_the_feed_holds_across_restarts_and_processes(tmp_path):
    first = Engine(tmp_path)
    first.create("a")
    place = first.updates.sequence_text(first.updates.last())
    first.close()
    second, third = Engine(tmp_path), Engine(tmp_path)
    third.publish("a", [{"_id": "x"}])
    after = second.updates.sequence_after(place)
    second.updates.bring_up_to_date()
    third.updates.bring_up_to_date()
    assert [(each.type, each.name) for each in third.updates.after(after, 10)] == [("updated", "a")]
    assert second.updates.sequence_after("999999-" + place.partition("-")[2]) == 0 == second.updates.sequence_after("1-another")
    with pytest.raises(BadSequence):
        second.updates.sequence_after("rubbish")
    third.close()
    second.close()


def test_a_change_after_a_quiet_time_is_found(tmp_path):
    engine = Engine(tmp_path)
    for number in range(20):
        engine.create(f"a{number}")
    engine.updates.last()
    time.sleep(SETTLED_SECONDS + 0.1)  # until then a file's time may not tell of another change
    assert engine.updates.last() == 20
    engine.publish("a3", [{"_id": "x"}])
    engine.updates.bring_up_to_date()
    engine.publish("a3", [{"_id": "y"}])
    engine.updates.bring_up_to_date()
    assert [(each.sequence, each.type, each.name) for each in engine.updates.after(20, 10)] == [(22, "updated", "a3")]
    engine.close()


@pytest.mark.parametrize("kind", ["longpoll", "continuous", "eventsource"])
def test_a_waiting_feed_hears_of_a_database(server, databases, kind):
    now = ask(server).json["last_seq"]
    threading.Timer(0.3, databases.create, ["area-g3"]).start()
    began = time.monotonic()
    answer = ask(server, f"feed={kind}&since={now}&timeout=3000&limit=1")
    assert time.monotonic() - began < 2.5
    assert b'"db_name":"area-g3","type":"created"' in answer.data


def test_a_waiting_feed_ends_when_nothing_happens(server):
    now = ask(server).json["last_seq"]
    assert told(ask(server, "feed=longpoll&timeout=50&since=now")) == []
    assert orjson.loads(ask(server, f"feed=continuous&timeout=50&since={now}").data) == {"last_seq": now, "pending": 0}


def test_only_the_operator_may_ask(server):
    assert server.ask("team leader", "GET", "/_db_updates").status_code == 403
    assert server.ask("nobody", "GET", "/_db_updates").status_code == 401
    assert server.ask("operator", "GET", "/_db_updates?feed=radio").status_code == 400
