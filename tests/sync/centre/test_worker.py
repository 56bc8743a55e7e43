"""The merge worker as it runs: what it does with faults that are nobody's document, and with documents that are."""

import threading
import time
from contextlib import contextmanager

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from sync.known import Knowledge
from sync.pipeline import BATCH_SIZE_MAX, Pipeline
from sync.store import Store
from sync.store.models import Submission, Suggestion
from sync.validate import Accepted, Arrival, Held, Ignored, Stray, validate
from tests.examples import examples


class PickyConnection:
    """Refuses to keep anything that says `poison`, as a database does with a character that it cannot hold."""

    def __init__(self, connection):
        self._connection = connection

    def exec_driver_sql(self, statement, rows=None):
        names = [name.strip(' "') for name in statement.partition("(")[2].partition(")")[0].split(",")]
        for row in rows if isinstance(rows, list) else []:
            given = dict(zip(names, row, strict=True))
            if any(b"poison" in (given.get(name) or b"") for name in ("answers", "body")):
                raise ValueError("cannot keep this")
        return self._connection.exec_driver_sql(statement, rows)

    def __getattr__(self, name):
        return getattr(self._connection, name)


class PickyStore(Store):
    @contextmanager
    def writing(self):
        with super().writing() as connection:
            yield PickyConnection(connection)


def test_a_document_that_cannot_be_kept_as_judged_is_held_and_the_others_of_its_batch_are_taken(new_centre, caplog):
    centre = new_centre(lambda store: PickyStore(store.engine))
    before, bad, after = centre.submission(), centre.submission(answers={"phone": "poison"}), centre.submission("w0002")
    centre.take(before, bad, after)
    assert [centre.receipt(each)["status"] for each in (before, bad, after)] == ["accepted", "held", "accepted"]
    row = next(row for row in centre.rows(Submission) if row["id"] == bad["_id"])
    assert b"poison" in row["document"]
    assert bad["_id"] in caplog.text


def eventually(true):
    until = time.monotonic() + 20
    while not (found := true()):
        assert time.monotonic() < until, "not in time"
        time.sleep(0.02)
    return found


def test_the_worker_follows_the_inboxes_until_told_to_stop_and_survives_an_engine_that_is_away(centre, caplog):
    class AwayAtFirst:
        away = 1

        def names(self, prefix=""):
            if self.away:
                self.away -= 1
                raise ConnectionError("the engine is away")
            return centre.databases.names(prefix)

        def __getattr__(self, name):
            return getattr(centre.databases, name)

    stop = threading.Event()
    pipeline = Pipeline(centre.store, AwayAtFirst(), now=lambda: centre.time)
    worker = threading.Thread(target=pipeline.run_forever, args=(stop,))
    worker.start()
    try:
        first = centre.submission()
        centre.put(first)
        assert eventually(lambda: centre.receipt(first))["status"] == "accepted"
        assert "the engine is away" in caplog.text
        centre.databases.create("worker-w9999", {})
        newcomer = centre.submission("w9999")
        centre.put(newcomer)
        assert eventually(lambda: centre.receipt(newcomer))["status"] == "held"
        from sync import review

        review.decide(centre.store, first["_id"], "reject", "leader", now=lambda: centre.time)
        eventually(lambda: centre.receipt(first)["status"] == "rejected")
    finally:
        stop.set()
        worker.join(10)
    assert not worker.is_alive()


@contextmanager
def at_work(pipeline):
    stop = threading.Event()
    worker = threading.Thread(target=pipeline.run_forever, args=(stop,))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(10)
    assert not worker.is_alive()


def two_spellings_of_one_woman(centre):
    """何伶俐 and 何玲利, at one door, by two who did not know of each other."""
    person = "person:01JD3Z8Q5V7M2K4X9T6B1N0C{}"
    answers = [
        {"building": "1", "room": "311", "members": [{"person_id": person.format(each), "name": name}]} for each, name in (("0A", "何伶俐"), ("0B", "何玲利"))
    ]
    return [centre.submission(answers=answers[0]), centre.submission("w0002", answers=answers[1])]


def test_the_worker_suggests_who_may_be_one_when_it_has_nothing_else_to_do(centre):
    with at_work(centre.pipeline):
        centre.put(*two_spellings_of_one_woman(centre))
        pair = eventually(lambda: centre.rows(Suggestion))[0]
    assert (pair["lesser"][-2:], pair["greater"][-2:]) == ("0A", "0B")


