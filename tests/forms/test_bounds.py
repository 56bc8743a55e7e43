"""Expressions and answers made to take for ever: each ends soon, with a problem or a finding that says so, and the same one every time."""

from __future__ import annotations

import time

import pytest

from forms.check import publishable
from forms.form import Form
from forms.reading import REPEAT_ROWS_MAX, ROWS_MAX

SECONDS_MAX = 8  # of a machine that is busy; on a quiet one each takes about two at most


@pytest.fixture(autouse=True)
def soon():
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS_MAX


def rows_with(calculation: str) -> str:
    return f"""
        | survey |
        | | type | name | label | calculation |
        | | begin_repeat | rows | 行 | |
        | | integer | x | 数 | |
        | | text | t | 字 | |
        | | calculate | found | | {calculation} |
        | | end_repeat | | | |
    """


def test_every_row_may_look_at_every_row(form_of, judge):
    form = form_of(rows_with("count(../../rows[x = current()/../x])"))
    verdict = judge(form, {"rows": [{"x": number % 2} for number in range(REPEAT_ROWS_MAX)]})
    assert verdict.problems == ()
    assert verdict.answers["rows"][0]["found"] == "250"


def test_rows_within_rows_within_rows_are_too_much_work_and_said_so(form_of, judge):
    calculation = "count(../../rows[count(../rows[x = current()/../x]) > 1])"
    form = form_of(rows_with(calculation))
    verdict = judge(form, {"rows": [{"x": 1}] * REPEAT_ROWS_MAX})
    assert [(problem.path, problem.rule) for problem in verdict.problems] == [("", "count")]
    assert "too much" in verdict.problems[0].message.get("en", "too much")
    assert judge(form, {"rows": [{"x": 1}] * 20}).problems == ()
    tables = rows_with(calculation) + "\n| settings |\n| | form_id | version |\n| | slow | 1 |\n"
    assert "rows within rows" in " ".join(finding.message["en"] for finding in publishable(tables, ".md").findings)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(?=(a+)+$)a", "^(a+)+(?!b)$", "(.*)*(.*)*x", "^(a*)*\\\\1$", "(x+x+)+y"])
def test_a_pattern_that_goes_astray(form_of, judge, pattern):
    form = form_of(rows_with(f"regex(${{t}}, '{pattern}')".replace("|", "\\|")))
    verdict = judge(form, {"rows": [{"t": "a" * 9_999 + "!"}, {"t": "x" * 10_000}] * 5})
    assert {problem.rule for problem in verdict.problems} <= {"count"}


def test_a_pattern_out_of_an_answer(form_of, judge):
    form = form_of(rows_with("regex(string(${x}), ${t})"))
    patterns = ["((((a{99}){99}){99}){99})", "(" * 900, "[" * 900, "(?=a)" * 400, "((?=a{90}){90}){90}", "\\", "(?<=(a+)+)b"]
    verdict = judge(form, {"rows": [{"x": 1, "t": pattern} for pattern in patterns] + [{"x": 7, "t": f"(?!{number})7"} for number in range(400)]})
    assert verdict.problems == ()
    assert verdict.answers["rows"][-1]["found"] == "true"


def test_more_rows_than_a_submission_may_have(form_of, judge):
    form = form_of("""
        | survey |
        | | type | name | label |
        | | begin_repeat | outer | 外 |
        | | begin_repeat | inner | 内 |
        | | integer | x | 数 |
        | | end_repeat | | |
        | | end_repeat | | |
    """)
    verdict = judge(form, {"outer": [{"inner": [{"x": 1}] * REPEAT_ROWS_MAX}] * REPEAT_ROWS_MAX})
    assert verdict.problems[0].rule == "count"
    assert sum(len(row.get("inner", ())) for row in verdict.answers["outer"]) <= ROWS_MAX


