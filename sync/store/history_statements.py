"""What history reads: everything that ever touched a record, whether it counts or not. Plain SQL over one connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from sync.causality import OFFICE, Contribution
from sync.exported import drawer_and_mark, holds
from sync.replay import Arrival, Decision, Ruling
from sync.store import ruling_statements
from sync.store.among import among
from sync.store.models import AuditEvent, Exported, table
from sync.store.statements import contributions, decisions, from_row, parts, related, submissions

audit, exported = table(AuditEvent), table(Exported)
VIEWS = ("view", "view media")
ARRIVAL = tuple(each.name for each in fields(Arrival))

Row = Mapping[str, Any]


def tied_by_rulings(connection: Connection, record: str) -> tuple[set[str], list[Ruling]]:
    """The record and all that links, standing or not, ever tied it to; and every ruling about one of them."""
    ids = {record} | {id for each in ruling_statements.pairings_around(connection, {record}) for id in (each.left, each.right)}
    return ids, [_ruling(row) for row in ruling_statements.about(connection, ids)]


def said_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[Contribution]]:
    """Every contribution to each record, counting or not, with the dot that it had when it first came."""
    found: dict[str, list[Contribution]] = {id: [] for id in ids}
    c = contributions.c
    columns = select(c.record, c.submission, c.path, c.dot_clock, c.body)
    for some in parts(found):
        for record, submission, path, dot_clock, body in connection.execute(columns.where(c.record.in_(some))):
            said = from_row(record, submission, path, (OFFICE, dot_clock), body)
            found[record].append(said if said.decides else replace(said, dot=(said.device, said.effective)))
    return found


def arrivals(connection: Connection, ids: Iterable[str]) -> list[Arrival]:
    """These submissions and all that corrections and equal contents tie to them."""
    return [Arrival(**row) for row in related(connection, ids, ARRIVAL)]


def submission_rows(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """What an event says of its submission."""
    c = submissions.c
    chosen = select(c.id, c.worker, c.supersedes, c.received_at, c.device, c.form, c.version, c.area, c.finished_at, c.state)
    return {row["id"]: dict(row) for some in parts(ids) for row in connection.execute(chosen.where(c.id.in_(some))).mappings()}


def decisions_about(connection: Connection, ids: Iterable[str]) -> list[Decision]:
    """Those about these submissions."""
    rows = [row for some in parts(ids) for row in connection.execute(select(decisions).where(among(decisions.c.submission, some))).mappings()]
    return [
        Decision(row["id"], row["submission"], row["action"], row["by"], row["at"], row["clock"], row["comment"], orjson.loads(row["comments"] or b"[]"))
        for row in rows
    ]


def views(connection: Connection, record: str) -> list[Row]:
    """Who looked at the record (`of` = record) or at submissions about it (`of` = submission), one row a person and day: account, first and last time,
    how often, and the `number` of the last."""
    c = audit.c
    about = select(contributions.c.submission).where(contributions.c.record == record)
    day = func.date(c.at)
    found: list[Row] = []
    for of, subjects in (("record", c.subject == record), ("submission", c.subject.in_(about))):
        chosen = select(
            c.account, func.max(c.number).label("number"), func.max(c.at).label("at"), func.min(c.at).label("first_at"), func.count().label("times")
        )
        rows = connection.execute(chosen.where(c.action.in_(VIEWS), subjects).group_by(c.account, day))
        found += [{**row, "of": of} for row in rows.mappings()]
    return found


def exports(connection: Connection, record: str) -> list[Row]:
    """The exports that had this record: number, at, account, subject (the list), detail."""
    drawer, mark = drawer_and_mark(record)
    c = audit.c
    chosen = select(c.number, c.at, c.account, c.subject, c.detail, exported.c.marks).join_from(exported, audit, c.number == exported.c.event)
    rows = connection.execute(chosen.where(exported.c.drawer == drawer)).mappings()
    return [{**row, "detail": orjson.loads(row["detail"] or b"{}")} for row in rows if holds(row["marks"], mark)]


def _ruling(row: Row) -> Ruling:
    value = orjson.loads(row["value"]) if row["value"] is not None else None
    columns = {name: row[name] for name in ("id", "action", "record", "other", "field", "area", "undoes", "click", "by", "at", "clock")}
    return Ruling(**columns, value=value, body=orjson.loads(row["body"] or b"{}"))
