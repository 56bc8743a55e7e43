"""Phones, clocks, partitions, corrections, links, settlements, moves and undos in any order: what must hold of every history.

One machine plays a city over the real store and sync engine. At the end of each history everything has arrived, and then:
the same set of submissions, decisions and rulings makes the same store in another order of arrival; what was stored step by step is what a full
recomputation gives; every value that was ever accepted stands in a history; the phones hold what the centre holds; and when everything that
people ruled is undone, the records are what the submissions alone make of them.
"""

import itertools
import random
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import insert, select, update

from sync import clock, review, rulings
from sync.history import as_of, timeline
from sync.ledger import Ledger, relink
from sync.lying import Recomputed
from sync.publish import area_database
from sync.recompute import Recomputation
from sync.store import statements
from sync.store.models import Contribution, Record, Ruling, Submission, table
from tests.examples import TIMES
from tests.sync.centre.conftest import submission_id

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
HISTORIES = 300 if TIMES == 1 else 500 * TIMES
YEARS = 365 * 24 * 3_600_000
DOORS = ("household:aaaaaaaaaaaaaaaaaaaaaaaaaa", "household:bbbbbbbbbbbbbbbbbbbbbbbbbb")
PEOPLE = tuple(f"person:01JD3Z8Q5V7M2K4X9T6B1N0CF{letter}" for letter in "ABC")
AREAS = ("g0311", "g0312")
DECISIONS = ("accept", "reject", "return", "reopen")


class Phone:
    """One worker's phone: what it holds, what it has not sent, and a clock that may be wrong by decades."""

    def __init__(self, worker, device, areas, ahead_ms):
        self.worker, self.device, self.areas, self.ahead_ms = worker, device, areas, ahead_ms
        self.held: dict[tuple[str, str], dict] = {}
        self.sequences: dict[str, str] = {}
        self.written: list[dict] = []
        self.waiting: list[dict] = []
        self.clock = ""

    def tick(self, now):
        seen = [self.clock] if self.clock else []
        seen += [text for document in self.held.values() for text in document.get("version", {}).values()]
        self.clock = clock.advance(self.device, clock.milliseconds(now) + self.ahead_ms, seen)
        return self.clock

    def shown(self, record):
        """The document that stands for a record on this phone, if it holds one."""
        for area in self.areas:
            document = self.held.get((area, record))
            if document is not None and document["type"] == "record":
                return self.shown(document["linked_to"]) if "linked_to" in document else document
        return None

    def pull(self, databases):
        for area in self.areas:
            name = area_database(area)
            batch = databases.changes(name, self.sequences.get(name, "0"), 1_000)
            self.sequences[name] = batch.last_sequence
            for change in batch.changes:
                leaf = change.leaves[0]
                if leaf.deleted:
                    self.held.pop((area, change.id), None)
                elif leaf.document.get("type") in ("record", "moved"):
                    self.held[area, change.id] = leaf.document


