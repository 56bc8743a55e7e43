"""The example submissions of each form that we ship (forms/catalogue/examples): judged as they say, at the centre and by the phone's own engine.

None of a form's rules is without an example that breaks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forms.answers import to_xml
from forms.form import Form, Moment
from forms.questionnaire import Field

EXAMPLES = Path(__file__).parents[2] / "forms" / "catalogue" / "examples"
FORMS = sorted(path.stem for path in EXAMPLES.parent.glob("*.md"))
GOOD_EXAMPLES_MIN = 2


def examples(name: str) -> list[dict[str, Any]]:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def moment_of(example: dict[str, Any]) -> Moment:
    return Moment(*(datetime.fromisoformat(example["moment"][each]) for each in ("started_at", "finished_at")))


def expected(example: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem["path"], problem["rule"]) for problem in example["problems"]]


def without_indexes(path: str) -> str:
    return re.sub(r"/\d+(?=/|$)", "", path)


@pytest.mark.parametrize("name", FORMS)
def test_each_example_is_judged_as_it_says(catalogue, said, name):
    for example in examples(name):
        verdict = catalogue[name].judge(example["answers"], moment_of(example))
        assert said(verdict.problems) == expected(example), example["name"]
        assert example["problems"] or not verdict.remarks, example["name"]


@pytest.mark.parametrize("name", FORMS)
def test_there_are_good_examples_and_one_for_each_rule_that_the_form_has(catalogue, name):
    broken = {(without_indexes(path), rule) for example in examples(name) for path, rule in expected(example)}
    assert sum(not example["problems"] for example in examples(name)) >= GOOD_EXAMPLES_MIN
    assert set(rules_of(catalogue[name])) - broken == set()


def rules_of(form: Form) -> Iterator[tuple[str, str]]:
    """(path, rule) of every rule that answers to this form can break."""
    yield "/surprise", "unknown"
    for each in form.questionnaire.walk():
        if not each.is_leaf or each.type == "calculate":
            continue
        if each.required:
            yield each.path, "required"
        if each.constraint:
            yield each.path, "constraint"
        if each.value_type in ("select_one", "select_multiple"):
            yield each.path, "choice"
        if each.type != "hidden":
            yield each.path, "type"


@pytest.mark.parametrize("name", FORMS)
def test_every_question_is_answered_in_a_good_example(catalogue, name):
    answered = {path for example in examples(name) if not example["problems"] for path in paths_of(example["answers"])}
    asked = {each.path for each in catalogue[name].questionnaire.walk() if is_asked(each)}
    assert asked - answered == set()


def is_asked(each: Field) -> bool:
    return each.is_leaf and each.type not in ("calculate", "hidden")


def paths_of(answers: Any, at: str = "") -> Iterator[str]:
    yield at
    if isinstance(answers, dict):
        for name, below in answers.items():
            yield from paths_of(below, f"{at}/{name}")
    elif isinstance(answers, list):
        for below in answers:
            yield from paths_of(below, at)


MOMENT = "2026-02-03T20:15:02+08:00"


@pytest.fixture(scope="module")
def phone(engine_at):
    return engine_at(MOMENT)


@pytest.mark.parametrize("name", FORMS)
def test_the_phone_finds_the_same_in_each_example(catalogue, phone, name):
    form = catalogue[name]
    ids = {entity.id for entity in form.entities}  # whether an id is one of its kind is the centre's question alone
    phone.load(form.xform)
    for example in examples(name):
        assert example["moment"]["finished_at"] == MOMENT
        problems = {(path, rule) for path, rule in expected(example) if not (rule == "constraint" and without_indexes(path) in ids)}
        if {rule for _, rule in problems} <= {"required", "constraint"}:  # nothing else leaves a phone
            assert phone.fill(to_xml(form, example["answers"])).problems == problems, example["name"]
