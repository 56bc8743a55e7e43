"""Which records may be one, kept up to date in the store. The rules are simpler here than sync.linkage: one name or one telephone number."""

from __future__ import annotations

import itertools
import logging
import random
import threading
from datetime import datetime, timedelta

import orjson
import pytest
from sqlalchemy import delete, select

from sync import linkage
from sync.linkage import Comparison, profile
from sync.store import linkage_statements as linking
from sync.store import locks, open_store, upgrade
from sync.store.models import Contribution, LinkageKey, LinkageProfile, Record, Suggestion, table
from sync.store.statements import put_records
from sync.suggestions import PUT_OFF_SECONDS, STEP_PAIRS_MAX, STEP_RECORDS_FIRST, Suggestions, candidates
from tests.examples import examples
from tests.stores import upgrade_to

NOON = datetime(2026, 2, 3, 12, 0)
HOME = "household:aaaaaaaaaaaaaaaaaaaaaaaaaa"
NEXT_DOOR = "household:bbbbbbbbbbbbbbbbbbbbbbbbbb"
records, suggestions = table(Record), table(Suggestion)


class SimpleRules:
    """Two people are one when both the name and the door, or the telephone number, agree; two households when they have people of one name."""

    KEY_RECORDS_MAX = 3
    BREAKS_ON = "毒"

    def __init__(self):
        self.compared: list[tuple[str, str]] = []

    def profile(self, kind, id, fields, surroundings=None):
        return profile(kind, id, fields, surroundings)

    def keys(self, profile):
        names = [profile.name] if profile.name else list(profile.members)
        return {f"{profile.kind} n {name}" for name in names} | {f"{profile.kind} p {phone}" for phone in profile.phones}

    def compare(self, left, right):
        assert left.id < right.id
        assert self.BREAKS_ON not in left.name + right.name
        self.compared.append((left.id, right.id))
        same_phone = bool(set(left.phones) & set(right.phones))
        same_name = (
            left.name == right.name and (left.place, left.door) == (right.place, right.door) and set(left.members) & set(right.members) == set(left.members)
        )
        score = 10.0 * same_phone + 5.0 * same_name
        return Comparison(score, score > 0, [("phone_same", {})] * same_phone + [("name_same", {"name": left.name})] * same_name)


class Linking:
    """A store, and the worker that links. What is put or removed is queued as the ledger does it."""

    def __init__(self, store, rules=None):
        self.store = store
        self.time = NOON
        self.seconds = 0.0
        self.rules = rules or SimpleRules()
        self.worker = Suggestions(store, now=lambda: self.time, rules=self.rules, clock=lambda: self.seconds)

    def put(self, id, linked_to=None, members=(), area="g0311", **values):
        with self.store.writing() as connection:
            put_records(connection, [row_of(id, area, values, linked_to, members)])
            linking.queue(connection, [id])

    def remove(self, id):
        with self.store.writing() as connection:
            connection.execute(delete(records).where(records.c.id == id))
            linking.queue(connection, [id])

    def link(self):
        while self.worker.run_once():
            self.time += timedelta(seconds=1)
        return self.pairs()

    def rows(self):
        with self.store.reading() as connection:
            return {(row.lesser[-2:], row.greater[-2:]): row for row in connection.execute(select(suggestions))}

    def pairs(self):
        return sorted(self.rows())

    def waiting(self):
        with self.store.reading() as connection:
            return sum(linking.waiting(connection).values())


def row_of(id, area, values, linked_to=None, members=()):
    kind = id.partition(":")[0]
    fields = {} if linked_to else {name: {"value": value, "submission": f"submission:{id[-2:]}{value}"} for name, value in values.items()}
    body = {"_id": id, "fields": fields, **({"members": list(members)} if members else {})}
    return {
        "id": id,
        "kind": kind,
        "area": area,
        "household": values.get("household"),
        "person": None,
        "label": values.get("name") or id.partition(":")[2][:8],
        "search": "",
        "state": None,
        "linked_to": linked_to,
        "updated_at": NOON,
        "body": orjson.dumps(body),
    }


def person(number: int) -> str:
    return f"person:01JD3Z8Q5V7M2K4X9T6B1N0C{number:02}"


A, B, C, D = (person(number) for number in range(1, 5))


@pytest.fixture
def store(empty_store):
    opened = open_store(empty_store())
    yield opened
    opened.close()


