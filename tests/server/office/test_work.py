"""Records of every kind as lists and pages, and all forms by field of work; a form that writes no record is counted all the same."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from forms.check import publishable
from server.stores import stores
from sync.clock import utc_now
from sync.store.counts import count_all, keep
from sync.store.models import FormVersion, Record
from tests.server.office.seeded import CASE, HOUSEHOLD, field, record, submission

CATALOGUE = Path(__file__).parents[3] / "forms" / "catalogue"
OPEN = "problem:01JD3Z8Q5V7M2K4X9T6B1N0P01"
SOLVED = "problem:01JD3Z8Q5V7M2K4X9T6B1N0P02"
VISIT = "visit:01JD3Z8Q5V7M2K4X9T6B1N0V01"


@pytest.fixture
def admin(app, browser):
    """Problems of a door, a visit to it, and two entries at the gate."""
    with app.app_context():
        session = stores().session
        session.add_all([
            record(OPEN, "g0311", "后门栏杆被拆", "后门栏杆被拆",
                   {"description": field("后门栏杆被拆"), "kind": field("prevention"), "status": field("doing")}, "doing", household=HOUSEHOLD),
            record(SOLVED, "g0311", "路灯不亮", "路灯不亮", {"description": field("路灯不亮"), "kind": field("facility"), "status": field("solved")}, "solved"),
            record(VISIT, "g0311", "01JD3Z8Q", "", {"outcome": field("nobody_home"), "attempt": field(2)}, "nobody_home", household=HOUSEHOLD),
            submission("submission:01JD3Z8Q5V7M2K4X9T6B1N0G01", "accepted", form="checkpoint_entry", answers={"entry": {"direction": "in"}}),
            submission("submission:01JD3Z8Q5V7M2K4X9T6B1N0G02", "accepted", form="checkpoint_entry", answers={"entry": {"direction": "out"}}),
        ])  # fmt: skip
        for name in ("checkpoint_entry", "problem_report"):
            form = publishable(CATALOGUE / f"{name}.md").form
            session.add(
                FormVersion(
                    form=name, version="1", audience="phone", source=b"", source_type="md", xform="", document=orjson.dumps(form.as_document()), current=True,
                    published_at=datetime.now(UTC).replace(tzinfo=None),
                )
            )  # fmt: skip
        session.commit()
    return browser("admin")


@pytest.mark.parametrize(
    ("state", "found", "not_found"), [("", "路灯不亮", "nobody"), ("doing", "后门栏杆被拆", "路灯不亮"), ("solved", "路灯不亮", "后门栏杆被拆")]
)
def test_problems_are_a_list_by_state_in_the_words_of_the_form(admin, state, found, not_found):
    text = admin.get("/problems", state=state).text
    assert found in text and not_found not in text
    assert {"doing": "处理中", "solved": "已解决", "": "防控漏洞"}[state] in text


@pytest.mark.parametrize("path", ["problems", "requests", "shifts", "premises", "passes", "visits"])
def test_each_kind_has_a_list_and_an_export(admin, path):
    assert admin.get(f"/{path}").status_code == 200
    assert admin.get(f"/{path}.csv").status_code == 200


def test_the_page_of_a_household_leads_to_its_problems_and_visits(admin):
    text = admin.get(f"/records/{HOUSEHOLD}").text
    assert f"/records/{OPEN}" in text and f"/records/{VISIT}" in text
    assert "后门栏杆被拆" in admin.get(f"/records/{OPEN}").text


def test_a_form_that_writes_no_record_is_counted_and_its_submissions_are_listed(admin):
    text = admin.get("/work").text
    assert "出入管理" in text and "卡口登记" in text and "只作台账" in text
    assert text.index("出入管理") < text.index("信息报送") < text.index("其他表单")
    assert 'href="/submissions?state=any&amp;form=checkpoint_entry">2</a>' in text
    listed = admin.get("/submissions", state="any", form="checkpoint_entry").text
    assert "0G01" in listed and "0G02" in listed


@pytest.mark.parametrize("path", ["/", "/work", "/forms", "/forms/checkpoint_entry/1", "/submissions", "/households", "/problems"])
def test_every_page_with_a_number_of_before_says_as_of_when(app, admin, path):
    assert "数字截至" not in admin.get(path).text
    with app.app_context(), stores().store.writing() as connection:
        keep(connection, replace(count_all(connection, utc_now() - timedelta(minutes=5)), seconds=10.0))
    assert "数字截至" in admin.get(path).text


def test_a_kept_number_is_the_one_of_its_moment_and_a_new_one_is_counted_beside_the_page(app, admin):
    with app.app_context(), stores().store.writing() as connection:
        old = count_all(connection, utc_now() - timedelta(hours=1))
        keep(connection, replace(old, submissions=[["g0311", "accepted", "checkpoint_entry", "1", 77]], seconds=0.2))
    assert ">77</a>" in admin.get("/work").text
    for _ in range(100):  # it took the moment that a count takes, not the 20 seconds that one is kept
        if ">2</a>" in (text := admin.get("/work").text):
            break
        time.sleep(0.05)
    assert ">2</a>" in text and "数字截至" not in text


def test_a_leader_counts_their_own_areas_only(app, admin, browser):
    with app.app_context():
        stores().session.add(submission("submission:01JD3Z8Q5V7M2K4X9T6B1N0G03", "accepted", area="g0411", form="checkpoint_entry", answers={"entry": {}}))
        stores().session.commit()
    assert 'form=checkpoint_entry">3</a>' in admin.get("/work").text
    assert 'form=checkpoint_entry">2</a>' in browser("leader").get("/work").text


def test_a_case_that_was_released_is_neither_in_quarantine_nor_past_its_end(app, admin):
    with app.app_context():
        stores().session.get_one(Record, CASE).state = "released"
        stores().session.commit()
    assert CASE not in admin.get("/cases", state="open").text
    assert CASE not in admin.get("/cases", state="over").text
    assert CASE in admin.get("/cases", state="released").text
    assert "已解除" in admin.get(f"/records/{CASE}").text
