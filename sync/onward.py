"""A record that has many submissions goes on from what it is: a new one is merged into it without reading those before. Pure.

A case in quarantine is checked twenty-eight times, and each check was written by somebody who had all the ones before in hand. Then (sync/merge.py) each
value stands by itself or gives way, and what the record says, together with the little that is kept beside it, is all that the next submission needs:

    {"newest": [effective, clock, submission, path],   the last of its contributions in the order of time
     "clocks": {device: clock},                        of each phone the newest clock, where its dot in the version says another
     "policies": {name: policy},                       of each field, those that are not `latest`
     "label": "…"}                                     what the form called it, where it did

`go_on` says None wherever that does not hold (people who did not know of each other, a ruling, a move, a policy that looks at every value), and the
record is merged from all of its contributions. Both ways give the same record, to the byte: that is the property test of this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sync.causality import Contribution, by_time, each_knew_all_before
from sync.edits import told
from sync.labels import label_of, search_text
from sync.merge import SUBMISSIONS_SHOWN_MAX, Record
from sync.policies import COMBINING, OBSERVED, same

CONTRIBUTIONS_MIN = 4
"""Of fewer nothing is kept: to merge them anew is as quick."""
CARRIED = frozenset({"latest", OBSERVED, "max", "min"})
"""Policies of which the value that stands is all one has to know."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A record as it is kept. `area`: where it lies; `document`: as it is published there; `onward`: what `onward` made of its contributions."""

    area: str
    document: Mapping[str, Any]
    onward: Mapping[str, Any]


def begun(area: str, body: bytes, kept: bytes) -> Begun:
    """From the columns of a record."""
    return Begun(area, orjson.loads(body), orjson.loads(kept))


def onward(contributions: Iterable[Contribution]) -> bytes | None:
    """What is to be kept beside the record that these make by themselves. None: a later one must be merged with all of them."""
    those = {(each.submission, each.path): each for each in contributions}
    if len(those) < CONTRIBUTIONS_MIN:
        return None
    ordered = sorted(those.values(), key=by_time)
    if any(each.decides or each.dot[0] != each.device for each in ordered) or not each_knew_all_before(ordered):
        return None
    version: dict[str, str] = {}
    clocks: dict[str, str] = {}
    policies: dict[str, str] = {}
    for each in ordered:
        version[each.device] = max(each.dot[1], version.get(each.device, ""))
        clocks[each.device] = each.clock
        for name in each.properties:
            policies[name] = each.policies.get(name, "latest")
    return _kept(ordered[-1], version, clocks, policies, next((each.label for each in reversed(ordered) if each.label), None))


def go_on(record: Begun, new: Sequence[Contribution]) -> tuple[Record, bytes] | None:
    """The record that these and all before make, and what is to be kept beside it. None: it must be merged from all."""
    document, kept = record.document, record.onward
    if "moved" in document or "members" in document or "linked_to" in document or len({each.submission for each in new}) < len(new):
        return None
    fields: dict[str, dict[str, Any]] = dict(document["fields"])
    version: dict[str, str] = dict(document["version"])
    clocks = {**version, **kept.get("clocks", {})}
    policies: dict[str, str] = dict(kept.get("policies", {}))
    ordered = sorted(new, key=by_time)
    newest, label = tuple(kept["newest"]), kept.get("label")
    for each in ordered:
        if not _follows(each, record.area, newest, version, clocks) or not _say(each, fields, policies):
            return None
        newest, label = by_time(each), each.label or label
        version[each.device] = max(each.dot[1], version.get(each.device, ""))
        clocks[each.device] = each.clock
    last = ordered[-1]
    submissions = [{"id": each.submission, "form": each.form, "worker": each.worker, "at": each.at} for each in reversed(ordered)]
    fields = dict(sorted(fields.items()))
    called = label_of(last.kind, last.record, fields, label)
    made = Record(
        id=last.record,
        kind=last.kind,
        area=last.area,
        reported_in=frozenset({last.area}),
        label=called,
        version=version,
        fields=fields,
        search=search_text(called, fields),
        submissions=[*submissions, *document["submissions"]][:SUBMISSIONS_SHOWN_MAX],
        submission_count=document["submission_count"] + len(ordered),
    )
    return made, _kept(last, version, clocks, policies, label)


def _follows(each: Contribution, area: str, newest: tuple[Any, ...], version: Mapping[str, str], clocks: Mapping[str, str]) -> bool:
    """Whether it is the last in time, from where the record lies, by somebody who had everything before in hand."""
    if each.decides or each.area != area or each.dot[0] != each.device or by_time(each) <= newest or clocks.get(each.device, "") >= each.clock:
        return False
    return all(each.based_on.get(device, "") >= clock for device, clock in version.items() if device != each.device)


def _say(each: Contribution, fields: dict[str, dict[str, Any]], policies: dict[str, str]) -> bool:
    """Put what it says into the fields. False: one of them cannot be told from the value that stands."""
    said = told(each)
    for name, value in each.properties.items():
        policy, entry = each.policies.get(name, "latest"), fields.get(name)
        if entry is None:
            if policy != "latest":
                policies[name] = policy
        elif policy not in CARRIED or policies.get(name, "latest") != policy:
            return False
        elif policy == "latest":
            if same(value, entry["value"]):
                continue
        elif policy != OBSERVED:
            of_both = COMBINING[policy]([entry["value"], value])
            if not same(value, of_both):
                continue
            value = of_both
        fields[name] = {"value": value, **said}
    return True


def _kept(last: Contribution, version: Mapping[str, str], clocks: Mapping[str, str], policies: Mapping[str, str], label: str | None) -> bytes:
    kept: dict[str, Any] = {"newest": by_time(last)}
    others = {device: clock for device, clock in clocks.items() if version[device] != clock}
    named = {name: policy for name, policy in policies.items() if policy != "latest"}
    if others:
        kept["clocks"] = others
    if named:
        kept["policies"] = named
    if label:
        kept["label"] = label
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
