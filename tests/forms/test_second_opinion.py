"""The same rules asked of somebody else: lxml's XPath over the submission's XML, straight from the binds of the XForm (benchmarks/lxml_verdict.py)."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.lxml_verdict import TODAY, Opinion
from tests.examples import examples

words = st.sampled_from(["1", "12", "13800000001", "x" * 45, "名" * 70, "字" * 501, "何伶俐"])
dates = st.sampled_from(["2026-02-03", "2026-02-03", "2026-02-03", "2026-02-04", "2026-02-02", "1999-12-31", "2030-01-01"])
VALUES = {
    "text": words,
    "image": st.just("a.jpg"),
    "integer": st.sampled_from([0, 1, 9, 10, 1899, 1900, 1975, 2026, 2027]),
    "decimal": st.sampled_from([33.9, 34, 36.6, 37.2, 37.3, 43, 43.1]),
    "date": dates,
    "dateTime": dates.map(lambda day: day + "T00:00:00.000+08:00"),
    "geopoint": st.just({"latitude": 29.84, "longitude": 114.32}),
}


def some(each):
    if each.value_type in ("select_one", "select_multiple"):
        # The first choice ("done", "none") opens most of a form, so it comes most often.
        listed = [choice.value for choice in each.choices or ()]
        codes = st.sampled_from([*[listed[0]] * len(listed), *listed, "no_such_choice"])
        return codes if each.value_type == "select_one" else st.lists(codes, min_size=1, max_size=2, unique=True)
    return VALUES[each.value_type]


def answers_of(fields):
    optional = {}
    for each in fields:
        if each.is_leaf and each.type != "calculate" and not each.name.endswith("_id"):
            # Mostly answered, or little beyond "required" would ever be met.
            optional[each.name] = st.none() | some(each) | some(each) | some(each)
        elif each.type in ("group", "repeat"):
            optional[each.name] = answers_of(each.fields) if each.type == "group" else st.lists(answers_of(each.fields), max_size=3)
    return st.fixed_dictionaries(optional).map(lambda answers: {name: value for name, value in answers.items() if value not in (None, {}, [])})


@pytest.fixture(scope="module")
def opinions(catalogue):
    return {name: Opinion(catalogue[name]) for name in ("household_survey", "quarantine_check")}


@pytest.mark.parametrize("name", ["household_survey", "quarantine_check"])
@settings(max_examples=examples(250), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_lxml_finds_the_same_problems(catalogue, opinions, judge, name, data):
    answers = data.draw(answers_of(catalogue[name].fields))
    verdict = judge(catalogue[name], answers)
    problems, not_asked = opinions[name].of(answers)
    assert {(problem.path, problem.rule) for problem in verdict.problems} == problems
    left_out = {remark.path for remark in verdict.remarks if remark.rule == "relevant"}
    # What was left out stands in a group or repeat that lxml finds irrelevant, too.
    for path in left_out:
        assert any(path == other or path.startswith(other + "/") or other.startswith(path + "/") for other in not_asked), path


def test_the_second_opinion_can_disagree(catalogue, opinions):
    """It is worth nothing if it nods at everything."""
    problems, _ = opinions["household_survey"].of({"visit": {"outcome": "done"}, "members": [{"name": "甲", "temperature": 50}]})
    assert {("/members/0/temperature", "constraint"), ("/members/0/sex", "required"), ("/members/0/fever/fever_since", "required")} <= problems
    assert not math.isnan(TODAY)
