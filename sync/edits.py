"""The edits of one field: who knew of whom, which of them stand, and which is shown. Pure; sync/merge.py has the whole, with an example."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sync.causality import OFFICE, Contribution, by_time, known_to, phone_of
from sync.policies import CHOOSING, OBSERVED, REVIEW, Choice, Combination, first, newest, same


class Edits:
    """The edits of one field among contributions that come each after those it knew, under a policy that chooses among them.

    `go_on` may be called again with later ones, and `copy` goes on without changing what was.
    """

    def __init__(self, name: str, policy: str):
        self._name, self._policy = name, policy
        self._choose = CHOOSING.get(policy, newest)
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
        takes_newest = choose is newest
        for b in those:
            if self._standing == 1:  # nearly always
                ((only,),) = frontier.values()
                known = [only] if known_to(only, b) else []
            else:
                known = _known_of(frontier, b)
            if not self._confirms or b.decides:
                shown = None
            elif len(known) == self._standing:
                shown = None if not known else known[0] if takes_newest and len(known) == 1 else choose(self._by_itself or b, known)
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
        entry = entry_of(chosen, chosen.properties[name])
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
        self._wants_first = choose is first
        self._settlements: list[Contribution] = []
        self._lines: dict[tuple[str, str], _Line] = {}
        self._of_dot: defaultdict[str, list[_Line]] = defaultdict(list)
        self._of_device: defaultdict[str, list[_Line]] = defaultdict(list)
        for each in edits:
            self.add(each)

    def copy(self) -> _Seen:
        other = _Seen((), first if self._wants_first else newest)
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
            last = line.newest[end - 1]
            if newest_of.get(last.device, "") < last.clock:
                newest_of[last.device] = last.clock
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


# As it is published


def combined(name: str, those: Sequence[Contribution], combine: Combination) -> dict[str, Any]:
    value = combine([each.properties[name] for each in those])
    saying_so = [each for each in those if same(each.properties[name], value)] or those
    return entry_of(max(saying_so, key=by_time), value)


def _disputed(each: Contribution, value: Any) -> dict[str, Any]:
    return {"value": value, "worker": each.worker, "device": phone_of(each.device), "at": each.at, "clock": each.effective, "submission": each.submission}


def entry_of(each: Contribution, value: Any) -> dict[str, Any]:
    return {"value": value, **told(each)}


def told(each: Contribution) -> dict[str, Any]:
    """Where a value comes from."""
    worker, device, clock = each.worker, phone_of(each.device), each.effective
    source = {"worker": worker, "device": device, "at": each.at, "clock": clock, "submission": each.submission, "form": each.form}
    return {**source, "settled": True} if each.decides else source
