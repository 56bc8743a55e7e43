"""A rule and the answers it meets, side by side."""

from __future__ import annotations

import pytest


def test_a_question_that_is_not_asked_is_left_out_and_said_so(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | relevant |
        | | text | outcome | 结果 | |
        | | text | note | 说明 | ${outcome} = 'refused' |
    """)
    assert judge(form, {"outcome": "refused", "note": "门口说的"}).answers == {"outcome": "refused", "note": "门口说的"}
    verdict = judge(form, {"outcome": "done", "note": "门口说的"})
    assert verdict.answers == {"outcome": "done"}
    assert (verdict.problems, said(verdict.remarks)) == ((), [("/note", "relevant")])


def test_what_is_not_asked_is_blank_for_every_other_rule_in_whatever_order_they_stand(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | relevant | required |
        | | text | last | 丙 | ${middle} = 'x' | yes |
        | | text | middle | 乙 | ${first} = 'x' | |
        | | text | first | 甲 | | |
    """)
    assert said(judge(form, {"first": "x", "middle": "x"}).problems) == [("/last", "required")]
    verdict = judge(form, {"first": "y", "middle": "x", "last": "z"})
    assert verdict.answers == {"first": "y"}
    assert verdict.problems == ()
    assert set(said(verdict.remarks)) == {("/middle", "relevant"), ("/last", "relevant")}


def test_an_irrelevant_group_takes_its_questions_with_it(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | relevant | required |
        | | integer | people | 人数 | | |
        | | begin_group | more | 更多 | ${people} > 2 | |
        | | text | a | 甲 | | yes |
        | | begin_repeat | rows | 行 | | |
        | | text | b | 乙 | | yes |
        | | end_repeat | | | | |
        | | end_group | | | | |
    """)
    assert said(judge(form, {"people": 3, "more": {"rows": [{}]}}).problems) == [("/more/a", "required"), ("/more/rows/0/b", "required")]
    verdict = judge(form, {"people": 1, "more": {"a": "x", "rows": [{}]}})
    assert (verdict.answers, verdict.problems) == ({"people": 1}, ())
    assert said(verdict.remarks) == [("/more/a", "relevant"), ("/more/rows", "relevant")]


def test_a_bad_type_in_a_question_that_is_not_asked_holds_nothing(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | relevant |
        | | text | a | 甲 | |
        | | integer | b | 乙 | ${a} = 'x' |
    """)
    verdict = judge(form, {"a": "y", "b": "three"})
    assert (verdict.problems, said(verdict.remarks), verdict.answers) == ((), [("/b", "relevant")], {"a": "y"})


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(36.6, []), (34, []), (43.0, []), (33.9, ["constraint"]), (43.1, ["constraint"]), (None, []), ("36.6", ["type"]), (True, ["type"]), ([36.6], ["type"])],
)
def test_a_constraint_with_its_message_in_both_languages(form_of, judge, temperature, expected):
    form = form_of("""
        | survey |
        | | type | name | label::zh | label::en | constraint | constraint_message::zh | constraint_message::en |
        | | decimal | temperature | 体温 | Temperature | . >= 34 and . <= 43 | 体温应在34到43之间 | Temperature must be from 34 to 43 |
    """)
    verdict = judge(form, {"temperature": temperature})
    assert [problem.rule for problem in verdict.problems] == expected
    if expected == ["constraint"]:
        assert verdict.problems[0].message == {"zh": "体温应在34到43之间", "en": "Temperature must be from 34 to 43"}


def test_a_default_message_where_the_form_gives_none(form_of, judge):
    form = form_of("""
        | survey |
        | | type | name | label::zh | label::en | required |
        | | text | name | 姓名 | Name | yes |
    """)
    assert judge(form, {}).problems[0].message == {"zh": "此项必填", "en": "This must be answered"}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", "何伶俐", 5),
        ("text", "两行\n也行", "nul\x00"),
        ("text", "😷", "\ud83d"),
        ("integer", 1975, 1975.5),
        ("integer", 3.0, "3"),
        ("decimal", 36, "36"),
        ("decimal", -0.5, 1e300),
        ("date", "2026-02-28", "2026-02-29"),
        ("date", "2024-02-29", "2026-2-3"),
        ("time", "09:12:00.000+08:00", "25:00"),
        ("dateTime", "2026-02-03T09:12:44.000+08:00", "2026-02-03T09:12:44"),
        ("dateTime", "2026-02-03T01:12:44Z", "2026-02-03"),
        ("geopoint", {"latitude": 29.84, "longitude": 114.32}, {"latitude": 91, "longitude": 0}),
        ("geopoint", {"latitude": 29.84, "longitude": 114.32, "altitude": 31.5, "accuracy": 6}, "29.84 114.32"),
        ("image", "door-01JD.jpg", ["door.jpg"]),
        ("acknowledge", "OK", "yes"),
    ],
)
def test_each_type_takes_its_own_and_names_what_is_not(form_of, judge, said, kind, good, bad):
    form = form_of(f"""
        | survey |
        | | type | name | label |
        | | {kind} | q | 问 |
    """)
    verdict = judge(form, {"q": good})
    assert (verdict.problems, verdict.answers) == ((), {"q": good})
    verdict = judge(form, {"q": bad})
    assert (said(verdict.problems), verdict.answers) == ([("/q", "type")], {})


