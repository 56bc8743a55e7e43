"""Expressions that nobody would write, made at random from the functions and operators: the phone's engine and the centre give the same value.

Each form has many calculations over the same answers; a deviation that we know of is named in docs/forms.md, and its expressions are not made here.
"""

from __future__ import annotations

import random
import re

import pytest

from forms.answers import to_xml
from forms.form import Moment
from tests.examples import examples
from tests.forms.phone_engine import NOW

EXPRESSIONS_A_FORM = 40
FORMS = examples(6)

ANSWERS = [
    {
        "a": 3,
        "b": 36.6,
        "t": "何伶俐 abc",
        "u": "12",
        "d": "2026-02-03",
        "s": ["fever", "cough"],
        "o": "fever",
        "r": [{"x": 1, "y": "p"}, {"x": 7, "y": "q r"}, {"x": -2}],
    },
    {"a": 0, "t": "", "u": "-0.5", "d": "2000-02-29", "r": [{"x": 5, "y": "12"}]},
    {"a": -7, "b": 0.1, "t": "x", "u": "one", "s": ["cough"], "o": "cough", "r": [{"y": "z"}, {"x": 2}]},
]

# The first and the last are blank where no date was given; date() of a blank one and a number is "Invalid Date" on the phone (docs/forms.md).
DATES = ["${d}", "today()", "date('2026-02-03')", "date('2000-02-29')", "'2026-02-04'", "date(${d})"]

HEAD = """
| survey | | | | |
| | type | name | label | calculation |
| | integer | a | A | |
| | decimal | b | B | |
| | text | t | T | |
| | text | u | U | |
| | date | d | D | |
| | select_multiple l | s | S | |
| | select_one l | o | O | |
| | begin_repeat | r | R | |
| | integer | x | X | |
| | text | y | Y | |
| | end_repeat | | | |
"""

CHOICES = """
| choices | | |
| | list_name | name | label |
| | l | fever | Fever |
| | l | cough | Cough |

| settings | | |
| | form_id | version |
| | random | 1 |
"""


