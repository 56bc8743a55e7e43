"""The grammar: what an expression is, and where it stops being one."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.xpath import Binary, Call, Filter, Negate, Number, Path, Step, Text, XPathError, parse

A, B = (Path(None, False, (Step("child", name),)) for name in "ab")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", Binary("+", Number(1), Binary("*", Number(2), Number(3)))),
        ("a or b and a", Binary("or", A, Binary("and", B, A))),
        ("a = b != a", Binary("!=", Binary("=", A, B), A)),
        ("a - b", Binary("-", A, B)),
        ("a-b", Path(None, False, (Step("child", "a-b"),))),
        ("-a", Negate(A)),
        ("--a", Negate(Negate(A))),
        ("---a", Negate(A)),
        ("'it''s'", None),
        ('"it\'s"', Text("it's")),
        (".5", Number(0.5)),
        ("../a", Path(None, False, (Step("parent", "node()"), Step("child", "a")))),
        (". >= 34", Binary(">=", Path(None, False, (Step("self", "node()"),)), Number(34))),
        ("/data/a[b = 1][2]", Path(None, True, (Step("child", "data"), Step("child", "a", (Binary("=", B, Number(1)), Number(2)))))),
        ("div div div", Binary("div", Path(None, False, (Step("child", "div"),)), Path(None, False, (Step("child", "div"),)))),
        ("a * *", Binary("*", A, Path(None, False, (Step("child", "*"),)))),
        ("child::a", A),
        ("jr:choice-name(a, '/b')", Call("jr:choice-name", (A, Text("/b")))),
        ("instance('x')/root", Path(Call("instance", (Text("x"),)), False, (Step("child", "root"),))),
        ("(a)[1]", Filter(A, (Number(1),))),
        ("a | b", Binary("|", A, B)),
        ("姓名 = ''", Binary("=", Path(None, False, (Step("child", "姓名"),)), Text(""))),
    ],
)
def test_what_an_expression_means(text, tree):
    if tree is None:
        with pytest.raises(XPathError):
            parse(text)
    else:
        assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a >",
        "(a",
        "a)",
        "f(a,",
        "'open",
        "a b",
        "[1]",
        "a[",
        "$x",
        "a ! b",
        "#",
        "${a}",
        "1 2",
        "a//",
        "@",
        "f(,)",
        "(" * 500 + "a",
        "a or " * 5000 + "a",
    ],
)
def test_what_is_none_says_where(text):
    with pytest.raises(XPathError) as caught:
        parse(text)
    assert 0 <= caught.value.position <= len(text)


@given(st.text(alphabet="ab12 ()[]/.,'\"=<>!+-*|@:$#div和", max_size=40))
def test_any_text_is_an_expression_or_an_xpath_error(text):
    with contextlib.suppress(XPathError):
        parse(text)