def test_a_required_question_with_an_unreadable_answer_has_one_problem_not_two(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | required |
        | | integer | year | 年 | yes |
    """)
    assert said(judge(form, {"year": "x"}).problems) == [("/year", "type")]


CHOICES = """
        | choices |
        | | list_name | name | label | province |
        | | province | 42 | 湖北 | |
        | | province | 22 | 吉林 | |
        | | city | xianning | 咸宁 | 42 |
        | | city | yichang | 宜昌 | 42 |
        | | city | yanji | 延吉 | 22 |
"""


def test_a_choice_must_be_one_of_the_list_and_of_the_list_the_other_answer_leaves(form_of, judge, said):
    form = form_of(
        """
        | survey |
        | | type | name | label | choice_filter |
        | | select_one province | province | 省 | |
        | | select_one city | city | 市 | province = ${province} |
        | | select_multiple city | cities | 到过 | |
    """
        + CHOICES
    )
    assert judge(form, {"province": "42", "city": "xianning", "cities": ["yanji", "yichang"]}).problems == ()
    assert said(judge(form, {"province": "42", "city": "yanji"}).problems) == [("/city", "choice")]
    assert said(judge(form, {"province": "43", "cities": ["yanji", "paris"]}).problems) == [("/province", "choice"), ("/cities", "choice")]


def test_a_cascading_choice_in_a_repeat_looks_at_its_own_row(form_of, judge, said):
    form = form_of(
        """
        | survey |
        | | type | name | label | choice_filter |
        | | begin_repeat | people | 人 | |
        | | select_one province | province | 省 | |
        | | select_one city | city | 市 | province = ${province} |
        | | end_repeat | | | |
    """
        + CHOICES
    )
    assert judge(form, {"people": [{"province": "42", "city": "xianning"}, {"province": "22", "city": "yanji"}]}).problems == ()
    assert said(judge(form, {"people": [{"province": "42", "city": "xianning"}, {"province": "22", "city": "yichang"}]}).problems) == [
        ("/people/1/city", "choice")
    ]


def test_the_label_of_the_choice_and_a_look_into_the_list(form_of, judge):
    form = form_of(
        """
        | survey |
        | | type | name | label | calculation |
        | | select_one city | city | 市 | |
        | | calculate | called | | jr:choice-name(${city}, '${city}') |
        | | calculate | province | | instance('city')/root/item[name = ${city}]/province |
    """
        + CHOICES
    )
    assert judge(form, {"city": "yanji"}).answers == {"city": "yanji", "called": "延吉", "province": "22"}


def test_what_the_form_does_not_know_is_named(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label |
        | | begin_group | visit | 走访 |
        | | text | mode | 方式 |
        | | end_group | | |
        | | note | thanks | 谢谢 |
    """)
    verdict = judge(form, {"visit": {"mode": "door", "colour": "red"}, "extra": {"deep": [1]}, "thanks": "you"})
    assert sorted(said(verdict.problems)) == [("/extra", "unknown"), ("/thanks", "unknown"), ("/visit/colour", "unknown")]
    assert verdict.answers == {"visit": {"mode": "door"}}


