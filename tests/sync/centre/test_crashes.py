"""A crash between any two steps of the merge worker, and what is there after it starts again."""

from contextlib import contextmanager

import pytest
from sqlalchemy import delete, insert, select

from sync import rulings
from sync.clock import utc_now
from sync.engine.limits import DEFAULT
from sync.publish import AS_IT_STANDS, Delivery, outbox_row
from sync.publish_again import publish_again
from sync.store import Store
from sync.store.models import Outbox
from sync.store.statements import outbox
from tests.stores import is_postgresql
from tests.sync.centre.conftest import HOUSEHOLD

EACH_STEP_ON_POSTGRESQL = 9
"""Of SQLite's steps every one; the two differ in the store alone, and a centre on PostgreSQL takes longer to make."""


class Crash(BaseException):
    """Nobody catches it: the process is gone."""


class Steps:
    """Counts everything that the worker does to the world, and crashes at one step."""

    def __init__(self):
        self.done = 0
        self.crash_at = None

    def next(self):
        self.done += 1
        if self.done == self.crash_at:
            raise Crash


class FragileConnection:
    def __init__(self, connection, steps):
        self._connection, self._steps = connection, steps

    def execute(self, *arguments, **named):
        self._steps.next()
        return self._connection.execute(*arguments, **named)

    def __getattr__(self, name):
        return getattr(self._connection, name)


class FragileStore(Store):
    """Crashes before any statement, before a commit, and after it."""

    def __init__(self, inner, steps):
        super().__init__(inner.engine)
        self._steps = steps

    @contextmanager
    def writing(self):
        with super().writing() as connection:
            yield FragileConnection(connection, self._steps)
            self._steps.next()
        self._steps.next()


class FragileDatabases:
    """Crashes before and after anything is published."""

    def __init__(self, inner, steps):
        self._inner, self._steps = inner, steps

    def publish(self, name, documents):
        self._steps.next()
        self._inner.publish(name, documents)
        self._steps.next()

    def __getattr__(self, name):
        return getattr(self._inner, name)


def put_a_days_work(centre):
    """Good ones, a held one, its correction, a correction that came first, a stray, and two contents under one id."""
    first = centre.submission("w0001", answers={"phone": "135", "needs": "food"})
    version = {first["answers"]["household_id"]: {first["device"]: first["clock"]}}
    wrong = centre.submission("w0002", answers={"members": [{"person_id": "person:1", "name": "何", "temperature": 55}]})
    right = centre.submission("w0002", answers={"members": [{"person_id": "person:1", "name": "何", "temperature": 36}]}, supersedes=wrong["_id"])
    late = centre.submission("w0003", answers={"phone": "131"})
    centre.put(first, wrong, right, centre.submission("w0003", answers={"phone": "132"}, supersedes=late["_id"], based_on=version), late)
    centre.databases.publish("worker-w0001", [{"_id": "holiday"}])
    centre.put(centre.submission("w0001", number=2, answers={"phone": "another content under an id that is taken"}), inbox="worker-w0003")


def test_a_crash_between_any_two_steps_is_harmless(new_centre):
    calm = new_centre()
    put_a_days_work(calm)
    calm.merge()
    expected = calm.everything()
    assert sorted(calm.states().values()) == ["accepted", "accepted", "accepted", "held", "superseded", "superseded"]

    steps = Steps()
    counted = new_centre(lambda store: FragileStore(store, steps), lambda databases: FragileDatabases(databases, steps))
    put_a_days_work(counted)
    before = steps.done
    counted.merge()
    assert counted.everything() == expected

    each = EACH_STEP_ON_POSTGRESQL if is_postgresql(calm.url) else 1
    for step in range(1, steps.done - before + 1, each):
        mine = Steps()
        centre = new_centre(lambda store, mine=mine: FragileStore(store, mine), lambda databases, mine=mine: FragileDatabases(databases, mine))
        put_a_days_work(centre)
        mine.crash_at = mine.done + step
        with pytest.raises(Crash):
            centre.merge()
        centre.new_pipeline()
        centre.merge()
        assert centre.everything() == expected, f"after a crash at step {step}"
        centre.close()


