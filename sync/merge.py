"""A record is a function of the set of accepted submissions about it: the same set gives the same record, to the byte.

How it works
------------
What one submission says of one record is a *contribution*: some values, who sent them from which phone, the submission's
clock, and `based_on`, the version of the record that the phone held when the form was filled. A version is a vector: for each
phone, the newest of its clocks that had gone into the record.

Contribution A is **known to** B when B's phone had A in hand: A's dot (device, clock) is covered by B's `based_on`, or the same
device wrote A earlier. Wall clocks play no part in it, so a phone set to 1970 or 2099 can neither hide another's work nor be hidden.

For one field, going through the contributions so that each comes after those it knew:

- A value equal to the one that B was shown (the winner among the edits known to B) is a **confirmation**. The phone fills in
  known values, and sending them back unchanged says nothing new, so a confirmation never competes.
- Any other value is an **edit**. An edit known to another edit is **history**: somebody saw it and wrote something else.
- The edits that are left are the **frontier**. One, or all of one value: the field is settled. Different values: people who did
  not know of each other disagree. The field's policy chooses a value, and the others stay beside it as `disputed` until an edit
  that knew of all of them settles it.

Undoing a submission is leaving it out of the set. Nothing is remembered from one merge to the next.

A worked example
----------------
A household's telephone. Wang registers it from phone d-1 as 135 at clock 1. Li and Zhao sync (both hold the version {d-1: 1}) and
go offline. Li corrects it to 136 at clock 2 on d-2. Zhao visits later, at clock 9 on d-3, and sends 135 back, as it was filled in.

    contribution  device  clock  based_on   value     so it is
    Wang          d-1     1      {}         135       an edit, known to Li and Zhao: history
    Li            d-2     2      {d-1: 1}   136       an edit: 135 was shown to him
    Zhao          d-3     9      {d-1: 1}   135       a confirmation of what she was shown, though it is the newest

The telephone is 136. Had Zhao written 137, then 136 and 137 would both stand on the frontier: `latest` shows hers, 137, and keeps
Li's 136 beside it as disputed. Docs with more examples: docs/merging.md.

Cost: sorting, then for each contribution a look at each device in its `based_on`; 10,000 contributions take well under a second.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from sync.causality import OFFICE, Contribution, by_time, causal, known_to
from sync.labels import label_of, search_text

SUBMISSIONS_SHOWN_MAX = 20
"""How many of a record's submissions the published record names; `submission_count` counts them all."""


@dataclass(frozen=True, slots=True)
class Record:
    """A merged record. `document` is what is published to its area; `version` maps a device to the newest of its clocks in it."""

    id: str
    kind: str
    area: str
    label: str
    version: dict[str, str]
    fields: dict[str, dict[str, Any]]
    search: str
    submissions: list[dict[str, Any]]
    submission_count: int

    @property
    def disputes(self) -> int:
        """How many fields are disputed."""
        return sum("disputed" in entry for entry in self.fields.values())

    @property
    def document(self) -> dict[str, Any]:
        return {
            "_id": self.id,
            "type": "record",
            "kind": self.kind,
            "area": self.area,
            "label": self.label,
            "version": self.version,
            "fields": self.fields,
            "search": self.search,
            "submissions": self.submissions,
            "submission_count": self.submission_count,
        }


def merge(contributions: Iterable[Contribution]) -> Record | None:
    """The record that this set of contributions to one record makes; None when the set is empty. Order and repetition do not matter."""
    ordered = sorted({(each.submission, each.path): each for each in contributions}.values(), key=by_time)
    if not ordered:
        return None
    newest = ordered[-1]
    saying: defaultdict[str, list[Contribution]] = defaultdict(list)
    version: dict[str, str] = {}
    for each in ordered if len(ordered) == 1 else causal(ordered):
        for name in each.properties:
            saying[name].append(each)
        device, clock = each.dot
        if version.get(device, "") < clock:
            version[device] = clock
    fields = {name: _settle(name, those) for name, those in sorted(saying.items())}
    label = label_of(newest.kind, newest.record, fields, next((each.label for each in reversed(ordered) if each.label), None))
    submissions = {each.submission: {"id": each.submission, "form": each.form, "worker": each.worker, "at": each.at} for each in reversed(ordered)}
    return Record(
        id=newest.record,
        kind=newest.kind,
        area=newest.area,
        label=label,
        version=version,
        fields=fields,
        search=search_text(label, fields),
        submissions=list(submissions.values())[:SUBMISSIONS_SHOWN_MAX],
        submission_count=len(submissions),
    )


# One field