def test_texts_that_grow(form_of, judge):
    doubling = "\n".join(f"        | | calculate | c{number} | | concat(${{c{number - 1}}}, ${{c{number - 1}}}) |" for number in range(1, 40))
    form = form_of(f"""
        | survey |
        | | type | name | label | calculation |
        | | text | c0 | 字 | |
{doubling}
    """)
    assert [problem.rule for problem in judge(form, {"c0": "长" * 100}).problems] == ["count"]
    joined = form_of(rows_with("string-length(join('', ../../rows/t))"))
    assert [problem.rule for problem in judge(joined, {"rows": [{"t": "长" * 10_000}] * REPEAT_ROWS_MAX}).problems] == ["count"]


def test_walking_everywhere_from_everywhere(form_of, judge):
    form = form_of(rows_with("count(//x/ancestor::*/descendant::*)"))
    assert [problem.rule for problem in judge(form, {"rows": [{"x": 1}] * REPEAT_ROWS_MAX}).problems] == ["count"]
    assert judge(form, {"rows": [{"x": 1}] * 5}).problems == ()


@pytest.mark.parametrize("text", ["; " * 4_999 + "x", " " * 9_990 + ";", "1 1;" * 2_500, "9" * 10_000, "=" * 10_000, "2026-01-01" * 1_000])
def test_texts_that_are_none_of_what_a_function_wants(form_of, judge, text):
    form = form_of(rows_with("concat(area(${t}), distance(${t}), base64-decode(${t}), number(${t}), format-date(${t}, '%Y'), selected(${t}, 'a'))"))
    assert judge(form, {"rows": [{"t": text}] * 20}).problems == ()


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 5_000 + "1" + ")" * 5_000,
        "-" * 10_000 + "1",
        " + ".join(["1"] * 5_000),
        "not(" * 3_000 + "1" + ")" * 3_000,
        "/".join([".."] * 5_000),
        "x[" * 2_000 + "1" + "]" * 2_000,
        "concat(" + ", ".join(["'x'"] * 4_000) + ")",
        "selected(" * 30 + "'a'" + ", 'a')" * 30,
        "instance('l')/root/item[name = " * 20 + "'a'" + "]/name" * 20,
        "number(" * 38 + "'a'" + ")" * 38,
        "if(1, " * 30 + "'a'" + ", date('x'))" * 30,
        " | ".join(["../x"] * 2_000),
        "x" * 30_000,
    ],
)
def test_very_long_and_very_deep_expressions_are_findings_or_work(expression):
    tables = f"""
        | survey |
        | | type | name | label | calculation |
        | | select_one l | x | 甲 | |
        | | calculate | c | | {expression.replace("|", chr(92) + "|")} |

        | choices |
        | | list_name | name | label |
        | | l | a | 甲 |

        | settings |
        | | form_id | version |
        | | deep | 1 |
    """
    result = publishable(tables, ".md")
    assert result.form is not None or result.errors
    if result.form is not None:
        assert len(result.form.source) < 1_000_000


def test_a_condition_that_cannot_be_looked_up_is_counted_as_work(judge):
    from forms.xlsform import compile_xform, read

    form = Form.load(
        compile_xform(
            read(
                """
        | survey |
        | | type | name | label | calculation |
        | | begin_repeat | rows | 行 | |
        | | integer | x | 数 | |
        | | calculate | found | | count(instance('cities')/root/item[number > ${x}]) |
        | | end_repeat | | | |
        | | select_one_from_file cities.csv | city | 市 | |

        | settings |
        | | form_id | version |
        | | walked | 1 |
    """,
                ".md",
            )
        ),
        {"cities.csv": ("name,label,number\n" + "".join(f"c{at},城,{at}\n" for at in range(5_000))).encode()},
    )
    assert judge(form, {"rows": [{"x": 4_000}] * 100}).problems == ()
    assert [problem.rule for problem in judge(form, {"rows": [{"x": 1}] * 500}).problems] == ["count"]