class City(RuleBasedStateMachine):
    open_centre = None
    founded = None

    @initialize(seed=st.integers(0, 2**16), year_2099=st.booleans())
    def begin(self, seed, year_2099):
        """A clock in 2099 is capped by when its form arrived, so only without one does another order of arrival, at other times, give the same bytes."""
        self.year_2099 = year_2099
        self.place = tempfile.TemporaryDirectory(dir=MEMORY)
        self.centre = self._open("first")
        self.random = random.Random(seed)
        self.phones = [
            Phone("w0001", "d-a", AREAS[:1], 0),
            Phone("w0001", "d-b", AREAS[:1], 73 * YEARS if year_2099 else 50_000),
            Phone("w0002", "d-c", AREAS[:1], -56 * YEARS),
            Phone("leader", "d-d", AREAS, 0),
        ]
        self.sent: list[dict] = []
        self.clicks: list[str] = []
        self.accepted: set[tuple[str, str, str]] = set()
        self.numbers = itertools.count(1)

    def _open(self, name):
        shutil.copytree(self.founded, Path(self.place.name) / name)
        return self.open_centre(Path(self.place.name) / name)

    def now(self):
        self.centre.time += timedelta(seconds=1)
        return self.centre.time

    @rule(
        phone=st.integers(0, 3),
        door=st.sampled_from(DOORS),
        person=st.sampled_from((None, *PEOPLE)),
        value=st.sampled_from("abc"),
        corrects=st.booleans(),
        wrong=st.sampled_from([False, False, False, True]),
        sent_back=st.booleans(),
    )
    def somebody_fills_a_form(self, phone, door, person, value, corrects, wrong, sent_back):
        phone = self.phones[phone]
        based_on, answers = {}, {"phone": value, "masks": 1}
        document = phone.shown(door)
        if document is not None:
            based_on[document["_id"]] = document["version"]
            door = document["_id"]
            if sent_back and "phone" in document["fields"]:
                answers["phone"] = document["fields"]["phone"]["value"]
        if person is not None:
            held = phone.shown(person)
            if held is not None:
                based_on[held["_id"]] = held["version"]
                person = held["_id"]
            answers["members"] = [{"person_id": person, "name": f"何{value}", **({"temperature": 55} if wrong else {})}]
        before = phone.written[-1]["_id"] if corrects and phone.written else None
        self._fill(phone, {"household_id": door, **answers}, based_on, before)

    def _fill(self, phone, answers, based_on, before=None):
        written = {"number": next(self.numbers), "area": phone.areas[-1], "device": phone.device, "clock": phone.tick(self.now())}
        phone.written.append(self.centre.submission(phone.worker, based_on=based_on, supersedes=before, answers=answers, **written))
        phone.waiting.append(phone.written[-1])

    @rule(phone=st.integers(0, 3), door=st.sampled_from(DOORS), values=st.lists(st.sampled_from("abc"), min_size=4, max_size=5), at_once=st.booleans())
    def somebody_calls_at_a_door_day_after_day(self, phone, door, values, at_once):
        """With all before in hand, and of what each form says the newest stands: so from the fifth on the record goes on from what it is."""
        for value in values:
            document = self.phones[phone].shown(door)
            home, based_on = (door, {}) if document is None else (document["_id"], {document["_id"]: document["version"]})
            self._fill(self.phones[phone], {"household_id": home, "phone": value}, based_on)
            if not at_once:
                self.a_phone_finds_signal(phone, False, True)

    @rule(phone=st.integers(0, 3), newest_only=st.booleans(), merge=st.booleans())
    def a_phone_finds_signal(self, phone, newest_only, merge):
        """Everything in order; or, by a fault on the way, the newest first and the rest another day."""
        phone = self.phones[phone]
        some = phone.waiting[-1:] if newest_only else phone.waiting
        phone.waiting = [each for each in phone.waiting if each not in some]
        self.centre.put(*some)
        self.sent += some
        if merge:
            self.centre.merge()
            phone.pull(self.centre.databases)
            self._note_what_is_accepted()

    @rule(phone=st.integers(0, 3))
    def a_form_comes_again_under_another_id(self, phone):
        phone = self.phones[phone]
        if phone.written:
            copy = {**phone.written[-1], "_id": submission_id(500 + next(self.numbers))}
            self.centre.put(copy)
            self.sent.append(copy)

    @rule(how=st.sampled_from(["merge", "restart", "read again"]))
    def the_centre_works(self, how):
        if how == "read again":
            with self.centre.store.writing() as connection:
                connection.exec_driver_sql("UPDATE checkpoints SET sequence = '0'")
        if how != "merge":
            self.centre.new_pipeline()
        self.now()
        self.centre.merge()
        self._note_what_is_accepted()

    @rule(which=st.integers(0, 30), action=st.sampled_from(DECISIONS))
    def the_office_decides(self, which, action):
        ids = sorted(row["id"] for row in self.centre.rows(Submission))
        if ids:
            try:
                review.decide(self.centre.store, ids[which % len(ids)], action, "admin", now=self.now)
            except review.CannotDecide as refused:
                assert refused.reason in review.REASONS
            self._note_what_is_accepted()

    @rule(record=st.sampled_from((*DOORS, *PEOPLE)), value=st.sampled_from("abcd"), stale=st.booleans())
    def the_office_settles(self, record, value, stale):
        rows = {row["id"]: orjson.loads(row["body"]) for row in self.centre.rows(Record)}
        held = next((phone.held[key] for phone in self.phones for key in phone.held if key[1] == record), None) if stale else rows.get(record)
        self._rule(rulings.settle, record, "phone" if record in DOORS else "name", value, "admin", (held or {}).get("version", {}))

    @rule(a=st.sampled_from((*DOORS, *PEOPLE)), b=st.sampled_from((*DOORS, *PEOPLE)), one=st.booleans())
    def the_office_pairs(self, a, b, one):
        self._rule(rulings.link if one else rulings.apart, a, b, "admin")

    @rule(record=st.sampled_from((*DOORS, *PEOPLE)), area=st.sampled_from(AREAS))
    def the_office_moves(self, record, area):
        self._rule(rulings.move, record, area, "admin")

    @rule(which=st.integers(0, 30))
    def the_office_undoes(self, which):
        if self.clicks:
            self._rule(rulings.undo, self.clicks[which % len(self.clicks)], "admin")

    def _rule(self, call, *arguments):
        try:
            self.clicks.append(call(self.centre.store, *arguments, now=self.now).click)
        except rulings.CannotRule as refused:
            assert refused.reason in rulings.REASONS

    def _note_what_is_accepted(self):
        with self.centre.store.reading() as connection:
            c = table(Contribution).c
            for record, body in connection.execute(select(c.record, c.body).where(c.counts)):
                self.accepted |= {(record, name, orjson.dumps(value).decode()) for name, value in orjson.loads(body)["properties"].items()}

    def teardown(self):
        if not hasattr(self, "centre"):
            return
        try:
            for phone in self.phones:
                self.centre.put(*phone.waiting)
                self.sent += phone.waiting
            self.centre.merge()
            for phone in self.phones:
                phone.pull(self.centre.databases)
            self._note_what_is_accepted()
            everything = self.centre.everything()
            self._the_phones_hold_what_the_centre_holds()
            assert recomputed(self.centre) == kept(self.centre), "step by step is not what the whole gives"
            assert list(Recomputation(self.centre.store).check()) == []
            self._every_accepted_value_is_in_a_history()
            if not self.year_2099:
                self._another_order_gives_the_same(everything)
            self._undoing_all_rulings_gives_what_the_submissions_make()
        finally:
            self.centre.close()
            self.place.cleanup()

    def _the_phones_hold_what_the_centre_holds(self):
        centre = kept(self.centre)
        for phone in self.phones:
            held = {key: {name: value for name, value in document.items() if name != "_rev"} for key, document in phone.held.items()}
            assert held == {key: document for key, document in centre.items() if key[0] in phone.areas}

    def _every_accepted_value_is_in_a_history(self):
        told = set()
        with self.centre.store.reading() as connection:
            for record in {record for record, _, _ in self.accepted}:
                told |= {(record, name, orjson.dumps(value).decode()) for event in timeline(connection, record, limit=1_000) for name, value in said_by(event)}
            for row in self.centre.rows(Record):
                assert orjson.loads(orjson.dumps(as_of(connection, row["id"], self.now()).document)) == orjson.loads(row["body"])
        assert self.accepted <= told

    def _another_order_gives_the_same(self, everything):
        other = self._open("second")
        other.time = self.centre.time
        try:
            documents = list(self.sent)
            self.random.shuffle(documents)
            for document in documents:
                other.put(document)
                if self.random.random() < 0.4:
                    other.merge()
            other.merge()
            copy_what_people_said(self.centre, other)
            again = other.everything()
            assert again["states"] == everything["states"]
            assert again["records"] == everything["records"]
            areas = lambda published: {key: value for key, value in published.items() if key[0].startswith("area-")}  # noqa: E731
            assert areas(again["published"]) == areas(everything["published"])
        finally:
            other.close()

    def _undoing_all_rulings_gives_what_the_submissions_make(self):
        without = recomputed(self.centre, with_rulings=False)
        while self.clicks:
            self._rule_back(self.clicks.pop())
        self.centre.merge()
        assert kept(self.centre) == without

    def _rule_back(self, click):
        try:
            rulings.undo(self.centre.store, click, "admin", now=self.now)
        except rulings.CannotRule as refused:
            assert refused.reason == "undone"


