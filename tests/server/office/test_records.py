"""Households, people and cases: lists, filters, exports, a record's page."""

from __future__ import annotations

import csv
import io
import re

import pytest

from server.office.csv_export import safe
from server.stores import stores
from sync.store.models import AuditEvent, Record
from tests.server.office.seeded import CASE, HOUSEHOLD, NEIGHBOUR, PERSON, field, record


def labels(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return re.findall(r'<th scope="row"><a href="/records/[^"]+">([^<]+)</a>', answer.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["1栋 2单元 311", "2栋 1单元 202", "10栋 1单元 101"]),
        ({"q": "何伶俐"}, ["1栋 2单元 311"]),
        ({"q": "helingli"}, ["1栋 2单元 311"]),
        ({"q": "HLL 311"}, ["1栋 2单元 311"]),
        ({"q": "5301"}, ["1栋 2单元 311"]),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"area": "g0411"}, ["2栋 1单元 202"]),
        ({"area": "s03"}, ["1栋 2单元 311", "10栋 1单元 101"]),
        ({"building": "10"}, ["10栋 1单元 101"]),
        ({"state": "done"}, ["1栋 2单元 311"]),
        ({"state": "again"}, ["2栋 1单元 202"]),
        ({"state": "none"}, ["10栋 1单元 101"]),
        ({"disputed": "1"}, ["1栋 2单元 311"]),
        ({"q": "x" * 5000}, []),
        ({"q": "'\"><script>"}, []),
    ],
)
def test_households_are_found_by_what_the_address_says(browser, query, found):
    assert labels(browser("admin").get("/households", **query)) == found


@pytest.mark.parametrize(("query", "count"), [({}, 1), ({"fever": "1"}, 1), ({"code": "red"}, 1), ({"code": "green"}, 0), ({"order": "temperature"}, 1)])
def test_people_are_found_by_fever_and_health_code(browser, query, count):
    assert len(labels(browser("admin").get("/people", **query))) == count


@pytest.mark.parametrize(
    "query", [{"page": "0"}, {"page": "-1"}, {"page": "x"}, {"page": "9" * 30}, {"page": "²"}, {"order": "random"}, {"area": "nowhere"}, {"q": "\0"}]
)
def test_an_address_that_means_nothing_is_refused(browser, query):
    assert browser("admin").get("/households", **query).status_code == 400


def test_a_page_beyond_the_end_leads_to_the_last_one(browser):
    answer = browser("admin").get("/households", page=7, q="栋")
    assert answer.status_code == 302
    assert "page=1" in answer.location and "q=" in answer.location


def test_an_order_of_its_own_for_each_list(browser):
    assert browser("admin").get("/households", order="temperature").status_code == 400


def test_an_empty_list_says_what_belongs_there_and_a_filtered_one_how_to_get_out(browser):
    assert "没有符合搜索" in browser("admin").get("/households", q="zzz").text
    leader = browser("leader")
    assert "显示全部" in leader.get("/people", q="zzz").text


def test_the_export_is_the_list_on_the_screen(app, browser):
    answer = browser("admin").get("/households.csv", area="s03", q="栋")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["门牌", "1栋 2单元 311", "10栋 1单元 101"]
    assert rows[1][-1] == HOUSEHOLD
    assert "0715-8255301" in rows[1]
    with app.app_context():
        event = stores().session.query(AuditEvent).filter_by(action="export").one()
        assert event.subject == "households"


@pytest.mark.parametrize(
    ("cell", "written"), [("=1+1", "'=1+1"), ("+86 138", "'+86 138"), ("-1", "'-1"), ("@x", "'@x"), ("\t=1", "'\t=1"), ("何伶俐", "何伶俐"), ("", "")]
)
def test_no_cell_is_a_formula(cell, written):
    assert safe(cell) == written


def test_a_name_that_is_a_formula_is_harmless_in_the_export_and_on_the_page(app, browser):
    with app.app_context():
        name = '=HYPERLINK("http://evil.example")<script>alert(1)</script>'
        stores().session.add(record("person:01JD3Z8Q5V7M2K4X9T6B1N0CFX", "g0311", name, name, {"name": field(name)}))
        stores().session.commit()
    admin = browser("admin")
    assert "'=HYPERLINK" in admin.get("/people.csv").text
    assert "<script>alert" not in admin.get("/people").text
    assert "<script>alert" not in admin.get("/records/person:01JD3Z8Q5V7M2K4X9T6B1N0CFX").text