class UnlinkableStore(Store):
    """Cannot write what linkage keeps."""

    broken = True

    @contextmanager
    def writing(self):
        with super().writing() as connection:
            yield Unlinkable(connection) if self.broken else connection


class Unlinkable(PickyConnection):
    def execute(self, statement, rows=None):
        if rows and "linkage_keys" in str(statement):
            raise OperationalError("no room for keys", None, Exception("the disk is full"))
        return self._connection.execute(statement, rows)


def test_what_fails_in_linkage_is_told_and_tried_again_and_holds_up_no_merging(new_centre, caplog):
    centre = new_centre(lambda store: UnlinkableStore(store.engine))
    with at_work(centre.pipeline):
        first, second = two_spellings_of_one_woman(centre)
        centre.put(first)
        eventually(lambda: "comparing records stopped" in caplog.text)
        centre.put(second)
        assert eventually(lambda: centre.receipt(second))["status"] == "accepted"
        assert centre.rows(Suggestion) == []
        centre.store.broken = False
        eventually(lambda: centre.rows(Suggestion))


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=10)
    | st.sampled_from(["g0311", "w0001", "survey", "1", "household:a"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
PARTS = [
    "_id",
    "type",
    "form",
    "version",
    "area",
    "answers",
    "based_on",
    "started_at",
    "finished_at",
    "clock",
    "worker",
    "device",
    "app",
    "supersedes",
    "media",
    "_deleted",
]


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(st.sampled_from(PARTS), json, max_size=4),
    gone=st.sets(st.sampled_from(PARTS), max_size=3),
    answers=st.dictionaries(st.sampled_from(["household_id", "phone", "members", "masks", "x"]), json),
)
def test_no_document_makes_judging_raise(centre, changes, gone, answers):
    document = {**centre.submission(number=1), "answers": answers, **changes}
    document = {name: value for name, value in document.items() if name not in gone}
    arrival = Arrival("worker-w0001", document, centre.time)
    with centre.store.reading() as connection:
        known = centre.pipeline._knowledge.about(connection, [arrival])
    verdict = validate(arrival, known)
    assert isinstance(verdict, Accepted | Held | Stray | Ignored)
    if isinstance(verdict, Held):
        assert verdict.problems


def test_a_published_form_that_does_not_load_holds_what_was_filled_with_it(centre, caplog):
    def load(xform, files):
        raise ValueError("not a form")

    centre.pipeline._knowledge = Knowledge(load)
    one = centre.submission()
    centre.take(one)
    assert centre.receipt(one)["status"] == "held"
    assert "does not load" in caplog.text


def test_a_batch_takes_from_many_inboxes_and_leaves_nothing(centre):
    documents = [centre.submission(worker, answers={"phone": str(number)}) for number in range(BATCH_SIZE_MAX // 2) for worker in ("w0001", "w0002", "w0003")]
    for worker in ("w0001", "w0002", "w0003"):
        centre.databases.publish(f"worker-{worker}", [each for each in documents if each["worker"] == worker])
    batches = 0
    while centre.pipeline.run_once():
        batches += 1
    assert batches > 1
    assert set(centre.states()) == {each["_id"] for each in documents}
    assert set(centre.states().values()) == {"accepted"}


def test_an_inbox_that_cannot_be_read_holds_up_no_other(new_centre):
    class OneIsBroken:
        def __init__(self, inner):
            self._inner = inner

        def changes(self, name, since, limit):
            if name == "worker-w0001":
                raise OSError("this file is broken")
            return self._inner.changes(name, since, limit)

        def __getattr__(self, name):
            return getattr(self._inner, name)

    centre = new_centre(databases=OneIsBroken)
    stop = threading.Event()
    worker = threading.Thread(target=centre.pipeline.run_forever, args=(stop,))
    one, other = centre.submission("w0001"), centre.submission("w0002")
    centre.put(one, other)
    worker.start()
    try:
        assert eventually(lambda: centre.receipt(other))["status"] == "accepted"
        later = centre.submission("w0003")
        centre.put(later)
        assert eventually(lambda: centre.receipt(later))["status"] == "accepted"
        assert centre.receipt(one) is None
    finally:
        stop.set()
        worker.join(20)
