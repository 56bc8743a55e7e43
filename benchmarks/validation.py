"""JSON in, verdict out: what judging a submission costs and what the time goes into, beside lxml's way of doing the same.

    python -m benchmarks.validation           # as `make bench` does
    python -m benchmarks.validation memory    # also: a million submissions in one process, and its memory on the way (some minutes)

One process, one core, CPU time, median of RUNS. A verdict is orjson.loads and Form.judge: types, relevance, calculations, required, choices,
constraints, record changes.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from benchmarks.lxml_verdict import Opinion
from benchmarks.report import table, verdict
from forms.form import Form, Moment
from forms.moments import Clock
from forms.reading import ignore
from forms.xform import read_xform
from forms.xlsform import compile_xform, read

RUNS = 5
RUN_SECONDS = 0.4
AIMS = {4: 250, 20: 600}
"""Members of a household survey → microseconds at most."""
BIG_FORM_MILLISECONDS_MAX = 15
COMPILE_MILLISECONDS_MAX = 50
MEMORY_SUBMISSIONS = 1_000_000
MEMORY_GROWTH_MEGABYTES_MAX = 5
CATALOGUE = Path(__file__).parent.parent / "forms" / "catalogue"
MOMENT = Moment(datetime.fromisoformat("2026-02-03T09:12:44+08:00"), datetime.fromisoformat("2026-02-03T09:15:02+08:00"))


@dataclass(frozen=True)
class Row:
    members: int
    microseconds: float
    parts: dict[str, float]
    with_lxml: float

    @property
    def per_second(self) -> float:
        return 1e6 / self.microseconds


def measure() -> list[Row]:
    xform = compile_xform(read(CATALOGUE / "household_survey.md"))
    return [_measure(Form.load(xform), _with_choices_alone(xform), members) for members in AIMS]


def _with_choices_alone(xform: str) -> Form:
    """The same form without required and constraint: the difference is what those cost."""
    questionnaire = read_xform(xform)
    for each in questionnaire.walk():
        each.required = each.constraint = ""
    return Form(questionnaire, xform)


def _measure(form: Form, with_choices_alone: Form, members: int) -> Row:
    body = orjson.dumps(survey(members))
    answers = orjson.loads(body)
    judged = form.judge(answers, MOMENT)
    assert not judged.problems and not judged.remarks, ("the survey that is measured must be a good one", judged.problems, judged.remarks)
    root, _ = form._reader.read(answers)
    clock = Clock(MOMENT.finished_at)

    def pages() -> None:
        fresh = form._reader.make_root()
        fresh.at, fresh.up, fresh.index, fresh.rows = "", None, 0, 0
        for name, read_page in form._reader.pages:
            read_page(answers.get(name), fresh, ignore)

    form._settle(root, clock, ignore)
    reading = _microseconds(pages)
    choices = _microseconds(lambda: with_choices_alone._check(root, clock, ignore))
    parts = {
        "parse the JSON": _microseconds(lambda: orjson.loads(body)),
        "read the types": reading,
        "marshmallow around it": _microseconds(lambda: form._reader.read(answers)) - reading,
        "relevance and calculations": _microseconds(lambda: form._settle(root, clock, ignore)),
        "choices": choices,
        "required and constraints": _microseconds(lambda: form._check(root, clock, ignore)) - choices,
        "write the answers": _microseconds(lambda: form._write(root)),
        "record changes": _microseconds(lambda: form._changes(root, lambda *_: None)),
    }
    opinion = Opinion(form)
    assert opinion.of(answers)[0] == set(), "lxml finds the same: nothing"
    return Row(
        members,
        _microseconds(lambda: form.judge(orjson.loads(body), MOMENT)),
        parts,
        with_lxml=_microseconds(lambda: opinion.of(orjson.loads(body))),
    )


def _microseconds(run: Callable[[], object]) -> float:
    """Of one call, median of RUNS."""
    medians = []
    for _ in range(RUNS):
        calls, started = 0, time.process_time()
        while (passed := time.process_time() - started) < RUN_SECONDS / RUNS:
            run()
            calls += 1
        medians.append(passed / calls * 1e6)
    return statistics.median(medians)


def survey(members: int) -> dict:
    """A survey that was done: the first person has come back with a fever, the others are well."""
    well = {"kind": "resident", "temperature": 36.6, "symptoms": ["none"], "health": {"contact_history": "no", "health_code": "green"}}
    returned = {
        "kind": "returnee",
        "temperature": 37.5,
        "symptoms": ["fever", "dry_cough"],
        "fever": {"fever_since": "2026-02-02", "saw_doctor": "no", "fever_action": "已报告社区医生"},
        "journey": {"origin_province": "42", "origin_city": "武汉", "returned_on": "2026-01-22", "transport": "train"},
        "health": {"contact_history": "yes", "contact_detail": "1月20日同乘", "health_code": "yellow", "vulnerable": ["chronic_illness"]},
    }
    people = [
        {
            "person_id": f"person:01JD3Z8Q5V7M2K4X9T6B1N0C{number:02}",
            "name": "何伶俐",
            "sex": "2",
            "birth_year": 1950 + number,
            "relation": "8",
            "phone": "13800000001",
            **(well if number else returned),
        }
        for number in range(members)
    ]
    return {
        "household_id": "household:k5xw3f2mzq7a4b6c2d3e4f5g6h",
        "visit": {"mode": "door", "outcome": "done", "visited_at": "2026-02-03T09:12:50.000+08:00"},
        "address": {"building": "1", "unit": "2", "room": "311", "ordinal": 1, "household_phone": "0715-8888888"},
        "members": people,
        "household_needs": {"needs": ["medicine"], "needs_note": "降压药", "member_count": members, "vulnerable_count": 1, "fever_count": 1},
        "closing": {"position": {"latitude": 29.84, "longitude": 114.32, "altitude": 31, "accuracy": 6.5}, "door_photo": "door-1.jpg", "consent": "yes"},
    }


BIG_REPEATS, BIG_ROWS = 10, 50


def big_form() -> str:
    """300 questions: 50 in the form itself and 25 in each of ten repeats, with rules between neighbours, sums over rows and choices."""
    kinds = ("select_one yes_no", "integer", "text", "select_multiple signs", "decimal")
    rows: list[str] = []

    def five(name: str) -> None:
        for at, kind in enumerate(kinds):
            relevant = f"${{{name}_0}} = 'yes'" if at == 2 else ""
            constraint = ". >= 0 and . <= 1000" if kind in ("integer", "decimal") else ""
            rows.append(f"| | {kind} | {name}_{at} | {name} | {relevant} | {constraint} | {'yes' if at == 0 else ''} | |")

    for group in range(8):
        five(f"top{group}")
    for repeat in range(BIG_REPEATS):
        rows.append(f"| | begin_repeat | rows{repeat} | rows | | | | |")
        for group in range(5):
            five(f"r{repeat}_{group}")
        rows.append("| | end_repeat | | | | | | |")
        rows.append(f"| | calculate | sum{repeat} | | | | | sum(${{rows{repeat}}}/r{repeat}_0_1) |")
    lines = "\n".join(rows)
    return f"""
