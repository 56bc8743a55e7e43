"""The sheet `schedule` and what is due by it; the phone runs the cases in tests/data/schedule.json too."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from forms.check import publishable
from forms.form import Form
from forms.schedule import PAST_DAYS_MAX, Slot, due

DATA = json.loads((Path(__file__).parents[1] / "data" / "schedule.json").read_text())
SHANGHAI = ZoneInfo("Asia/Shanghai")
CHECK = """
| survey |
| | type | name | label::zh | label::en | calculation | bind::type | save_to |
| | hidden | case_id | | | | | |
| | select_one kind | kind | 项目 | Kind | | | |
| | text | note | 说明 | Note | | | quarantine_case#note |
| | calculate | morning_at | 早 | Morning | once(now()) | dateTime | quarantine_case#morning_at |
| | calculate | evening_at | 晚 | Evening | once(now()) | dateTime | quarantine_case#evening_at |
| | begin_repeat | people | 人 | People | | | |
| | text | inside | 内 | Inside | | | |
| | end_repeat | | | | | | |
| choices |
| | list_name | name | label::zh | label::en |
| | kind | morning | 早 | Morning |
| | kind | evening | 晚 | Evening |
| entities |
| | list_name | entity_id |
| | quarantine_case | ${case_id} |
| schedule |
| | name | label::zh | label::en | kind | field | set | from | until | grace_minutes | starts | ends |
ROWS
| settings |
| | form_title::zh | form_title::en | form_id | version |
| | 随访 | Check | check | 1 |
"""
MORNING = "| | morning | 早间体温 | Morning temperature | quarantine_case | morning_at | kind=morning | 06:00 | 12:00 | 60 | starts_on | ends_on |"


def with_rows(*rows: str) -> str:
    return CHECK.replace("ROWS", "\n".join(rows))


def slot(document: dict) -> Slot:
    minutes = [int(document[name][:2]) * 60 + int(document[name][3:]) for name in ("from", "until")]
    return Slot(
        document["name"], document["kind"], document["field"], *minutes, document["grace_minutes"], document["starts"], document["ends"], document["label"],
        document["set"],
    )  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in DATA["cases"]])
def test_the_shared_cases(case):
    slots = [slot(DATA["slots"][name]) for name in case["slots"]]
    found = due(slots, case["fields"], datetime.fromisoformat(case["now"]), ZoneInfo(case["zone"]))
    assert [[each.slot.name, each.day, each.window_from, each.window_until, each.state] for each in found] == case["due"]


def test_a_slot_of_the_sheet_is_on_the_form_document_as_the_phone_reads_it():
    form = publishable(with_rows(MORNING), ".md").form
    assert form.as_document()["schedule"] == [DATA["slots"]["morning"] | {"set": {"/kind": "morning"}}]
    again = Form.load(form.xform)
    assert (again.schedule, again.as_document()) == (form.schedule, form.as_document()), "the XForm alone is the whole form"
    assert [slot(document) for document in form.as_document()["schedule"]] == form.schedule


def test_a_form_without_the_sheet_says_nothing_of_it(catalogue):
    assert "schedule" not in catalogue["household_survey"].as_document()


def test_the_sheet_is_read_from_a_workbook_and_from_csv_too():
    sheets: dict[str, list[list[str]]] = {}
    for line in with_rows(MORNING).strip().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0]:
            rows = sheets.setdefault(cells[0], [])
        else:
            rows.append(cells[1:])
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    lines = [line for name, rows in sheets.items() for line in [f'"{name}",', *("," + ",".join(f'"{cell}"' for cell in row) for row in rows)]]
    wanted = publishable(with_rows(MORNING), ".md").form.schedule
    assert len(wanted) == 1
    for source, file_type in ((written.getvalue(), ".xlsx"), ("\n".join(lines), ".csv")):
        result = publishable(source, file_type)
        assert result.form is not None, result.findings
        assert (result.form.schedule, result.form.schedule[0].label) == (wanted, wanted[0].label)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (MORNING.replace("06:00", "6 o'clock"), "from", "06:00"),
        (MORNING.replace("06:00", "13:00"), "until", "ends before it begins"),
        (MORNING.replace("12:00", "25:00"), "until", "06:00"),
        (MORNING.replace("| 60 |", "| an hour |"), "grace_minutes", "number of minutes"),
        (MORNING.replace("| 60 |", "| 1200 |"), "grace_minutes", "next day"),
        (MORNING.replace("quarantine_case", "household"), "kind", "no such kind"),
        (MORNING.replace("morning_at", "noon_at"), "field", "noon_at"),
        (MORNING.replace("morning_at", "note"), "field", "could never be done"),
        (MORNING.replace("kind=morning", "kinds=morning"), "set", "kinds"),
        (MORNING.replace("kind=morning", "kind=noon"), "set", "kind=noon"),
        (MORNING.replace("kind=morning", "inside=x"), "set", "inside"),
        (MORNING.replace("starts_on", "starts on"), "starts", "starts on"),
        (MORNING.replace("| morning |", "| the morning |"), "name", "letters"),
    ],
)
def test_what_is_wrong_with_a_slot_is_said_where_it_stands(row, column, words):
    result = publishable(with_rows(MORNING.replace("| morning |", "| first |"), row), ".md")
    errors = [finding for finding in result.findings if finding.level == "error"]
    assert result.form is None
    assert any((each.sheet, each.row, each.column) == ("schedule", 3, column) and words in each.message["en"] for each in errors), result.findings
    assert all(each.message["zh"] != each.message["en"] for each in errors)


def test_two_slots_of_one_name_and_a_column_that_nobody_knows_are_said():
    result = publishable(with_rows(MORNING, MORNING), ".md")
    assert [(each.sheet, each.row, each.column) for each in result.errors] == [("schedule", 3, "name")]
    result = publishable(with_rows(MORNING).replace("grace_minutes", "grace"), ".md")
    assert ("schedule", 1, "grace") in [(each.sheet, each.row, each.column) for each in result.findings]


def test_of_one_kind_of_record_the_column_may_stay_blank():
    assert publishable(with_rows(MORNING.replace("quarantine_case", "")), ".md").form.schedule[0].kind == "quarantine_case"


def test_of_slots_long_ago_nothing_is_said():
    morning = slot(DATA["slots"]["morning"])
    found = due([morning], {"starts_on": "1990-01-01"}, datetime.fromisoformat("2026-02-03T09:00:00+08:00"), SHANGHAI)
    assert len(found) == PAST_DAYS_MAX + 1
