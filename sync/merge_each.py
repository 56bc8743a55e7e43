"""Several sets of contributions to one record that have most in common, as a page of its history has them: each merged, and what they share gone through
once. Pure, and the same as `merge` of each: sync/merge.py says how.

Sorted by time, the sets begin alike, and what a contribution is does not hang on later ones. So the common beginning is gone through once for each
field, and each set goes on from there; a set that only adds to the one before goes on from that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.causality import Contribution, by_time, causal
from sync.edits import Edits, combined
from sync.merge import Record, by_field, made, merge
from sync.policies import COMBINING, policy_of

ALIKE_MIN = 50
"""Contributions below which it is quicker to merge each by itself."""


def merge_each(sets: Sequence[Sequence[Contribution]]) -> list[Record | None]:
    """`merge` of each set. Contributions are told apart by being the same object or not."""
    every = {id(each): each for those in sets for each in those}
    ordered = sorted(every.values(), key=by_time)
    if len(ordered) < ALIKE_MIN or causal(ordered) is not ordered:
        return [merge(those) for those in sets]
    ids = [{id(each) for each in those} for those in sets]
    shared = set.intersection(*ids)
    begins = next((number for number, each in enumerate(ordered) if id(each) not in shared), len(ordered))
    fields = _Fields(ordered[:begins])
    rest = ordered[begins:]
    return [_merged(ordered[:begins], [each for each in rest if id(each) in those], fields) for those in ids]


def _merged(beginning: list[Contribution], more: list[Contribution], fields: _Fields) -> Record | None:
    together = beginning + more
    if all(each.decides for each in together):
        return None
    return made(together, fields.with_(more))


class _Fields:
    """What a beginning says of each field."""

    def __init__(self, beginning: Sequence[Contribution]):
        self._saying = by_field(beginning)
        self._alone: dict[str, dict[str, Any]] = {}
        self._edits: dict[tuple[str, str], Edits] = {}
        self._last: dict[tuple[str, str], tuple[list[Contribution], Edits]] = {}

    def with_(self, more: Sequence[Contribution]) -> dict[str, dict[str, Any]]:
        """The fields of the beginning and these."""
        saying = by_field(more)
        return {name: self._entry(name, saying.get(name, [])) for name in sorted(self._saying.keys() | saying.keys())}

    def _entry(self, name: str, more: list[Contribution]) -> dict[str, Any]:
        if not more:
            if name not in self._alone:
                self._alone[name] = self._settled(name, [])
            return self._alone[name]
        return self._settled(name, more)

    def _settled(self, name: str, more: list[Contribution]) -> dict[str, Any]:
        begin = self._saying.get(name, [])
        newest = next((each for each in reversed(more) if not each.decides), None)
        policy = policy_of(name, [newest] if newest else begin)
        if policy in COMBINING:
            return combined(name, [*begin, *more], COMBINING[policy])
        before, edits = self._last.get((name, policy), ([], None))
        if edits is None or len(before) > len(more) or any(one is not other for one, other in zip(before, more, strict=False)):
            before, edits = [], self._begun(name, policy).copy()
        edits.go_on(more[len(before) :])
        self._last[name, policy] = more, edits
        return edits.entry()

    def _begun(self, name: str, policy: str) -> Edits:
        if (name, policy) not in self._edits:
            edits = self._edits[name, policy] = Edits(name, policy)
            edits.go_on(self._saying.get(name, []))
        return self._edits[name, policy]
