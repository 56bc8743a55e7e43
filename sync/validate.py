"""Is this document a submission, and may it count? Pure: the document and what is known, in; one of three verdicts, out.

Everything wrong is found at once, so that a person mends it in one go. What is unknown here today (a form, an area, a person) holds a
submission, and it is judged again when that becomes known. No document makes this raise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from forms.form import Moment
from sync import clock
from sync.causality import OFFICE, Contribution
from sync.documents import RECEIPT_PREFIX, RECORD_ID, STATES, SUBMISSION_PREFIX, read_envelope
from sync.labels import LABEL_CHARACTERS_MAX
from sync.messages import message

AREA_DEPTH_MAX = 10
INBOX_PREFIX = "worker-"
_NOT_IN_AN_ADDRESS = re.compile(r"[\x00-\x1f\x7f/\\?#%]")
"""With these in its id a held submission would have no page to be looked at and decided on."""
_QUESTION = re.compile(r"\$\{\s*([\w.-]+)\s*\}")
UNKNOWN_DEVICE = "unknown"
STORED_ID_CHARACTERS_MAX = 160
"""Longer ids are no submissions of ours; the receipt and the column must hold them."""

Problem = dict[str, Any]  # {"path", "rule", "message": {"zh", "en"}}


class Judge(Protocol):
    """A form version that can judge answers: forms.form.Form."""

    def judge(self, answers: Any, moment: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class KnownForm:
    """A published form version. `policies`: kind → property → merge policy, those other than `latest`; `labels`: kind → `${name}`."""

    judge: Judge
    policies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def known_form(judge: Judge, document: Mapping[str, Any]) -> KnownForm:
    """From a form version and its published document (docs/architecture.md, Form version)."""
    merges: dict[str, str] = {}
    _collect_merges(document.get("fields") or (), merges)
    policies: dict[str, dict[str, str]] = {}
    labels: dict[str, str] = {}
    for entity in document.get("entities") or ():
        of_kind = policies.setdefault(entity["kind"], {})
        of_kind.update({name: merges[path] for name, path in entity["properties"].items() if merges.get(path, "latest") != "latest"})
        label = entity.get("label") or {}
        if label:
            labels[entity["kind"]] = label.get("zh") or next(iter(label.values()))
    return KnownForm(judge, policies, labels)


def _collect_merges(fields: Sequence[Mapping[str, Any]], found: dict[str, str]) -> None:
    for each in fields:
        if each.get("merge"):
            found[each["path"]] = each["merge"]
        _collect_merges(each.get("fields") or (), found)


class Assigned(NamedTuple):
    area: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the centre knows when a submission arrives.

    `forms` has at least the versions that are asked for, `form_names` all names; `everywhere`: accounts that answer for every area;
    `places`: of each area, the one that addresses are told apart in.
    """

    forms: Mapping[tuple[str, str], KnownForm]
    accounts: Collection[str]
    parents: Mapping[str, str | None]
    assignments: Mapping[str, Sequence[Assigned]]
    everywhere: Collection[str] = ()
    form_names: Collection[str] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    household_key: bytes | None = None


class Arrival(NamedTuple):
    """A leaf of a worker's database, and when it was first seen (UTC)."""

    database: str
    document: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """What could be read around the answers; None where it could not."""

    id: str
    form: str | None
    version: str | None
    area: str | None
    worker: str | None
    device: str | None
    clock: str | None
    finished_at: datetime | None
    supersedes: str | None


@dataclass(frozen=True, slots=True)
class Stray:
    """No submission. `reason`: `type` (it says it is something else) or `id` (it is not named as one)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Written by the centre itself, or a deletion: nothing to judge."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Every rule is kept. `answers` are typed; `contributions` are what they say of records."""

    envelope: Envelope
    answers: Mapping[str, Any]
    remarks: Sequence[Problem]
    contributions: Sequence[Contribution]


@dataclass(frozen=True, slots=True)
class Held:
    """Not yet. `answers` and `contributions` are what could be read: they count if a person accepts it."""

    envelope: Envelope
    problems: Sequence[Problem]
    answers: Mapping[str, Any] | None
    remarks: Sequence[Problem]
    contributions: Sequence[Contribution]


