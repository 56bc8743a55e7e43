"""The phone weighs likely matches by the same evidence as the centre: server/pwa/src/linkage/people.test.ts runs the same cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.linkage import compare, profile

CASES = json.loads((Path(__file__).parent.parent / "data" / "linkage_on_the_phone.json").read_text())["people"]
AROUND = ("place", "building", "unit", "room")


def person(id: str, said: dict) -> object:
    fields = {name: {"value": value} for name, value in said.items() if name not in AROUND}
    return profile("person", id, fields, {name: value for name, value in said.items() if name in AROUND})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['left']['name']} {case['right']['name']}")
def test_what_speaks_for_and_against_two_people_being_one_is_what_the_phone_says(case):
    left, right = person("person:1", case["left"]), person("person:2", case["right"])
    assert sorted(key for key, _ in compare(left, right).reasons) == case["reasons"]
