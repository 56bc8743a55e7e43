"""Forms in these tests are Markdown tables; a verdict is what one moment in Xianning makes of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from forms.form import Form, Moment, Verdict
from forms.xlsform import compile_xform, read
from tests.forms.phone_engine import NOW, PHONE, PhoneEngine

CATALOGUE = Path(__file__).parents[2] / "forms" / "catalogue"
SETTINGS = "\n| settings |\n| | form_id | version |\n| | trial | 1 |\n"


@pytest.fixture(scope="session")
def form_of() -> Callable[[str], Form]:
    """A form from its tables; the settings sheet may be left out."""

    def make(tables: str) -> Form:
        return Form.load(compile_xform(read(tables if "| settings" in tables else tables + SETTINGS, ".md")))

    return make


@pytest.fixture(scope="session")
def catalogue() -> dict[str, Form]:
    return {path.stem: Form.load(compile_xform(read(path))) for path in sorted(CATALOGUE.glob("*.md"))}


@pytest.fixture(scope="session")
def moment() -> Moment:
    return Moment(datetime.fromisoformat("2026-02-03T09:12:44+08:00"), datetime.fromisoformat("2026-02-03T09:15:02+08:00"))


@pytest.fixture(scope="session")
def judge(moment: Moment) -> Callable[..., Verdict]:
    def run(form: Form, answers: object, finished_at: str = "") -> Verdict:
        return form.judge(answers, Moment(moment.started_at, datetime.fromisoformat(finished_at)) if finished_at else moment)

    return run


@pytest.fixture(scope="session")
def said() -> Callable[..., list[tuple[str, str]]]:
    """(path, rule) of problems or remarks, in their order."""
    return lambda problems: [(problem.path, problem.rule) for problem in problems]


@pytest.fixture(scope="session")
def engine_at() -> Iterator[Callable[[str], PhoneEngine]]:
    """The phone's engine at a moment, an ISO text; one process for each, with one form loaded at a time."""
    if shutil.which("node") is None or not (PHONE / "node_modules" / "@getodk" / "xforms-engine").is_dir():
        pytest.skip("the phone's packages are not installed")
    running: dict[str, PhoneEngine] = {}

    def start(now: str) -> PhoneEngine:
        if now not in running:
            running[now] = PhoneEngine(now)
        return running[now]

    yield start
    for engine in running.values():
        engine.close()


@pytest.fixture(scope="session")
def engine(engine_at) -> PhoneEngine:
    return engine_at(NOW.isoformat())
