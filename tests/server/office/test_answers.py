"""Answers as rows: everything that came is shown, every problem stands somewhere."""

from __future__ import annotations

import pytest

from server.office.answers import sheet
from server.office.shown import value
from tests.server.office.seeded import SURVEY_FORM, problem

FIELDS = SURVEY_FORM["fields"]


def test_a_problem_stands_beside_its_question():
    answers = {"members": [{"name": "何伶俐", "temperature": 36.5}, {"name": "何明", "temperature": 63.8}]}
    shown = sheet(FIELDS, answers, [problem("/members/1/temperature", "constraint", "…", "…")], [])
    wrong = [row for row in shown.rows if row.problems]
    assert [(row.path, row.value) for row in wrong] == [("/members/1/temperature", 63.8)]
    assert shown.above == []


def test_a_missing_required_answer_is_shown_where_it_belongs():
    shown = sheet(FIELDS, {}, [problem("/visit/outcome", "required", "…", "…")], [])
    assert [row.path for row in shown.rows] == ["/visit", "/visit/outcome"]
    assert shown.rows[1].problems


def test_a_question_that_the_form_does_not_have_is_shown_too():
    shown = sheet(FIELDS, {"shoe_size": 38}, [problem("/shoe_size", "unknown", "…", "…")], [])
    assert [(row.kind, row.path, len(row.problems)) for row in shown.rows] == [("extra", "/shoe_size", 1)]


def test_a_problem_of_a_place_that_is_not_shown_stands_beside_what_is_around_it():
    shown = sheet(FIELDS, {"members": []}, [problem("/members/7/name", "required", "…", "…"), problem("/nowhere", "unknown", "…", "…")], [])
    assert [row.path for row in shown.rows if row.problems] == ["/members"]
    assert [each["path"] for each in shown.above] == ["/nowhere"]


@pytest.mark.parametrize(
    "answers", [None, [], "text", 7, {"members": "no list"}, {"members": [1, None, []]}, {"visit": [1]}, {"members": {"name": 1}}, {"visit": None}]
)
def test_answers_of_any_shape_are_shown(answers):
    shown = sheet(FIELDS, answers, [problem("/members/0/name", "type", "…", "…")], [])
    assert len(shown.above) + sum(len(row.problems) for row in shown.rows) == 1


def test_without_a_form_the_answers_stand_as_they_came():
    shown = sheet([], {"boat": "江豚"}, [problem("", "form", "…", "…")], [])
    assert [(row.kind, row.name, row.value) for row in shown.rows] == [("extra", "boat", "江豚")]
    assert len(shown.above) == 1


def test_hidden_fields_stand_apart():
    shown = sheet(FIELDS, {"household_id": "household:x"}, [], [])
    assert shown.rows == []
    assert [row.path for row in shown.unseen] == ["/household_id"]


@pytest.mark.parametrize("answer", [1e308, -1e308, 1e15, 36.6, 5e-324, True, 10**18])
def test_a_number_of_any_size_is_shown(app, answer):
    with app.test_request_context("/"):
        assert value(answer)
