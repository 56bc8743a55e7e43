"""Paths in and around repeats: which instance is meant is settled when the form is compiled."""

from __future__ import annotations

NESTED = """
    | survey |
    | | type | name | label | relevant | constraint | required | calculation | bind::type |
    | | text | door | 门 | | | | | |
    | | begin_repeat | households | 户 | | | | | |
    | | text | phone | 电话 | | | | | |
    | | integer | limit | 上限 | | | | | |
    | | begin_repeat | people | 人 | ${phone} != '' | | | | |
    | | text | name | 姓名 | | | | | |
    | | integer | age | 年龄 | | . <= ${limit} | | | |
    | | text | school | 学校 | ${age} < 18 | | yes | | |
    | | calculate | label | | | | | concat(${door}, '-', ${phone}, '-', ${name}) | |
    | | end_repeat | | | | | | | |
    | | calculate | size | | | | | count(${people}) | int |
    | | calculate | oldest | | | | | max(${people}/age) | int |
    | | end_repeat | | | | | | | |
    | | calculate | everyone | | | | | count(${households}/people) | int |
    | | calculate | years | | | | | sum(${households}/people[age != '']/age) | int |
    | | calculate | minors | | | | | count(${households}/people[age < 18]) | int |
    | | calculate | large | | | | | count(${households}[count(people) > 1]) | int |
"""


def test_a_path_in_a_nested_repeat_means_its_own_rows(form_of, judge, said):
    form = form_of(NESTED)
    verdict = judge(
        form,
        {
            "door": "311",
            "households": [
                {"phone": "1", "limit": 50, "people": [{"name": "甲", "age": 60}, {"name": "乙", "age": 12}]},
                {"phone": "2", "limit": 99, "people": [{"name": "丙", "age": 60}]},
                {"limit": 10, "people": [{"name": "丁", "age": 60}]},
            ],
        },
    )
    assert said(verdict.problems) == [("/households/0/people/0/age", "constraint"), ("/households/0/people/1/school", "required")]
    assert said(verdict.remarks) == [("/households/2/people", "relevant")]
    first, second, third = verdict.answers["households"]
    assert [person["label"] for person in first["people"] + second["people"]] == ["311-1-甲", "311-1-乙", "311-2-丙"]
    assert [(household["size"], household.get("oldest")) for household in (first, second, third)] == [(2, 60), (1, 60), (0, None)]
    assert "people" not in third
    assert [verdict.answers[name] for name in ("everyone", "years", "minors", "large")] == [3, 132, 1, 1]


def test_an_empty_repeat_is_not_one_blank_row(form_of, judge):
    verdict = judge(form_of(NESTED), {})
    assert verdict.answers == {"everyone": 0, "minors": 0, "large": 0}
    assert verdict.problems == ()


def test_a_rule_that_counts_other_rows_waits_until_all_of_them_are_settled(form_of, judge):
    form = form_of("""
        | survey |
        | | type | name | label | relevant | calculation | bind::type |
        | | begin_repeat | people | 人 | | | |
        | | text | kind | 类 | | | |
        | | text | origin | 来自 | ${kind} = 'returnee' | | |
        | | calculate | others | | | count(../../people[origin != '']) | int |
        | | end_repeat | | | | | |
    """)
    answers = {"people": [{"kind": "returnee", "origin": "武汉"}, {"kind": "resident", "origin": "还没擦掉"}]}
    assert [person["others"] for person in judge(form, answers).answers["people"]] == [1, 1]