def said_by(event):
    """The (name, value) that an event of the timeline tells of."""
    settled = [(event.detail["field"], event.detail["value"])] if event.action == "settle" else []
    return [(each.name, each.value) for each in event.said] + settled


def kept(centre):
    """What the areas' databases hold: (area, id) → document."""
    found = {}
    for area in AREAS:
        for change in centre.databases.changes(area_database(area), limit=100_000).changes:
            leaf = change.leaves[0]
            if not leaf.deleted and leaf.document.get("type") in ("record", "moved"):
                found[area, change.id] = {name: value for name, value in leaf.document.items() if name != "_rev"}
    return found


def recomputed(centre, with_rulings=True):
    """The same from all contributions that count, at once; or as if nobody had ever ruled on anything."""
    with centre.store.reading() as connection:
        ids = list(connection.execute(select(table(Contribution).c.record).distinct()).scalars())
        counting = {**{id: [] for id in ids}, **statements.counting(connection, ids)}
        if not with_rulings:
            counting = {id: [each for each in those if not each.decides] for id, those in counting.items()}
    with centre.store.writing() as connection:
        if not with_rulings:
            connection.exec_driver_sql("DELETE FROM record_links")
        connection.exec_driver_sql("DELETE FROM records")
        records = Recomputed(connection, counting)
        found = {(area, id): orjson.loads(orjson.dumps(document)) for id in records.all for area, document in records.documents(id).items()}
        connection.rollback()
    return found


