"""Whatever arrives, judging it never raises, takes bounded time, and gives answers that pass when they are judged again."""

from __future__ import annotations

import time

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.form import PROBLEMS_MAX
from forms.reading import REPEAT_ROWS_MAX
from tests.examples import examples

NAMES = [
    "household_id",
    "visit",
    "mode",
    "outcome",
    "members",
    "people",
    "person_id",
    "name",
    "temperature",
    "symptoms",
    "fever",
    "closing",
    "position",
    "check",
    "kind",
]
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["done", "fever", "2026-02-03", "person:1", "household:1", "morning", "yes"])
)
hostile = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=6), max_leaves=40
)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(answers=hostile)
def test_any_json_gets_a_verdict(catalogue, judge, answers):
    for form in catalogue.values():
        verdict = judge(form, answers)
        assert isinstance(verdict.answers, dict)
        orjson.dumps(verdict.answers)
        orjson.dumps([[problem.path, problem.rule, problem.message] for problem in verdict.problems + verdict.remarks])
        again = judge(form, verdict.answers)
        assert again.answers == verdict.answers
        assert not {problem.rule for problem in again.problems} & {"type", "unknown"}


@pytest.mark.parametrize(
    "answers",
    [
        None,
        [],
        "",
        7,
        {"members": [[]] * 400},
        {"members": [{}] * (REPEAT_ROWS_MAX + 1)},
        {"members": [{"symptoms": ["fever"] * 100_000}]},
        {"members": [{"name": "长" * 1_000_000}]},
        {"members/0/name": 1, "members": {"0": {}}, "people/x": 2},
        {str(number): number for number in range(50_000)},
        {"members": [{str(number): number for number in range(10_000)}] * 50},
        {"visit": {"outcome": {"$where": "1"}}, "__proto__": {}, "__class__": "x", "": ""},
        {"address": {"ordinal": 10**400}, "members": [{"birth_year": float("nan"), "temperature": float("inf")}]},
        {"household_id": "\ud800", "address": {"building": "\x00"}, "\udfff": 1},
        {"closing": {"position": {"latitude": 10**400, "longitude": "0"}}},
    ],
)
def test_hostile_answers_get_problems(catalogue, judge, answers):
    started = time.perf_counter()
    for form in catalogue.values():
        verdict = judge(form, answers)
        assert 0 < len(verdict.problems) <= PROBLEMS_MAX
        orjson.dumps([[problem.path, problem.rule, problem.message] for problem in verdict.problems])
    assert time.perf_counter() - started < 5


def test_answers_nested_a_hundred_thousand_deep(catalogue, judge):
    deep: object = 1
    for _ in range(100_000):
        deep = {"visit": deep} if _ % 2 else [deep]
    for answers in (deep, {"visit": deep}, {"members": deep}, {"members": [{"symptoms": deep}]}):
        assert judge(catalogue["household_survey"], answers).problems


@pytest.mark.parametrize(
    "finished_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00+00:00", "2026-02-03T09:15:02.123456+05:45"]
)
def test_a_clock_far_from_ours_still_gets_a_verdict(catalogue, judge, finished_at):
    for form in catalogue.values():
        answers = {
            "check": {"kind": "morning"},
            "visit": {"outcome": "call_back", "call_back_at": "9999-12-31T23:59:59-14:00"},
            "journey": {"returned_on": "0001-01-01"},
            "quarantine": {"starts_on": "9999-12-31"},
            "members": [{"birth_year": 1975}],
        }
        orjson.dumps(judge(form, answers, finished_at).answers)
