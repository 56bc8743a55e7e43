"""Every function of the table with many values — blanks, dates with zones, big, negative and impossible numbers — has the phone's value at the centre.

The expressions are made from the table itself (forms/functions.py), so a function that is added is compared, too. What is left out here is named,
each with its reason, and stands in docs/forms.md.
"""

from __future__ import annotations

import itertools
import math
import random
import re

import pytest

from forms.answers import to_xml
from forms.form import Form, Moment
from forms.functions import FUNCTIONS
from forms.xlsform import compile_xform, read
from tests.examples import examples
from tests.forms.phone_engine import NOW, EngineFailed, PhoneEngine

EACH = examples(12)
"""Expressions of one function with so many arguments."""

TABLES = """
| survey |
| | type | name | label | calculation | relevant |
| | integer | a | A | | |
| | decimal | b | B | | |
| | decimal | whole | B | | |
| | text | t | T | | |
| | text | u | U | | |
| | text | blank | U | | |
| | integer | nonum | A | | |
| | date | d | D | | |
| | dateTime | dt | D | | |
| | time | ti | D | | |
| | select_multiple l | s | S | | |
| | select_one l | o | O | | |
| | geopoint | g | G | | |
| | geotrace | gt | G | | |
| | geoshape | gs | G | | |
| | begin_group | grp | R | | |
| | integer | gx | X | | |
| | integer | gy | X | | ${{a}} = 99 |
| | end_group | | | | |
| | begin_repeat | r | R | | |
| | integer | x | X | | |
| | text | y | Y | | |
| | begin_repeat | q | R | | |
| | integer | z | X | | |
| | end_repeat | | | | |
| | end_repeat | | | | |
| | begin_repeat | e | R | | ${{a}} = 99 |
| | integer | ex | X | | |
| | end_repeat | | | | |
{rows}
| choices |
| | list_name | name | label | k |
| | l | fever | Fever | 1 |
| | l | cough | Cough | 2 |
| | l | none | None | |
| settings |
| | form_id | version |
| | functions | 1 |
"""

ANSWERS = {
    "a": 3, "b": 36.6, "whole": 36, "t": "何伶俐 abc", "u": "12", "d": "2026-02-03", "dt": "2026-02-01T10:30:15.250+08:00", "ti": "10:30:00.000+08:00",
    "s": ["fever", "cough"], "o": "fever", "g": {"latitude": 29.84, "longitude": 114.32, "altitude": 31, "accuracy": 6.5},
    "gt": [{"latitude": 29.84, "longitude": 114.32}, {"latitude": 29.85, "longitude": 114.33}],
    "gs": [{"latitude": 29.84, "longitude": 114.32}, {"latitude": 29.85, "longitude": 114.32}, {"latitude": 29.85, "longitude": 114.33},
           {"latitude": 29.84, "longitude": 114.32}],
    "grp": {"gx": 4}, "r": [{"x": 1, "y": "p", "q": [{"z": 1}, {"z": 2}]}, {"x": 7, "y": "q r", "q": [{"z": 3}]}, {"x": -2, "q": [{}]}],
}  # fmt: skip

