"""What is written anew for the phone's engine gives the same there as at the centre; what cannot be is refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.answers import to_xml
from forms.check import publishable
from forms.for_phone import for_phone
from forms.form import Form, Moment
from forms.xlsform import compile_xform, read
from forms.xpath import Binary, Call, Expression, Filter, Negate, Number, Path, Step, Text, parse, written
from tests.examples import examples
from tests.forms.phone_engine import NOW

FILES = {"places.csv": b"name,label,code\nfever,Fe'ver,2\nit's,ok,9\n"}
ANSWERS = [
    {"a": 3, "b": 36.6, "t": "it's", "d": "2026-02-01", "o": "fever", "g": {"latitude": 29.84, "longitude": 114.32}, "r": [{"x": 1}, {"x": 7}]},
    {"t": "a::b", "way": [{"latitude": 1, "longitude": 2}, {"latitude": 1, "longitude": 3}], "r": [{}]},
    {"a": 0, "b": 0, "t": "2026-02-03", "r": [{"x": 3}]},
]
REWRITTEN = [
    "pulldata('places', 'label', 'name', ${o})",
    "pulldata('places', 'code', 'name', ${t})",
    "pulldata('places', 'label', 'code', ${a} - 1)",
    "substring-after(${t}, '::')",
    "substring-after(${t}, ${blank})",
    "substring-after(${blank}, 'ab')",
    "substring-after(substring-after('a::b::c', '::'), ${t})",
    "format-date(${d}, '%a')",
    "format-date-time(${d}, '%a %d %a')",
    "date(${t})",
    "concat(date(${d} + 1), '!')",
    "if(${a} = 3, date(${b}), 'x')",
    "distance(${way})",
    "distance(${g}, '29.9 114.4')",
    "${a} = 3 and ${b}",
    "1 and 'x'",
    "number(${a} or ${t})",
    "count(${a} | ${b})",
    "count-non-empty(${r}/x | ${a})",
    "(${a} | ${b}) > 5",
    "3 = (${a} | ${b})",
    "max(${r}/x | ${a}, 2)",
    "not(${a} | ${b})",
    "(${r}/x)[2]",
]


def form_of(expressions: list[str]) -> Form:
    rows = "\n".join(f"| | calculate | c{at} | | {text.replace('|', chr(92) + '|')} |" for at, text in enumerate(expressions))
    tables = f"""
| survey |
| | type | name | label | calculation |
| | integer | a | A | |
| | decimal | b | B | |
| | text | t | T | |
| | text | blank | U | |
| | date | d | D | |
| | text | o | O | |
| | geopoint | g | G | |
| | geotrace | way | G | |
| | begin_repeat | r | R | |
| | integer | x | X | |
| | end_repeat | | | |
{rows}
| settings |
| | form_id | version |
| | rewritten | 1 |
"""
    return Form.load(compile_xform(read(tables, ".md")), FILES)


@pytest.mark.parametrize("answers", ANSWERS)
def test_what_is_written_anew_gives_the_same_on_the_phone(engine, answers):
    form = form_of(REWRITTEN)
    engine.load(form.xform, FILES)
    found = engine.fill(to_xml(form, answers))
    verdict = form.judge(answers, Moment(NOW, NOW))
    for at, expression in enumerate(REWRITTEN):
        assert (expression, verdict.answers.get(f"c{at}", "")) == (expression, found.nodes[f"/c{at}"].text)


def test_each_of_them_is_written_anew():
    for text in REWRITTEN:
        plain = text.replace("${", "/data/").replace("}", "")
        assert for_phone(plain) != plain, text


@pytest.mark.parametrize(
    "text",
    ["../a >= 37.3", " ../name ", "selected(../s, 'fever') and ../a = 1", "date(../d) > today()", "format-date(../d, '%Y-%m-%d')", "not an ( expression"],
)
def test_what_the_phone_can_do_stays_as_it_was_written(text):
    assert for_phone(text, is_condition=True) == text


@pytest.mark.parametrize(
    ("calculation", "says"),
    [
        ("sum(${a} \\| ${b})", "sum(a) + sum(b)"),
        ("join(' ', ${a} \\| ${b})", "join(' ', a, b)"),
        ("digest(${a}, 'SHA3')", "SHA-256"),
        ("count(${b}/preceding-sibling::a)", "position(..)"),
        ("count(/data/node())", "Write *"),
        ("string(current()[1])", "behind the path"),
    ],
)
def test_what_the_phone_cannot_do_is_refused_with_what_to_write_instead(calculation, says):
    tables = f"""
        | survey |
        | | type | name | label | calculation |
        | | integer | a | A | |
        | | integer | b | B | |
        | | calculate | c | | {calculation} |

        | settings |
        | | form_id | version | form_title |
        | | refused | 1 | Refused |
    """
    errors = [finding for finding in publishable(tables, ".md").findings if finding.level == "error"]
    assert [finding.column for finding in errors] == ["calculation"], errors
    assert says in errors[0].message["en"]
    assert errors[0].message["zh"] != errors[0].message["en"]


def test_a_form_for_the_office_alone_may_do_what_the_phone_cannot():
    tables = """
        | survey |
        | | type | name | label | calculation |
        | | integer | a | A | |
        | | integer | b | B | |
        | | calculate | c | | sum(${a} \\| ${b}) |

        | settings |
        | | form_id | version | audience |
        | | office | 1 | office |
    """
    form = Form.load(compile_xform(read(tables, ".md")))
    assert form.judge({"a": 1, "b": 2}, Moment(NOW, NOW)).answers["c"] == "3"


def test_what_would_grow_without_end_is_not_written_anew():
    text = "../t"
    for _ in range(12):
        text = f"substring-after({text}, 'ab')"
    assert len(for_phone(text)) < 10_000


names = st.sampled_from(["a", "b.c", "名"])
expressions: st.SearchStrategy[Expression] = st.recursive(
    st.integers(0, 99).map(lambda number: Number(float(number)))
    | st.floats(0, 1e25).map(Number)
    | st.text(alphabet="ab'何 ", max_size=3).map(Text)
    | st.builds(lambda name, absolute: Path(None, absolute, (Step("child", name), Step("parent", "node()"))), names, st.booleans()),
    lambda inner: (
        st.builds(Binary, st.sampled_from(["or", "and", "=", "!=", "<", ">=", "+", "-", "*", "div", "mod"]), inner, inner)
        | st.builds(Negate, inner)
        | st.builds(lambda *arguments: Call("concat", arguments), inner, inner)
        | st.builds(
            lambda condition, name, axis: Path(None, False, (Step(axis, name, (condition,)), Step("self", "node()"))),
            inner,
            names,
            st.sampled_from(["child", "descendant", "attribute"]),
        )
        | st.builds(lambda base, condition: Filter(Call("current", (base,)), (condition,)), inner, inner)
        | st.builds(lambda base, name: Path(Call("instance", (base,)), False, (Step("descendant-or-self", "node()"), Step("child", name))), inner, names)
    ),
    max_leaves=8,
)


@settings(max_examples=examples(400), deadline=None)
@given(expression=expressions)
def test_an_expression_written_and_read_again_is_the_same(expression):
    once = parse(written(expression))
    assert parse(written(once)) == once
