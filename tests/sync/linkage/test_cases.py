"""The cases in tests/data/linkage.json come out as they are written there; the phone's tests run the same file."""

import json

import pytest

from sync.linkage import Profile, compare
from tests.sync.linkage.cases import FILE, PAIRS

CASES = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_case_comes_out_as_written(case):
    outcome = compare(Profile.of(case["left"]), Profile.of(case["right"]))
    assert (outcome.score, outcome.suggested) == (case["score"], case["suggested"])
    assert [[key, values] for key, values in outcome.reasons] == case["reasons"]


def test_every_case_is_written():
    assert [case["case"] for case in CASES] == list(PAIRS)
