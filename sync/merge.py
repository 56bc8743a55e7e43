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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync.causality import Contribution, as_member, by_time, causal, each_knew_all_before, known_to
from sync.edits import Edits, combined, entry_of, told
from sync.labels import label_of, search_text
from sync.policies import CHOOSING, COMBINING, OBSERVED, newest, policy_of, same

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
    last = reports[-1]
    version: dict[str, str] = {}
    for each in ordered:
        device, clock = each.dot
        if version.get(device, "") < clock:
            version[device] = clock
    label = label_of(last.kind, last.record, fields, next((each.label for each in reversed(ordered) if each.label), None))
    submissions: dict[str, dict[str, Any]] = {}
    for each in reversed(reports):
        if len(submissions) == SUBMISSIONS_SHOWN_MAX:
            break
        submissions[each.submission] = {"id": each.submission, "form": each.form, "worker": each.worker, "at": each.at}
    place = _place(last.kind, reports, [each for each in ordered if each.decides == "move"])
    return Record(
        id=last.record,
        kind=last.kind,
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


# Its fields


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
    last: dict[str, Contribution] = {}
    standing: dict[str, Contribution] = {}
    for each in ordered:
        for name, value in each.properties.items():
            last[name] = each
            before = standing.get(name)
            if before is None or not same(value, before.properties[name]):
                standing[name] = each
    sources = {id(each): told(each) for each in ordered}
    fields = {}
    for name in sorted(last):
        policy = last[name].policies.get(name, "latest")
        if policy in COMBINING or CHOOSING.get(policy, newest) is not newest:
            fields[name] = _settle(name, [each for each in ordered if name in each.properties])
        else:
            chosen = last[name] if policy == OBSERVED else standing[name]
            fields[name] = {"value": chosen.properties[name], **sources[id(chosen)]}
    return fields


def _settle(name: str, those: Sequence[Contribution]) -> dict[str, Any]:
    """A field's published entry, from the contributions that have it, each after those it knew."""
    if len(those) == 1:
        return entry_of(those[0], those[0].properties[name])
    policy = policy_of(name, those)
    if policy in COMBINING:
        return combined(name, those, COMBINING[policy])
    edits = Edits(name, policy)
    edits.go_on(those)
    return edits.entry()
