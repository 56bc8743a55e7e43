"""What was known when: everything that ever touched a record, newest first, and the record as it stood at any moment.

A record is a function of what counts (sync/merge.py), and what counted at a moment follows from what had arrived, been decided and been ruled
until then (sync/replay.py). So nothing of the past is stored: it is merged again, by the same rules. The record as of now is the one in the store,
byte for byte, and each event is what it changed between the record just before it and just after.

Whatever was ever accepted has its event here, also what was rejected later, corrected, or never shown: it says what was reported, and what
became of it. Views and exports are events too, as far as they are noted (server/office/audit.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sync.causality import OFFICE, Contribution
from sync.lying import parent
from sync.merge import Record, merge, merge_cluster, same
from sync.replay import ARRIVED, Arrival, Decision, Ruling, Step, Together, order, replay
from sync.store import history_statements

EVENTS_SHOWN = 20
SUBMISSION, DECISION, RULING, VIEW, EXPORT = "submission", "decision", "ruling", "view", "export"
LABEL, AREA, LINKED_TO, MEMBERS = "/label", "/area", "/linked_to", "/members"
"""Names of what changes about a record beside its fields, which have no slash."""

Place = tuple[datetime, int, str]
"""Where an event stands among all: see sync/replay.py, `order`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an event changed. `before` and `after` are entries as published (value, who, when, `disputed`), None where there was none;
    of LABEL and the like the bare value."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Said:
    """One value that a submission reported, and what became of it: `counts` not (yet), `changed` the record, `confirms` what stood, or is `history`:
    somebody had seen it and written another before it arrived."""

    name: str
    value: Any
    became: str


@dataclass(frozen=True, slots=True)
class Event:
    """`key` is its place, for `before`; `subject` the submission, ruling or record that it is about; `detail` what its row says beside."""

    key: str
    at: datetime
    kind: str
    action: str
    by: str | None
    subject: str
    detail: Mapping[str, Any]
    said: tuple[Said, ...] = ()
    changes: tuple[Change, ...] = ()


def timeline(connection: Connection, record: str, before: str | None = None, limit: int = EVENTS_SHOWN) -> list[Event]:
    """The newest `limit` events of a record, or those before the one with this `key`. ValueError for a key that is none."""
    history = History.of(connection, record)
    return history.events(_place(before) if before else None, limit)


def as_of(connection: Connection, record: str, moment: datetime) -> Record | None:
    """The record as it was at this moment (UTC): after all that the centre knew by then. None: there was none."""
    return History.of(connection, record).as_of(moment)


@dataclass(slots=True)
class _Standing:
    """What counts at one moment: submissions with the clock of the decision that let them in, and which records are one."""

    counted: dict[str, str | None] = field(default_factory=dict)
    together: Together = field(default_factory=dict)

    def after(self, step: Step) -> None:
        for id in step.left_out:
            self.counted.pop(id, None)
        self.counted.update(step.let_in)
        if step.together is not None:
            self.together = step.together


