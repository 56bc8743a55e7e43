"""What is kept is what follows from submissions, decisions and rulings; whatever else has crept in is found and put right. On both stores."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update

from sync import rulings
from sync.recompute import Recomputation
from sync.review import decide
from sync.store import linkage_statements as linking
from sync.store.linkage_statements import linkage_keys, linkage_profiles, suggestions
from sync.store.models import Contribution, Outbox, Record, RecordLink, Submission, Suggestion, table
from sync.suggestions import Suggestions
from tests.sync.centre.conftest import HOUSEHOLD

OTHER = "household:bbbbbbbbbbbbbbbbbbbbbbbbbb"
HE, LI, ZHAO = (f"person:01JD3Z8Q5V7M2K4X9T6B1N0C{letter}A" for letter in "FGH")
submissions, contributions, records, links = table(Submission), table(Contribution), table(Record), table(RecordLink)
others, other_profiles = contributions.alias(), linkage_profiles.alias()
one_of_lis = select(func.min(linkage_keys.c.key)).where(linkage_keys.c.record == LI)


@pytest.fixture
def full(centre):
    """Two households, three people, two of whom are one; disputes, one settled; a correction, a rejection, one let in by a person, a move, undos."""
    make, store = centre.submission, centre.store

    def people(*rows):
        return [{"person_id": id, "name": name, "temperature": temperature} for id, name, temperature in rows]

    first = make(
        "w0001", answers={"phone": "135", "needs": "food", "building": "1", "room": "311", "members": people((HE, "何伶俐", 36.5), (LI, "李强", 36.6))}
    )
    second = make("w0002", answers={"phone": "136", "needs": "medicine", "masks": 2})
    corrected = make("w0003", answers={"household_id": OTHER, "phone": "130", "building": "1", "room": "311", "members": people((ZHAO, "何玲利", 36.4))})
    correction = make(
        "w0003",
        answers={"household_id": OTHER, "phone": "131", "building": "1", "room": "311", "members": people((ZHAO, "何玲利", 36.7))},
        supersedes=corrected["_id"],
    )
    wrong = make("w0001", answers={"household_id": OTHER, "masks": 5, "members": people((ZHAO, "何玲利", 55))})
    rejected = make("w0002", answers={"household_id": OTHER, "phone": "999"})
    alone = make("w0002", answers={"needs": "masks"}, supersedes="submission:01JD3Z0000000000000000ZZZZ")
    centre.take(first, second, corrected, correction, wrong, rejected, alone)

    def now():
        centre.time += timedelta(seconds=1)
        return centre.time

    decide(store, wrong["_id"], "accept", "leader", now=now)
    decide(store, rejected["_id"], "reject", "leader", now=now)
    decide(store, second["_id"], "return", "leader", now=now)
    decide(store, second["_id"], "reopen", "leader", now=now)
    centre.merge()
    version = centre.record()["version"]
    rulings.settle(store, HOUSEHOLD, "phone", "135", "leader", version, now=now)
    taken_back = rulings.settle(store, HOUSEHOLD, "needs", "food", "leader", version, now=now)
    rulings.undo(store, taken_back.click, "leader", now=now)
    rulings.link(store, HE, ZHAO, "leader", now=now)
    rulings.apart(store, HE, LI, "leader", now=now)
    rulings.move(store, OTHER, "g0312", "admin", now=now)
    centre.merge()
    centre.now = now
    compare(centre)
    return centre


def compare(centre):
    """Until nothing waits in linkage's queue."""
    linkage = Suggestions(centre.store)
    while linkage.run_once():
        pass


def kept_by_linkage(centre):
    with centre.store.reading() as connection:
        asked = (select(linkage_profiles), select(linkage_keys), select(*(each for each in suggestions.c if each.name != "since")))
        return [sorted(map(tuple, connection.execute(each))) for each in asked]


def differences(centre, **chosen):
    return {(each.what, each.id) for each in Recomputation(centre.store, **chosen).check()}


