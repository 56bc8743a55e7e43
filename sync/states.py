"""What became of a submission: a pure function of the rules' verdict, people's decisions, and which correction counts. And its receipt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sync import clock
from sync.documents import RECEIPT_PREFIX, SUBMISSION_PREFIX
from sync.messages import message
from sync.validate import Problem

AFTER = {"accept": "accepted", "force": "accepted", "reject": "rejected", "return": "returned"}
"""The state that a decision makes, until the next. `reopen` takes them all back: the rules' verdict stands again. `force` is the centre's own:
what a submission corrects has not come within FORCED_AFTER."""

FORCED_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision. `by` is a name, to be read on the phone."""

    action: str
    comment: str
    comments: Sequence[Mapping[str, str]]
    by: str
    at: datetime
    clock: str


@dataclass(frozen=True, slots=True)
class Link:
    """What a state follows from beside others. `base` is the state by verdict and decisions alone; `mark`: what its content is known by (sync/judged.py);
    `decided`: whether a person has decided about it."""

    id: str
    worker: str | None
    supersedes: str | None
    base: str
    clock: str
    mark: str | None = None
    decided: bool = False


BY_PEOPLE = frozenset({"accept", "reject", "return", "reopen"})
"""Actions of decisions that a person takes."""


def states_of(links: Iterable[Link]) -> dict[str, str]:
    """The state of each submission. `links` has, beside those asked about, all that corrections and equal contents tie to them.

    The same content under another id, with the same clock of the same phone, is a *duplicate*: the one with the least id stands, or the one that a
    person has decided about. What takes out one of them takes out all.
    """
    by_id = {link.id: link for link in links}
    copies: dict[str, list[Link]] = {}
    for link in by_id.values():
        if link.mark is not None:
            copies.setdefault(link.mark, []).append(link)
    repeated: set[str] = set()
    for those in copies.values():
        if len(those) > 1:
            stands = min(those, key=lambda link: (not link.decided, link.id))
            repeated |= {link.id for link in those if not link.decided and link is not stands}
    bases = {id: "duplicate" if id in repeated else link.base for id, link in by_id.items()}
    out = superseded(replace(link, base=bases[link.id]) for link in by_id.values())
    for those in copies.values():
        if any(link.id in out for link in those):
            out |= {link.id for link in those}
    return {id: "superseded" if id in out and base != "duplicate" else base for id, base in bases.items()}


def waits(row: Mapping[str, Any], there: Collection[str]) -> bool:
    """Whether what it corrects has not come yet. `there`: the ids of submissions that have."""
    return row["supersedes"] is not None and row["supersedes"] not in there


def base_state(verdict: str, decisions: Iterable[Decided], waiting: bool = False) -> str:
    """By the rules' verdict, whether what it corrects is still to come, and the last decision. `decisions` in the order of their clocks."""
    first = "held" if waiting and verdict == "accepted" else verdict
    state = first
    for decision in decisions:
        state = first if decision.action == "reopen" else AFTER.get(decision.action, state)
    return state


def chain() -> Problem:
    """What it corrects is not here."""
    return {"path": "/supersedes", "rule": "chain", "message": message("chain")}


def forced() -> Problem:
    """What it corrects did not come, and it counts without."""
    return {"path": "/supersedes", "rule": "chain", "message": message("forced")}


def superseded(links: Iterable[Link]) -> set[str]:
    """The ids that an accepted correction takes out: its own worker's, along the whole chain, whatever became of those in between.

    Where corrections name each other in a circle, only the later one takes out the earlier.
    """
    by_id = {link.id: link for link in links}
    out: set[str] = set()
    for correction in by_id.values():
        if correction.base != "accepted":
            continue
        chain = _chain(correction, by_id)
        for id in chain:
            circle = correction.id in _chain(by_id[id], by_id)
            if not circle or (correction.clock, correction.id) > (by_id[id].clock, id):
                out.add(id)
    return out


def _chain(correction: Link, by_id: Mapping[str, Link]) -> set[str]:
    found: set[str] = set()
    below = by_id.get(correction.supersedes or "")
    while below is not None and below.id not in found and below.worker is not None and below.worker == correction.worker:
        found.add(below.id)
        below = by_id.get(below.supersedes or "")
    return found - {correction.id}


def receipt(
    submission: str,
    state: str,
    received_at: datetime,
    effective: str,
    problems: Sequence[Problem],
    remarks: Sequence[Problem],
    dots: Iterable[tuple[str, str, str]],
    decisions: Sequence[Decided] = (),
) -> dict[str, Any]:
    """The receipt document. `dots`: (record, device, clock) of its contributions, told when they count.

    A phone that finds `version` of a record's entry covered by the record it holds knows that its work has gone in.
    """
    since_reopened = list(decisions)
    for index, decision in enumerate(decisions):
        if decision.action == "reopen":
            since_reopened = list(decisions[index + 1 :])
    comments = [
        {"path": comment.get("path", ""), "text": comment.get("text", ""), "by": decision.by, "at": clock.wire(decision.at)}
        for decision in since_reopened
        for comment in ([{"path": "", "text": decision.comment}] if decision.comment else []) + list(decision.comments)
    ]
    was_forced = [forced()] if any(decision.action == "force" for decision in since_reopened) else []
    versions: dict[str, dict[str, str]] = {}
    if state == "accepted":
        for record, device, text in sorted(dots):
            versions.setdefault(record, {})[device] = text
    counts = state in ("accepted", "superseded", "duplicate")
    return {
        "_id": RECEIPT_PREFIX + submission.removeprefix(SUBMISSION_PREFIX),
        "type": "receipt",
        "submission": submission,
        "at": clock.wire(max([received_at, *(decision.at for decision in decisions)])),
        "status": state,
        "problems": [] if counts else list(problems),
        "remarks": [*problems, *remarks, *was_forced] if state == "accepted" else list(remarks),
        "records": [{"id": record, "version": version} for record, version in versions.items()],
        "comments": comments,
        "clock": effective,
    }
