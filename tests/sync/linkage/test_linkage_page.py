"""Every worked example of docs/linkage.md comes out as the page says, and its weights are those in force."""

import re
from pathlib import Path

import pytest

from sync.linkage import compare, profile
from sync.linkage.tables import table
from sync.linkage.words import in_words

PAGE = (Path(__file__).parent.parent.parent.parent / "docs" / "linkage.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"\| name \| sex \|.*\|\n\|[-|]+\|\n(\|.*\|)\n(\|.*\|)\n\nResult: (\S+), ((?:not )?suggested)\. (.*)\.\n")
EXAMPLES = EXAMPLE.findall(PAGE)
SEXES = {"male": "1", "female": "2"}


def somebody(number, line):
    name, sex, born, phone, id_number, place, door = (cell.strip() for cell in line.strip("|").split("|"))
    values = {"name": name, "sex": SEXES.get(sex, ""), "birth_date": born, "phone": phone, "id_number": id_number}
    return profile("person", f"person:{number}", {field: {"value": value} for field, value in values.items() if value}, {"place": place, "room": door})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[0])
def test_the_example_comes_out_as_the_page_says(example):
    first, second, score, suggested, why = example
    outcome = compare(somebody(1, first), somebody(2, second))
    reasons = zip(in_words(outcome.reasons, "en"), outcome.reasons, strict=True)
    assert (f"{outcome.score:+.1f}", "suggested" if outcome.suggested else "not suggested") == (score, suggested)
    assert "; ".join(f"{words} ({values['bits']:+.1f})" for words, (_, values) in reasons) == why


def test_all_examples_are_found():
    assert len(EXAMPLES) == PAGE.count("| name | sex |") == PAGE.count("\nResult: ") == 11


def test_the_weights_are_those_in_force():
    weights = table("weights")
    found = {
        (what, level): [float(stranger), float(family)]
        for what, level, stranger, family in re.findall(r"^\| (\w+) \| ([\w ]+) \| (-?[\d.]+) \| (-?[\d.]+) \|$", PAGE, re.M)
    }
    told = {(what, level): bits for what, levels in weights.items() if isinstance(levels, dict) and what != "household" for level, bits in levels.items()}
    del told["before", "household"]
    assert found == {**told, ("together", "on one form"): weights["together"]}