def test_position_and_another_row_by_its_number(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | constraint | calculation | bind::type |
        | | begin_repeat | rows | 行 | | | |
        | | integer | value | 值 | | | |
        | | calculate | number | | | position(..) | int |
        | | calculate | before | | | indexed-repeat(${value}, ${rows}, position(..) - 1) | int |
        | | end_repeat | | | | | |
        | | calculate | first | | | ${rows}[1]/value | int |
        | | calculate | last | | | ${rows}[last()]/value | int |
        | | calculate | second | | | ${rows}[position() = 2]/value | int |
        | | calculate | all | | | join(',', ${rows}/value) | |
    """)
    verdict = judge(form, {"rows": [{"value": 5}, {"value": 7}, {"value": 9}]})
    assert [row["number"] for row in verdict.answers["rows"]] == [1, 2, 3]
    assert [row.get("before") for row in verdict.answers["rows"]] == [None, 5, 7]
    assert [verdict.answers[name] for name in ("first", "last", "second", "all")] == [5, 9, 7, "5,7,9"]


def test_a_condition_may_compare_with_the_row_the_rule_stands_in(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | constraint |
        | | begin_repeat | people | 人 | |
        | | text | phone | 电话 | count(../../people[phone = current()/../phone]) = 1 |
        | | end_repeat | | | |
    """)
    assert judge(form, {"people": [{"phone": "1"}, {"phone": "2"}]}).problems == ()
    assert said(judge(form, {"people": [{"phone": "1"}, {"phone": "2"}, {"phone": "1"}]}).problems) == [
        ("/people/0/phone", "constraint"),
        ("/people/2/phone", "constraint"),
    ]


def test_questions_of_one_name_in_different_groups_are_not_confused(form_of, judge):
    form = form_of("""
        | survey |
        | | type | name | label | calculation |
        | | begin_group | a | 甲 | |
        | | text | name | 姓名 | |
        | | end_group | | | |
        | | begin_group | b | 乙 | |
        | | text | name | 姓名 | |
        | | end_group | | | |
        | | calculate | both | | concat(/data/a/name, '/', /data/b/name) |
    """)
    assert judge(form, {"a": {"name": "x"}, "b": {"name": "y"}}).answers["both"] == "x/y"


def test_what_is_worked_out_once_is_only_what_no_row_has_a_part_in(form_of, judge):
    form = form_of("""
        | survey |
        | | type | name | label | calculation | bind::type |
        | | begin_repeat | rows | 行 | | |
        | | integer | value | 值 | | |
        | | calculate | doubled | | int(${value} * pow(2, int(1.5))) | int |
        | | end_repeat | | | | |
        | | calculate | even | | join(',', ${rows}[int(position()) mod 2 = 0]/value) | |
        | | calculate | but_last | | join(',', ${rows}[position() < int(last())]/value) | |
    """)
    answers = judge(form, {"rows": [{"value": 5}, {"value": 7}, {"value": 9}]}).answers
    assert [row["doubled"] for row in answers["rows"]] == [10, 14, 18]
    assert (answers["even"], answers["but_last"]) == ("7", "5,7")


def test_repeats_whose_names_look_alike_in_ascii_stay_apart(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | constraint |
        | | begin_repeat | 大人 | 大人 | |
        | | integer | 年龄 | 年龄 | . >= 18 |
        | | end_repeat | | | |
        | | begin_repeat | 小孩 | 小孩 | |
        | | integer | 年龄 | 年龄 | . < 18 |
        | | integer | 身高 | 身高 | . < 200 |
        | | end_repeat | | | |
    """)
    answers = {"大人": [{"年龄": 40}], "小孩": [{"年龄": 4, "身高": 101}]}
    assert (judge(form, answers).problems, judge(form, answers).answers) == ((), answers)
    assert said(judge(form, {"大人": [{"年龄": 4}], "小孩": [{"年龄": 40, "身高": 300}]}).problems) == [
        ("/大人/0/年龄", "constraint"),
        ("/小孩/0/年龄", "constraint"),
        ("/小孩/0/身高", "constraint"),
    ]


def test_a_condition_of_a_hundred_and_fifty_terms(form_of, judge, said):
    terms = " or ".join(f". = {number}" for number in range(150))
    form = form_of(f"""
        | survey |
        | | type | name | label | constraint |
        | | integer | n | 数 | {terms} |
    """)
    assert judge(form, {"n": 149}).problems == ()
    assert said(judge(form, {"n": 150}).problems) == [("/n", "constraint")]


def test_a_running_total_goes_down_the_rows(form_of, judge):
    form = form_of("""
        | survey |
        | | type | name | label | calculation | bind::type |
        | | begin_repeat | rows | 行 | | |
        | | integer | x | 数 | | |
        | | calculate | total | | ${x} + number(coalesce(indexed-repeat(${total}, ${rows}, position(..) - 1), '0')) | int |
        | | end_repeat | | | | |
    """)
    assert [row["total"] for row in judge(form, {"rows": [{"x": 1}, {"x": 2}, {"x": 3}]}).answers["rows"]] == [1, 3, 6]