def test_a_counted_repeat_has_as_many_rows_as_it_says(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | repeat_count |
        | | integer | people | 几人 | |
        | | begin_repeat | rows | 人 | ${people} |
        | | text | name | 姓名 | |
        | | end_repeat | | | |
    """)
    assert judge(form, {"people": 2, "rows": [{"name": "甲"}, {"name": "乙"}]}).problems == ()
    assert said(judge(form, {"people": 2, "rows": [{"name": "甲"}]}).problems) == [("/rows", "count")]
    assert judge(form, {}).problems == ()


def test_a_calculation_that_differs_is_made_again_and_remarked_on(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | calculation | bind::type |
        | | integer | a | 甲 | | |
        | | calculate | double | | ${a} * 2 | int |
        | | calculate | quadruple | | ${double} * 2 | int |
    """)
    assert judge(form, {"a": 3}).answers == {"a": 3, "double": 6, "quadruple": 12}
    verdict = judge(form, {"a": 3, "double": 7, "quadruple": 14})
    assert verdict.answers == {"a": 3, "double": 6, "quadruple": 12}
    assert (verdict.problems, said(verdict.remarks)) == ((), [("/double", "calculate"), ("/quadruple", "calculate")])
    assert judge(form, {"a": 3, "double": "6"}).remarks == ()


def test_the_phones_now_is_kept_and_a_missing_one_is_the_time_the_form_was_finished(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | calculation | bind::type |
        | | text | kind | 项目 | | |
        | | calculate | at | | if(${kind} = 'morning', now(), '') | dateTime |
        | | calculate | key | | once(uuid()) | |
    """)
    assert judge(form, {"kind": "morning"}).answers["at"] == "2026-02-03T09:15:02.000+08:00"
    sent = {"kind": "morning", "at": "2026-02-03T09:13:30.123+08:00", "key": "0b7c"}
    verdict = judge(form, sent)
    assert (verdict.answers, verdict.remarks) == (sent, ())
    verdict = judge(form, {"kind": "seal", "at": "2026-02-03T09:13:30.123+08:00"})
    assert (verdict.answers, said(verdict.remarks)) == ({"kind": "seal"}, [("/at", "calculate")])


@pytest.mark.parametrize(
    ("finished_at", "day", "expected"),
    [
        ("2026-02-03T00:30:00+08:00", "2026-02-03", []),
        ("2026-02-03T00:30:00+08:00", "2026-02-04", ["constraint"]),
        ("2026-02-02T16:30:00+00:00", "2026-02-03", ["constraint"]),
        ("2026-02-03T23:59:59-05:00", "2026-02-03", []),
    ],
)
def test_today_is_the_submissions_own_day_in_its_own_zone(form_of, judge, finished_at, day, expected):
    form = form_of("""
        | survey |
        | | type | name | label | constraint |
        | | date | since | 从 | . <= today() |
    """)
    assert [problem.rule for problem in judge(form, {"since": day}, finished_at).problems] == expected


def test_the_end_of_a_quarantine_is_fourteen_days_on(catalogue, judge):
    verdict = judge(catalogue["returnee_registration"], {"quarantine": {"starts_on": "2026-02-20"}})
    assert verdict.answers["quarantine"]["ends_on"] == "2026-03-06"


def test_records_come_from_their_rows_with_what_stands_around_them(form_of, judge):
    form = form_of("""
        | survey |
        | | type | name | label | save_to |
        | | hidden | home | | household#seen person#household |
        | | begin_repeat | people | 人 | |
        | | hidden | id | | |
        | | text | name | 姓名 | person#name |
        | | select_multiple s | symptoms | 症状 | person#symptoms |
        | | end_repeat | | | |

        | choices |
        | | list_name | name | label |
        | | s | fever | 发热 |

        | entities |
        | | list_name | entity_id |
        | | household | ${home} |
        | | person | ${id} |
    """)
    verdict = judge(
        form, {"home": "household:k", "people": [{"id": "person:1", "name": "甲"}, {"name": "没有编号"}, {"id": "person:2", "symptoms": ["fever"]}]}
    )
    assert [(change.kind, change.id, change.path, change.properties) for change in verdict.changes] == [
        ("household", "household:k", "", {"seen": "household:k"}),
        ("person", "person:1", "/people/0", {"household": "household:k", "name": "甲"}),
        ("person", "person:2", "/people/2", {"household": "household:k", "symptoms": ["fever"]}),
    ]


def test_an_id_of_another_kind_or_given_twice_is_a_problem(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label |
        | | begin_repeat | people | 人 |
        | | hidden | id | |
        | | end_repeat | | |

        | entities |
        | | list_name | entity_id |
        | | person | ${id} |
    """)
    verdict = judge(form, {"people": [{"id": "person:1"}, {"id": "household:1"}, {"id": "person:1"}, {"id": "person:"}]})
    assert said(verdict.problems) == [("/people/1/id", "constraint"), ("/people/2/id", "constraint"), ("/people/3/id", "constraint")]
    assert [change.id for change in verdict.changes] == ["person:1"]
