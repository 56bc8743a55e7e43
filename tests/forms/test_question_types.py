"""What the centre asks of each type of answer beyond its shape, and what a message says with the answers in it."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def types(form_of):
    return form_of("""
        | survey |
        | | type | name | label | parameters | calculation | bind::type | constraint |
        | | rank needs | order | 次序 | | | | |
        | | range | level | 程度 | start=10 end=0 step=2.5 | | | |
        | | range | even | 双数 | start=0 end=10 step=2 | | | . != 4 |
        | | geoshape | field | 范围 | | | | |
        | | geotrace | way | 路线 | | | | |
        | | audio | sound | 录音 | | | | |
        | | barcode | code | 条码 | | | | |
        | | geopoint | door | 门口 | | | | |
        | | calculate | corner | | | selected-at(translate(${field}, ';', ' '), 0) | | |
        | | calculate | where | | | if(${code} = 'here', '29.84 114.32', '') | geopoint | |

        | choices |
        | | list_name | name | label |
        | | needs | rice | 米 |
        | | needs | oil | 油 |
    """)


@pytest.mark.parametrize(
    ("answers", "problems"),
    [
        ({"order": ["oil", "rice"]}, []),
        ({"order": ["oil", "oil"]}, [("/order", "choice")]),
        ({"order": ["oil", "salt"]}, [("/order", "choice")]),
        ({"level": 7.5}, []),
        ({"level": 10}, []),
        ({"level": 8}, [("/level", "constraint")]),
        ({"level": -2.5}, [("/level", "constraint")]),
        ({"level": 1e15}, [("/level", "constraint")]),
        ({"even": 4}, [("/even", "constraint")]),
        ({"even": 3}, [("/even", "constraint")]),
        ({"field": [{"latitude": 1, "longitude": 2}, {"latitude": 1, "longitude": 3}]}, [("/field", "type")]),
        ({"way": [{"latitude": 1, "longitude": 2}]}, [("/way", "type")]),
        ({"way": [{"latitude": 91, "longitude": 2}, {"latitude": 1, "longitude": 2}]}, [("/way", "type")]),
        ({"way": {"latitude": 1, "longitude": 2}}, [("/way", "type")]),
        ({"sound": "a.m4a"}, []),
        ({"sound": "../a.m4a"}, [("/sound", "type")]),
        ({"sound": "a\nb.m4a"}, [("/sound", "type")]),
        ({"sound": "a" * 256}, [("/sound", "type")]),
        ({"code": "6901234567892"}, []),
        ({"code": 6901234567892}, [("/code", "type")]),
    ],
)
def test_an_answer_of_each_type(types, judge, said, answers, problems):
    assert said(judge(types, answers).problems) == problems


def test_a_range_says_what_it_wants(types, judge):
    (problem,) = judge(types, {"even": 3}).problems
    assert "步长" in problem.message["zh"]


def test_a_position_may_be_calculated_and_is_compared_as_one(types, judge, said):
    calculated = {"latitude": 29.84, "longitude": 114.32}
    assert judge(types, {"code": "here"}).answers["where"] == calculated
    sent = judge(types, {"code": "here", "where": calculated | {"altitude": 0, "accuracy": 0}})
    assert sent.remarks == ()
    other = judge(types, {"code": "here", "where": {"latitude": 1, "longitude": 2}})
    assert (other.answers["where"], said(other.remarks)) == (calculated, [("/where", "calculate")])
    assert "where" not in judge(types, {"code": "elsewhere", "where": calculated}).answers


def test_choices_may_be_the_rows_of_a_repeat(form_of, judge, said):
    form = form_of("""
        | survey |
        | | type | name | label | choice_filter |
        | | begin_repeat | people | 人 | |
        | | text | name | 姓名 | |
        | | integer | age | 年龄 | |
        | | end_repeat | | | |
        | | select_one ${name} | head | 户主 | ./age >= 18 |
    """)
    people = [{"name": "甲", "age": 40}, {"name": "乙", "age": 4}]
    assert said(judge(form, {"people": people, "head": "甲"}).problems) == []
    assert said(judge(form, {"people": people, "head": "乙"}).problems) == [("/head", "choice")]
    assert said(judge(form, {"people": people, "head": "丙"}).problems) == [("/head", "choice")]


@pytest.fixture(scope="module")
def spoken(form_of):
    return form_of("""
        | survey |
        | | type | name | label::zh | label::en | constraint | constraint_message::zh | constraint_message::en | required | required_message::zh | required_message::en |
        | | integer | most | 最多 | Most | | | | | | |
        | | begin_repeat | members | 成员 | Members | | | | | | |
        | | text | who | 谁 | Who | | | | | | |
        | | integer | age | 年龄 | Age | . <= ${most} | ${who}的年龄不能超过${most} | ${who} cannot be older than ${most} | yes | ${who}多大？ | How old? |
        | | end_repeat | | | | | | | | | |

        | settings |
        | | form_id | version | default_language |
        | | spoken | 1 | zh |
    """)  # noqa: E501


def test_a_message_says_the_answers_that_it_refers_to_in_every_language(spoken, judge):
    verdict = judge(spoken, {"most": 100, "members": [{"who": "甲", "age": 101}, {"who": "乙 ${most}"}]})
    assert [problem.message for problem in verdict.problems] == [
        {"zh": "甲的年龄不能超过100", "en": "甲 cannot be older than 100"},
        {"zh": "乙 ${most}多大？", "en": "How old?"},
    ]


def test_a_long_answer_is_shortened_in_a_message(spoken, judge):
    (problem,) = judge(spoken, {"most": 1, "members": [{"who": "长" * 5000, "age": 2}]}).problems
    assert len(problem.message["zh"]) < 150
