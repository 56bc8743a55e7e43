"""JSON in, verdict out: validations a second of the household survey with 4 and with 20 members, and what the time goes into.

    python -m benchmarks.validation

One process, one core, CPU time, median of 5 runs. A validation is orjson.loads and Form.judge: types, relevance, calculations,
required, choices, constraints, record changes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from forms.form import Form, Moment
from forms.functions import Clock
from forms.reading import ignore
from forms.xlsform import compile_xform, read

RUNS = 5
RUN_SECONDS = 0.4
MEMBERS = (4, 20)
CATALOGUE = Path(__file__).parent.parent / "forms" / "catalogue"
MOMENT = Moment(datetime.fromisoformat("2026-02-03T09:12:44+08:00"), datetime.fromisoformat("2026-02-03T09:15:02+08:00"))


@dataclass(frozen=True)
class Row:
    members: int
    microseconds: float
    parts: dict[str, float]

    @property
    def per_second(self) -> float:
        return 1e6 / self.microseconds


def measure() -> list[Row]:
    form = Form.load(compile_xform(read(CATALOGUE / "household_survey.md")))
    return [_measure(form, members) for members in MEMBERS]


def _measure(form: Form, members: int) -> Row:
    body = orjson.dumps(survey(members))
    answers = orjson.loads(body)
    verdict = form.judge(answers, MOMENT)
    assert not verdict.problems and not verdict.remarks, "the survey that is measured must be a good one"
    root, _ = form._reader.read(answers)
    clock = Clock(MOMENT.finished_at)

    def pages() -> None:
        fresh = form._reader.make_root()
        fresh.at, fresh.up, fresh.index = "", None, 0
        for name, read_page in form._reader.pages:
            read_page(answers.get(name), fresh, ignore)

    reading = _microseconds(pages)
    parts = {
        "parse the JSON": _microseconds(lambda: orjson.loads(body)),
        "read the types": reading,
        "marshmallow around it": _microseconds(lambda: form._reader.read(answers)) - reading,
        "relevance and calculations": _microseconds(lambda: form._settle(root, clock, ignore)),
        "required, choices, constraints": _microseconds(lambda: form._check(root, clock, ignore)),
        "write the answers": _microseconds(lambda: form._write(root)),
        "record changes": _microseconds(lambda: form._changes(root, lambda *_: None)),
    }
    return Row(members, _microseconds(lambda: form.judge(orjson.loads(body), MOMENT)), parts)


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


def main() -> None:
    for row in measure():
        print(f"validation: {row.per_second:,.0f} a second, {row.microseconds:.0f} µs each (household survey, {row.members} members; median of {RUNS})")
        for part, microseconds in row.parts.items():
            print(f"          {microseconds:7.0f} µs  {part}")


if __name__ == "__main__":
    main()
