"""What was known when: a record at any past moment is what the store held then, and its timeline walks from nothing to what it is."""

import contextlib
import random
import re
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from sync import history, review, rulings
from sync.review import CannotDecide
from sync.rulings import CannotRule
from sync.store.models import Record
from tests.examples import examples

NOON = datetime(2026, 2, 3, 12, 0)
PERSON = "person:01JD3Z8Q5V7M2K4X9T6B1N0CFR"
HOUSEHOLD = "household:aaaaaaaaaaaaaaaaaaaaaaaaaa"
HOUSEHOLDS = (HOUSEHOLD, "household:bbbbbbbbbbbbbbbbbbbbbbbbbb")
PEOPLE = (PERSON, "person:01JD3Z8Q5V7M2K4X9T6B1N0CFS")


def stored(centre):
    return {row["id"]: row["body"] for row in centre.rows(Record)}


def body(record):
    return orjson.dumps(record.document, option=orjson.OPT_SORT_KEYS) if record else None


def as_of(centre, moment, record=HOUSEHOLD):
    with centre.store.reading() as connection:
        return history.as_of(connection, record, moment)


def timeline(centre, record=HOUSEHOLD, **how):
    with centre.store.reading() as connection:
        return history.timeline(connection, record, **how)


def decide(centre, document, action):
    centre.merge()
    review.decide(centre.store, document["_id"], action, "leader", "why", now=lambda: centre.time)
    centre.merge()


def told(event):
    """An event in a line: what, by whom, and what it changed."""
    changes = [f"{each.name} {value_of(each.before)} → {value_of(each.after)}" for each in event.changes if not each.name.startswith("/")]
    return f"{event.action} by {event.by}: {'; '.join(changes) or 'nothing'}"


def value_of(entry):
    if entry is None:
        return "-"
    others = "".join(f"≠{each['value']}" for each in entry.get("disputed", ()))
    return f"{entry['value']}{others}"


def test_a_timeline_says_of_each_event_what_it_changed_newest_first(centre):
    wang = centre.submission("w0001", answers={"phone": "135"})
    centre.take(wang)
    knew = {HOUSEHOLD: centre.record()["version"]}
    li, zhao = centre.submission("w0002", answers={"phone": "136"}, based_on=knew), centre.submission("w0003", answers={"phone": "137"}, based_on=knew)
    centre.take(li)
    centre.take(zhao)
    decide(centre, zhao, "reject")
    assert [told(each) for each in timeline(centre)] == [
        "reject by leader: phone 137≠136 → 136",
        "accepted by w0003: phone 136 → 137≠136",
        "accepted by w0002: phone 135 → 136",
        "accepted by w0001: phone - → 135",
    ]


class Office:
    """What people do, one thing after the other, at random; and what the store held after each."""

    def __init__(self, centre, seed):
        self.centre, self.random, self.sent, self.clicks, self.held_then = centre, random.Random(seed), [], [], []

    def live(self, steps):
        actions = [self.submit] * 3 + [self.batch, self.correct, self.early, self.twin, self.settle, self.move, self.undo] + [self.decide, self.pair] * 2
        for _ in range(steps):
            self.centre.time += timedelta(seconds=1)
            with contextlib.suppress(CannotDecide, CannotRule):
                self.random.choice(actions)()
            self.centre.merge()
            self.held_then.append((self.centre.time, stored(self.centre)))

    def document(self, **changes):
        """About one of two households and some of two people; of a phone that had the newest version, an old one, or none."""
        pick = self.random.choice
        members = [{"person_id": id, "name": pick(["何伶俐", "何玲利"]), "temperature": pick([36.5, 36.8, 55])} for id in PEOPLE if pick([True, False])]
        answers = {"household_id": pick(HOUSEHOLDS), "phone": pick(["135", "136"]), "masks": pick([1, 2, 3]), "members": members}
        known = pick([{}, stored(self.centre), stored(self.centre), *(held for _, held in self.held_then[-3:])])
        based_on = {id: orjson.loads(body)["version"] for id, body in known.items()}
        worker, area = pick([("w0001", "g0311"), ("w0002", "g0311"), ("leader", "g0312"), ("leader", "g0311"), ("w0001", "g0312")])
        document = self.centre.submission(worker, answers=answers, based_on=based_on, area=area, **changes)
        self.sent.append(document)
        return document

    def submit(self):
        self.centre.put(self.document())

    def batch(self):
        self.centre.put(self.document(), self.document())

    def correct(self):
        corrected = self.random.choice(self.sent or [None])
        self.centre.put(self.document(supersedes=corrected and corrected["_id"]))

    def twin(self):
        """The same form under another id."""
        if self.sent:
            self.centre.put({**self.random.choice(self.sent), "_id": self.centre.submission()["_id"]})

    def early(self):
        """A correction that arrives before what it corrects."""
        first = self.document()
        self.centre.take(self.document(supersedes=first["_id"]))
        self.held_then.append((self.centre.time, stored(self.centre)))
        self.centre.time += timedelta(seconds=1)
        self.centre.put(first)

    def decide(self):
        if self.sent:
            review.decide(self.centre.store, self.random.choice(self.sent)["_id"], self.random.choice(review.ACTIONS), "leader", now=lambda: self.centre.time)

    def rule(self, call, *what):
        self.clicks.append(call(self.centre.store, *what, now=lambda: self.centre.time).click)

    def settle(self):
        there = stored(self.centre)
        if there:
            record = self.random.choice(sorted(there))
            seen = orjson.loads(there[record])["version"]
            self.rule(rulings.settle, record, "phone" if record in HOUSEHOLDS else "name", "139", "leader", seen)

    def pair(self):
        self.rule(self.random.choice([rulings.link, rulings.link, rulings.apart]), *self.random.choice([PEOPLE, HOUSEHOLDS]), "leader")

    def move(self):
        there = stored(self.centre)
        if there:
            self.rule(rulings.move, self.random.choice(sorted(there)), self.random.choice(["g0311", "g0312"]), "leader")

    def undo(self):
        if self.clicks:
            self.rule(rulings.undo, self.random.choice(self.clicks), "leader")