@pytest.fixture
def shared(postgresql_server):
    """A store that several may write to at once, and the worker that links."""
    url = postgresql_server.migrated()
    opened = open_store(url)
    yield Linking(opened)
    opened.close()
    postgresql_server.take_back(url)


@pytest.fixture
def here(store):
    return Linking(store)


def test_two_people_with_one_telephone_number_are_suggested_with_the_reason_until_one_is_corrected(here):
    here.put(A, name="何伶俐", phone="13971520648")
    here.put(B, name="何玲利", phone="139 7152 0648", area="g0777")
    assert here.link() == [("01", "02")]
    row = here.rows()["01", "02"]
    assert (row.kind, row.score, orjson.loads(row.reasons)) == ("person", 10.0, [["phone_same", {}]])
    here.put(B, name="何玲利", phone="13871520000", area="g0777")
    assert here.link() == []


def test_since_is_when_a_pair_was_first_suggested(here):
    here.put(A, name="王芳", phone="13971520648")
    here.put(B, name="王芬", phone="13971520648")
    here.link()
    first = here.rows()["01", "02"].since
    here.put(B, name="王芳", phone="13971520648")
    assert here.link() == [("01", "02")]
    assert here.rows()["01", "02"].score == 15.0
    assert here.rows()["01", "02"].since == first


def test_who_has_not_changed_in_what_is_compared_is_compared_with_nobody(here):
    here.put(A, name="王芳", temperature=36.5)
    here.put(B, name="王芳", temperature=36.5)
    here.link()
    here.rules.compared.clear()
    here.put(A, name="王芳", temperature=38.2)
    assert here.link() == [("01", "02")]
    assert here.rules.compared == []
    assert here.waiting() == 0


def test_a_person_is_found_by_the_door_of_the_household(here):
    here.put(HOME, building="1", unit="2", room="311")
    here.put(NEXT_DOOR, building="1", unit="2", room="312")
    here.put(A, name="王芳", household=HOME)
    here.put(B, name="王芳", household=NEXT_DOOR)
    assert here.link() == []
    here.put(NEXT_DOOR, building="1", unit="2", room="311")
    assert ("01", "02") in here.link()


def test_a_household_is_found_by_its_people(here):
    here.put(HOME, building="1", unit="2", room="311")
    here.put(NEXT_DOOR, building="1", unit="2", room="311")
    here.put(A, name="王芳", household=HOME)
    here.put(B, name="王芬", household=NEXT_DOOR)
    assert ("aa", "bb") not in here.link()
    here.put(B, name="王芳", household=NEXT_DOOR)
    assert ("aa", "bb") in here.link()
    here.put(B, name="王芳", household=HOME)
    assert ("aa", "bb") not in here.link()


def test_a_key_that_too_many_share_finds_nobody_until_fewer_do(here):
    for each in (A, B, C):
        here.put(each, name="热线", phone="12345678")
    here.put(A, name="王芳", phone="12345678")
    here.put(B, name="王芳", phone="12345678")
    assert here.link() == [("01", "02"), ("01", "03"), ("02", "03")]
    here.put(D, name="李四", phone="12345678")
    assert here.link() == [("01", "02")], "their names still find them"
    assert here.rows()["01", "02"].score == 15.0
    here.remove(C)
    assert here.link() == [("01", "02"), ("01", "04"), ("02", "04")]


@pytest.mark.parametrize("seed", range(examples(4)))
def test_the_same_records_are_suggested_whatever_came_before_and_in_whichever_order(empty_store, seed):
    """People and households come, change, move and go, with the worker at work in between; at the end all is as if it had always been so."""
    here, afresh = (Linking(open_store(empty_store())) for _ in range(2))
    chance = random.Random(f"{seed} {here.store.engine.dialect.name}")
    there = {}
    for _ in range(60):
        id = chance.choice([*(person(number) for number in range(1, 12)), HOME, NEXT_DOOR])
        if chance.random() < 0.2:
            there.pop(id, None)
            here.remove(id)
        elif id.startswith("person:"):
            values = {"name": chance.choice(["王芳", "李娜", ""]), "phone": chance.choice(["13971520648", "13971520000", ""])}
            there[id] = values | {"household": chance.choice([HOME, NEXT_DOOR])}
        else:
            there[id] = {"building": "1", "unit": "2", "room": chance.choice(["311", "312"])}
        if id in there:
            here.put(id, **there[id])
        if chance.random() < 0.3:
            here.worker.run_once()
    found = here.link()
    for id in chance.sample(sorted(there), len(there)):
        afresh.put(id, **there[id])
    assert afresh.link() == found
    scores = [{pair: (row.score, row.reasons) for pair, row in each.rows().items()} for each in (here, afresh)]
    assert scores[0] == scores[1]
    with here.store.reading() as one, afresh.store.reading() as other:
        for kept in (table(LinkageProfile), table(LinkageKey)):
            assert sorted(one.execute(select(kept)).all()) == sorted(other.execute(select(kept)).all())
    with here.store.writing() as connection:
        linking.queue_all(connection)
    assert here.link() == found