Choice = Callable[[Contribution, Sequence[Contribution]], Contribution]
Combination = Callable[[Sequence[Any]], Any]


def _newest(oldest: Contribution, frontier: Sequence[Contribution]) -> Contribution:
    return max(frontier, key=by_time)


def _oldest(oldest: Contribution, frontier: Sequence[Contribution]) -> Contribution:
    return oldest


def _union(values: Sequence[Any]) -> list[Any]:
    """Every item that was ever ticked, once, in the order of their JSON."""
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return list(dict(sorted((orjson.dumps(item), item) for item in items)).values())


def _sum(values: Sequence[Any]) -> int | float:
    """Exact in decimal (0.1 + 0.2 is 0.3), so that the order cannot matter. What is no number adds nothing."""
    total = sum((Decimal(repr(value)) for value in values if isinstance(value, int | float) and not isinstance(value, bool)), Decimal())
    return int(total) if total == total.to_integral_value() else float(total)


CHOOSING: dict[str, Choice] = {"latest": _newest, "earliest": _oldest}
"""Policies that let one report stand for the field. Different values on the frontier are a dispute."""

OBSERVED = "observed"
"""The policy of what is asked anew at each visit, a temperature, say: the newest observation stands, also when its value is not new, and two
observations that differ are two facts, not a dispute."""

COMBINING: dict[str, Combination] = {
    "max": lambda values: max(values, key=_rank),
    "min": lambda values: min(values, key=_rank),
    "union": _union,
    "sum": _sum,
}
"""Policies that make one value of all that were ever accepted. The form's author has settled how; there is nothing to dispute."""

POLICIES = frozenset(CHOOSING) | frozenset(COMBINING) | {OBSERVED}
"""What a form's `merge` column may say; `latest` where it says nothing."""


def _settle(name: str, those: Sequence[Contribution]) -> dict[str, Any]:
    """A field's published entry, from the contributions that have it, each after those it knew."""
    if len(those) == 1:
        return _entry(those[0], those[0].properties[name])
    policy = max(those, key=by_time).policies.get(name, "latest")
    if policy in COMBINING:
        return _combined(name, those, COMBINING[policy])
    if policy == OBSERVED:
        _, frontier = _edits(name, those, _newest, confirms=False)
        newest = max(frontier, key=by_time)
        return _entry(newest, newest.properties[name])
    choose = CHOOSING.get(policy, _newest)
    oldest, frontier = _edits(name, those, choose)
    chosen = choose(oldest, frontier)
    entry = _entry(chosen, chosen.properties[name])
    if len(frontier) > 1 and any(not same(each.properties[name], frontier[0].properties[name]) for each in frontier):
        others = [each for each in frontier if not same(each.properties[name], chosen.properties[name])]
        entry["disputed"] = [_disputed(each, each.properties[name]) for each in sorted(others, key=by_time, reverse=True)]
    return entry


def _combined(name: str, those: Sequence[Contribution], combine: Combination) -> dict[str, Any]:
    value = combine([each.properties[name] for each in those])
    saying_so = [each for each in those if same(each.properties[name], value)] or those
    return _entry(max(saying_so, key=by_time), value)


def _edits(name: str, those: Sequence[Contribution], choose: Choice, confirms: bool = True) -> tuple[Contribution, list[Contribution]]:
    """The oldest edit of a field, and its frontier: the edits that no other edit knew. Unless `confirms`, a value sent again is an edit too."""
    edits: list[Contribution] = []
    oldest = those[0]
    frontier: dict[str, list[Contribution]] = {}  # by device; more than one of a device only where clocks are equal
    standing = 0
    seen: _Seen | None = None
    for b in those:
        known = _known_of(frontier, b)
        if not confirms:
            shown = None
        elif len(known) == standing:
            shown = choose(oldest, known) if known else None
        else:
            seen = seen or _Seen(edits, choose)
            shown = seen.by(b)
        if shown is not None and same(b.properties[name], shown.properties[name]):
            continue
        edits.append(b)
        oldest = min(oldest, b, key=by_time)
        if seen is not None:
            seen.add(b)
        for each in known:
            frontier[each.device].remove(each)
            if not frontier[each.device]:
                del frontier[each.device]
        frontier.setdefault(b.device, []).append(b)
        standing += 1 - len(known)
    return oldest, [each for of_device in frontier.values() for each in of_device]


def _known_of(frontier: Mapping[str, Sequence[Contribution]], b: Contribution) -> list[Contribution]:
    """The edits in the frontier that `b` knew. Looks at the devices that `b` names, not at the whole frontier."""
    asked = {b.device, *b.based_on} if OFFICE not in b.based_on else frontier
    return [each for device in asked for each in frontier.get(device, ()) if known_to(each, b)]


