"""The hybrid logical clock, by the cases that the phone runs too."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import clock

CASES = json.loads((Path(__file__).parent.parent / "data" / "clock.json").read_text())


@pytest.mark.parametrize("case", CASES["parse"], ids=lambda case: case["clock"])
def test_a_clock_is_read_and_written_alike(case):
    parts = clock.parse(case["clock"])
    assert parts == (case["milliseconds"], case["counter"], case["device"])
    assert clock.format(*parts) == case["clock"]


@pytest.mark.parametrize("text", [*CASES["refused"], None, 1770080102000, [], {}])
def test_what_is_no_clock_is_refused(text):
    with pytest.raises(ValueError, match="not a clock"):
        clock.parse(text)


@pytest.mark.parametrize("case", CASES["advance"], ids=lambda case: case["why"])
def test_the_next_clock(case):
    assert clock.advance(case["device"], case["now_ms"], case["seen"]) == case["next"]


@pytest.mark.parametrize("case", CASES["cap"], ids=lambda case: case["why"])
def test_the_centre_caps_what_runs_ahead(case):
    assert clock.cap(case["clock"], case["received_ms"]) == case["effective"]


def test_clocks_sort_as_text():
    assert sorted(CASES["order"]) == CASES["order"]


clocks = st.builds(
    clock.format, st.integers(0, clock.MILLISECONDS_MAX - 1), st.integers(0, clock.COUNTER_MAX), st.sampled_from(["d-00000001", "d-ffffffff", "office"])
)


@given(st.integers(0, clock.MILLISECONDS_MAX - 1), st.lists(clocks))
def test_a_clock_stands_after_all_that_was_seen(now_ms, seen):
    following = clock.advance("d-00000001", now_ms, seen)
    assert all(following > text for text in seen)
    assert clock.parse(following).milliseconds >= now_ms
