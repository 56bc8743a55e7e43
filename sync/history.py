"""What was known when: everything that ever touched a record, newest first, and the record as it stood at any moment.

A record is a function of what counts (sync/merge.py), and what counted at a moment follows from what had arrived, been decided and been ruled
until then (sync/replay.py). So nothing of the past is stored: it is merged again, by the same rules. The record as of now is the one in the store,
byte for byte, and each event is what it changed between the record just before it and just after.

Whatever was ever accepted has its event here, also what was rejected later, corrected, or never shown: it says what was reported, and what
became of it. Views and exports are events too (server/office/audit.py notes them). A worked example stands in docs/merging.md, "What was known when".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sync.causality import OFFICE, Contribution, as_member
from sync.lying import LIE_WITH, parent
from sync.merge import Record, merge
from sync.merge_each import merge_each
from sync.policies import same
from sync.replay import Arrival, Cause, Decision, Ruling, Step, Together, order, replay
from sync.store import history_statements

EVENTS_SHOWN = 20
STEPS_SEARCHED_MAX = 200
"""How far one page looks back for events that changed something."""

SUBMISSION, DECISION, RULING, VIEW, EXPORT = "submission", "decision", "ruling", "view", "export"
CHANGES = frozenset({SUBMISSION, DECISION, RULING})
"""Of these only what changed the record, when a page asks for nothing else."""

LABEL, AREA, LINKED_TO, MEMBERS = "/label", "/area", "/linked_to", "/members"
"""Names of what changes about a record beside its fields, which have no slash."""

Place = tuple[datetime, int, str]
"""Where an event stands among all: see sync/replay.py, `order`."""
NOTED = 2
"""After what arrived and was decided at the same moment: what the audit noted."""
LAST = 9


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an event changed. `before` and `after` are entries as published (value, who, when, `disputed`), None where there was none;
    of LABEL and the like the bare value."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Said:
    """One value that a submission reported, and what became of it: it `waits` (or never counted), `changed` the record, `confirms` what stood, or
    is `history`: somebody had seen it and written another before it arrived, or the form's policy had it stand back."""

    name: str
    value: Any
    became: str