class History:
    """One record's, with all that was ever one with it. `above`: the histories of what it lies with, by id, read when needed."""

    def __init__(self, record: str, said: Mapping[str, Sequence[Contribution]], steps: Sequence[Step], rows: Mapping[str, Any], above: _Histories):
        self.record, self.said, self.steps, self.rows = record, said, steps, rows
        self._above = above
        self._places = [order(step.cause) for step in steps]
        self._standing, self._next = _Standing(), 0
        self._areas: dict[int, str | None] = {}

    @classmethod
    def of(cls, connection: Connection, record: str) -> History:
        return _Histories(connection).of(record)

    def as_of(self, moment: datetime) -> Record | None:
        return self.at((moment, _LAST, ""))

    def at(self, place: Place) -> Record | None:
        """The record as it was right after everything up to this place."""
        standing = self._up_to(place)
        record = merge(self._counting(self.record, standing))
        if record is None:
            return None
        members = self._alive(standing)
        if members and members[0] == self.record:
            record = merge_cluster(self.record, {id: self._counting(id, standing) for id in members}) or record
        above = parent(record)
        area = self._above.of(above).area(place) if above else None
        if area is not None and area != record.area:
            record = replace(record, area=area, lies_with=above or "")
        return replace(record, linked_to=members[0]) if members and members[0] != self.record else record

    def area(self, place: Place) -> str | None:
        """Where the record lay."""
        self._up_to(place)
        if self._next not in self._areas:
            found = self.at(place)
            self._areas[self._next] = found.area if found else None
        return self._areas[self._next]

    def events(self, before: Place | None, limit: int) -> list[Event]:
        """Newest first."""
        shown: list[Event] = []
        speaks: defaultdict[str, set[str]] = defaultdict(set)
        for id, those in self.said.items():
            for each in those:
                speaks[each.submission].add(id)
        end = len(self.steps) if before is None else next((n for n, place in enumerate(self._places) if place >= before), len(self.steps))
        wanted = [n for n in range(end) if self._touches(self.steps[n], speaks)][-limit:]
        for number in wanted:
            earlier = self.at(self._places[number - 1]) if number else None
            shown.append(self._event(self.steps[number], earlier, self.at(self._places[number])))
        return shown[::-1]

    def _event(self, step: Step, earlier: Record | None, later: Record | None) -> Event:
        changes = tuple(changed(earlier, later))
        cause = step.cause
        key = key_of(order(cause))
        match cause:
            case Arrival():
                said = self._became(cause.id, changes, later, cause.id in step.let_in)
                return Event(key, cause.received_at, SUBMISSION, step.states[cause.id], cause.worker, cause.id, self.rows[cause.id], said, changes)
            case Decision():
                row = self.rows[cause.submission]
                said = self._became(cause.submission, changes, later, True) if cause.submission in step.let_in else ()
                detail = {**row, "comment": cause.comment, "comments": cause.comments, "state": step.states.get(cause.submission)}
                return Event(key, cause.at, DECISION, cause.action, cause.by, cause.submission, detail, said, changes)
            case Ruling():
                detail = {"record": cause.record, "other": cause.other, "field": cause.field, "value": cause.value, "area": cause.area}
                detail |= {"click": cause.click, "undoes": cause.undoes, **cause.body}
                return Event(key, cause.at, RULING, cause.action, cause.by, cause.id, detail, (), changes)

    def _became(self, submission: str, changes: Sequence[Change], later: Record | None, counts: bool) -> tuple[Said, ...]:
        changed_names = {each.name for each in changes}
        values = {name: value for those in self.said.values() for each in those if each.submission == submission for name, value in each.properties.items()}
        return tuple(Said(name, value, _became(name, value, changed_names, later, counts)) for name, value in sorted(values.items()))

    def _touches(self, step: Step, speaks: Mapping[str, set[str]]) -> bool:
        """Whether it is about this record, or about one that was one with it then."""
        cause = step.cause
        if isinstance(cause, Ruling):
            about = {cause.record, cause.other}
        else:
            about = {id for each in (*step.states, cause.id if isinstance(cause, Arrival) else cause.submission) for id in speaks.get(each, ())}
        if self.record in about or len(self.said) == 1:
            return bool(about)
        standing = self._up_to(order(cause))
        return bool(about & set(standing.together.get(self.record, ())))

    def _up_to(self, place: Place) -> _Standing:
        """What counted right after this place. Going forward costs the steps between."""
        if self._next and self._places[self._next - 1] > place:
            self._standing, self._next = _Standing(), 0
        while self._next < len(self.steps) and self._places[self._next] <= place:
            self._standing.after(self.steps[self._next])
            self._next += 1
        return self._standing

    def _counting(self, id: str, standing: _Standing) -> list[Contribution]:
        counted = standing.counted
        return [_let_in(each, counted[each.submission]) for each in self.said[id] if each.submission in counted]

    def _alive(self, standing: _Standing) -> list[str]:
        """Those that were one with it and about which something counted; none where it stood alone."""
        those = standing.together.get(self.record, ())
        alive = [id for id in those if any(each.submission in standing.counted and not each.decides for each in self.said[id])]
        return alive if len(alive) > 1 else []


class _Histories:
    """Of one look into the past: each record's read once."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._found: dict[str, History] = {}

    def of(self, record: str) -> History:
        if record not in self._found:
            connection = self._connection
            ids, rulings = history_statements.tied_by_rulings(connection, record)
            said = history_statements.said_of(connection, ids)
            arrivals, rows = history_statements.arrivals(connection, ids)
            decisions = history_statements.decisions_about(connection, ids, _not_speaking(rows, said))
            self._found[record] = History(record, said, replay(arrivals, decisions, rulings), rows, self)
        return self._found[record]


def _not_speaking(rows: Iterable[str], said: Mapping[str, Sequence[Contribution]]) -> set[str]:
    return set(rows) - {each.submission for those in said.values() for each in those}


def _let_in(each: Contribution, clock: str | None) -> Contribution:
    return each if clock is None else replace(each, dot=(OFFICE, clock))


def changed(earlier: Record | None, later: Record | None) -> Iterable[Change]:
    """What differs between two states of a record, by name."""
    for name in (LABEL, AREA, LINKED_TO, MEMBERS):
        attribute = name.removeprefix("/")
        before, after = (getattr(each, attribute) if each else None for each in (earlier, later))
        if before != after and (before or after):
            yield Change(name, before, after)
    before, after = (each.document["fields"] if each else {} for each in (earlier, later))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name))


def _became(name: str, value: Any, changed_names: set[str], later: Record | None, counts: bool) -> str:
    if not counts:
        return "waits"
    if name in changed_names:
        return "changed"
    stands = later.fields.get(name) if later else None
    return "confirms" if stands is not None and same(stands["value"], value) else "history"


_LAST = 99
"""After everything of one moment."""


def key_of(place: Place) -> str:
    """As text for an address: `20260203T091502123456.0.000000000000007`."""
    return f"{place[0]:%Y%m%dT%H%M%S%f}.{place[1]}.{place[2]}"


def _place(key: str) -> Place:
    moment, _, rest = key.partition(".")
    rank, _, text = rest.partition(".")
    return datetime.strptime(moment, "%Y%m%dT%H%M%S%f"), int(rank) if rank else ARRIVED, text
