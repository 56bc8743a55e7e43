"""How well linkage does on a small labelled set: a floor under what `make bench` measures on 100,000. No time is measured here."""

from collections import defaultdict
from itertools import combinations

import pytest

from benchmarks import other_people, people
from server.linkage_file import compared
from server.linkage_file import profile_of as profile_of_row

PEOPLE = 2_000
SEED = 2026


@pytest.fixture(scope="module")
def outcome():
    rows = people.rows(PEOPLE, SEED)
    profiles = [profile_of_row(vars(row)) for row in rows]
    suggested = {(rows[one].id, rows[other].id) if one < other else (rows[other].id, rows[one].id) for one, other, each in compared(profiles) if each.suggested}
    return rows, people.true_pairs(rows), suggested


def test_most_that_are_one_are_suggested_and_most_that_are_suggested_are_one(outcome):
    _, true, suggested = outcome
    rightly = len(suggested & true.keys())
    assert rightly / len(true) >= 0.92, "recall"
    assert rightly / len(suggested) >= 0.92, "precision"


def test_people_of_another_hand_are_found_too_through_two_slips_at_once():
    rows = other_people.rows(PEOPLE, SEED, 2, set())
    by_person = defaultdict(list)
    for place, row in enumerate(rows):
        by_person[row["person"]].append(place)
    true = {pair for places in by_person.values() for pair in combinations(places, 2)}
    suggested = {(one, other) for one, other, each in compared([profile_of_row(row) for row in rows]) if each.suggested}
    rightly = len(suggested & true)
    assert len(true) > 200 and rightly / len(true) >= 0.93, "recall"
    assert rightly / len(suggested) >= 0.93, "precision"


def test_no_kind_of_slip_is_lost_on_linkage(outcome):
    _, true, suggested = outcome
    for kind in ("name_sound", "name_dialect", "name_look", "phone_slip", "id_slip", "birth_year", "birth_digits", "birth_calendar", "nickname"):
        pairs = [pair for pair, kinds in true.items() if kind in kinds.split()]
        assert len(pairs) >= 3 and len(suggested.intersection(pairs)) / len(pairs) >= 0.65, kind


def test_the_set_is_full_of_people_who_only_look_like_one(outcome):
    rows, _, suggested = outcome
    family = {}
    for row in rows:
        if row.room and not row.kind:
            family.setdefault((row.area, row.building, row.unit, row.room), []).append(row)
    near = [
        (one.id, other.id)
        for members in family.values()
        for at, one in enumerate(members)
        for other in members[at + 1 :]
        if one.person != other.person and one.name[:1] == other.name[:1] and (one.phone == other.phone or set(one.name[1:]) & set(other.name[1:]))
    ]
    assert len(near) > 200
    assert sum(tuple(sorted(pair)) in suggested for pair in near) <= 0.02 * len(near)


def test_a_seed_gives_the_same_people():
    assert people.rows(200, 7) == people.rows(200, 7) != people.rows(200, 8)
