"""Household ids, by the cases that the phone runs too, and ULIDs."""

import json
import re
from pathlib import Path

import pytest

from sync.identity import household_id, ulid

CASES = json.loads((Path(__file__).parent.parent / "data" / "household_ids.json").read_text())


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["why"])
def test_the_id_of_a_door(case):
    parts = {name: case[name] for name in ("place", "building", "unit", "room", "ordinal")}
    assert household_id(CASES["key"].encode(), **parts) == case["id"]


def test_an_id_is_readable_by_nobody_and_fits_the_pattern():
    found = household_id(b"key", "c0311", "1", "2", "311")
    assert re.fullmatch(r"household:[a-z2-7]{26}", found)
    assert found != household_id(b"another key", "c0311", "1", "2", "311")


def test_ulids_are_unique_and_well_formed():
    made = {ulid() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", one) for one in made)