def test_a_database_that_refuses_is_tried_again_and_holds_up_no_other(centre, caplog):
    class Refusing:
        refuses = True

        def publish(self, name, documents):
            if self.refuses and name == "worker-w0001":
                raise OSError("no space left on device")
            centre.databases.publish(name, documents)

    one, two = centre.submission("w0001"), centre.submission("w0002", answers={"phone": "2"})
    centre.put(one, two)
    databases, time = Refusing(), [0.0]
    delivery = Delivery(centre.store, databases, lambda: time[0])
    centre.pipeline._delivery = delivery
    centre.merge()
    assert centre.receipt(two)["status"] == "accepted"
    assert centre.receipt(one) is None
    assert "worker-w0001" in caplog.text
    databases.refuses = False
    assert delivery.run_once() == 0, "it waits before it tries again"
    time[0] = 100.0
    assert delivery.run_once() > 0
    assert centre.receipt(one)["status"] == "accepted"
    assert delivery.run_once() == 0


def test_a_document_that_is_refused_holds_up_no_other(centre):
    """A record that has grown beyond what the engine takes must not keep the whole area from its phones."""
    centre.merge()
    now = [0.0]
    delivery = Delivery(centre.store, centre.databases, lambda: now[0])
    large = b'{"text": "' + b"x" * DEFAULT.document_bytes_max + b'"}'
    rows = [outbox_row("area-g0311", f"household:{number}", large if number in (2, 5) else {"number": number}) for number in range(8)]
    with centre.store.writing() as connection:
        connection.execute(insert(outbox), rows)
    assert delivery.run_once() == 6
    assert delivery.run_once() == 0
    assert [number for number in range(8) if centre.databases.read("area-g0311", f"household:{number}")] == [0, 1, 3, 4, 6, 7]
    with centre.store.writing() as connection:
        connection.execute(insert(outbox), [outbox_row("area-g0311", "household:2", {"number": 2}), outbox_row("area-g0311", "household:8", {})])
    assert delivery.run_once() == 1, "the refused one is tried again when its time has come"
    now[0] = 10.0
    assert delivery.run_once() == 2
    assert centre.databases.read("area-g0311", "household:2")["number"] == 2


def test_a_record_is_published_as_it_stands_when_the_engine_is_back_and_only_where_it_lies(centre):
    """Of what changed twice while the engine was away one revision comes; nothing of a record that has moved comes where it was."""

    class Away:
        def publish(self, name, documents):
            raise OSError("away")

    there = Delivery(centre.store, centre.databases)
    centre.pipeline._delivery = Delivery(centre.store, Away())
    centre.take(centre.submission(answers={"phone": "first"}))
    centre.take(centre.submission(answers={"phone": "second"}))
    with centre.store.reading() as connection:
        waiting = [row.body for row in connection.execute(select(outbox).where(outbox.c.document_id == HOUSEHOLD))]
    assert waiting == [AS_IT_STANDS, AS_IT_STANDS]
    rulings.move(centre.store, HOUSEHOLD, "g0312", "admin", now=lambda: centre.time)
    with centre.store.writing() as connection:  # as if the delivery of the first two came before the rest was seen
        later = connection.execute(select(outbox).where(outbox.c.number > 4)).mappings().all()
        connection.execute(delete(outbox).where(outbox.c.number > 4))
    while there.run_once():
        pass
    assert centre.record() is None, "it lies elsewhere by now"
    with centre.store.writing() as connection:
        connection.execute(insert(outbox), [dict(row) for row in later])
    while there.run_once():
        pass
    assert centre.record()["type"] == "moved"
    record = centre.record(area="g0312")
    assert record["fields"]["phone"]["value"] == "second" and record["_rev"].startswith("1-")
    assert centre.rows(Outbox) == []


def test_what_an_older_copy_of_the_engine_lacks_is_published_again(centre):
    sent = [centre.submission("w0001", answers={"phone": "1"}), centre.submission("w0002", answers={"masks": "many"})]
    centre.put(*sent)
    centre.merge()
    before = centre.everything()["published"]
    centre.databases.delete("area-g0311")
    centre.databases.create("area-g0311", {}, "server")
    centre.databases.publish("area-g0311", [{"_id": "household:gone", "type": "record"}])
    centre.databases.publish("worker-w0001", [{"_id": f"receipt:{sent[0]['_id'].removeprefix('submission:')}", "_deleted": True}])
    assert centre.everything()["published"] != before
    publish_again(centre.store, centre.databases, utc_now())
    centre.merge()
    assert {key: value for key, value in centre.everything()["published"].items() if key in before} == before
    assert centre.databases.read("area-g0311", "household:gone") is None
    sequences = [centre.databases.changes(name).last_sequence for name in centre.databases.names()]
    publish_again(centre.store, centre.databases, utc_now())
    centre.merge()
    assert [centre.databases.changes(name).last_sequence for name in centre.databases.names()] == sequences, "what is there costs nothing"
