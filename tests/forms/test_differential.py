"""Whatever is answered, the centre and the phone's engine agree: which questions are asked, what is calculated, and what is wrong.

Answers are steered by each form's own rules (steered.py) and filled into the engine under Node. `make test` tries a few dozen a form, `make test-long` 1,000.
`FORMS=folder` adds the forms (.md, .xlsx) of a folder. Deviations we know of stand in docs/forms.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as tried_with

from forms.answers import from_xml, to_xml
from forms.form import Form, Moment
from forms.xlsform import compile_xform, read
from tests.examples import TIMES
from tests.forms.phone_engine import NOW, Node
from tests.forms.steered import answers_to

TRIES = 1_000 if TIMES > 1 else 40
CATALOGUE = Path(__file__).parents[2] / "forms" / "catalogue"
FORMS = sorted([*CATALOGUE.glob("*.md"), *(Path(__file__).parents[1] / "data" / "forms").glob("*.md")])
FORMS += sorted(path for path in Path(os.environ.get("FORMS", "/nowhere")).glob("*") if path.suffix in (".md", ".xlsx"))


@pytest.mark.property
@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_the_centre_and_the_phone_agree_on_whatever_is_answered(path, engine):
    files = {file.name: file.read_bytes() for file in sorted((path.parent / "files").glob("*"))}
    form = Form.load(compile_xform(read(path)), files)
    engine.load(form.xform, files)

    @settings(max_examples=TRIES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=TIMES == 1)
    @tried_with(answers=answers_to(form, NOW.date()))
    def agree(answers: dict) -> None:
        found = engine.fill(to_xml(form, answers))
        sent = from_xml(form, found.instance).answers
        verdict = form.judge(sent, Moment(NOW, NOW))
        typed = form.judge(answers, Moment(NOW, NOW))
        # Opening what holds a choice that is not offered, the engine drops it and forgets that it must be answered; the phone's adapter remembers.
        dropped = {(path, "required") for path in given(answers) if path in found.nodes and found.nodes[path] == Node(True, "")}
        assert ours(form, verdict.problems) - dropped == found.problems - dropped
        assert [(each.path, each.rule) for each in verdict.remarks] == [], "the centre changes nothing of what the phone calculated and left out"
        assert verdict.answers == sent
        # And from the answers as they were typed in, irrelevant ones among them, it comes to the same; unless the engine made rows or dropped choices.
        if not any(each.rule in ("choice", "count") for each in typed.problems):
            assert typed.answers == sent
            assert ours(form, typed.problems) == found.problems

    agree()


def ours(form: Form, problems) -> set[tuple[str, str]]:
    """Whether an id is one of its kind is the centre's question alone."""
    ids = {entity.id for entity in form.entities}
    return {(each.path, each.rule) for each in problems if not (each.rule == "constraint" and plain(each.path) in ids)}


def given(answers: dict | list, at: str = "") -> Iterator[str]:
    """The path of every answer."""
    for name, value in answers.items() if isinstance(answers, dict) else enumerate(answers):
        if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield from given(value, f"{at}/{name}")
        else:
            yield f"{at}/{name}"


def plain(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/")[1:] if not part.isdecimal())