TEXTS = [
    "''", "${blank}", "${t}", "${u}", "'abc'", "'😷x😷'", "' a  b '", "'29.84 114.32 0 0'", "'0.1'", "'-12.50'", "'1e3'", "'true'", "${s}", "${o}", "${d}",
    "${dt}", "${ti}", "${whole}", "'2026-02-03T23:30:00Z'", "'2026-02-03T23:30:00.5-11:00'", "'12:30'", "'何'", "${a}", "${b}", "'0x1F'", "'Infinity'", "' '",
    "'1,5'", "'+5'", "'.5'", "'5.'", "'2024-02-29'", "'1969-12-31'", "'1999/04/01'", "'a\tb'",
]  # fmt: skip
NUMBERS = [
    "0", "1", "-1", "2.5", "-2.5", "0.1", "1.005", "1000000000000000", "123456789012345678901234567890", "0.0000001", "-0.000123", "${a}", "${b}", "${nonum}",
    "1 div 0", "-1 div 0", "0 div 0", "today()", "${d}", "'7'", "'x'", "1.7", "-0.4", "4503599627370497.5", "1 div 3", "2 div 3 * 100000000",
]  # fmt: skip
TRUTHS = ["true()", "false()", "${a} = 3", "${nonum} > 1"]
NODES = ["${r}/x", "${r}/y", "${r}/q/z", "${e}/ex", "${r}/x[. > 0]", "//x", "${grp}/*", "instance('l')/root/item/k"]
KINDS = {
    "text": TEXTS, "number": NUMBERS, "truth": TRUTHS, "any": TEXTS + NUMBERS, "nodes": NODES, "nodes-or-text": TEXTS[:8] + NODES[:4],
    "nodes-or-number": NUMBERS[:14] + NODES[:4],
}  # fmt: skip
CERTAIN = {
    ("regex", 1): ["'^[0-9]+$'", "'b|d'", "'^.{3}$'", "'(a)(?=b)'", "''", "'\\s'"],
    ("format-date", 1): ["'%Y-%m-%d %a'", "'%e/%n/%y %b'", "'%H:%M'", "'%%Y'", "''"],
    ("format-date-time", 1): ["'%Y-%m-%d %H:%M:%S.%3 %a'", "'%h %e %n %b %y %%M'"],
    ("digest", 1): ["'MD5'", "'SHA-1'", "'SHA-256'", "'SHA-384'", "'SHA-512'"],
    ("digest", 2): ["'hex'", "'base64'"],
    ("jr:choice-name", 1): ["'${o}'", "'${s}'"],
    ("randomize", 1): ["1", "42", "${a}", "'seed'", "${t}", "${nonum}", "-7.5", "1 div 0", "123456789012345678901234567890"],
    ("area", 0): ["${gs}", "${gt}", "${blank}", "'x'", "'1 1;2 2;3 5'", "'1 1;2 2;1 1'", "'91 1;2 2;1 1'", "'1 1 ; 2 2;'"],
    ("distance", 0): ["${gs}", "${gt}", "${blank}", "'1 1;2 2;3 3'", "${g}"],
    ("distance", 1): ["'29.84 114.33'", "'1 2 3 4'", "${g}"],
    ("geofence", 0): ["${g}", "'29.845 114.322'", "${blank}", "'x'"],
    ("geofence", 1): ["${gs}", "${gt}", "${blank}", "'1 1;50 1;50 150;1 150;1 1'"],
    ("indexed-repeat", 0): ["${x}"],
    ("indexed-repeat", 1): ["${r}"],
    ("name", 0): ["${a}", "${r}/x", "..", "//z", "instance('l')/root/item"],
    ("local-name", 0): ["${a}", "${r}/x", "..", "//z"],
    ("namespace-uri", 0): ["${a}", "${r}/x", ".."],
    ("position", 0): ["${r}[2]", "${r}/q[3]", "${a}", "${r}[x > 5]"],
    ("once", 0): TEXTS[:4],
}
LEFT_OUT = {
    "false": "no arguments, no values",
    "uuid": "made on the phone", "random": "made on the phone", "now": "the engine's clock and ours differ by a tick",
    "instance": "in the paths above", "current": "in the paths below", "pulldata": "tests/forms/test_for_phone.py",
    "jr:itext": "tests/forms/test_functions.py: it needs an id of the form",
}  # fmt: skip
CLOSE = {"sin", "cos", "tan", "asin", "acos", "atan", "atan2", "exp", "exp10", "log", "log10", "pow", "sqrt", "round"}
"""The last digit is the processor's: the engine and Python take their own ways."""
NO_DATE = re.compile(r"^\d{4}-\d\d-\d\d")
"""A text that looks like a date and is none lets the engine fail; here it is a text."""
OUT_OF_TIME = ("1000000000000000", "123456789012345678901234567890", "1 div 0", "4503599627370497.5", "2 div 3 * 100000000")
"""As dates these are beyond what the engine can hold: it fails."""


def expressions(name: str, luck: random.Random) -> list[str]:
    row = FUNCTIONS[name]
    kinds = list(row.arguments)
    is_open = bool(kinds) and kinds[-1].startswith("…")
    made: list[str] = []
    for count in range(len(kinds) - row.optional, len(kinds) + 1 + 2 * is_open):
        at = [kinds[min(place, len(kinds) - 1)].removeprefix("…") for place in range(count)]
        if name == "weighted-checklist":
            at = ["number", "number", "truth", "number"] if count == 4 else []
        if name == "indexed-repeat":
            at = at if count == 3 else []
        if not at and (count or row.arguments):
            continue  # without an argument it is about the calculation's own value
        if name == "randomize" and count == 1:
            continue  # without a seed only the phone knows
        pools = [CERTAIN.get((name, place)) or KINDS[kind] for place, kind in enumerate(at)]
        if name == "distance" and count > 1:
            pools = [["${g}", "'1 2'"], *([CERTAIN["distance", 1]] * (count - 1))]
        combinations = list(itertools.islice(itertools.product(*pools), 200_000))
        made += [f"{name}({', '.join(chosen)})" for chosen in luck.sample(combinations, min(EACH, len(combinations)))]
    if row.result == "nodes":
        made = [f"join(' ', {each})" for each in made]
    return [each for each in made if not (name in ("date", "date-time", "decimal-date-time") and any(big in each for big in OUT_OF_TIME))]