def columns(centre):
    """Of every record all that is kept except when it was last computed."""
    return {row["id"]: {name: value for name, value in row.items() if name != "updated_at"} for row in centre.rows(Record)}


def test_what_arrived_was_decided_and_ruled_makes_exactly_what_is_kept(full):
    assert sorted(full.states().values()) == ["accepted"] * 4 + ["held", "rejected", "superseded"]
    assert {row["state"] for row in full.rows(RecordLink)} == {"one", "apart"}
    assert differences(full) == set()
    assert (HE, ZHAO) in {(row["lesser"], row["greater"]) for row in full.rows(Suggestion)}, "also of two who have been linked"
    assert differences(full, area="g0311") == differences(full, sample=3) == set()
    assert list(Recomputation(full.store).write(full.now)) == []
    assert full.rows(Outbox) == []


def of(id):
    return contributions.c.submission == id


def suggest(lesser, greater):
    return insert(suggestions).values(lesser=lesser, greater=greater, kind="person", score=9.0, reasons=b"[]", since=datetime(2026, 2, 3))


SPOILT = {
    "a record's document": (update(records).where(records.c.id == OTHER).values(body=b"{}"), ("record", OTHER)),
    "a column that lists read": (update(records).where(records.c.id == OTHER).values(search="nobody"), ("record", OTHER)),
    "a record in another area": (update(records).where(records.c.id == LI).values(area="g0312"), ("record", LI)),
    "a record that is not there": (delete(records).where(records.c.id == LI), ("record", LI)),
    "a record that nobody reported": (
        insert(records).from_select(
            ["id", *(column.name for column in records.c if column.name != "id")],
            select(records.c.id + "x", *(column for column in records.c if column.name != "id")).where(records.c.id == LI),
        ),
        ("record", LI + "x"),
    ),
    "a correction that took nothing out": (update(submissions).where(submissions.c.state == "superseded").values(state="accepted"), "state"),
    "a rejection that was lost": (update(submissions).where(submissions.c.state == "rejected").values(state="accepted"), "state"),
    "one that nobody let in": (update(submissions).where(submissions.c.state == "held").values(state="accepted", problems=b"[]"), "state"),
    "what does not count, counts": (
        update(contributions).where(~contributions.c.counts, ~contributions.c.submission.like("ruling:%")).values(counts=True),
        "contributions",
    ),
    "what counts, does not": (update(contributions).where(contributions.c.record == LI).values(counts=False), "contributions"),
    "what nobody can read": (update(contributions).where(contributions.c.record == LI).values(body=b'{"kind":"person"}'), "contributions"),
    "what somebody said of somebody else": (
        update(contributions).where(contributions.c.record == LI).values(body=select(others.c.body).where(others.c.record == HE).limit(1).scalar_subquery()),
        "contributions",
    ),
    "since when": (update(contributions).where(contributions.c.dot_device == "office", contributions.c.record == ZHAO).values(dot_clock="9"), "contributions"),
    "something that was said and lost": (delete(contributions).where(contributions.c.record == LI), "contributions"),
    "a settlement that was undone and counts": (
        update(contributions).where(~contributions.c.counts, contributions.c.submission.like("ruling:%")).values(counts=True),
        "ruling",
    ),
    "a settlement that does not count": (
        update(contributions).where(contributions.c.counts, contributions.c.submission.like("ruling:%")).values(counts=False),
        "ruling",
    ),
    "settlements and moves of which nothing is left": (delete(contributions).where(contributions.c.submission.like("ruling:%")), "ruling"),
    "a settlement in other words": (
        update(contributions)
        .where(contributions.c.counts, contributions.c.submission.like("ruling:%"), contributions.c.record == HOUSEHOLD)
        .values(body=select(others.c.body).where(others.c.record == LI).limit(1).scalar_subquery()),
        "ruling",
    ),
    "a link that was lost": (delete(links).where(links.c.state == "one"), ("link", f"{HE} {ZHAO}")),
    "a link that nobody made": (update(links).where(links.c.state == "apart").values(state="one"), ("link", f"{HE} {LI}")),
    "a profile of somebody else": (
        update(linkage_profiles)
        .where(linkage_profiles.c.record == LI)
        .values(body=select(other_profiles.c.body).where(other_profiles.c.record == HE).scalar_subquery()),
        ("linkage", LI),
    ),
    "a profile that was lost": (delete(linkage_profiles).where(linkage_profiles.c.record == LI), ("linkage", LI)),
    "a key that was lost": (
        delete(linkage_keys).where(
            linkage_keys.c.record == LI, linkage_keys.c.key.in_(select(func.min(linkage_keys.c.key)).where(linkage_keys.c.record == LI))
        ),
        ("linkage", LI),
    ),
    "keys of somebody who is gone": (insert(linkage_keys).values(key="k", record=LI + "x"), ("linkage", LI + "x")),
    "a suggestion that was lost": (delete(suggestions), ("suggestion", f"{HE} {ZHAO}")),
    "a suggestion with other reasons": (update(suggestions).values(reasons=b"[]"), ("suggestion", f"{HE} {ZHAO}")),
    "a suggestion of people who are not alike": (suggest(HE, LI), ("suggestion", f"{HE} {LI}")),
    "a suggestion of somebody who is gone": (suggest("person:01GONE", LI), ("suggestion", f"person:01GONE {LI}")),
}


