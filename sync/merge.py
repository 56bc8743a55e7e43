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

What a person settles in the office is an edit too, by the device `office`, based on the version that they saw, and it is one even where it says
what was shown. What they had not seen is disputed with it. So undoing a submission or a settlement is leaving it out of the set. Nothing is
remembered from one merge to the next.

Records that are one (sync/links.py) are merged from the contributions of all of them, each member's phones being lines of their own.

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
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import orjson

from sync.causality import OFFICE, Contribution, as_member, by_time, causal, each_knew_all_before, known_to, phone_of
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
    reported_in: frozenset[str] = frozenset()
    placed: bool = False
    moved_at: str = ""
    lies_with: str = ""
    own_parent: str | None = None
    members: tuple[str, ...] = ()
    linked_to: str | None = None

    @property
    def left(self) -> list[str]:
        """The areas where it was reported, or had been moved to, and does not lie now."""
        return sorted(self.reported_in - {self.area})

    @property
    def disputes(self) -> int:
        """How many fields are disputed."""
        return sum("disputed" in entry for entry in self.fields.values())

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "_id": self.id,
            "type": "record",
            "kind": self.kind,
            "area": self.area,
            "label": self.label,
            "version": self.version,
            "fields": {} if self.linked_to else self.fields,
            "search": "" if self.linked_to else self.search,
            "submissions": [] if self.linked_to else self.submissions,
            "submission_count": self.submission_count,
        }
        if self.members:
            document["members"] = list(self.members)
        if self.linked_to:
            document["linked_to"] = self.linked_to
        if self.left:
            document["moved"] = {"from": self.left, **self._since}
        return document

    @property
    def trace(self) -> dict[str, Any]:
        """What stays in an area that it has left."""
        return {"_id": self.id, "type": "moved", "kind": self.kind, "label": self.label, "area": self.area, **self._since}

    @property
    def _since(self) -> dict[str, str]:
        """When it moved; or with which record it did, and that one knows when."""
        return {"with": self.lies_with} if self.lies_with else {"at": self.moved_at}


def merge(contributions: Iterable[Contribution]) -> Record | None:
    """The record that this set of contributions to one record makes; None when the set is empty. Order and repetition do not matter."""
    ordered = sorted({(each.submission, each.path): each for each in contributions}.values(), key=by_time)
    if all(each.decides for each in ordered):
        return None
    in_order = ordered if len(ordered) == 1 else causal(ordered)
    in_turn = in_order is ordered and each_knew_all_before(ordered) and not any(each.decides for each in ordered)
    return made(ordered, _settled_in_turn(ordered) if in_turn else _settled(in_order))


def made(ordered: Sequence[Contribution], fields: dict[str, dict[str, Any]]) -> Record:
    """The record of these contributions, in the order of time, and of the fields that they make. One of them at least is a report."""
    reports = [each for each in ordered if not each.decides]
    newest = reports[-1]
    version: dict[str, str] = {}
    for each in ordered:
        device, clock = each.dot
        if version.get(device, "") < clock:
            version[device] = clock
    label = label_of(newest.kind, newest.record, fields, next((each.label for each in reversed(ordered) if each.label), None))
    submissions: dict[str, dict[str, Any]] = {}
    for each in reversed(reports):
        if len(submissions) == SUBMISSIONS_SHOWN_MAX:
            break
        submissions[each.submission] = {"id": each.submission, "form": each.form, "worker": each.worker, "at": each.at}
    place = _place(newest.kind, reports, [each for each in ordered if each.decides == "move"])
    return Record(
        id=newest.record,
        kind=newest.kind,
        area=place.area,
        reported_in=place.all,
        placed=place.by_move,
        moved_at=place.at,
        label=label,
        version=version,
        fields=fields,
        search=search_text(label, fields),
        submissions=list(submissions.values()),
        submission_count=len({each.submission for each in reports}),
    )


def merge_cluster(one: str, members: Mapping[str, Iterable[Contribution]]) -> Record | None:
    """The record that these records are together, under the id `one`. `members`: the contributions to each, `one`'s among them."""
    record = merge(as_member(each, one) for contributions in members.values() for each in contributions)
    return record and replace(record, members=tuple(sorted(members)))


# Where a record lies


@dataclass(frozen=True, slots=True)
class _Place:
    area: str
    all: frozenset[str]
    by_move: bool
    at: str


def _place(kind: str, reports: Sequence[Contribution], moves: Sequence[Contribution]) -> _Place:
    """Where its reports and moves put a record, and since when. `reports` and `moves` in the order of time.

    The newest move stands until somebody who knew of it reports the record from elsewhere. Of a person who is said to belong to a household only
    what says so counts: a test at a sampling point moves nobody.
    """
    homing = [each for each in reports if "household" in each.properties] if kind != "household" else []
    homing = homing or list(reports)
    everywhere = frozenset(each.area for each in (*homing, *moves))
    move = max(moves, key=lambda each: each.dot[1], default=None)
    if move is not None:
        homing = [each for each in homing if known_to(move, each)]
        if not homing:
            return _Place(move.area, everywhere, True, move.at)
    area, since = homing[-1].area, homing[-1]
    for each in reversed(homing):
        if each.area != area:
            return _Place(area, everywhere, False, since.at)
        since = each
    return _Place(area, everywhere, move is not None and move.area == area, move.at if move is not None and move.area == area else since.at)


