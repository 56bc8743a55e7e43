"""The same rules on the phone and at the centre: the phone's engine, under Node, and our compiled form judge the same answers.

Needs Node and the phone's packages (`npm ci` in server/pwa); `make test` has both.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from forms.answers import to_xml
from forms.form import Form, Moment
from forms.functions import FUNCTIONS

HERE = Path(__file__).parent
PHONE = HERE.parents[1] / "server" / "pwa"
SUBMISSIONS = 40

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (PHONE / "node_modules" / "@getodk" / "xforms-engine").is_dir(), reason="the phone's packages are not installed"
)


def ask_the_phone(questions: list[tuple[Form, list[str]]]) -> list[dict]:
    body = json.dumps([{"xform": form.xform, "instances": instances} for form, instances in questions])
    done = subprocess.run(
        ["node", HERE / "phone.mjs", PHONE], input=body, capture_output=True, text=True, timeout=240, check=False, env={**os.environ, "TZ": "Asia/Shanghai"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def json_path(reference: str) -> str:
    """/data/members[2]/name → /members/1/name."""
    return re.sub(r"\[(\d+)\]", lambda found: f"/{int(found[1]) - 1}", reference.removeprefix("/data"))


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
def test_the_phone_finds_the_same_problems_and_the_same_values(catalogue, name):
    form, luck = catalogue[name], random.Random(f"{name} 2026-02-03")
    submissions = [some_answers(form.fields, luck) for _ in range(SUBMISSIONS)]
    found = ask_the_phone([(form, [to_xml(form, answers) for answers in submissions])])
    now = datetime.now(timezone(timedelta(hours=8)))
    compared = 0
    for answers, phone in zip(submissions, found, strict=True):
        verdict = form.judge(answers, Moment(now, now))
        # Whether an id is one of its kind is the centre's question alone.
        ids = {entity.id for entity in form.entities}
        ours = {(problem.path, problem.rule) for problem in verdict.problems if not (problem.rule == "constraint" and re.sub(r"/\d+", "", problem.path) in ids)}
        assert ours == {(json_path(reference), condition) for reference, condition in phone["violations"]}
        compared += len(ours)
        for reference, value in phone["values"].items():
            at: object = verdict.answers
            for part in json_path(reference).split("/")[1:]:
                at = at.get(part) if isinstance(at, dict) else at[int(part)] if isinstance(at, list) else None
            if not reference.endswith("_at") and "/meta/" not in reference:
                assert str("" if at is None else at) == value, reference
            else:
                assert "/meta/" in reference or bool(at) == bool(value), reference
    assert compared > SUBMISSIONS


def test_every_function_gives_the_phones_value(form_of):
    spec = importlib.util.spec_from_file_location("the_functions", HERE / "test_functions.py")
    functions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(functions)
    volatile = [name for name, row in FUNCTIONS.items() if row.volatile in ("pinned", "random")]
    cases = [case for case in functions.CASES if not any(f"{name}(" in case[0] for name in volatile)]
    forms = [form_of(functions.tables(expression)) for expression, _ in cases]
    found = ask_the_phone([(form, [to_xml(form, functions.ANSWERS)]) for form in forms])
    for (expression, expected), phone in zip(cases, found, strict=True):
        assert (expression, phone["values"].get("/data/result", "")) == (expression, expected or "")