def test_a_link_changes_nothing_so_that_undoing_it_restores_what_was(here):
    for id, name in ((A, "王芳"), (B, "王芬"), (C, "王芬")):
        with here.store.writing() as connection:
            body = {"kind": "person", "form": "survey", "worker": "w1", "device": "d-1", "at": "2026-02-03T12:00:00Z", "clock": "1-0000-d-1"}
            body |= {"effective": "1-0000-d-1", "based_on": {}, "properties": {"name": name, "phone": "13971520648"}, "area": "g0311"}
            row = {"record": id, "submission": f"submission:{id[-2:]}", "path": "", "counts": True, "dot_device": "d-1", "dot_clock": "1-0000-d-1"}
            connection.execute(table(Contribution).insert().values({**row, "body": orjson.dumps(body)}))
        here.put(id, name=name, phone="13971520648")
    before = here.link(), {pair: row.score for pair, row in here.rows().items()}
    here.put(A, name="王芳", phone="13971520648", members=[A, B])
    here.put(B, linked_to=A)
    assert (here.link(), {pair: row.score for pair, row in here.rows().items()}) == before
    here.put(A, name="王芳", phone="13971520648")
    here.put(B, name="王芬", phone="13971520648")
    assert (here.link(), {pair: row.score for pair, row in here.rows().items()}) == before


def test_what_has_no_name_no_fields_or_no_place_in_linkage_waits_no_longer_and_is_suggested_with_nobody(here):
    here.put(A, name="")
    here.put(B)
    here.put(C, name="  ", phone="…", area=None)
    here.put(NEXT_DOOR)
    here.put("visit:01JD3Z8Q5V7M2K4X9T6B1N0C09", name="王芳")
    with here.store.writing() as connection:
        linking.queue(connection, ["person:never", "household:never", "quarantine_case:01JD3Z8Q5V7M2K4X9T6B1N0C09"])
    assert here.link() == []
    assert here.waiting() == 0


def test_who_is_deleted_takes_every_suggestion_along(here):
    for each in (A, B, C):
        here.put(each, name="王芳")
    assert len(here.link()) == 3
    here.remove(B)
    here.put(A, name="王芳", phone="13971520648")
    assert here.link() == [("01", "03")]
    with here.store.reading() as connection:
        assert linking.keys_of(connection, [B]) == {}
        assert linking.kept(connection, [B]) == {}


def test_one_that_breaks_a_rule_stays_in_the_queue_and_holds_up_no_other(here, caplog):
    here.put(A, name="毒", phone="13971520648")
    for each in (B, C, D):
        here.put(each, name="王芳", phone="13871520000")
    here.put(person(5), name="李四", phone="13971520648")
    with caplog.at_level(logging.CRITICAL, logger="sync.suggestions"):
        assert here.link() == [("02", "03"), ("02", "04"), ("03", "04")]
    assert here.waiting() == 1
    here.rules.BREAKS_ON = "nothing"
    assert here.link() == [("02", "03"), ("02", "04"), ("03", "04")], "it is tried again after some time"
    here.seconds += PUT_OFF_SECONDS + 1
    assert ("01", "05") in here.link()
    assert here.waiting() == 0


def test_who_was_changed_just_now_goes_before_a_run_over_all(here):
    for number in range(1, 60):
        here.put(person(number), name=f"第{number}人")
    here.link()
    with here.store.writing() as connection:
        linking.queue_all(connection)
    here.put(person(59), name="王芳")
    here.put(person(58), name="王芳")
    here.worker.run_once()
    assert here.pairs() == [("58", "59")]
    assert 0 < here.waiting() <= 59 - STEP_RECORDS_FIRST


class Crowd(SimpleRules):
    KEY_RECORDS_MAX = 1_000

    def compare(self, left, right):
        self.compared.append((left.id, right.id))
        return Comparison(0.0, False, [])