# One field

Choice = Callable[[Contribution, Sequence[Contribution]], Contribution]
"""Of the edit that stands by itself (the newest settlement, or else the oldest edit) and the frontier, the one whose value is shown."""
Combination = Callable[[Sequence[Any]], Any]


def _newest(standing: Contribution, frontier: Sequence[Contribution]) -> Contribution:
    return max(frontier, key=by_time)


def _first(standing: Contribution, frontier: Sequence[Contribution]) -> Contribution:
    return standing


def _union(values: Sequence[Any]) -> list[Any]:
    """Every item that was ever ticked, once, in the order of their JSON."""
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return list(dict(sorted((orjson.dumps(item), item) for item in items)).values())


def _sum(values: Sequence[Any]) -> int | float:
    """Exact in decimal (0.1 + 0.2 is 0.3), so that the order cannot matter. What is no number adds nothing."""
    total = sum((Decimal(repr(value)) for value in values if isinstance(value, int | float) and not isinstance(value, bool)), Decimal())
    return int(total) if total == total.to_integral_value() else float(total)


REVIEW = "review"
"""The policy of what a person decides: the first value stands until it is settled; any other that is reported since is a dispute, seen or not."""

CHOOSING: dict[str, Choice] = {"latest": _newest, "earliest": _first, REVIEW: _first}
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


def policy_of(name: str, those: Iterable[Contribution]) -> str:
    """What the newest form that has this field says."""
    newest = max((each for each in those if not each.decides), key=by_time, default=None)
    return newest.policies.get(name, "latest") if newest else "latest"


def by_field(contributions: Iterable[Contribution]) -> dict[str, list[Contribution]]:
    """Which contributions have each field, in the order in which they are given."""
    saying: dict[str, list[Contribution]] = {}
    for each in contributions:
        for name in each.properties:
            saying.setdefault(name, []).append(each)
    return saying


def _settled(ordered: Sequence[Contribution]) -> dict[str, dict[str, Any]]:
    return {name: _settle(name, those) for name, those in sorted(by_field(ordered).items())}


def _settled_in_turn(ordered: Sequence[Contribution]) -> dict[str, dict[str, Any]]:
    """The same where each report came from somebody who had all the ones before in hand, as when one visit follows the other. Then no two edits ever
    stand beside each other: of `latest` the last other value stands, and of what is observed the last."""
    if len(ordered) == 1:
        only = told(ordered[0])
        return {name: {"value": value, **only} for name, value in sorted(ordered[0].properties.items())}
    newest: dict[str, Contribution] = {}
    standing: dict[str, Contribution] = {}
    for each in ordered:
        for name, value in each.properties.items():
            newest[name] = each
            before = standing.get(name)
            if before is None or not same(value, before.properties[name]):
                standing[name] = each
    sources = {id(each): told(each) for each in ordered}
    fields = {}
    for name in sorted(newest):
        policy = newest[name].policies.get(name, "latest")
        if policy in COMBINING or CHOOSING.get(policy, _newest) is not _newest:
            fields[name] = _settle(name, [each for each in ordered if name in each.properties])
        else:
            chosen = newest[name] if policy == OBSERVED else standing[name]
            fields[name] = {"value": chosen.properties[name], **sources[id(chosen)]}
    return fields


def _settle(name: str, those: Sequence[Contribution]) -> dict[str, Any]:
    """A field's published entry, from the contributions that have it, each after those it knew."""
    if len(those) == 1:
        return _entry(those[0], those[0].properties[name])
    policy = policy_of(name, those)
    if policy in COMBINING:
        return combined(name, those, COMBINING[policy])
    edits = Edits(name, policy)
    edits.go_on(those)
    return edits.entry()


def combined(name: str, those: Sequence[Contribution], combine: Combination) -> dict[str, Any]:
    value = combine([each.properties[name] for each in those])
    saying_so = [each for each in those if same(each.properties[name], value)] or those
    return _entry(max(saying_so, key=by_time), value)