def walked(events):
    """What the changes of these events, newest first, make of nothing."""
    state = {}
    for event in reversed(events):
        for change in event.changes:
            assert (state.get(change.name) or None) == (change.before or None), event
            state[change.name] = change.after
    return {name: value for name, value in state.items() if value}


def shown(record):
    """What a timeline tells of a record."""
    if record is None:
        return {}
    about = {"/label": record.label, "/area": record.area, "/linked_to": record.linked_to, "/members": record.members}
    return {name: value for name, value in (about | record.document["fields"]).items() if value}


def leafed_through(centre, record, **how):
    """A timeline, three events a page."""
    before = None
    while True:
        with centre.store.reading() as connection:
            page = history.page(connection, record, before, 3, **how)
        yield from page.events
        before = page.more
        if before is None:
            return


@pytest.mark.parametrize("seed", range(examples(2)))
def test_the_record_as_of_any_moment_is_what_the_store_held_then_and_the_timeline_walks_there(centre, seed):
    office = Office(centre, seed)
    office.live(15)
    for record in (*HOUSEHOLDS, *PEOPLE):
        for moment, held in office.held_then:
            assert body(as_of(centre, moment, record)) == held.get(record)
        whole = timeline(centre, record, limit=1_000)
        assert walked(whole) == shown(as_of(centre, centre.time, record))
        assert list(leafed_through(centre, record)) == whole
        assert list(leafed_through(centre, record, changes=True)) == [event for event in whole if event.changes]


def test_what_was_held_until_its_form_was_known_counted_from_then_on(centre, form_of_version):
    early = centre.submission("w0001", version="2", answers={"phone": "135"})
    centre.take(early)
    held = centre.time
    centre.time += timedelta(seconds=1)
    with centre.store.writing() as connection:
        centre.publish_form(connection, form_of_version("2"))
    centre.merge()
    assert as_of(centre, held) is None
    assert [told(each) for each in timeline(centre)] == ["rejudge by centre: phone - → 135", "held by w0001: nothing"]
    assert [(each.name, each.became) for each in timeline(centre)[1].said] == [("phone", "waits")]


def test_a_value_that_was_history_at_once_is_told_though_it_never_stood(centre):
    centre.take(centre.submission("w0001", answers={"phone": "135", "needs": "food"}))
    knew = {HOUSEHOLD: centre.record()["version"]}
    centre.take(centre.submission("w0002", answers={"phone": "136"}, based_on=knew))
    late = centre.submission("w0003", answers={"phone": "135", "needs": "food"}, based_on=knew)
    centre.take(late)
    newest = timeline(centre)[0]
    assert told(newest) == "accepted by w0003: nothing"
    assert {each.name: each.became for each in newest.said} == {"phone": "history", "needs": "confirms"}


def test_a_chain_of_corrections_that_arrives_backwards_is_told_as_it_arrived(centre):
    first = centre.submission("w0001", answers={"phone": "1"})
    second = centre.submission("w0001", answers={"phone": "2"}, supersedes=first["_id"])
    centre.take(second)
    waited = centre.time
    centre.time += timedelta(seconds=1)
    centre.take(first)
    assert as_of(centre, waited) is None
    assert [told(each) for each in timeline(centre)] == ["superseded by w0001: phone - → 2", "held by w0001: nothing"]


PAGE = (Path(__file__).parents[3] / "docs" / "merging.md").read_text()
EXAMPLE = re.findall(r"^\| 12:(\d\d) \| (.+) \| (.+) \|$", PAGE.partition("## What was known when")[2].partition("\n## ")[0], re.M)
PHONES = {"Wang": "w0001", "Li": "w0002", "Zhao": "w0003", "Sun": "leader"}


def test_the_example_of_the_page_comes_out_as_it_says(centre):
    sent, seen, click, moments = {}, {}, "", []
    for minute, what, _phone in EXAMPLE:
        centre.time = NOON + timedelta(minutes=int(minute))
        if said := re.fullmatch(r"(\w+)(?:, who had seen (\d+),)? reports (\d+)", what):
            who, knew, phone = said.groups()
            based_on = {HOUSEHOLD: seen[knew]} if knew else {}
            sent[who] = centre.submission(PHONES[who], answers={"phone": phone}, based_on=based_on, seconds=60 * int(minute))
            centre.put(sent[who])
        elif said := re.fullmatch(r"the office settles (\d+)", what):
            click = rulings.settle(centre.store, HOUSEHOLD, "phone", said[1], "leader", centre.record()["version"], now=lambda: centre.time).click
        elif said := re.fullmatch(r"the office rejects what (\w+) sent", what):
            review.decide(centre.store, sent[said[1]]["_id"], "reject", "leader", now=lambda: centre.time)
        else:
            assert what == "the office takes the settlement back"
            rulings.undo(centre.store, click, "leader", now=lambda: centre.time)
        centre.merge()
        seen.setdefault(centre.value("phone"), centre.record()["version"])
        moments.append(centre.time)
    assert len(EXAMPLE) == 7
    for moment, (_minute, _what, phone) in zip(moments, EXAMPLE, strict=True):
        assert value_of(as_of(centre, moment).fields["phone"]).replace("≠", ", disputed ") == phone
    newest, _undone, rejected = timeline(centre)[:3]
    assert [(each.name, each.value, each.became) for each in newest.said] == [("phone", "135", "history")]
    assert told(rejected) == "reject by leader: nothing"
