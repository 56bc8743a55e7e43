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
from forms.value_types import VALUE_TYPES
from forms.xform import Field
from forms.xlsform import compile_xform, read
from tests.examples import examples

FOLDER = Path(__file__).parents[1] / "data" / "answers"
SHARED = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
CASES, READ = (
    [pytest.param(form, case, id=f"{form}: {case['name']}") for form, data in SHARED.items() for case in data.get(kind, ())] for kind in ("cases", "read")
)


@pytest.fixture(scope="session")
def shared(catalogue) -> dict[str, Form]:
    """The forms of the cases: two of the catalogue, and one with a question of every type."""
    return {name: Form.load(compile_xform(read(FOLDER / f"{name}.md"))) if (FOLDER / f"{name}.md").exists() else catalogue[name] for name in SHARED}


def canonical(xml: str) -> bytes:
    return etree.tostring(etree.fromstring(xml), method="c14n")


@pytest.mark.parametrize(("form", "case"), CASES)
def test_the_shared_cases(shared, form, case):
    assert from_xml(shared[form], case["xml"]).answers == case["answers"]
    assert canonical(to_xml(shared[form], case["answers"])) == canonical(case["xml"])


@pytest.mark.parametrize(("form", "case"), READ)
def test_what_others_wrote_is_read(shared, form, case):
    assert from_xml(shared[form], case["xml"]).answers == case["answers"]


def test_there_are_shared_cases_of_every_type_and_of_both_forms_of_the_phone(shared):
    assert SHARED.keys() >= {"household_survey", "quarantine_check", "all_types"}
    assert {each.value_type for each in shared["all_types"].questionnaire.walk() if each.is_leaf} == set(VALUE_TYPES)
    answered = {path for case in SHARED["all_types"]["cases"] for path in named(case["answers"])}
    assert answered >= {each.path for each in shared["all_types"].questionnaire.walk() if each.is_leaf}


def named(answers: object, path: str = "") -> set[str]:
    """Paths without indexes of all that is answered."""
    if isinstance(answers, list):
        return set().union(*(named(each, path) for each in answers)) | {path}
    if isinstance(answers, dict):
        return set().union(*(named(each, f"{path}/{name}") for name, each in answers.items())) | {path}
    return {path}


def outline(document: dict) -> dict:
    kept = {key: document[key] for key in ("name", "path", "type", "value_type") if key in document}
    return kept | ({"fields": [outline(child) for child in document["fields"]]} if "fields" in document else {})


@pytest.mark.parametrize("name", SHARED)
def test_the_fields_that_the_phone_reads_the_cases_by_are_the_forms_own(shared, name):
    """The phone has no compiler: the cases carry the tree of fields, which must not grow old."""
    assert SHARED[name]["fields"] == [outline(each) for each in shared[name].as_document()["fields"]]


letters = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t")
texts = st.text(letters, min_size=1, max_size=12).filter(lambda text: text not in ("\ufffe", "\uffff") and not set(text) & {"\ufffe", "\uffff"})
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_nan=False).filter(lambda value: value != 0 or str(value) == "0.0")
days = st.dates().map(lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}")
numbers |= st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: value != 0)
lines = texts.filter(str.strip)
codes = st.lists(st.sampled_from(["fever", "dry_cough", "none"]), min_size=1, max_size=3, unique=True)
positions = st.lists(numbers, min_size=2, max_size=4).map(lambda parts: dict(zip(("latitude", "longitude", "altitude", "accuracy"), parts, strict=False)))
VALUES = {
    "text": texts,
    "barcode": texts,
    **dict.fromkeys(("image", "audio", "video", "file"), lines),
    "rank": codes,
    "geotrace": st.lists(positions, min_size=1, max_size=4),
    "geoshape": st.lists(positions, min_size=1, max_size=4),
    "integer": st.integers(-(10**9), 10**9),
    "decimal": numbers,
    "select_one": texts,
    "select_multiple": codes,
    "date": days,
    "dateTime": days.map(lambda day: day + "T09:12:44.000+08:00"),
    "time": st.just("09:12:44.000+08:00"),
    "acknowledge": st.just("OK"),
    "geopoint": positions,
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
def test_any_answers_come_back_as_they_went(catalogue, shared, data):
    form: Form = data.draw(st.sampled_from([*catalogue.values(), shared["all_types"]]))
    there_and_back(form, data.draw(answers_of(form.fields)))


def there_and_back(form: Form, answers: dict) -> None:
    submitted = from_xml(form, to_xml(form, answers, instance_id="uuid:1", deprecated_id="uuid:0"))
    assert submitted.answers == answers
    assert (submitted.form, submitted.version, submitted.instance_id, submitted.deprecated_id) == (form.id, form.version, "uuid:1", "uuid:0")


QUESTIONS = [
    "text", "integer", "decimal", "range", "select_one fruit", "select_multiple fruit", "rank fruit", "date", "time", "dateTime", "geopoint", "geotrace",
    "geoshape", "image", "audio", "video", "file", "barcode", "note", "acknowledge", "hidden", "today", "deviceid",
]  # fmt: skip
questions = st.recursive(
    st.sampled_from(QUESTIONS),
    lambda inner: st.tuples(st.sampled_from(["group", "repeat"]), st.lists(inner, min_size=1, max_size=5)),
    max_leaves=25,
)
CHOICES = "\n| choices |\n| | list_name | name | label |\n| | fruit | a | A |\n| | fruit | b | B |\n"


def rows_of(drawn: list, prefix: str = "q") -> list[str]:
    """Rows of a survey sheet."""
    rows = []
    for number, each in enumerate(drawn):
        name = f"{prefix}_{number}"
        if isinstance(each, str):
            rows.append(f"| | {each} | {name} | {name} |")
        else:
            rows += [f"| | begin_{each[0]} | {name} | {name} |", *rows_of(each[1], name), f"| | end_{each[0]} | | |"]
    return rows


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(questions, min_size=1, max_size=6), data=st.data())
def test_any_answers_of_any_form_come_back_as_they_went(form_of, drawn, data):
    form = form_of("| survey |\n| | type | name | label |\n" + "\n".join(rows_of(drawn)) + "\n" + CHOICES)
    for answers in data.draw(st.lists(answers_of(form.fields), min_size=3, max_size=6)):
        there_and_back(form, answers)


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
