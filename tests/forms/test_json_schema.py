"""The JSON Schema of a form says of answers what the reader says of them: which types, which choices, what must be there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from forms.form import Form
from forms.json_schema import json_schema
from forms.xform import Field
from forms.xlsform import compile_xform, read
from tests.examples import examples

CATALOGUE = Path(__file__).parents[2] / "forms" / "catalogue"
ALL_TYPES = Path(__file__).parents[1] / "data" / "answers" / "all_types.md"
SHARED = {path.stem: json.loads(path.read_text()) for path in sorted(ALL_TYPES.parent.glob("*.json"))}
VISIT = """
| survey |
| | type | name | label::zh | label::en | hint::en | required | relevant | choice_filter | calculation |
| | hidden | household_id | | | | yes | | | |
| | select_one yes_no | fever | 发热 | Fever | Since yesterday | yes | | | |
| | begin_group | heat | 体温 | Heat | | | ${fever} = 'yes' | | |
| | decimal | temperature | 体温 | Temperature | | yes | | | |
| | end_group | | | | | | | | |
| | begin_group | always | 总是 | Always | | | | | |
| | select_multiple yes_no | signs | 症状 | Signs | | yes | | | |
| | end_group | | | | | | | | |
| | select_one yes_no | filtered | 选 | Filtered | | | | name = ${fever} | |
| | begin_repeat | people | 人 | People | | | | | |
| | text | name | 名 | Name | | yes | | | |
| | note | note | 注 | Note | | | | | |
| | calculate | length | | | | | | | string-length(${name}) |
| | end_repeat | | | | | | | | |
| choices |
| | list_name | name | label::zh | label::en |
| | yes_no | yes | 是 | Yes |
| | yes_no | no | 否 | No |
| settings |
| | form_title::zh | form_title::en | form_id | version |
| | 入户 | Visit | visit | 3 |
"""


@pytest.fixture(scope="module")
def all_types() -> Form:
    return Form.load(compile_xform(read(ALL_TYPES)))


@pytest.fixture(scope="module")
def visit(form_of) -> Form:
    return form_of(VISIT)


def valid(form: Form, answers: object) -> bool:
    return Draft202012Validator(json_schema(form)).is_valid(answers)


def test_it_is_a_schema_of_the_form_in_its_languages(visit):
    schema = json_schema(visit, "en")
    Draft202012Validator.check_schema(schema)
    assert (schema["title"], schema["x-label"], schema["$id"]) == ("Visit", {"zh": "入户", "en": "Visit"}, "urn:doorstep:form:visit:3")
    assert json_schema(visit)["title"] == "入户"
    fever = schema["properties"]["fever"]
    assert (fever["title"], fever["description"], fever["enum"]) == ("Fever", "Since yesterday", ["yes", "no"])
    assert fever["x-choices"]["no"] == {"zh": "否", "en": "No"}
    assert schema["required"] == ["household_id", "fever", "always"]
    assert "enum" not in json.dumps(schema["properties"]["filtered"]["anyOf"][0])


WHOLE = {"household_id": "household:1", "fever": "no", "always": {"signs": ["no"]}}


@pytest.mark.parametrize(
    ("changed", "is_valid"),
    [
        ({}, True),
        ({"fever": "maybe"}, False),
        ({"fever": ""}, False),
        ({"household_id": None}, False),
        ({"always": {}}, False),
        ({"always": None}, False),
        ({"always": {"signs": ["no", "maybe"]}}, False),
        ({"always": {"signs": []}}, False),
        ({"heat": {}}, True),  # whether it is asked, the fever decides
        ({"heat": {"temperature": 38.5}}, True),
        ({"heat": {"temperature": "38.5"}}, False),
        ({"people": []}, True),
        ({"people": [{"name": "何伶俐", "length": "3"}]}, True),
        ({"people": [{}]}, False),
        ({"people": [{"name": "何", "note": "x"}]}, False),
        ({"people": {"name": "何"}}, False),
        ({"colour": "red"}, False),
    ],
)
def test_what_must_be_there_and_what_there_is(visit, changed, is_valid):
    assert valid(visit, WHOLE | changed) is is_valid


def test_nothing_but_an_object_is_answers(visit):
    assert not any(valid(visit, answers) for answers in (None, [], "x", 3))


@pytest.mark.parametrize("name", SHARED)
def test_every_shared_case_is_of_the_types_that_the_schema_says(catalogue, all_types, name):
    form = all_types if name == "all_types" else catalogue[name]
    schema = json_schema(form)
    Draft202012Validator.check_schema(schema)
    for case in SHARED[name]["cases"]:
        said = [each for each in Draft202012Validator(schema).iter_errors(case["answers"]) if each.validator not in ("required", "enum", "anyOf")]
        assert said == [], case["name"]


def test_every_form_of_the_catalogue_has_a_schema(catalogue):
    for form in catalogue.values():
        Draft202012Validator.check_schema(json_schema(form))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted((CATALOGUE / "examples").glob("*.json"))])
def test_the_examples_of_the_catalogue_are_valid_where_they_are_of_their_types(catalogue, path):
    schema = Draft202012Validator(json_schema(catalogue[path.stem]))
    for example in json.loads(path.read_text()):
        rules = {problem["rule"] for problem in example["problems"]}
        if not rules:
            assert [error.message for error in schema.iter_errors(example["answers"])] == [], example["name"]
        elif rules & {"type", "unknown"}:
            assert not schema.is_valid(example["answers"]), example["name"]


# What the reader takes and what the schema takes

ODD = [
    None, "", [], {}, True, False, 0, 3, 3.0, -7.5, 1e15, 1.0000000001e15, -2e15, "x", "apple", ["apple"], ["apple", "pear"], ["apple", "rock"], [""], [" "],
    [3],
    "2024-02-29", "2026-02-29", "2026-2-3", "0000-01-01", "2026-02-03\n", "09:12", "24:00", "09:12:00.123+08:00", "2026-02-03T09:12:00+08:00",
    "2026-02-03T09:12:00", "2026-02-03T09:12:00+15:00", "OK", "ok", "\x00", "a\ufffe", "a" * 10_000, "a" * 10_001, ["apple"] * 201,
    {"latitude": 1, "longitude": 2}, {"latitude": -90, "longitude": 180, "altitude": None, "accuracy": 0}, {"latitude": 91, "longitude": 2},
    {"latitude": 1}, {"latitude": 1, "longitude": 2, "colour": 3}, {"latitude": True, "longitude": 2}, {"latitude": 1, "longitude": 2, "accuracy": -1},
    [{"latitude": 1, "longitude": 2}], [{"latitude": 1, "longitude": 2}] * 2, [{"latitude": 1, "longitude": 2}] * 3, [{"latitude": 1, "longitude": 2}, None],
]  # fmt: skip
anything = st.sampled_from(ODD) | st.text(max_size=3).filter(lambda text: text == "" or text.strip()) | st.integers() | st.floats(allow_nan=False)
CALCULATED = {"text": "x", "integer": 3}


def any_answers(fields: list[Field]) -> st.SearchStrategy:
    optional: dict[str, st.SearchStrategy] = {}
    for each in fields:
        if each.type == "calculate":
            optional[each.name] = st.just(CALCULATED[each.value_type])  # whatever is sent is calculated again
        elif each.type == "group":
            optional[each.name] = any_answers(each.fields) | st.sampled_from([None, "", [], 3])
        elif each.type == "repeat":
            optional[each.name] = st.lists(any_answers(each.fields) | st.sampled_from([None, {}, "", 3]), max_size=3) | st.sampled_from([None, "", {}])
        else:
            optional[each.name] = anything
    return st.fixed_dictionaries({}, optional=optional) | st.fixed_dictionaries({"strange": anything}, optional=optional)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_reader_and_the_schema_take_the_same_answers(all_types, judge, data):
    """`all_types` asks everything and requires nothing, so its verdict is about types and choices alone."""
    answers = data.draw(any_answers(all_types.fields))
    # Where a range steps is a rule, no type.
    problems = [problem for problem in judge(all_types, answers).problems if problem.rule != "constraint"]
    errors = [(list(each.absolute_path), each.message[:200]) for each in Draft202012Validator(json_schema(all_types)).iter_errors(answers)]
    assert bool(problems) == bool(errors), (answers, problems, errors)


@settings(max_examples=examples(500), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_answer_of_each_type_is_taken_by_both_or_by_neither(all_types, judge, data):
    each = data.draw(st.sampled_from([each for each in all_types.fields if each.is_leaf and each.type != "calculate"]))
    answers = {each.name: data.draw(anything)}
    problems = [problem for problem in judge(all_types, answers).problems if problem.rule != "constraint"]
    assert valid(all_types, answers) == (not problems), (answers, problems)


def test_what_was_accepted_is_valid(all_types, judge):
    for case in SHARED["all_types"]["cases"]:
        assert valid(all_types, judge(all_types, case["answers"]).answers), case["name"]