def test_a_crowd_that_shares_a_key_is_compared_in_steps_that_end_soon(store):
    here = Linking(store, Crowd())
    crowd = [f"person:01JD3Z8Q5V7M2K4X9T6B1N0{number:03}" for number in range(200)]
    with store.writing() as connection:
        put_records(connection, [row_of(id, "g0311", {"name": f"{id[-3:]}号", "phone": "13971520648"}) for id in crowd])
        linking.queue_all(connection)
    longest, done = 0, 0
    while step := here.worker.run_once():
        longest, done = max(longest, step), done + step
    assert done == len(crowd)
    assert longest * longest <= STEP_PAIRS_MAX
    assert sorted(here.rules.compared) == sorted(itertools.combinations(crowd, 2)), "each pair once"


def test_records_of_before_the_upgrade_wait_to_be_compared_after_those_that_change_now(tmp_path):
    url = f"sqlite:///{tmp_path}/central.db"
    upgrade_to(url, "0007")
    here = Linking(open_store(url))
    with here.store.writing() as connection:
        for id in (A, B, HOME, "visit:01JD3Z8Q5V7M2K4X9T6B1N0C09"):
            values = (id, id.partition(":")[0], "", "", 0, "", "", NOON.isoformat(" "), orjson.dumps({"fields": {"name": {"value": "王芳"}}}))
            words = "INSERT INTO records (id, kind, label, search, disputes, sort, also_in, updated_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            connection.exec_driver_sql(words, values)
    upgrade(url)
    with here.store.writing() as connection:
        assert linking.waiting(connection) == {"household": 1, "person": 2}
        linking.queue(connection, [C])
        assert list(linking.take(connection, 2)) == [C, HOME]
    assert here.link() == [("01", "02")]


def test_candidates_of_a_profile_are_the_likeliest_first(here):
    here.put(A, name="王芳")
    here.put(B, name="王芬", phone="13971520648")
    here.put(HOME, phone="13971520648")
    here.link()
    one = profile("person", "person:not yet", {"name": {"value": "王芳"}, "phone": {"value": "13971520648"}}, {"place": "g0311"})
    with here.store.reading() as connection:
        assert [(id[-2:], each.score) for id, each in candidates(connection, one, here.rules)] == [("02", 10.0), ("01", 5.0)]


def test_the_rules_of_linkage_find_two_spellings_of_one_woman(store):
    here = Linking(store, linkage)
    here.put(HOME, building="1", unit="2", room="311")
    here.put(A, name="何伶俐", sex="2", birth_year=1975, phone="13971520648", household=HOME)
    here.put(B, name="何玲利", sex="2", birth_year=1975, phone="13971520648")
    here.put(C, name="李四", sex="1", birth_year=1990, household=HOME)
    assert here.link() == [("01", "02")]
    assert orjson.loads(here.rows()["01", "02"].reasons)


# Several at once, on PostgreSQL


def test_two_workers_never_link_at_once_and_a_change_that_is_not_committed_yet_is_not_lost(shared):
    here = shared
    here.put(A, name="王芳")
    here.put(B, name="李四")
    with here.store.writing() as merging:
        put_records(merging, [row_of(B, "g0311", {"name": "王芳"})])
        linking.queue(merging, [B])
        assert here.link() == [], "the other one is being changed: it is passed over, not waited for"
    assert here.waiting() == 1
    with locks.held(here.store, "linkage"):
        assert here.worker.run_once() == 0
    assert here.link() == [("01", "02")]


def test_a_merge_that_wants_what_is_being_linked_waits_and_is_linked_then(shared):
    here = shared
    here.put(A, name="王芳")
    here.put(B, name="李四")
    with here.store.writing() as taking:
        assert linking.take(taking, 10) == {A: False, B: False}
        merging = threading.Thread(target=here.put, args=(B,), kwargs={"name": "王芳"})
        merging.start()
        merging.join(0.2)
        assert merging.is_alive()
    merging.join(10)
    here.put(A, name="王芳")
    assert here.link() == [("01", "02")]


def test_who_links_gives_way_to_a_merge_rather_than_wait(shared):
    here = shared
    here.put(HOME, building="1", room="311")
    here.link()
    here.put(A, name="王芳", household=HOME)
    with here.store.writing() as merging:
        put_records(merging, [row_of(HOME, "g0311", {"building": "1", "room": "311"})])
        linking.queue(merging, [HOME])
        assert here.worker.run_once() == 0, "it would queue the household, which the merge has queued"
    here.link()
    assert here.waiting() == 0
    with here.store.reading() as connection:
        assert linking.kept(connection, [HOME])[HOME].took == ("王芳",)