def copy_what_people_said(first, second):
    """Decisions and rulings of one centre into another that has the same submissions, and all that follows from them."""
    with first.store.reading() as connection:
        decided = [dict(row) for row in connection.execute(select(statements.decisions).order_by(statements.decisions.c.clock)).mappings()]
        ruled = [dict(row) for row in connection.execute(select(table(Ruling)).order_by(table(Ruling).c.clock)).mappings()]
        mine = table(Contribution)
        contributed = [dict(row) for row in connection.execute(select(mine).where(mine.c.submission.startswith("ruling:"))).mappings()]
    with second.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM decisions")
        for rows, into in ((decided, statements.decisions), (ruled, table(Ruling)), (contributed, table(Contribution))):
            if rows:
                connection.execute(insert(into), rows)
        ledger = Ledger(connection, second.time)
        ids = [row["id"] for row in second.rows(Submission)]
        states_before = second.states()
        ledger.resettle(ids)
        assert states_before.keys() == set(ids)
        for id in ids:
            with_dots(connection, first, id)
        relink(ledger, {id for row in ruled if row["action"] in ("link", "apart") for id in (row["record"], row["other"])})
        ledger.touch({row["record"] for row in ruled} | {row["record"] for row in contributed})
        c = table(Contribution).c
        ledger.touch(connection.execute(select(c.record).distinct()).scalars())
        ledger.close()
    second.merge()


def with_dots(connection, first, submission):
    """Since when it counts is part of what people said: here they say it all afterwards, and what their words bring back would count since then."""
    mine = table(Contribution)
    with first.store.reading() as there:
        for row in there.execute(select(mine).where(mine.c.submission == submission)).mappings():
            same = (mine.c.record == row["record"]) & (mine.c.submission == submission) & (mine.c.path == row["path"])
            connection.execute(update(mine).where(same).values(dot_device=row["dot_device"], dot_clock=row["dot_clock"]))


@pytest.mark.property
@pytest.mark.timeout(3_600)
def test_every_promise_holds_of_every_history(tmp_path_factory, open_centre):
    folder = tmp_path_factory.mktemp("founded")
    open_centre(folder).found().close()
    city = type("ACity", (City,), {"open_centre": staticmethod(open_centre), "founded": folder})
    checks = list(HealthCheck)
    run_state_machine_as_test(city, settings=settings(max_examples=HISTORIES, stateful_step_count=25, deadline=None, suppress_health_check=checks))