def test_whatever_else_is_kept_is_found_and_put_right(full):
    before, everything, linked = columns(full), full.everything(), kept_by_linkage(full)
    for spoilt, (statement, sign) in SPOILT.items():
        with full.store.writing() as connection:
            assert connection.execute(statement).rowcount, spoilt
        found = differences(full)
        assert sign in found or sign in {what for what, _ in found}, spoilt
        mended = {(each.what, each.id) for each in Recomputation(full.store).write(full.now)}
        assert mended & found, spoilt
        assert differences(full) == set(), spoilt
        full.merge()
        compare(full)
        assert columns(full) == before, spoilt
        assert full.everything() == everything, spoilt
        assert kept_by_linkage(full) == linked, spoilt


def test_the_parts_are_the_whole_and_who_waits_to_be_compared_is_left_out(full):
    with full.store.writing() as connection:
        connection.execute(update(records).values(search="nobody"))
        connection.execute(update(submissions).where(submissions.c.state == "superseded").values(state="accepted"))
        connection.execute(delete(suggestions))
        connection.execute(delete(linkage_keys).where(linkage_keys.c.record == LI))
        connection.execute(delete(linkage_profiles).where(linkage_profiles.c.record.in_([HOUSEHOLD, OTHER])))
    whole, parts = differences(full), [differences(full, part=(number, 3)) for number in (1, 2, 3)]
    assert set().union(*parts) == whole
    assert sum(map(len, parts)) == len(whole)
    assert {what for what, _ in whole} >= {"state", "record", "linkage", "suggestion"}
    assert {what for what, _ in differences(full, rounds=("submissions", "linkage"))} == {"state", "linkage", "suggestion"}
    with full.store.writing() as connection:
        linking.queue(connection, [HE])
    assert differences(full, rounds=("linkage",)) == {("linkage", LI), ("linkage", HOUSEHOLD)}, "neither of her door nor of a pair with her"


def test_it_can_be_stopped_and_begun_again(full):
    before = columns(full)
    with full.store.writing() as connection:
        connection.execute(update(records).values(body=b"{}"))
        connection.execute(update(submissions).where(submissions.c.state == "superseded").values(state="accepted"))
    stopped = Recomputation(full.store).write(full.now)
    next(stopped)
    stopped.close()
    assert differences(full)
    list(Recomputation(full.store).write(full.now))
    assert differences(full) == set()
    assert columns(full) == before


def test_how_far_it_is_is_told(full):
    told = []
    list(Recomputation(full.store, tell=lambda *at: told.append(at)).check())
    last = {what: (done, total) for what, done, total in told}
    assert (last["submissions"], last["records"]) == ((7, 7), (5, 5))
    assert last["rulings"][0] == last["rulings"][1]
