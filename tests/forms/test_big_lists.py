"""Lists of thousands: looked up and not walked through, the same by file and by sheet."""

from __future__ import annotations

import time

import pytest

from forms.form import Form
from forms.xlsform import compile_xform, read

CITIES = 5_000
TABLES = """
    | survey |
    | | type | name | label | choice_filter | calculation | constraint |
    | | text | province | 省 | | | |
    | | integer | number | 编号 | | | |
    | | select_one_from_file cities.csv | city | 市 | province = ${province} | | |
    | | calculate | town | | | pulldata('cities', 'label', 'name', ${city}) | |
    | | calculate | by_number | | | instance('cities')/root/item[number = ${number} + 0]/label | |
    | | calculate | two | | | count(instance('cities')/root/item[province = ${province} and number > 4000]) | |
    | | calculate | second | | | instance('cities')/root/item[province = ${province}][2]/name | |

    | settings |
    | | form_id | version |
    | | cities | 1 |
"""


def cities() -> bytes:
    rows = [f"c{number},城{number},p{number % 100},{number}" for number in range(CITIES)]
    return "\n".join(["name,label,province,number", *rows, "odd,it's,p'1,5000"]).encode()


@pytest.fixture(scope="module")
def form() -> Form:
    return Form.load(compile_xform(read(TABLES, ".md")), {"cities.csv": cities()})


def test_a_choice_must_be_of_the_list_that_its_filter_leaves(form, judge, said):
    assert said(judge(form, {"province": "p7", "city": "c107"}).problems) == []
    assert said(judge(form, {"province": "p8", "city": "c107"}).problems) == [("/city", "choice")]


def test_values_are_pulled_by_text_and_by_number(form, judge):
    answers = judge(form, {"province": "p7", "city": "c107", "number": 4999}).answers
    assert (answers["town"], answers["by_number"], answers["two"], answers["second"]) == ("城107", "城4999", "10", "c107")


def test_a_quote_in_what_is_looked_up_harms_nothing(form, judge):
    answers = judge(form, {"province": "p'1", "city": "odd"}).answers
    assert answers["town"] == "it's"
    assert "town" not in judge(form, {"city": "' or '1'='1"}).answers


def test_conditions_on_a_list_are_looks_into_a_table(form):
    assert form.source.count("index_by_") == 3  # province, name, number
    assert "LISTS['cities']" not in form.source


def test_five_thousand_choices_cost_no_more_than_a_look(form, judge):
    judge(form, {"province": "p7", "city": "c107"})
    started = time.process_time()
    for _ in range(200):
        judge(form, {"province": "p7", "city": "c107", "number": 4999})
    assert (time.process_time() - started) / 200 < 0.002
