"""What people say about records, as events: this is its value, these two are one, these are not, it lies there now. And undo, of any of them.

Nothing is changed in place. Which rulings stand follows from their set (sync/links.py): a settlement and a move that stand are contributions like
those of phones, by the device `office` (sync/merge.py); a link that stands makes a cluster. So undoing restores what was, whatever came between.
Two people at once: who decides on something that was ruled on since they looked is told by whom and when, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from sync import clock, trial
from sync.causality import OFFICE, RULING_PREFIX, Contribution
from sync.identity import ulid
from sync.ledger import relink
from sync.links import APART, LINK, ONE, UNDO, clusters, pairs, standing
from sync.policies import CHOOSING, policy_of
from sync.store import locks, ruling_statements, statements
from sync.store.engine import Store
from sync.trial import Change as Change
from sync.trial import preview as preview

SETTLE, MOVE = "settle", "move"
VALUE_BYTES_MAX = 10_000
COMMENT_CHARACTERS_MAX = 1_000

REASONS = ("missing", "linked", "ruled", "kinds", "same", "apart", "already", "through", "field", "computed", "value", "said", "area", "here", "undone")
"""missing: there is no such record or click. linked: another record stands for this one; rule on that. ruled: somebody has ruled on it since (`by`,
`at`, `action`). kinds: they are not of one kind. same: a record and itself. apart: somebody said that they, or others they are one with, are not
(`by`, `at`). already: that stands already. through: they are one through other records; undo one of those links. field: it has no such field.
computed: the form says how this field is computed. value: no JSON, blank, or too long. said: none of the values that stand side by side.
area: there is no such area. here: it lies there. undone: nothing of it stands any more."""


class CannotRule(Exception):
    """Why this ruling cannot be made now: `reason` is one of REASONS. `by`, `at`, `action`: who was first, when, with what."""

    def __init__(self, reason: str, about: str, by: str = "", at: datetime | None = None, action: str = ""):
        super().__init__(f"{about}: {reason}")
        self.reason, self.about, self.by, self.at, self.action = reason, about, by, at, action


@dataclass(frozen=True, slots=True)
class Ruled:
    """`click` is what `undo` takes; `records` are those whose documents may have changed."""

    click: str
    ids: tuple[str, ...]
    records: tuple[str, ...]


Now = Callable[[], datetime]


def settle(
    store: Store,
    record: str,
    field: str,
    value: Any,
    by: str,
    seen: Mapping[str, str],
    last: str | None = None,
    comment: str = "",
    now: Now = clock.utc_now,
    said: bool = False,
) -> Ruled:
    """This field is this value, whatever those say that the person saw: `seen` is the version of the record that they had before them.

    `last`: the newest ruling about the record that they saw (`last_ruling`). `said`: the value must be one of those that stand side by side; one of
    one's own is checked by the field's question before. Raises CannotRule.
    """
    return _Office(store, by, comment, now).rule(lambda office: office.settle(record, field, value, seen, last, said))


def link(store: Store, left: str, right: str, by: str, last: str | None = None, comment: str = "", now: Now = clock.utc_now) -> Ruled:
    """These two records are one. Raises CannotRule."""
    return _Office(store, by, comment, now).rule(lambda office: office.pair(LINK, left, right, last))


def apart(store: Store, left: str, right: str, by: str, last: str | None = None, comment: str = "", now: Now = clock.utc_now) -> Ruled:
    """These two records are not one; it is not suggested again. Raises CannotRule."""
    return _Office(store, by, comment, now).rule(lambda office: office.pair(APART, left, right, last))


def move(store: Store, record: str, area: str, by: str, last: str | None = None, comment: str = "", now: Now = clock.utc_now) -> Ruled:
    """The record lies in this area from now on; what names it as its household or person goes along. Raises CannotRule."""
    return _Office(store, by, comment, now).rule(lambda office: office.move(record, area, last))


def undo(store: Store, click: str, by: str, comment: str = "", now: Now = clock.utc_now) -> Ruled:
    """Take back what still stands of one click; of an undo too, which brings back what it took. Raises CannotRule."""
    return _Office(store, by, comment, now).rule(lambda office: office.undo(click))


def last_ruling(connection: Connection, *ids: str) -> str:
    """The newest ruling about these records; blank where there is none."""
    found = ruling_statements.about(connection, ids)
    return str(found[-1]["id"]) if found else ""


class _Office:
    """One click of one person."""

    def __init__(self, store: Store, by: str, comment: str, now: Now):
        self.store, self.by, self.comment, self.now = store, by, comment[:COMMENT_CHARACTERS_MAX], now
        self.click = ulid()
        self.rows: list[dict[str, Any]] = []

    def rule(self, decide: Callable[[_Office], None]) -> Ruled:
        with self.store.writing() as self.connection:
            locks.decide_alone(self.connection)
            self.ledger = trial.ledger_of(self.store, self.connection, self.now())
            decide(self)
            touched = trial.close(self.store, self.ledger)
        return Ruled(self.click, tuple(row["id"] for row in self.rows), tuple(sorted(touched)))

    def settle(self, record: str, field: str, value: Any, seen: Mapping[str, str], last: str | None, said: bool) -> None:
        self._not_ruled_on(last, record)
        body = self._body(record)
        those = [each for each in self._contributions(record) if field in each.properties]
        if field not in body["fields"] or not those:
            raise CannotRule("field", record)
        if policy_of(field, those) not in CHOOSING:
            raise CannotRule("computed", record)
        if value is None or value == "" or value == [] or len(_bytes(value)) > VALUE_BYTES_MAX:
            raise CannotRule("value", record)
        entry = body["fields"][field]
        if said and _bytes(value) not in [_bytes(each["value"]) for each in (entry, *entry.get("disputed", ()))]:
            raise CannotRule("said", record)
        if entry.get("settled") and "disputed" not in entry and entry["value"] == value:
            raise CannotRule("already", record)
        known = {device: text for device, text in seen.items() if text <= body["version"].get(device, "")}
        row = self._row(SETTLE, record, field=field, value=_bytes(value), body={"seen": known, "area": body["area"]})
        self.ledger.contribute([contribution_of(row)], counts=True)

    def move(self, record: str, area: str, last: str | None) -> None:
        self._not_ruled_on(last, record)
        body = self._body(record)
        if area not in statements.area_parents(self.connection):
            raise CannotRule("area", area)
        if body["area"] == area:
            raise CannotRule("here", record)
        row = self._row(MOVE, record, area=area, body={"seen": body["version"], "from": body["area"]})
        self.ledger.contribute([contribution_of(row)], counts=True)

    def pair(self, action: str, left: str, right: str, last: str | None) -> None:
        if left == right:
            raise CannotRule("same", left)
        if left.partition(":")[0] != right.partition(":")[0]:
            raise CannotRule("kinds", left)
        there = ruling_statements.lying(self.connection, (left, right))
        for each in (left, right):
            if each not in there:
                raise CannotRule("missing", each)
        self._not_ruled_on(last, left, right)
        stands = ruling_statements.link_of(self.connection, left, right)
        if stands is not None and stands.state == (ONE if action == LINK else APART):
            raise self._by_whom("already", left, stands.ruling)
        around = ruling_statements.pairings_around(self.connection, (left, right))
        kept = standing(ruling_statements.undone_by(self.connection, [each.id for each in around]))
        if action == APART and self._joined_without(around, kept, left, right):
            raise CannotRule("through", left)
        row = self._row(action, left, other=right, body={})
        found = relink(self.ledger, {left, right})
        if action == LINK and found[(min(left, right), max(left, right))].state != ONE:
            against = [each for each in around if each.id in kept and each.action == APART]
            together = clusters(pairs(each for each in around if each.id in kept))
            between = {*together.get(left, (left,)), *together.get(right, (right,))}
            why = next((each.id for each in reversed(against) if {each.left, each.right} <= between), row["id"])
            raise self._by_whom("apart", left, why)

    @staticmethod
    def _joined_without(around: Sequence[Any], kept: set[str], left: str, right: str) -> bool:
        """Whether these two would be one without any ruling on the pair itself."""
        others = pairs(each for each in around if each.id in kept and {each.left, each.right} != {left, right})
        return right in clusters(others).get(left, ())

    def undo(self, click: str) -> None:
        rows = ruling_statements.of_click(self.connection, click)
        if not rows:
            raise CannotRule("missing", click)
        undoes = ruling_statements.undone_by(self.connection, [row["id"] for row in rows])
        kept = standing(undoes)
        left = [row for row in rows if row["id"] in kept]
        if not left:
            first = {row["id"] for row in rows}
            by = next(id for id, target in undoes.items() if target in first and id in kept)
            raise self._by_whom("undone", click, by)
        for row in left:
            self._row(UNDO, row["record"], other=row["other"], undoes=row["id"], body={"action": row["action"]})
        everything = [*left, *self._taken_back(left)]
        effects = {row["id"] for row in everything if row["action"] in (SETTLE, MOVE)}
        still = standing(ruling_statements.undone_by(self.connection, effects))
        with_prefix = {RULING_PREFIX + id for id in effects}
        self.ledger.touch(ruling_statements.count_or_not(self.connection, with_prefix, {RULING_PREFIX + id for id in still}))
        paired = {id for row in everything if row["action"] in (LINK, APART) for id in (row["record"], row["other"])}
        if paired:
            relink(self.ledger, paired)

    def _taken_back(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """What these undos took back, and what those had taken back in turn."""
        found: list[Mapping[str, Any]] = []
        targets = {row["undoes"] for row in rows if row["undoes"]}
        while targets:
            some = ruling_statements.by_id(self.connection, targets)
            found += some
            targets = {row["undoes"] for row in some if row["undoes"]}
        return found

    def _not_ruled_on(self, last: str | None, *ids: str) -> None:
        """Raises CannotRule when the newest ruling about these records is another one than the person saw."""
        if last is None:
            return
        found = ruling_statements.about(self.connection, ids)
        if found and found[-1]["id"] != last:
            raise self._by_whom("ruled", ids[0], found[-1]["id"])

    def _by_whom(self, reason: str, about: str, ruling: str) -> CannotRule:
        rows = ruling_statements.by_id(self.connection, [ruling])
        if not rows:
            return CannotRule(reason, about)
        return CannotRule(reason, about, ruling_statements.who(self.connection, rows[0]["by"]), rows[0]["at"], rows[0]["action"])

    def _body(self, record: str) -> dict[str, Any]:
        body = ruling_statements.body(self.connection, record)
        if body is None:
            raise CannotRule("missing", record)
        if "linked_to" in body:
            raise CannotRule("linked", record)
        return body

    def _contributions(self, record: str) -> list[Contribution]:
        members = clusters(ruling_statements.links_among(self.connection, [record])).get(record, (record,))
        return [each for those in statements.counting(self.connection, members).values() for each in those]

    def _row(self, action: str, record: str, body: Mapping[str, Any], **columns: Any) -> dict[str, Any]:
        row = {"id": ulid(), "action": action, "record": record, "other": None, "field": None, "value": None, "area": None, "undoes": None, **columns}
        row |= {"body": _bytes({**body, "comment": self.comment} if self.comment else body), "click": self.click, "by": self.by}
        row |= {"at": self.ledger.now, "clock": self.ledger.office_clock()}
        ruling_statements.note(self.connection, [row])
        self.rows.append(row)
        return row


def contribution_of(row: Mapping[str, Any]) -> Contribution:
    """What a settlement or a move, a row of `rulings`, says of its record. Pure: while it stands it counts like what a phone says."""
    body = orjson.loads(row["body"])
    return Contribution(
        record=row["record"],
        kind=row["record"].partition(":")[0],
        submission=RULING_PREFIX + row["id"],
        path="",
        form="",
        worker=row["by"],
        device=OFFICE,
        at=clock.wire(row["at"]),
        clock=row["clock"],
        effective=row["clock"],
        dot=(OFFICE, row["clock"]),
        based_on=body["seen"],
        properties={row["field"]: orjson.loads(row["value"])} if row["action"] == SETTLE else {},
        area=row["area"] or body["area"],
        decides="settlement" if row["action"] == SETTLE else "move",
    )


def _bytes(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