class Expressions:
    """Each method writes one expression of its type."""

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck

    def pick(self, *makers) -> str:
        return self.luck.choice(makers)()

    def number(self, depth: int) -> str:
        luck = self.luck
        if depth == 0:
            return luck.choice(["${a}", "${b}", "${u}", "0", "1", "2.5", "37.3", "count(${r})", "sum(${r}/x)", "count-selected(${s})", "string-length(${t})"])
        n, t, b = lambda: self.number(depth - 1), lambda: self.text(depth - 1), lambda: self.truth(depth - 1)
        return self.pick(
            lambda: f"({n()} {luck.choice(['+', '-', '*', 'div', 'mod'])} {n()})",
            lambda: f"{luck.choice(['round', 'floor', 'ceiling', 'int', 'abs', 'number', 'sqrt'])}({n()})",
            lambda: f"round({n()}, {luck.choice(['0', '1', '2', '-1'])})",
            lambda: f"number({t()})",
            lambda: f"number({b()})",
            lambda: f"if({b()}, {n()}, {n()})",
            lambda: f"string-length({t()})",
            lambda: f"{luck.choice(['min', 'max'])}({n()}, {n()})",
            lambda: f"{luck.choice(['min', 'max', 'sum', 'count', 'count-non-empty'])}(${{r}}/x)",
            lambda: f"count(${{r}}[x {luck.choice(['>', '<=', '=', '!='])} {luck.choice(['1', '2', '${a}'])}])",
            lambda: f"-({n()})",
            lambda: f"coalesce({n()}, {n()})",
            lambda: f"decimal-date-time({luck.choice(['${d}', repr('2026-02-03'), 'date(' + repr('1999-12-31') + ')'])})",
            lambda: f"({luck.choice(DATES)} - {luck.choice(DATES)})",
            lambda: f"int((today() - {luck.choice(DATES)}) div 365.25)",
            lambda: f"pow({n()}, {luck.choice(['0', '1', '2', '0.5'])})",
        )

    def text(self, depth: int) -> str:
        luck = self.luck
        if depth == 0:
            return luck.choice(["${t}", "${u}", "${o}", "${d}", "'x'", "''", "'a b'", "'12'", "${s}", "'何'"])
        n, t, b = lambda: self.number(depth - 1), lambda: self.text(depth - 1), lambda: self.truth(depth - 1)
        return self.pick(
            lambda: f"concat({t()}, {t()})",
            lambda: f"concat({t()}, {n()}, {b()})",
            lambda: f"string({n()})",
            lambda: f"string({b()})",
            lambda: f"if({b()}, {t()}, {t()})",
            lambda: f"coalesce({t()}, {t()})",
            lambda: f"substr({t()}, {luck.choice(['0', '1', '2', '-1'])}, {luck.choice(['2', '3', '-1', '10'])})",
            lambda: f"substring({t()}, {luck.choice(['0', '1', '1.5', '2'])}, {luck.choice(['1', '2', '9'])})",
            lambda: f"substring-before({t()}, {luck.choice([repr('b'), repr(' ')])})",
            lambda: f"normalize-space({t()})",
            lambda: f"translate({t()}, 'abc', 'AB')",
            lambda: "join(', ', ${r}/y)",
            lambda: f"selected-at({t()}, {luck.choice(['0', '1', '2'])})",
            lambda: f"indexed-repeat(${{x}}, ${{r}}, {luck.choice(['1', '2', '9'])})",
            lambda: f"format-date({luck.choice(['${d}', repr('2026-02-03')])}, {luck.choice([repr('%Y/%m/%d'), repr('%e %b %y'), repr('%a')])})",
            lambda: f"{luck.choice(['date', 'string'])}({luck.choice(DATES[1:-1])} + {luck.choice(['1', '14', '-3', '0.5'])})",
            lambda: f"format-date(date({luck.choice(DATES[1:-1])} + {luck.choice(['1', '14', '0.25'])}), '%Y-%m-%d')",
            lambda: f"format-date-time({luck.choice(DATES)}, '%Y-%m-%d %H:%M')",
            lambda: "jr:choice-name(${o}, '${o}')",
            lambda: f"digest({t()}, {luck.choice([repr('MD5'), repr('SHA-256')])}, 'hex')",
        )

    def truth(self, depth: int) -> str:
        luck = self.luck
        n, t = lambda: self.number(max(0, depth - 1)), lambda: self.text(max(0, depth - 1))
        if depth == 0:
            return luck.choice(["true()", "false()", "${a} > 0", "${t} = ''", "selected(${s}, 'fever')", "${d} <= today()"])
        b = lambda: self.truth(depth - 1)  # noqa: E731
        return self.pick(
            lambda: f"({n()} {luck.choice(['=', '!=', '<', '<=', '>', '>='])} {n()})",
            lambda: f"({t()} {luck.choice(['=', '!='])} {t()})",
            lambda: f"({t()} {luck.choice(['=', '!=', '<', '>='])} {n()})",
            lambda: f"({b()} {luck.choice(['and', 'or', '=', '!='])} {b()})",
            lambda: f"not({b()})",
            lambda: f"boolean({luck.choice([n(), f'string({t()})'])})",
            lambda: f"{luck.choice(['contains', 'starts-with', 'ends-with'])}({t()}, {t()})",
            lambda: f"selected({t()}, {t()})",
            lambda: f"regex({t()}, {luck.choice([repr('^[a-z]+$'), repr('[0-9]{2}'), repr('何')])})",
            lambda: f"boolean-from-string({t()})",
            lambda: f"({luck.choice(DATES)} {luck.choice(['=', '!=', '<', '<=', '>', '>='])} {luck.choice(DATES)})",
            lambda: f"({luck.choice(DATES)} {luck.choice(['<', '>='])} {n()})",
            lambda: f"checklist(1, 2, {b()}, {b()}, {b()})",
        )


@pytest.mark.property
@pytest.mark.parametrize("seed", range(FORMS))
def test_random_expressions_have_the_same_value_on_the_phone(seed, engine, form_of):
    luck = random.Random(f"expressions {seed}")
    make = Expressions(luck)
    expressions = [luck.choice([make.number, make.text, lambda depth: f"string({make.truth(depth)})"])(luck.randint(1, 3)) for _ in range(EXPRESSIONS_A_FORM)]
    rows = "\n".join(f"| | calculate | c{number} | | {expression.replace('|', chr(92) + '|')} |" for number, expression in enumerate(expressions))
    form = form_of(HEAD.rstrip("\n") + "\n" + rows + "\n" + CHOICES)
    engine.load(form.xform)
    different = []
    for answers in ANSWERS:
        found = engine.fill(to_xml(form, answers))
        calculated = form.judge(answers, Moment(NOW, NOW)).answers
        for number, expression in enumerate(expressions):
            phone, ours = found.nodes[f"/c{number}"].text, str(calculated.get(f"c{number}", ""))
            if phone != ours and not _nearly(phone, ours):
                different.append((expression, phone, ours))
    assert different == []


def _nearly(one: str | None, other: str) -> bool:
    """The last digit of a power or a sum may be another."""
    numeric = re.compile(r"-?\d+\.\d{9,}(e[-+]\d+)?")
    return bool(one and numeric.fullmatch(one) and numeric.fullmatch(other) and abs(float(one) - float(other)) <= 1e-9 * abs(float(one)))