| survey |
| | type | name | label | relevant | constraint | required | calculation |
{lines}
| choices |
| | list_name | name | label |
| | yes_no | yes | Yes |
| | yes_no | no | No |
| | signs | fever | Fever |
| | signs | cough | Cough |
| settings |
| | form_id | version |
| | big | 1 |
"""


def big_answers(form: Form) -> dict:
    answer = {"select_one": "yes", "integer": 7, "text": "何伶俐", "select_multiple": ["fever", "cough"], "decimal": 36.6}

    def of(fields: list) -> dict:
        return {
            each.name: [of(each.fields) for _ in range(BIG_ROWS)] if each.type == "repeat" else answer[each.value_type]
            for each in fields
            if each.type != "calculate"
        }

    return of(form.fields)


def measure_big() -> tuple[float, int]:
    """(milliseconds, questions)"""
    form = Form.load(compile_xform(read(big_form(), ".md")))
    body = orjson.dumps(big_answers(form))
    assert not form.judge(orjson.loads(body), MOMENT).problems
    questions = sum(each.is_leaf for each in form.questionnaire.walk())
    return _microseconds(lambda: form.judge(orjson.loads(body), MOMENT)) / 1000, questions


def measure_compiling() -> list[tuple[str, float]]:
    """XForm to functions, in milliseconds."""
    forms = [("household survey", compile_xform(read(CATALOGUE / "household_survey.md"))), ("300 questions", compile_xform(read(big_form(), ".md")))]
    return [(name, _microseconds(lambda xform=xform: Form.load(xform)) / 1000) for name, xform in forms]  # type: ignore[misc]


def measure_memory() -> list[tuple[int, float]]:
    """(submissions judged, megabytes of this process): good ones, bad ones and strange ones in turn, each another."""
    form = Form.load(compile_xform(read(CATALOGUE / "household_survey.md")))
    good = survey(4)
    seen = []
    for number in range(1, MEMORY_SUBMISSIONS + 1):
        answers = dict(good)
        if number % 3 == 1:
            answers["members"] = [{"name": f"姓名{number}", "temperature": number % 60, "symptoms": [f"s{number}"]}]
        elif number % 3 == 2:
            answers[f"strange{number}"] = number
        form.judge(answers, MOMENT)
        if number in (MEMORY_SUBMISSIONS // 100, MEMORY_SUBMISSIONS // 10, MEMORY_SUBMISSIONS // 2, MEMORY_SUBMISSIONS):
            seen.append((number, _megabytes()))
            print(f"  {number:>9,} submissions judged: {seen[-1][1]:.1f} MB", flush=True)
    return seen


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    rows = measure()
    parts = [[part, *(f"{row.parts[part]:.0f} µs" for row in rows)] for part in rows[0].parts]
    parts.append(["JSON in, verdict out", *(f"{row.microseconds:.0f} µs" for row in rows)])
    parts.append(["aim", *(f"{AIMS[row.members]} µs: {verdict(row.microseconds <= AIMS[row.members])}" for row in rows)])
    parts.append(["a second", *(f"{row.per_second:,.0f}" for row in rows)])
    parts.append(["the same with lxml", *(f"{row.with_lxml:,.0f} µs" for row in rows)])
    table(f"validation: a household survey, CPU time of one core, median of {RUNS}", ["", *(f"{row.members} members" for row in rows)], parts)
    big, questions = measure_big()
    other = [
        [
            f"{questions} questions, {BIG_REPEATS} repeats of {BIG_ROWS} rows: verdict",
            f"{big:.1f} ms",
            f"{BIG_FORM_MILLISECONDS_MAX} ms: {verdict(big <= BIG_FORM_MILLISECONDS_MAX)}",
        ]
    ]
    for name, milliseconds in measure_compiling():
        other.append(
            [f"{name}: XForm to functions", f"{milliseconds:.0f} ms", f"{COMPILE_MILLISECONDS_MAX} ms: {verdict(milliseconds <= COMPILE_MILLISECONDS_MAX)}"]
        )
    table("and", ["", "", "aim"], other)
    if "memory" in sys.argv[1:]:
        print("\nmemory")
        seen = measure_memory()
        growth = seen[-1][1] - seen[1][1]
        met = verdict(growth <= MEMORY_GROWTH_MEGABYTES_MAX)
        print(f"  from {seen[1][0]:,} to {seen[-1][0]:,}: {growth:+.1f} MB, aim {MEMORY_GROWTH_MEGABYTES_MAX} MB: {met}")


if __name__ == "__main__":
    main()