def validate(arrival: Arrival, known: Known) -> Accepted | Held | Stray | Ignored:
    """Judge one arrival: envelope, form and version, worker, area, then the form's own rules."""
    document = arrival.document
    stray = _stray(document)
    if stray is not None:
        return stray
    parts, faults = read_envelope(document)
    problems = [_problem(fault.path, "envelope", fault.message) for fault in faults]
    envelope = _envelope(str(document["_id"]), parts)
    remarks: list[Problem] = []
    started, finished = parts.get("started_at"), parts.get("finished_at")
    if envelope.clock and envelope.device and clock.parse(envelope.clock).device != envelope.device:
        problems.append(_problem("/clock", "envelope", "clock_device"))
    if envelope.device == OFFICE:
        problems.append(_problem("/device", "envelope", "wrong"))
    if started and finished and finished < started:
        remarks.append(_problem("/finished_at", "envelope", "backwards"))
    form = known.forms.get((envelope.form or "", envelope.version or ""))
    problems += _form_problems(envelope, form, known)
    problems += _worker_problems(envelope, arrival, known)
    if form is None or "answers" not in parts:
        return Held(envelope, problems, None, remarks, ())
    arrived = arrival.received_at.replace(tzinfo=UTC)
    verdict = form.judge.judge(parts["answers"], Moment(started or finished or arrived, finished or started or arrived))
    remarks += map(_of_form, verdict.remarks)
    contributions, wrong_ids = _contributions(verdict.changes, verdict.answers, envelope, parts, form, arrival)
    problems += [*map(_of_form, verdict.problems), *wrong_ids]
    if problems:
        return Held(envelope, problems, verdict.answers, remarks, contributions)
    return Accepted(envelope, verdict.answers, remarks, contributions)


def conflicting() -> Problem:
    """Other content came under an id that is taken."""
    return _problem("/_id", "conflict", "conflict")


def unexpected(arrival: Arrival) -> Held:
    """For a document that could not even be judged: a fault of ours, and the document is kept whole."""
    id = str(arrival.document.get("_id"))
    try:
        envelope = _envelope(id, read_envelope(arrival.document)[0])
    except Exception:  # whatever it is, it is kept
        envelope = Envelope(id, None, None, None, None, None, None, None, None)
    return Held(envelope, [_problem("", "envelope", "unexpected")], None, (), ())


def effective_clock(text: str | None, device: str | None, received_at: datetime) -> str:
    """The clock that a submission is ordered by and its receipt tells: capped, and the time of arrival where it has none."""
    received = clock.milliseconds(received_at)
    return clock.cap(text, received) if text else clock.format(received, 0, device or UNKNOWN_DEVICE)


def _stray(document: Mapping[str, Any]) -> Stray | Ignored | None:
    id = document.get("_id")
    if document.get("_deleted"):
        return Ignored()
    if isinstance(id, str) and id.startswith(RECEIPT_PREFIX) and document.get("type") == "receipt" and document.get("status") in STATES:
        return Ignored()
    if document.get("type") != "submission":
        return Stray("type")
    if not isinstance(id, str) or not id.startswith(SUBMISSION_PREFIX) or len(id) > STORED_ID_CHARACTERS_MAX or _NOT_IN_AN_ADDRESS.search(id):
        return Stray("id")
    return None


def _envelope(id: str, parts: Mapping[str, Any]) -> Envelope:
    finished = parts.get("finished_at")
    return Envelope(
        id=id,
        form=parts.get("form"),
        version=parts.get("version"),
        area=parts.get("area"),
        worker=parts.get("worker"),
        device=parts.get("device"),
        clock=parts.get("clock"),
        finished_at=finished.astimezone(UTC).replace(tzinfo=None) if finished else None,
        supersedes=parts.get("supersedes"),
    )


def _form_problems(envelope: Envelope, form: KnownForm | None, known: Known) -> list[Problem]:
    if form is not None or envelope.form is None:
        return []
    if envelope.form not in known.form_names:
        return [_problem("/form", "form", "form")]
    return [_problem("/version", "version", "version")] if envelope.version is not None else []


