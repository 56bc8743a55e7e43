"""Two versions of a form: what changed is named, and answers of the older one are mapped to the newer one or listed; nothing vanishes."""

from __future__ import annotations

import functools
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.differences import differences, forward
from forms.form import Form
from forms.xlsform import compile_xform, read
from tests.examples import examples

OLD = """
| survey |
| | type | name | label::zh | label::en | relevant | save_to |
| | hidden | house | | | | house#id |
| | begin_group | visit | 走访 | Visit | | |
| | select_one result | outcome | 结果 | Outcome | | house#outcome |
| | integer | minutes | 分钟 | Minutes | ${outcome} = 'done' | |
| | text | remark | 说明 | Remark | | |
| | end_group | | | | | |
| | begin_repeat | people | 人 | People | | |
| | text | name | 姓名 | Name | | |
| | select_multiple need | needs | 需求 | Needs | | |
| | begin_repeat | doses | 针 | Doses | | |
| | date | given_on | 日期 | Given on | | |
| | end_repeat | | | | | |
| | end_repeat | | | | | |
| | text | mood | 心情 | Mood | | |
| | begin_group | last | 最后 | At last | | |
| | decimal | level | 水位 | Level | | |
| | end_group | | | | | |

| choices |
| | list_name | name | label::zh | label::en |
| | result | done | 完成 | Done |
| | result | away | 不在 | Away |
| | need | food | 食品 | Food |
| | need | medicine | 药 | Medicine |

| entities |
| | list_name | entity_id |
| | house | ${house} |

| settings |
| | form_title::zh | form_title::en | form_id | version |
| | 走访 | Visits | visits | VERSION |
"""
MOOD = "| | text | mood | 心情 | Mood | | |"
REMARK = "| | text | remark | 说明 | Remark | | |"
CHANGES: dict[str, list[tuple[str, str]]] = {
    "nothing": [],
    "question removed": [(MOOD, "")],
    "question added": [(MOOD, MOOD + "\n| | text | weather | 天气 | Weather | | |")],
    "question renamed": [(MOOD, "| | text | spirits | 心情 | Mood | | |")],
    "question moved into a group": [(MOOD, ""), (REMARK, REMARK + "\n" + MOOD)],
    "question moved into a repeat": [(REMARK, ""), ("| | text | name |", REMARK + "\n| | text | name |")],
    "type changed": [("| | text | mood |", "| | date | mood |")],
    "type widened": [("| | integer | minutes |", "| | decimal | minutes |"), ("| | select_one result | outcome |", "| | select_multiple result | outcome |")],
    "type narrowed": [("| | decimal | level |", "| | integer | level |"), ("| | select_multiple need |", "| | select_one need |")],
    "choice removed": [("| | result | away | 不在 | Away |", "| | result | out | 外出 | Out |"), ("| | need | food | 食品 | Food |", "")],
    "repeat became a group": [
        ("begin_repeat | doses", "begin_group | doses"),
        ("| | end_repeat | | | | | |\n| | end_repeat", "| | end_group | | | | | |\n| | end_repeat"),
    ],
    "repeat renamed": [("begin_repeat | people", "begin_repeat | members")],
    "repeat removed": [("| | begin_repeat | doses | 针 | Doses | | |\n| | date | given_on | 日期 | Given on | | |\n| | end_repeat | | | | | |\n", "")],
    "group renamed": [("begin_group | visit", "begin_group | this_visit")],
    "group added around a repeat": [
        ("| | begin_repeat | people", "| | begin_group | home | 家 | Home | | |\n| | begin_repeat | people"),
        (MOOD, "| | end_group | | | | | |\n" + MOOD),
    ],
    "words and rules changed": [("| Mood |", "| Your mood |"), ("${outcome} = 'done'", "${outcome} != 'away'"), ("house#outcome", "house#result")],
}