@dataclass(frozen=True, slots=True)
class Event:
    """`key` is its place, for `before`. `action`: the state a submission arrived in, a decision's or ruling's action, what was looked at (record,
    submission), what was exported. `subject`: the id of the submission, ruling or record. `detail`: what its row says beside. `of`: the record that it
    is about, where it is another one than asked for: one that was linked to it, or that it lies with."""

    key: str
    at: datetime
    kind: str
    action: str
    by: str | None
    subject: str
    detail: Mapping[str, Any]
    of: str
    said: tuple[Said, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`more`: the `before` of the next page; None where there is nothing older."""

    events: list[Event]
    more: str | None


def timeline(connection: Connection, record: str, before: str | None = None, limit: int = EVENTS_SHOWN) -> list[Event]:
    """The newest events of a record, or those before the one with this `key`. ValueError for a key that is none."""
    return page(connection, record, before, limit).events


def page(connection: Connection, record: str, before: str | None = None, limit: int = EVENTS_SHOWN, only: Collection[str] = (), changes: bool = False) -> Page:
    """The same with a way on. `only`: events of these kinds; `changes`: only those that changed the record."""
    return History.of(connection, record).page(place_of(before) if before else None, limit, only, changes)


def as_of(connection: Connection, record: str, moment: datetime) -> Record | None:
    """The record as it was at this moment (UTC): after all that the centre knew by then. None: there was none."""
    return History.of(connection, record).at((moment, LAST, ""))


class History:
    """One record's, with all that was ever one with it."""

    def __init__(self, connection: Connection, record: str, others: dict[str, History]):
        ids, rulings = history_statements.tied_by_rulings(connection, record)
        self.record = record
        self.said = history_statements.said_of(connection, ids)
        self._speaks: dict[str, set[str]] = {}
        for id, those in self.said.items():
            for each in those:
                self._speaks.setdefault(each.submission, set()).add(id)
        arrivals = history_statements.arrivals(connection, self._speaks)
        decisions = history_statements.decisions_about(connection, [each.id for each in arrivals])
        self.steps = replay(arrivals, decisions, rulings)
        self.places = [order(step.cause) for step in self.steps]
        self._connection, self._others = connection, others
        self._standing, self._next = _Standing(), 0
        self._made: dict[int, Record | None] = {}  # by how many steps had been
        self._changed: dict[tuple[int, str], Contribution] = {}

    @classmethod
    def of(cls, connection: Connection, record: str) -> History:
        others: dict[str, History] = {}
        others[record] = cls(connection, record, others)
        return others[record]

    def at(self, place: Place, including: bool = True) -> Record | None:
        """The record as it was right after everything up to this place, or, unless `including`, right before what stands there."""
        standing = self._up_to(place, including)
        if self._next not in self._made:
            self._made[self._next] = merge(self._set(standing))
        record = self._made[self._next]
        if record is None:
            return None
        members = self._alive(standing)
        own = [merge(self._counting(id, standing)) for id in members] if members and members[0] == self.record and record.left else []
        record = self._where_it_lay(replace(record, members=tuple(members) if members and members[0] == self.record else ()), place, including)
        if own:  # where one of its members lay it had not moved from
            there = {self._where_it_lay(each, place, including).area for each in own if each is not None}
            record = replace(record, reported_in=record.reported_in - there)
        return replace(record, linked_to=members[0]) if members and members[0] != self.record else record

    def _where_it_lay(self, record: Record, place: Place, including: bool) -> Record:
        above = parent(record)
        area = self._other(above).area(place, including) if above else None
        return record if area is None or area == record.area else replace(record, area=area, lies_with=above or "")

    def _merge_around(self, places: Iterable[Place]) -> None:
        """Merge what counted before and after each of these steps, all at once."""
        sets: dict[bool, dict[int, list[Contribution]]] = {True: {}, False: {}}
        for place in places:
            for including in (False, True):
                standing = self._up_to(place, including)
                if self._next not in self._made:
                    sets[bool(self._alive(standing))][self._next] = self._set(standing)
        for those in sets.values():
            self._made.update(zip(those, merge_each(list(those.values())), strict=True))

    def _set(self, standing: _Standing) -> list[Contribution]:
        """What the record was made of: of all that were one with it, where it stood for them."""
        members = self._alive(standing)
        if not members or members[0] != self.record:
            return self._counting(self.record, standing)
        return [self._as_member(each) for id in members for each in self._counting(id, standing)]

    def area(self, place: Place, including: bool = True) -> str | None:
        """Where the record lay."""
        found = self.at(place, including)
        return found.area if found else None

    def moments(self) -> list[datetime]:
        """Every moment at which something touched the record, in their order."""
        return sorted({place[0] for _history, place, _step in self._newest(None, len(self.places) + 1)})

    def last_known(self) -> Record | None:
        """The record as it is, or as it was before nothing that counts was left of it."""
        return next((found for place in reversed(self.places) for found in (self.at(place), self.at(place, including=False)) if found is not None), None)

    def page(self, before: Place | None, limit: int, only: Collection[str], changes: bool) -> Page:
        noted = [] if changes or (only and not {VIEW, EXPORT} & set(only)) else sorted(self._noted(only), key=lambda event: place_of(event.key), reverse=True)
        noted = [event for event in noted if before is None or place_of(event.key) < before]
        found: list[Event] = []
        at, searched, left = before, 0, not only or bool(CHANGES & set(only))
        while left and len(found) < limit and searched < STEPS_SEARCHED_MAX:
            places = self._newest(at, limit)
            self._merge_around(place for _history, place, _step in places)
            rows = history_statements.submission_rows(self._connection, {_submission(step.cause) for _history, _place, step in places})
            events = [self._event(place, step, rows) for _history, place, step in places]
            found += [event for event in reversed(events) if (not only or event.kind in only) and (event.changes or not changes)]
            left, searched = len(places) == limit, searched + limit
            at = places[0][1] if places else at
        both = sorted([*found, *noted], key=lambda event: place_of(event.key), reverse=True)
        if left and at is not None and len(found) < limit:  # searched far enough: what is older than that waits for the next page
            both = [event for event in both if place_of(event.key) >= at]
            return Page(both[:limit], both[limit - 1].key if len(both) > limit else key_of(at))
        shown = both[:limit]
        return Page(shown, shown[-1].key if shown and (left or len(both) > limit) else None)

    def _newest(self, before: Place | None, limit: int) -> list[tuple[History, Place, Step]]:
        """The newest steps before this place that touch the record, in their order: its own, and those that moved what it lies with."""
        end = len(self.places) if before is None else bisect_left(self.places, before)
        own: list[tuple[History, Place, Step]] = []
        for number in range(end - 1, -1, -1):
            if self._touches(number):
                own.append((self, self.places[number], self.steps[number]))
                if len(own) == limit:
                    break
        since = own[-1][1] if len(own) == limit else None
        moved = {place: (history, place, step) for history in self._above() for place, step in history.moves(since, before)}
        both = moved | {each[1]: each for each in own}  # one submission may move a household and report the person
        return [both[place] for place in sorted(both)[-limit:]]

    def moves(self, since: Place | None, before: Place | None) -> Iterator[tuple[Place, Step]]:
        """The steps after which the record lay elsewhere than before, between two places."""
        first = 0 if since is None else bisect_left(self.places, since)
        last = len(self.places) if before is None else bisect_left(self.places, before)
        areas = {each.area for those in self.said.values() for each in those}
        if len(areas) > 1 or len(self.said) > 1:
            for number in range(first, last):
                if self._may_move(number) and self.area(self.places[number], including=False) != self.area(self.places[number]):
                    yield self.places[number], self.steps[number]
        for history in self._above():
            yield from history.moves(since, before)

    def _may_move(self, number: int) -> bool:
        """Where a report from where it lies comes to count, or one from elsewhere no longer does, it stays where it is."""
        step = self.steps[number]
        if step.together is not None or isinstance(step.cause, Ruling):
            return True
        lies_in = self.area(self.places[number], including=False)
        return any(
            (each.area != lies_in) if each.submission in step.let_in else (each.area == lies_in)
            for each in self.said[self.record]
            if each.submission in step.let_in or each.submission in step.left_out
        )

    def _above(self) -> list[History]:
        """The histories of what it ever lay with."""
        named = {each.properties.get(kind) for those in self.said.values() for each in those for kind in LIE_WITH if kind in each.properties}
        own_kind = self.record.partition(":")[0]
        return [self._other(id) for id in sorted(id for id in named if isinstance(id, str) and id.partition(":")[0] in LIE_WITH and own_kind != "household")]

    def _event(self, place: Place, step: Step, rows: Mapping[str, Mapping[str, Any]]) -> Event:
        """An event of this record from a step of its own history, or of that of a record it lies with."""
        earlier, later = self.at(place, including=False), self.at(place)
        changes = tuple(changed(earlier, later))
        cause, key = step.cause, key_of(place)
        match cause:
            case Arrival(id=id):
                said = self._became(id, changes, later, id in step.let_in)
                return Event(key, cause.received_at, SUBMISSION, step.states[id], cause.worker, id, rows[id], self._about(id), said, changes)
            case Decision(submission=id):
                said = self._became(id, changes, later, True) if id in step.let_in else ()
                detail = {**rows[id], "comment": cause.comment, "comments": cause.comments, "state": step.states.get(id)}
                return Event(key, cause.at, DECISION, cause.action, cause.by, id, detail, self._about(id), said, changes)
            case Ruling():
                detail = {"other": cause.other, "field": cause.field, "value": cause.value, "area": cause.area, "click": cause.click, "undoes": cause.undoes}
                return Event(key, cause.at, RULING, cause.action, cause.by, cause.id, {**cause.body, **detail}, cause.record, (), changes)

    def _about(self, submission: str) -> str:
        ids = self._speaks.get(submission, ())
        return self.record if self.record in ids or not ids else min(ids)

    def _became(self, submission: str, changes: Sequence[Change], later: Record | None, counts: bool) -> tuple[Said, ...]:
        changed_names = {each.name for each in changes}
        values = {name: value for those in self.said.values() for each in those if each.submission == submission for name, value in each.properties.items()}
        return tuple(Said(name, value, _became(name, value, changed_names, later, counts)) for name, value in sorted(values.items()))

    def _noted(self, only: Collection[str]) -> Iterator[Event]:
        if not only or VIEW in only:
            for row in history_statements.views(self._connection, self.record):
                key = key_of((row["at"], NOTED, f"{row['number']:015d}"))
                yield Event(key, row["at"], VIEW, row["of"], row["account"], self.record, row, self.record)
        if not only or EXPORT in only:
            for row in history_statements.exports(self._connection, self.record):
                key = key_of((row["at"], NOTED, f"{row['number']:015d}"))
                yield Event(key, row["at"], EXPORT, row["subject"], row["account"], self.record, row["detail"], self.record)

    def _touches(self, number: int) -> bool:
        """Whether a step is about this record, or about one that was one with it then."""
        step = self.steps[number]
        cause = step.cause
        if isinstance(cause, Ruling):
            about = {cause.record, cause.other}
        else:
            about = {id for each in (*step.states, cause.id if isinstance(cause, Arrival) else cause.submission) for id in self._speaks.get(each, ())}
        if self.record in about or len(self.said) == 1:
            return bool(about)
        together = next((each.together for each in reversed(self.steps[: number + 1]) if each.together is not None), {})
        return bool(about & set(together.get(self.record, ())))

    def _up_to(self, place: Place, including: bool) -> _Standing:
        """What counted then. Going forward costs the steps between."""
        end = (bisect_right if including else bisect_left)(self.places, place)
        if end < self._next:
            self._standing, self._next = _Standing(), 0
        for step in self.steps[self._next : end]:
            self._standing.after(step)
        self._next = end
        return self._standing

    def _counting(self, id: str, standing: _Standing) -> list[Contribution]:
        counted = standing.counted
        return [each if (clock := counted[each.submission]) is None else self._let_in(each, clock) for each in self.said[id] if each.submission in counted]

    def _let_in(self, each: Contribution, clock: str) -> Contribution:
        key = (id(each), clock)
        if key not in self._changed:  # one object for each, so that sets of them can be compared
            self._changed[key] = replace(each, dot=(OFFICE, clock))
        return self._changed[key]

    def _as_member(self, each: Contribution) -> Contribution:
        key = (id(each), "")
        if key not in self._changed:
            self._changed[key] = as_member(each, self.record)
        return self._changed[key]

    def _alive(self, standing: _Standing) -> list[str]:
        """Those that were one with it and about which something counted; none where it stood alone."""
        those = standing.together.get(self.record, ())
        alive = [id for id in those if any(each.submission in standing.counted and not each.decides for each in self.said[id])]
        return alive if len(alive) > 1 else []

    def _other(self, record: str) -> History:
        if record not in self._others:
            self._others[record] = History(self._connection, record, self._others)
        return self._others[record]


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


def changed(earlier: Record | None, later: Record | None) -> Iterable[Change]:
    """What differs between two states of a record, by name."""
    for name in (LABEL, AREA, LINKED_TO, MEMBERS):
        attribute = name.removeprefix("/")
        before, after = (getattr(each, attribute) if each else None for each in (earlier, later))
        if before != after and (before or after):
            yield Change(name, before or None, after or None)
    before, after = (each.document["fields"] if each else {} for each in (earlier, later))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name))


def _submission(cause: Cause) -> str:
    return cause.id if isinstance(cause, Arrival) else cause.submission if isinstance(cause, Decision) else ""


def key_of(place: Place) -> str:
    """As text for an address: `20260203T091502123456.0.000000000000007`."""
    return f"{place[0]:%Y%m%dT%H%M%S%f}.{place[1]}.{place[2]}"


def place_of(key: str) -> Place:
    """The other way round. ValueError for what is none."""
    moment, _, rest = key.partition(".")
    rank, _, text = rest.partition(".")
    return datetime.strptime(moment, "%Y%m%dT%H%M%S%f"), int(rank), text


def _became(name: str, value: Any, changed_names: set[str], later: Record | None, counts: bool) -> str:
    if not counts:
        return "waits"
    if name in changed_names:
        return "changed"
    stands = later.fields.get(name) if later else None
    return "confirms" if stands is not None and same(stands["value"], value) else "history"
