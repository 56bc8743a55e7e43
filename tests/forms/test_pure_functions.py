"""What holds of the functions whatever they are given: none raises, numbers go to text and back, a shuffled list is the same list in another order."""

from __future__ import annotations

import json
import math
import random
import shutil
import struct
import subprocess
from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forms.conversions import number, text_of_decimal, text_of_number
from forms.functions import FUNCTIONS
from forms.geography import area, distance, geofence
from forms.moments import Clock, TooMuchWork, days, text_of_days
from forms.shuffling import shuffled
from tests.examples import examples

CLOCK = Clock(datetime.fromisoformat("2026-02-03T09:15:02+08:00"))
odd = st.sampled_from(
    [
        "0x" + "F" * 900, "1e400", "-1e400", "nan", "1_0", "２", "9" * 2_000, "9999-12-31T23:59:59.999-14:00", "0001-01-01T00:00:00+14:00", "24:00",
        "1 1;1 1;1 1", ";;;", "%a%%", "\ud83d", "(?=", "(a)\\1", "SHA-256", "==",
    ]
)  # fmt: skip
texts = st.text(max_size=12) | odd | st.floats().map(str) | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
numbers = st.floats() | st.integers(-(10**20), 10**20).map(float) | st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan])


@settings(max_examples=examples(2_000), deadline=None)
@given(data=st.data())
def test_no_function_raises_whatever_it_is_given(data):
    name = data.draw(st.sampled_from([name for name, row in FUNCTIONS.items() if row.run is not None]))
    row = FUNCTIONS[name]
    kinds = {"text": texts, "number": numbers, "truth": st.booleans()}
    count = data.draw(st.integers(len(row.arguments) - row.optional, len(row.arguments)))
    given_ = [data.draw(kinds[kind]) for kind in row.arguments[:count]]
    if name in ("string-length", "normalize-space") and not given_:
        given_ = [data.draw(texts)]
    CLOCK.work = 1_000_000
    try:
        result = row.run(*given_, *([CLOCK] if row.needs_clock else []))
    except TooMuchWork:
        assert name == "regex"
        return
    assert isinstance(result, {"text": str, "number": float | int, "truth": bool, "moment": float}[row.result])


def test_powers_of_nothing():
    power = FUNCTIONS["pow"].run
    assert power is not None
    assert [power(0.0, exponent) for exponent in (-math.inf, -1.0, -2.0)] == [math.inf] * 3
    assert [power(-0.0, exponent) for exponent in (-1.0, -2.0)] == [-math.inf, math.inf]


@settings(max_examples=examples(1_000), deadline=None)
@given(value=st.floats(allow_nan=False))
@example(1e21)
@example(123456789012345680000.0)
@example(1e-7)
def test_a_number_written_as_text_is_the_same_number(value):
    assert number(text_of_number(value), CLOCK) == value
    if math.isfinite(value):
        assert float(text_of_decimal(value)) == value


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_numbers_are_written_as_javascript_writes_them():
    luck = random.Random("numbers 2026-02-03")
    values = [struct.unpack("<d", luck.randbytes(8))[0] for _ in range(examples(3_000))]
    values += [luck.choice([1, -1]) * luck.randint(0, 10**6) * 10.0 ** luck.randint(-12, 20) for _ in range(examples(3_000))]
    values = [value for value in values if math.isfinite(value)]
    program = "console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0)).map(String)))"
    said = subprocess.run(["node", "-e", program], input=json.dumps(values), capture_output=True, text=True, check=True, timeout=60).stdout
    for value, text in zip(values, json.loads(said), strict=True):
        assert text_of_number(value) == text


@settings(max_examples=examples(300), deadline=None)
@given(nodes=st.lists(st.integers(), max_size=30), seed=numbers | texts)
def test_a_shuffled_list_is_the_same_list_in_an_order_that_the_seed_decides(nodes, seed):
    order = shuffled(nodes, seed, CLOCK)
    assert sorted(order) == sorted(nodes)
    assert order == shuffled(tuple(nodes), seed, CLOCK)


@settings(max_examples=examples(500), deadline=None)
@given(pieces=st.lists(texts, max_size=5), point=texts)
def test_places_out_of_any_text_are_a_number_or_nothing(pieces, point):
    assert area(pieces) >= 0 or math.isnan(area(pieces))
    assert distance(pieces) >= 0 or math.isnan(distance(pieces))
    assert geofence(point, ";".join(pieces)) in (True, False)


@settings(max_examples=examples(500), deadline=None)
@given(value=st.floats(-600_000, 2_800_000))
def test_a_moment_written_as_text_is_the_same_millisecond(value):
    again = days(text_of_days(value, CLOCK), CLOCK)
    assert abs(again - value) * 86_400_000 <= 1