OPERATORS = ["+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or"]
PATHS = [
    'count(/data/*)', 'count(../*)', 'count(//x)', 'sum(//z)', 'count(//*)', 'string(//x[2])', 'string(${r}/x[2])', 'string(${r}/q[2]/z)',
    'count(${r}/q[1])', 'string(${r}[2]/q[1]/z)', 'count(${a}/following-sibling::*)', 'string(${d}/following-sibling::*[1])',
    'name(${d}/following-sibling::*[1])', 'count(${r}/x/ancestor::*)', 'count(${grp}/descendant::*)', 'count(/data/grp/descendant-or-self::*)',
    'name(/data/r[2]/..)', 'count(/data/e)', 'count(/data/e/ex)', 'count(/data/grp/gy)', 'count(/data/a/@*)', "lang('zh')", "count(id('a'))",
    "string(instance('l')/root/item[2]/name)", "count(instance('l')//item)", "count(instance('l')/root/*)", "count(instance('l')/root/item/k)",
    "count(instance('l')/root/item[k])", "count(instance('l')/root/item[k = ''])", "count(instance('l')/root/item[not(k)])",
    "string(instance('l')/root/item[k = 2]/name)", "count(instance('l')/root/item[k = '2'])", "string(instance('l')/root/item[last()]/name)",
    "join(' ', instance('l')/root/item/name[. != 'cough'])", 'position(..)', 'last()', 'position()', 'count(${r}[position() > 1])',
    'string(${r}[x > 0][2]/x)', 'string(${r}[last()]/x)', 'string(${r}[${a} - 1]/x)', 'string(current()/../a)', 'count(.)', 'count(self::*)',
    'count(parent::data)', 'count(parent::*)', 'count(../self::data)', 'count(../child::a)', 'count(../descendant::z[. > 1])', 'string(number(${d}))',
    "join(' ', indexed-repeat(${x}, ${r}, 1.7))", 'checklist(0, -0.4, ${nonum} > 1)', 'checklist(0, -0.4, ${a} = 3)',
    'boolean(if(${a} = 3, number(false()), ${t}))', 'boolean(if(${a} = 4, number(false()), ${t}))', 'not(if(${a} = 3, false(), ${t}))',
    'not(if(${a} = 3, today(), 1))',
    'string(${g})', 'string(${gt})', 'string(${gs})', '${dt} > ${d}', '${dt} - ${d}', "${ti} = '10:30:00.000+08:00'", 'string(today() + 1)',
    'date(today() + 1)', 'string(${d} + 1)', 'boolean(${d})', 'count(${r}/x[../y])', "sum(${r}/x[../y = 'p'])", 'count(../r[x = 7]/q)',
]  # fmt: skip


def compare(engine: PhoneEngine, wanted: list[str]) -> None:
    rows = "\n".join(f"| | calculate | c{at} | | {text.replace('|', chr(92) + '|')} | |" for at, text in enumerate(wanted))
    form = Form.load(compile_xform(read(TABLES.format(rows=rows), ".md")))
    engine.load(form.xform)
    ours = form.judge(ANSWERS, Moment(NOW, NOW)).answers
    try:
        found = engine.fill(to_xml(form, ANSWERS))
    except EngineFailed as failed:
        if len(wanted) > 1:
            compare(engine, wanted[: len(wanted) // 2])
            compare(engine, wanted[len(wanted) // 2 :])
        else:
            assert NO_DATE.search(ours.get("c0", "")) and "Invalid iso" in str(failed), (wanted, failed)
        return
    pairs = [(text, found.nodes[f"/c{at}"].text, ours.get(f"c{at}", "")) for at, text in enumerate(wanted)]
    assert [(text, phones, own) for text, phones, own in pairs if phones != own and not _are_close(text, phones, own)] == []


def _are_close(text: str, phones: str | None, own: str) -> bool:
    if text.partition("(")[0] not in CLOSE:
        return False
    try:
        return math.isclose(float(phones or "x"), float(own), rel_tol=1e-12)
    except ValueError:
        return False


COMPARED = [name for name in FUNCTIONS if name not in LEFT_OUT]


@pytest.mark.parametrize("names", [COMPARED[at : at + 8] for at in range(0, len(COMPARED), 8)], ids=" ".join)
def test_functions_have_the_phones_values(engine, names):
    wanted = {name: expressions(name, random.Random(f"{name} 2026-02-03")) for name in names}
    assert all(wanted.values())
    compare(engine, [text for texts in wanted.values() for text in texts])


def test_operators_have_the_phones_value(engine):
    luck = random.Random("operators 2026-02-03")
    values = TEXTS + NUMBERS
    compare(engine, [f"{luck.choice(values)} {operator} {luck.choice(values)}" for operator in OPERATORS for _ in range(EACH)])
    compare(engine, [written for value in values for written in (f"-({value})", f"concat('[', {value}, ']')", f"not({value})")])


def test_paths_have_the_phones_value(engine):
    compare(engine, PATHS)