class Edits:
    """The edits of one field among contributions that come each after those it knew, under a policy that chooses among them.

    `go_on` may be called again with later ones, and `copy` goes on without changing what was.
    """

    def __init__(self, name: str, policy: str):
        self._name, self._policy = name, policy
        self._choose = CHOOSING.get(policy, _newest)
        self._confirms = policy != OBSERVED  # otherwise a value sent again is an edit too
        self._edits: list[Contribution] = []
        self._by_itself: Contribution | None = None  # the edit that stands by itself
        self._frontier: dict[str, list[Contribution]] = {}  # edits that no other edit knew, by device; more than one only where clocks are equal
        self._standing = 0
        self._seen: _Seen | None = None

    def copy(self) -> Edits:
        other = Edits(self._name, self._policy)
        other._edits, other._by_itself, other._standing = list(self._edits), self._by_itself, self._standing
        other._frontier = {device: list(those) for device, those in self._frontier.items()}
        other._seen = self._seen and self._seen.copy()
        return other

    def go_on(self, those: Iterable[Contribution]) -> None:
        name, choose, frontier, edits = self._name, self._choose, self._frontier, self._edits
        newest = choose is _newest
        for b in those:
            if self._standing == 1:  # nearly always
                ((only,),) = frontier.values()
                known = [only] if known_to(only, b) else []
            else:
                known = _known_of(frontier, b)
            if not self._confirms or b.decides:
                shown = None
            elif len(known) == self._standing:
                shown = None if not known else known[0] if newest and len(known) == 1 else choose(self._by_itself or b, known)
            else:
                self._seen = self._seen or _Seen(edits, choose)
                shown = self._seen.by(b)
            if shown is not None and same(b.properties[name], shown.properties[name]):
                continue
            edits.append(b)
            self._by_itself = _before_all(self._by_itself, b) if self._by_itself else b
            if self._seen is not None:
                self._seen.add(b)
            for each in known:
                frontier[each.device].remove(each)
                if not frontier[each.device]:
                    del frontier[each.device]
            frontier.setdefault(b.device, []).append(b)
            self._standing += 1 - len(known)

    def entry(self) -> dict[str, Any]:
        """The field's published entry."""
        name, frontier = self._name, [each for of_device in self._frontier.values() for each in of_device]
        assert self._by_itself is not None
        chosen = max(frontier, key=by_time) if self._policy == OBSERVED else self._choose(self._by_itself, frontier)
        entry = _entry(chosen, chosen.properties[name])
        others = [each for each in frontier if not same(each.properties[name], chosen.properties[name])]
        differ = others and (self._policy == REVIEW or any(not same(each.properties[name], others[0].properties[name]) for each in frontier))
        if differ and self._policy != OBSERVED:
            entry["disputed"] = [_disputed(each, each.properties[name]) for each in sorted(others, key=by_time, reverse=True)]
        return entry


def _before_all(a: Contribution, b: Contribution) -> Contribution:
    """Of two edits the one that stands by itself: a settlement, the newer of two; else the older."""
    if a.decides and b.decides:
        return max(a, b, key=by_time)
    return a if a.decides else b if b.decides else min(a, b, key=by_time)


def _known_of(frontier: Mapping[str, Sequence[Contribution]], b: Contribution) -> list[Contribution]:
    """The edits in the frontier that `b` knew. Looks at the devices that `b` names, not at the whole frontier."""
    let_in = any(device.endswith(OFFICE) for device in b.based_on)  # what a person let in stands under the office, whichever phone wrote it
    asked = frontier if let_in else {b.device, *b.based_on}
    return [each for device in asked for each in frontier.get(device, ()) if known_to(each, b)]


class _Seen:
    """What each phone was shown of one field: the choice among the edits it knew.

    Edits stand by device and in the order of their dots, so what a phone knew of a device is the beginning of a list. For each such
    beginning are kept its newest and its oldest edit and all that its edits knew, so that a look costs one bisection a device.
    """

    def __init__(self, edits: Iterable[Contribution], choose: Choice):
        self._wants_first = choose is _first
        self._settlements: list[Contribution] = []
        self._lines: dict[tuple[str, str], _Line] = {}
        self._of_dot: defaultdict[str, list[_Line]] = defaultdict(list)
        self._of_device: defaultdict[str, list[_Line]] = defaultdict(list)
        for each in edits:
            self.add(each)

    def copy(self) -> _Seen:
        other = _Seen((), _first if self._wants_first else _newest)
        other._settlements = list(self._settlements)
        for key, line in self._lines.items():
            other._lines[key] = copied = line.copy()
            other._of_dot[key[0]].append(copied)
            other._of_device[key[1]].append(copied)
        return other

    def add(self, edit: Contribution) -> None:
        if edit.decides:
            self._settlements.append(edit)
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
        if self._wants_first:
            settled = [each for each in self._settlements if known_to(each, b)]
            return max(settled, key=by_time) if settled else min((line.oldest[end - 1] for line, end in hits), key=by_time, default=None)
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

    def copy(self) -> _Line:
        other = _Line()
        other.device, other.clocks, other.edits = self.device, list(self.clocks), list(self.edits)
        other.newest, other.oldest, other.reach = list(self.newest), list(self.oldest), list(self.reach)
        return other

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
    return {"value": value, "worker": each.worker, "device": phone_of(each.device), "at": each.at, "clock": each.effective, "submission": each.submission}


def _entry(each: Contribution, value: Any) -> dict[str, Any]:
    return {"value": value, **told(each)}


def told(each: Contribution) -> dict[str, Any]:
    """Where a value comes from."""
    worker, device, clock = each.worker, phone_of(each.device), each.effective
    source = {"worker": worker, "device": device, "at": each.at, "clock": clock, "submission": each.submission, "form": each.form}
    return {**source, "settled": True} if each.decides else source
