"""Answers as JSON and as XML are the same answers; the phone runs the cases in tests/data/answers/ too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from forms.answers import UnreadableSubmission, UnwritableAnswers, from_xml, to_xml
from forms.form import Form
from forms.xform import Field
from tests.examples import examples

CASES = [
    pytest.param(data["form"], case, id=f"{path.stem}: {case['name']}")
    for path in sorted((Path(__file__).parents[1] / "data" / "answers").glob("*.json"))
    for data in [json.loads(path.read_text())]
    for case in data["cases"]
]


def canonical(xml: str) -> bytes:
    return etree.tostring(etree.fromstring(xml), method="c14n")


@pytest.mark.parametrize(("form", "case"), CASES)
def test_the_shared_cases(catalogue, form, case):
    assert from_xml(catalogue[form], case["xml"]).answers == case["answers"]
    assert canonical(to_xml(catalogue[form], case["answers"])) == canonical(case["xml"])


def test_there_are_shared_cases_of_both_forms_of_the_phone():
    assert {case.values[0] for case in CASES} >= {"household_survey", "quarantine_check"}


def outline(document: dict) -> dict:
    kept = {key: document[key] for key in ("name", "path", "type", "value_type") if key in document}
    return kept | ({"fields": [outline(child) for child in document["fields"]]} if "fields" in document else {})


@pytest.mark.parametrize("name", ["household_survey", "quarantine_check"])
def test_the_fields_that_the_phone_reads_the_cases_by_are_the_forms_own(catalogue, name):
    """The phone has no compiler: the cases carry the tree of fields, which must not grow old."""
    shared = json.loads((Path(__file__).parents[1] / "data" / "answers" / f"{name}.json").read_text())
    assert shared["fields"] == [outline(each) for each in catalogue[name].as_document()["fields"]]


letters = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t")
texts = st.text(letters, min_size=1, max_size=12).filter(lambda text: text not in ("\ufffe", "\uffff") and not set(text) & {"\ufffe", "\uffff"})
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_nan=False).filter(lambda value: value != 0 or str(value) == "0.0")
days = st.dates().map(lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}")
VALUES = {
    "text": texts,
    "image": texts,
    "barcode": texts,
    "integer": st.integers(-(10**9), 10**9),
    "decimal": numbers,
    "select_one": texts,
    "select_multiple": st.lists(st.sampled_from(["fever", "dry_cough", "none"]), min_size=1, max_size=3, unique=True),
    "date": days,
    "dateTime": days.map(lambda day: day + "T09:12:44.000+08:00"),
    "time": st.just("09:12:44.000+08:00"),
    "acknowledge": st.just("OK"),
    "geopoint": st.lists(numbers, min_size=2, max_size=4).map(lambda parts: dict(zip(("latitude", "longitude", "altitude", "accuracy"), parts, strict=False))),
}


def answers_of(fields: list[Field]) -> st.SearchStrategy:
    """Any answers of these fields: each there or not, no group empty."""
    optional = {}
    for each in fields:
        if each.is_leaf:
            optional[each.name] = VALUES[each.value_type]
        elif each.type == "group":
            optional[each.name] = answers_of(each.fields).filter(bool)
        elif each.type == "repeat":
            optional[each.name] = st.lists(answers_of(each.fields), min_size=1, max_size=3)
    return st.fixed_dictionaries({}, optional=optional)


@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_answers_come_back_as_they_went(catalogue, data):
    form: Form = data.draw(st.sampled_from(list(catalogue.values())))
    answers = data.draw(answers_of(form.fields))
    submitted = from_xml(form, to_xml(form, answers, instance_id="uuid:1", deprecated_id="uuid:0"))
    assert submitted.answers == answers
    assert (submitted.form, submitted.version, submitted.instance_id, submitted.deprecated_id) == (form.id, "1", "uuid:1", "uuid:0")


def test_what_does_not_fit_stays_as_it_came_so_that_the_verdict_can_name_it(catalogue, judge, said):
    xml = """<data id="household_survey" version="1"><address><ordinal>first</ordinal><colour>red</colour></address>
        <members><temperature>warm</temperature></members><extra><deep>1</deep></extra></data>"""
    answers = from_xml(catalogue["household_survey"], xml).answers
    assert answers == {"address": {"ordinal": "first", "colour": "red"}, "members": [{"temperature": "warm"}], "extra": {"deep": "1"}}
    assert {("/address/ordinal", "type"), ("/address/colour", "unknown"), ("/extra", "unknown")} <= set(
        said(judge(catalogue["household_survey"], answers).problems)
    )


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<data",
        "plain",
        '<!DOCTYPE data [<!ENTITY x SYSTEM "file:///etc/passwd">]><data>&x;</data>',
        '<!DOCTYPE data [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><data>&b;</data>',
        "<data>" + "<a>" * 5_000 + "</a>" * 5_000 + "</data>",
    ],
)
def test_xml_that_is_none_or_means_harm_is_refused(catalogue, xml):
    with pytest.raises(UnreadableSubmission):
        from_xml(catalogue["household_survey"], xml)


@pytest.mark.parametrize(
    "answers", [{"nobody": 1}, {"visit": "x"}, {"members": [3]}, {"household_id": "\x00"}, {"visit": {"mode": {"a": 1}}}, {"address": {"ordinal": True}}]
)
def test_answers_that_were_never_judged_are_not_written(catalogue, answers):
    with pytest.raises(UnwritableAnswers):
        to_xml(catalogue["household_survey"], answers)
