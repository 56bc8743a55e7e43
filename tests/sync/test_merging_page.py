"""Every worked example of docs/merging.md comes out as the page says."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from sync import clock
from sync.causality import Contribution
from sync.merge import merge, merge_cluster
from sync.policies import POLICIES

PAGE = (Path(__file__).parent.parent.parent / "docs" / "merging.md").read_text()
EXAMPLE = re.compile(r"\| who \| phone(?: \| (about))? \| clock \| had seen \| writes(?: \((\w+)\))? \|\n\|[-|]+\|\n((?:\|.*\|\n)+)\nResult: (.*)\.\n")


def at(device, milliseconds):
    return clock.format(int(milliseconds), 0, device)


def seen_version(text, record):
    """`d-1:1`; of a cluster also `b/d-2:2`, what it had seen of the member b."""
    found = {}
    for part in text.split():
        line, milliseconds = part.split(":")
        about, _, device = line.rpartition("/")
        found[f"person:{about} {device}" if about and f"person:{about}" != record else device] = at(device, milliseconds)
    return found


def contribution(number, cells, policy, record="household:a"):
    who, device, milliseconds, seen, writes = cells
    values = dict(part.split("=") for part in writes.split(", "))
    return Contribution(
        record=record,
        kind=record.partition(":")[0],
        submission=f"submission:{number}",
        path="",
        form="household_survey",
        worker=who,
        device=device,
        at="2026-02-03T09:15:02+08:00",
        clock=at(device, milliseconds),
        effective=at(device, milliseconds),
        dot=(device, at(device, milliseconds)),
        based_on=seen_version(seen, record),
        properties={name: int(value) if policy == "sum" else value for name, value in values.items()},
        area="g0311",
        policies={} if device == "office" else dict.fromkeys(values, policy),
        decides="settlement" if device == "office" else "",
    )


def in_words(fields):
    found = []
    for name, entry in fields.items():
        others = "".join(f"; disputed {other['value']} by {other['worker']}" for other in entry.get("disputed", ()))
        found.append(f"{name}={entry['value']} ({entry['worker']}{others})")
    return sorted(found)


@pytest.mark.parametrize("example", EXAMPLE.findall(PAGE), ids=lambda example: example[3])
def test_the_example_comes_out_as_the_page_says(example):
    about, policy, table, expected = example
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    if about:
        members = defaultdict(list)
        for number, (who, device, which, *rest) in enumerate(rows):
            members[f"person:{which}"].append(contribution(number, [who, device, *rest], policy or "latest", f"person:{which}"))
        record = merge_cluster(min(members), members)
    else:
        record = merge(contribution(number, cells, policy or "latest") for number, cells in enumerate(rows))
    assert in_words(record.fields) == sorted(re.findall(r"\w+=\w+ \([^)]*\)", expected))


def test_all_examples_are_found_and_all_policies_described():
    assert len(EXAMPLE.findall(PAGE)) == PAGE.count("| who |") == PAGE.count("\nResult: ") == 14
    assert set(re.findall(r"`(\w+)`", PAGE)) >= POLICIES
