"""The same rules on the phone and at the centre: the phone's engine, under Node, and our compiled form judge the same answers.

Needs Node and the phone's packages (`npm ci` in server/pwa); `make test` has both.
"""

from __future__ import annotations

import importlib.util
import random
import re
from pathlib import Path

import pytest

from forms.answers import to_xml
from forms.form import Moment
from forms.functions import FUNCTIONS
from tests.forms.phone_engine import NOW

HERE = Path(__file__).parent
SUBMISSIONS = 40


def without_indexes(path: str) -> str:
    return re.sub(r"/\d+", "", path)


def some_answers(fields, luck: random.Random) -> dict:
    """Good and bad, but each of its type and each choice on the list: anything else never leaves the phone."""
    answers = {}
    for each in fields:
        if each.type == "group":
            answers[each.name] = some_answers(each.fields, luck)
        elif each.type == "repeat":
            # The engine starts a repeat with one row.
            answers[each.name] = [some_answers(each.fields, luck) for _ in range(luck.randint(1, 3))]
        elif each.is_leaf and each.type != "calculate" and luck.random() < 0.85:
            answers[each.name] = some_answer(each, luck)
    return answers


def some_answer(each, luck: random.Random):
    if each.choices:
        listed = [choice.value for choice in each.choices]
        if each.value_type == "select_one":
            return luck.choice([listed[0]] * len(listed) + listed)
        return luck.sample(listed, luck.randint(1, min(3, len(listed))))
    return luck.choice(
        {
            "text": ["1", "13800000001", "x" * 45, "何" * 70, "household:k", "😷" * 251],
            "image": ["photo-1.jpg"],
            "integer": [0, 1, 9, 10, 1899, 1900, 1975, 2090],
            "decimal": [33.9, 34, 36.6, 37.2, 37.3, 43, 43.1],
            "date": ["2020-02-29", "1999-12-31", "2090-01-01"],
            "dateTime": ["2020-01-01T00:00:00.000+08:00", "2090-01-01T00:00:00.000+08:00"],
            "geopoint": [{"latitude": 29.84, "longitude": 114.32, "altitude": 31, "accuracy": 6.5}],
        }[each.value_type]
    )


@pytest.mark.parametrize("name", ["household_survey", "quarantine_check"])
def test_the_phone_finds_the_same_problems_and_the_same_values(catalogue, engine, name):
    form, luck = catalogue[name], random.Random(f"{name} 2026-02-03")
    submissions = [some_answers(form.fields, luck) for _ in range(SUBMISSIONS)]
    engine.load(form.xform)
    calculations = {each.path for each in form.questionnaire.walk() if each.calculate}
    compared = values = 0
    for answers in submissions:
        phone = engine.fill(to_xml(form, answers))
        verdict = form.judge(answers, Moment(NOW, NOW))
        # Whether an id is one of its kind is the centre's question alone.
        ids = {entity.id for entity in form.entities}
        ours = {(problem.path, problem.rule) for problem in verdict.problems if not (problem.rule == "constraint" and without_indexes(problem.path) in ids)}
        assert ours == phone.problems
        compared += len(ours)
        calculated = {path: node.text for path, node in phone.nodes.items() if node.relevant and without_indexes(path) in calculations}
        for path, value in calculated.items():
            at: object = verdict.answers
            for part in path.split("/")[1:]:
                at = at.get(part) if isinstance(at, dict) else at[int(part)] if isinstance(at, list) else None
            assert ("" if at is None else str(at)) == value, path
        values += len(calculated)
    assert values > SUBMISSIONS
    assert compared > SUBMISSIONS


def test_every_function_gives_the_phones_value(form_of, engine):
    spec = importlib.util.spec_from_file_location("the_functions", HERE / "test_functions.py")
    functions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(functions)
    volatile = [name for name, row in FUNCTIONS.items() if row.volatile in ("pinned", "random")]
    cases = [case for case in functions.CASES if not any(f"{name}(" in case[0] for name in volatile)]
    forms = [form_of(functions.tables(expression)) for expression, _ in cases]
    for (expression, expected), form in zip(cases, forms, strict=True):
        engine.load(form.xform)
        found = engine.fill(to_xml(form, functions.ANSWERS)).nodes["/result"]
        assert (expression, found.text if found.relevant else "") == (expression, expected or "")
