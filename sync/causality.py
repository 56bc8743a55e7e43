"""Contributions and what their phones knew of each other: the causal order that merging stands on. Pure. See sync/merge.py for the whole."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

OFFICE = "office"
"""The device of the centre's own clocks, in dots of what a person let in."""

RULING_PREFIX = "ruling:"
"""Before a ruling's id: what its contribution names as its submission."""

Line = tuple[str, str]  # (device of the dot, device that wrote), or (OWN, device) for all that a device wrote
OWN = ""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one submission says of one record. `properties` has no blanks; `policies` names those that are not `latest`.

    `clock` is the phone's, `effective` the same one capped at receipt (sync/clock.py). `dot` says since when the record has had it:
    (device, effective clock), or ("office", the decision's clock) when a person let it in: by then other phones may have seen later
    clocks of that device without having seen this.

    `decides`: blank for what a phone says; `settlement` or `move` for what a person ruled in the office, whose device is `office`.
    """

    record: str
    kind: str
    submission: str
    path: str
    form: str
    worker: str
    device: str
    at: str
    clock: str
    effective: str
    dot: tuple[str, str]
    based_on: Mapping[str, str]
    properties: Mapping[str, Any]
    area: str
    label: str | None = None
    policies: Mapping[str, str] = field(default_factory=dict)
    decides: str = ""


def known_to(a: Contribution, b: Contribution) -> bool:
    """Whether the phone that wrote `b` had `a` in hand."""
    if a.device == b.device:
        return a.clock < b.clock
    device, clock = a.dot
    return clock <= b.based_on.get(device, "")


def as_member(each: Contribution, one: str) -> Contribution:
    """The same as part of the cluster whose record is `one`. Its devices' lines are told apart from those of other members: who saw what
    a phone wrote about this member has not seen what the same phone wrote about another. What names `one` itself is named plainly."""
    own = each.record
    if own == one:
        return each if not any(" " in device for device in each.based_on) else replace(each, based_on=_plain(each.based_on, one))
    based_on = _plain({(device if " " in device else f"{own} {device}"): clock for device, clock in each.based_on.items()}, one)
    return replace(each, record=one, device=f"{own} {each.device}", dot=(f"{own} {each.dot[0]}", each.dot[1]), based_on=based_on)


def phone_of(device: str) -> str:
    """The device itself, of one that may stand in a cluster's version."""
    return device.rpartition(" ")[2]


def _plain(version: Mapping[str, str], one: str) -> dict[str, str]:
    return {device.removeprefix(f"{one} "): clock for device, clock in version.items()}


def by_time(each: Contribution) -> tuple[str, str, str, str]:
    """A total order that no arrival can change."""
    return (each.effective, each.clock, each.submission, each.path)


def causal(ordered: Sequence[Contribution]) -> Sequence[Contribution]:
    """The same contributions, each after all that it knew; of those that could be next, the first in order.

    Their order in time does so already unless a phone's clock ran backwards. Versions that claim to know each other in a circle cannot
    come from honest phones: the claim of the first in order is then ignored, so that nobody can make another's work vanish.
    """
    if _in_causal_order(ordered):
        return ordered
    return [ordered[index] for index in _linear_extension(ordered)]


def each_knew_all_before(ordered: Sequence[Contribution]) -> bool:
    """Whether these came one after the other, each by somebody who had all the ones before in hand."""
    newest_dot: dict[tuple[str, str], str] = {}  # (device of the dot, device that wrote): a phone's own work is known by its clock
    newest_clock: dict[str, str] = {}
    for b in ordered:
        if newest_clock.get(b.device, "") >= b.clock or any(
            author != b.device and b.based_on.get(device, "") < dot for (device, author), dot in newest_dot.items()
        ):
            return False
        line = (b.dot[0], b.device)
        newest_dot[line] = max(b.dot[1], newest_dot.get(line, ""))
        newest_clock[b.device] = b.clock
    return True


def _in_causal_order(ordered: Sequence[Contribution]) -> bool:
    least_dot: dict[tuple[str, str], str] = {}
    dots_of: defaultdict[str, set[str]] = defaultdict(set)
    least_clock: dict[str, str] = {}
    for b in reversed(ordered):
        if least_clock.get(b.device, b.clock) < b.clock:
            return False
        for device, clock in b.based_on.items():
            for author in dots_of.get(device, ()):
                if author != b.device and least_dot[device, author] <= clock:
                    return False
        device, clock = b.dot
        dots_of[device].add(b.device)
        least_dot[device, b.device] = min(clock, least_dot.get((device, b.device), clock))
        least_clock[b.device] = min(b.clock, least_clock.get(b.device, b.clock))
    return True


def _linear_extension(ordered: Sequence[Contribution]) -> Iterator[int]:
    """Indexes into `ordered`. Each waits for the beginning of some lines: its own device's by clock, others' by dot."""
    lines: defaultdict[Line, list[tuple[str, int]]] = defaultdict(list)
    authors: defaultdict[str, set[str]] = defaultdict(set)
    for index, each in enumerate(ordered):
        lines[(OWN, each.device)].append((each.clock, index))
        lines[(each.dot[0], each.device)].append((each.dot[1], index))
        authors[each.dot[0]].add(each.device)
    for line in lines.values():
        line.sort()
    done = [False] * len(ordered)
    finished = dict.fromkeys(lines, 0)  # how much of each line's beginning is done
    waiting: defaultdict[Line, list[tuple[int, int]]] = defaultdict(list)
    missing = [0] * len(ordered)
    ready: list[int] = []
    for index, b in enumerate(ordered):
        needs = {(OWN, b.device): bisect_right(lines[(OWN, b.device)], (b.clock, -1))}
        for device, clock in b.based_on.items():
            for author in authors.get(device, ()):
                if author != b.device:
                    needs[(device, author)] = bisect_right(lines[(device, author)], (clock, len(ordered)))
        for key, length in needs.items():
            if length:
                heapq.heappush(waiting[key], (length, index))
                missing[index] += 1
        if not missing[index]:
            heapq.heappush(ready, index)
    first_left = 0
    for _ in ordered:
        while ready and done[ready[0]]:
            heapq.heappop(ready)
        if ready:
            index = heapq.heappop(ready)
        else:
            while done[first_left]:
                first_left += 1
            index = first_left  # a circle of claims
        done[index] = True
        yield index
        each = ordered[index]
        for key in ((OWN, each.device), (each.dot[0], each.device)):
            line = lines[key]
            while finished[key] < len(line) and done[line[finished[key]][1]]:
                finished[key] += 1
            while waiting[key] and waiting[key][0][0] <= finished[key]:
                _, freed = heapq.heappop(waiting[key])
                missing[freed] -= 1
                if not missing[freed]:
                    heapq.heappush(ready, freed)