def test_a_record_says_of_each_fact_who_when_which_phone_and_which_form(browser):
    text = browser("admin").get(f"/records/{HOUSEHOLD}").text
    assert "走访结果" in text and "完成" in text
    assert "陈静 · 2月3日 09:15" in text
    assert "来自入户摸排，手机d-7f3a0001" in text
    assert "Result of the visit" in browser("admin2", "en").get(f"/records/{HOUSEHOLD}").text or "走访结果" in text


def test_disputed_values_stand_side_by_side_with_their_authors(browser):
    text = browser("admin").get(f"/records/{HOUSEHOLD}").text
    assert "两人记录不一致" in text
    assert "0715-8255301" in text and "0715-8255311" in text
    assert "刘洋 · 2月3日 09:20" in text


def test_a_record_links_its_household_people_cases_and_submissions(browser):
    admin = browser("admin")
    household, case = admin.get(f"/records/{HOUSEHOLD}").text, admin.get(f"/records/{CASE}").text
    assert f"/records/{PERSON}" in household and f"/records/{CASE}" in household
    assert f"/records/{PERSON}" in case and f"/records/{HOUSEHOLD}" in case
    assert "/submissions/submission:01JD3Z8Q5V7M2K4X9T6B1N0CFR" in household
    assert f"/records/{NEIGHBOUR}" not in household


@pytest.mark.parametrize("record_id", ["household:nobody", "x", "household:", "a" * 3000, "..", "quarantine_case:'--"])
def test_an_unknown_record_is_a_page_that_says_so(browser, record_id):
    answer = browser("admin").get(f"/records/{record_id}")
    assert answer.status_code == 404


def test_a_record_with_odd_fields_is_still_shown(app, browser):
    odd = {"outcome": field(["done", {"a": 1}]), "phone": {"value": 3.5}, "new_property": field({"latitude": "x"}), "empty": field("")}
    with app.app_context():
        stores().session.get_one(Record, NEIGHBOUR).body = record(NEIGHBOUR, "g0311", "10栋", "", odd).body
        stores().session.commit()
    assert "new_property" in browser("admin").get(f"/records/{NEIGHBOUR}").text
    assert browser("admin").get("/households").status_code == 200


def test_the_overviews_numbers_are_those_of_the_lists_they_lead_to(browser):
    admin = browser("admin")
    text = admin.get("/").text
    numbers = re.findall(r'<a href="(/[^"]+)"><strong>(\d+)</strong>', text)
    assert len(numbers) >= 6
    for address, number in numbers:
        path = address.replace("&amp;", "&")
        answer = admin.get(path)
        rows = answer.text.count('<th scope="row">')
        assert rows == int(number), path


def test_the_overview_puts_on_top_what_needs_a_person(browser):
    text = browser("admin").get("/").text
    waiting = re.findall(r'<li><a href="([^"]+)">.*?<strong>(\d+)</strong>', text, re.S)
    assert ("/queue?sort=held", "3") in waiting
    assert ("/queue?sort=dispute&amp;kind=household", "1") in waiting
    assert ("/people?code=red", "1") in waiting


def test_the_overview_of_one_area_leads_to_lists_of_that_area(browser):
    text = browser("admin").get("/", area="g0411").text
    assert "/households?area=g0411" in text
    assert ">1</strong>掌握户数" in text


def test_a_case_past_its_planned_end_is_listed_apart_from_those_in_quarantine(app, browser):
    with app.app_context():
        late = "quarantine_case:01JD3Z8Q5V7M2K4X9T6B1N0CFD"
        stores().session.add(record(late, "g0312", "赵敏", "赵敏", {"starts_on": field("2026-01-01"), "ends_on": field("2026-01-15")}))
        stores().session.commit()
    admin = browser("admin")
    assert labels(admin.get("/cases", state="open")) == ["何伶俐"]
    assert labels(admin.get("/cases", state="over")) == ["赵敏"]
    assert len(labels(admin.get("/cases"))) == 2
    assert "第3天，共14天" in admin.get("/cases").text
    assert "期满待解除" in admin.get("/").text