class _Seen:
    """What each phone was shown of one field: the choice among the edits it knew.

    Edits stand by device and in the order of their dots, so what a phone knew of a device is the beginning of a list. For each such
    beginning are kept its newest and its oldest edit and all that its edits knew, so that a look costs one bisection a device.
    """

    def __init__(self, edits: Iterable[Contribution], choose: Choice):
        self._wants_oldest = choose is _oldest
        self._lines: dict[tuple[str, str], _Line] = {}
        self._of_dot: defaultdict[str, list[_Line]] = defaultdict(list)
        self._of_device: defaultdict[str, list[_Line]] = defaultdict(list)
        for each in edits:
            self.add(each)

    def add(self, edit: Contribution) -> None:
        key = (edit.dot[0], edit.device)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
            self._of_dot[edit.dot[0]].append(line)
            self._of_device[edit.device].append(line)
        line.add(edit)

    def by(self, b: Contribution) -> Contribution | None:
        hits = [(line, len(line.edits)) for line in self._of_device.get(b.device, ())]
        for device, clock in b.based_on.items():
            for line in self._of_dot.get(device, ()):
                if line.device != b.device and (end := bisect_right(line.clocks, clock)):
                    hits.append((line, end))
        if self._wants_oldest:
            return min((line.oldest[end - 1] for line, end in hits), key=by_time, default=None)
        known: dict[str, str] = {}
        newest_of: dict[str, str] = {}
        for line, end in hits:
            for device, clock in line.reach[end - 1].items():
                if known.get(device, "") < clock:
                    known[device] = clock
            newest = line.newest[end - 1]
            if newest_of.get(newest.device, "") < newest.clock:
                newest_of[newest.device] = newest.clock
        left = [line.newest[end - 1] for line, end in hits]
        left = [a for a in left if a.clock >= newest_of[a.device] and not _covered(a, hits, known)]
        return max(left, key=by_time, default=None)


class _Line:
    """The edits of one device under one kind of dot, by dot, and for each beginning its newest, its oldest and what it knew of others."""

    __slots__ = ("clocks", "device", "edits", "newest", "oldest", "reach")

    def __init__(self) -> None:
        self.device = ""
        self.clocks: list[str] = []
        self.edits: list[Contribution] = []
        self.newest: list[Contribution] = []
        self.oldest: list[Contribution] = []
        self.reach: list[Mapping[str, str]] = []

    def add(self, edit: Contribution) -> None:
        self.device = edit.device
        at = bisect_right(self.clocks, edit.dot[1])
        self.clocks.insert(at, edit.dot[1])
        self.edits.insert(at, edit)
        for beginnings in (self.newest, self.oldest, self.reach):
            del beginnings[at:]  # nearly always nothing: dots come in order
        for each in self.edits[at:]:
            before = len(self.newest) - 1
            self.newest.append(each if before < 0 or each.clock >= self.newest[before].clock else self.newest[before])
            self.oldest.append(each if before < 0 or by_time(each) < by_time(self.oldest[before]) else self.oldest[before])
            self.reach.append(each.based_on if before < 0 else _joined(self.reach[before], each.based_on))


def _covered(a: Contribution, hits: Sequence[tuple[_Line, int]], known: Mapping[str, str]) -> bool:
    """Whether an edit among the hits, of another device than `a`, knew `a`. `known` joins all of them, for a quick no."""
    device, clock = a.dot
    if clock > known.get(device, ""):
        return False
    return any(line.device != a.device and clock <= line.reach[end - 1].get(device, "") for line, end in hits)


def _joined(a: Mapping[str, str], b: Mapping[str, str]) -> Mapping[str, str]:
    """The least version that covers both; the same object where one covers the other."""
    if all(a.get(device, "") >= clock for device, clock in b.items()):
        return a
    return {**a, **{device: clock for device, clock in b.items() if a.get(device, "") < clock}}


def same(a: Any, b: Any) -> bool:
    """Equal as JSON values: True is not 1, and 1 is 1.0."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _rank(value: Any) -> tuple[int, Any]:
    """Numbers, then texts (dates among them), then anything else by its JSON: values of one field compare whatever they are."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value)
    return (1, value) if isinstance(value, str) else (2, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def _disputed(each: Contribution, value: Any) -> dict[str, Any]:
    return {"value": value, "worker": each.worker, "device": each.device, "at": each.at, "clock": each.effective, "submission": each.submission}


def _entry(each: Contribution, value: Any) -> dict[str, Any]:
    return {**_disputed(each, value), "form": each.form}