def _worker_problems(envelope: Envelope, arrival: Arrival, known: Known) -> list[Problem]:
    """Is this person known, the owner of the inbox, and assigned to the area (then, or when it arrived: a phone's clock may be wrong)?"""
    problems = []
    worker, area = envelope.worker, envelope.area
    if worker is not None:
        if worker not in known.accounts:
            problems.append(_problem("/worker", "worker", "worker"))
        elif INBOX_PREFIX + worker != arrival.database:
            problems.append(_problem("/worker", "worker", "worker_other"))
    if area is not None and area not in known.parents:
        problems.append(_problem("/area", "area", "area"))
    elif area is not None and worker in known.accounts and worker not in known.everywhere:
        covering = with_parents(area, known.parents)
        theirs = [each for each in known.assignments.get(worker or "", ()) if each.area in covering]
        moments = [moment for moment in (envelope.finished_at, arrival.received_at) if moment is not None]
        if not theirs:
            problems.append(_problem("/area", "area", "area_never"))
        elif not any(each.since <= moment and (each.until is None or moment <= each.until) for each in theirs for moment in moments):
            problems.append(_problem("/area", "area", "area_then"))
    return problems


def with_parents(area: str | None, parents: Mapping[str, str | None]) -> set[str]:
    found: set[str] = set()
    above = area
    while above is not None and above not in found and len(found) < AREA_DEPTH_MAX:
        found.add(above)
        above = parents.get(above)
    return found


def _contributions(
    changes: Sequence[Any], answers: Mapping[str, Any], envelope: Envelope, parts: Mapping[str, Any], form: KnownForm, arrival: Arrival
) -> tuple[list[Contribution], list[Problem]]:
    effective = effective_clock(envelope.clock, envelope.device, arrival.received_at)
    device = envelope.device or clock.parse(effective).device
    based_on = parts.get("based_on") or {}
    received = clock.milliseconds(arrival.received_at)
    found, problems = [], []
    for change in changes:
        if not isinstance(change.id, str) or not RECORD_ID.fullmatch(change.id) or change.id.partition(":")[0] != change.kind:
            problems.append(_problem(change.path, "type", "record_id"))
            continue
        version = based_on.get(change.id)
        found.append(
            Contribution(
                record=change.id,
                kind=change.kind,
                submission=envelope.id,
                path=change.path or "",
                form=envelope.form or "",
                worker=envelope.worker or "",
                device=device,
                at=_at(envelope, arrival),
                clock=envelope.clock or effective,
                effective=effective,
                dot=(device, effective),
                # A phone cannot have seen what was not here when it wrote. The cap keeps a forged version from hiding work yet to come.
                based_on={each: clock.cap(text, received) for each, text in version.items()} if version else {},
                properties=change.properties,
                area=envelope.area or "",
                label=_label(form.labels.get(change.kind), change, answers),
                policies=form.policies.get(change.kind, {}),
            )
        )
    return found, problems


def _at(envelope: Envelope, arrival: Arrival) -> str:
    given = arrival.document.get("finished_at")
    return given if envelope.finished_at is not None and isinstance(given, str) else clock.wire(arrival.received_at)


def _label(template: str | None, change: Any, answers: Mapping[str, Any]) -> str | None:
    """The form's `${name}` filled in from the row, then from the whole form. Needed only where no property of the record is its name."""
    if template is None or change.kind == "household" or "name" in change.properties:
        return None
    row: Any = answers
    for part in (change.path or "").split("/")[1:]:
        below = dict(enumerate(row)) if isinstance(row, list) else row
        row = below.get(int(part) if isinstance(row, list) and part.isdecimal() else part, {}) if isinstance(below, Mapping) else {}
    text = _QUESTION.sub(lambda found: _answer(found[1], row) or _answer(found[1], answers), template).strip()
    return text[:LABEL_CHARACTERS_MAX] or None


def _answer(name: str, answers: Any) -> str:
    if not isinstance(answers, Mapping):
        return ""
    value = answers.get(name)
    if isinstance(value, str | int | float):
        return str(value)
    return next((found for below in answers.values() if isinstance(below, Mapping) and (found := _answer(name, below))), "")


def _of_form(problem: Any) -> Problem:
    return {"path": problem.path, "rule": problem.rule, "message": dict(problem.message)}


def _problem(path: str, rule: str, key: str) -> Problem:
    return {"path": path, "rule": rule, "message": message(key)}