@functools.cache
def version(change: str) -> Form:
    text = OLD.replace("VERSION", "1" if change == "nothing" else "2")
    for was, now in CHANGES[change]:
        assert was in text, was
        text = text.replace(was, now)
    return Form.load(compile_xform(read(text, ".md")))


def values(each) -> st.SearchStrategy:
    if each.choices is not None:
        codes = st.sampled_from([choice.value for choice in each.choices])
        return codes if each.value_type == "select_one" else st.lists(codes, unique=True, min_size=1)
    return {
        "text": st.text(min_size=1, max_size=5),
        "integer": st.integers(0, 99),
        "decimal": st.sampled_from([1, 2.5, 36.6]),
        "date": st.just("2026-02-03"),
    }[each.value_type]


def answers(fields) -> st.SearchStrategy:
    def of(each) -> st.SearchStrategy:
        if each.type == "group":
            return answers(each.fields)
        return st.lists(answers(each.fields), max_size=3) if each.type == "repeat" else values(each)

    return st.fixed_dictionaries({}, optional={each.name: of(each) for each in fields if each.type != "note"})


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every answer with its path; an empty row or group is one, too."""
    if isinstance(value, dict) and (value or not path):
        return [found for name, child in value.items() for found in leaves(child, f"{path}/{name}")]
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return [found for number, row in enumerate(value) for found in leaves(row, f"{path}/{number}")]
    return [(path, value)]


def kinds(change: str) -> list[tuple[str, str, bool]]:
    return [(each.kind, each.path, each.orphans) for each in differences(version("nothing"), version(change))]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("nothing", []),
        ("question removed", [("removed", "/mood", True)]),
        ("question added", [("added", "/weather", False)]),
        ("question renamed", [("renamed", "/spirits", True)]),
        ("question moved into a group", [("moved", "/visit/mood", False)]),
        ("question moved into a repeat", [("moved", "/people/remark", False), ("structure", "/people/remark", True)]),
        ("type changed", [("type", "/mood", True)]),
        ("type widened", [("type", "/visit/outcome", False), ("type", "/visit/minutes", False)]),
        ("type narrowed", [("type", "/people/needs", True), ("type", "/last/level", True)]),
        (
            "choice removed",
            [("choice_added", "/visit/outcome", False), ("choice_removed", "/visit/outcome", True), ("choice_removed", "/people/needs", True)],
        ),
        ("repeat became a group", [("structure", "/people/doses", True), ("structure", "/people/doses/given_on", True)]),
        ("repeat removed", [("removed", "/people/doses", True), ("removed", "/people/doses/given_on", True)]),
        ("words and rules changed", [("saved", "/visit/outcome", True), ("rules", "/visit/minutes", False), ("texts", "/mood", False)]),
    ],
)
def test_each_change_is_named_and_whether_it_orphans_answers(change, expected):
    assert kinds(change) == expected
    assert all(each.message["zh"] and each.message["en"] for each in differences(version("nothing"), version(change)))


def test_a_rule_and_a_text_show_what_they_were_and_what_they_are():
    found = {each.kind: each for each in differences(version("nothing"), version("words and rules changed"))}
    assert (found["texts"].was, found["texts"].now) == ("Mood", "Your mood")
    assert found["texts"].message["en"] == "/mood: “Mood” → “Your mood”"
    assert found["rules"].was.startswith("relevant: ")


FILLED = {
    "visit": {"outcome": "away", "minutes": 7, "remark": "gone"},
    "people": [{"name": "何", "needs": ["food", "medicine"], "doses": [{"given_on": "2026-01-01"}, {}]}, {}],
    "mood": "calm",
    "last": {"level": 2.5},
}


@pytest.mark.parametrize(
    ("change", "at", "value", "lost"),
    [
        ("question moved into a group", ("visit", "mood"), "calm", []),
        ("group renamed", ("this_visit", "remark"), "gone", []),
        ("repeat renamed", ("members", 0, "doses", 0, "given_on"), "2026-01-01", []),
        ("group added around a repeat", ("home", "people", 0, "name"), "何", []),
        ("type widened", ("visit", "outcome"), ["away"], []),
        ("question removed", ("last", "level"), 2.5, [("/mood", "calm", "removed")]),
        ("question renamed", ("last", "level"), 2.5, [("/mood", "calm", "removed")]),
        ("type changed", ("last", "level"), 2.5, [("/mood", "calm", "type")]),
        ("type narrowed", ("visit", "minutes"), 7, [("/people/0/needs", ["food", "medicine"], "type"), ("/last/level", 2.5, "type")]),
        ("choice removed", ("people", 0, "needs"), ["medicine"], [("/visit/outcome", "away", "choice"), ("/people/0/needs", ["food"], "choice")]),
        ("question moved into a repeat", ("mood",), "calm", [("/visit/remark", "gone", "repeat")]),
    ],
)
def test_an_answer_goes_to_the_question_of_its_name_and_what_cannot_is_listed(change, at, value, lost):
    mapped, listed = forward(version("nothing"), version(change), FILLED)
    found: Any = mapped
    for part in at:
        found = found[part]
    assert found == value
    assert [(each.path, each.value, each.reason) for each in listed] == lost
    assert all(each.message["zh"] and each.message["en"] for each in listed)


def test_the_rows_of_two_repeats_that_became_one_are_never_mixed(form_of):
    def form(tables: str) -> Form:
        return form_of("| survey |\n| | type | name | label |\n" + tables)

    old = form("| | begin_repeat | a | A |\n| | text | x | X |\n| | end_repeat | | |\n| | begin_repeat | b | B |\n| | text | y | Y |\n| | end_repeat | | |\n")
    new = form("| | begin_repeat | c | C |\n| | text | x | X |\n| | text | y | Y |\n| | end_repeat | | |\n")
    mapped, lost = forward(old, new, {"a": [{"x": "1"}], "b": [{"y": "2"}, {}]})
    assert mapped == {}
    assert [(each.path, each.reason) for each in lost] == [("/a/0/x", "repeat"), ("/b", "removed"), ("/b/0/y", "repeat")]


def test_what_the_form_never_asked_is_listed_too():
    _, listed = forward(version("nothing"), version("nothing"), {"mood": "calm", "colour": "red", "visit": "no group"})
    assert [(each.path, each.reason) for each in listed] == [("/colour", "unknown"), ("/visit", "unknown")]


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=examples(12), deadline=None)
@given(data=st.data())
def test_answers_mapped_to_their_own_version_are_the_same(change, data):
    form = version(change)
    given_answers = data.draw(answers(form.fields))
    before = orjson.dumps(given_answers)
    assert forward(form, form, given_answers) == (given_answers, [])
    assert orjson.dumps(given_answers) == before


@pytest.mark.parametrize("change", [change for change in CHANGES if change != "nothing"])
@settings(max_examples=examples(12), deadline=None)
@given(data=st.data())
def test_every_answer_is_mapped_or_listed(change, data):
    old, new = version("nothing"), version(change)
    given_answers = data.draw(answers(old.fields))
    mapped, lost = forward(old, new, given_answers)
    listed = {path: value for each in lost for path, value in leaves(each.value, each.path)}
    arrived = leaves(mapped)
    for path, value in leaves(given_answers):
        if path not in listed:
            # It went to the place of its name, as it was or in a wider type.
            name = next(part for part in reversed(path.split("/")) if not part.isdecimal())
            assert any(f"/{name}" in there and (found == value or found == [value] or [found] == value) for there, found in arrived) or value in ({}, []), path
        elif isinstance(value, list) and listed[path] != value:
            assert any(sorted([*found, *listed[path]]) == sorted(value) for _, found in arrived if isinstance(found, list))
    said = [path for path, value in leaves(given_answers) if value != {}]
    assert len([path for path, value in arrived if value != {}]) + len(listed) >= len(said)
