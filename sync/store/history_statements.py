"""What history reads: everything that ever touched a record, whether it counts or not. Plain SQL over one connection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, or_, select

from sync.causality import OFFICE, Contribution
from sync.replay import Arrival, Decision, Ruling
from sync.store import ruling_statements
from sync.store.models import AuditEvent, table
from sync.store.statements import contributions, decisions, parts, submissions
from sync.validate import effective_clock

audit = table(AuditEvent)

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
            said = orjson.loads(body)
            dot = (OFFICE, dot_clock) if said.get("decides") else (said["device"], said["effective"])
            found[record].append(Contribution(record=record, submission=submission, path=path, dot=dot, **said))
    return found


def arrivals(connection: Connection, records: Collection[str]) -> tuple[list[Arrival], dict[str, Row]]:
    """The submissions about these records and all that corrections tie to them; and of each what a page says: form, version, device, area, …"""
    c = submissions.c
    columns = (c.id, c.number, c.worker, c.supersedes, c.received_at, c.verdict, c.clock, c.device, c.form, c.version, c.area, c.finished_at, c.state)
    about = select(contributions.c.submission).where(contributions.c.record.in_(sorted(records)))
    chosen = select(*columns)
    rows: dict[str, Row] = {row["id"]: dict(row) for row in connection.execute(chosen.where(or_(c.id.in_(about), c.supersedes.in_(about)))).mappings()}
    looked_for = set(rows)
    frontier = {row["supersedes"] for row in rows.values() if row["supersedes"]} - looked_for
    frontier |= {row["id"] for row in rows.values() if row["supersedes"]}  # what corrects a correction that says nothing of the record
    while frontier:
        looked_for |= frontier
        new = [dict(row) for some in parts(frontier) for row in connection.execute(chosen.where(or_(c.id.in_(some), c.supersedes.in_(some)))).mappings()]
        rows.update({row["id"]: row for row in new})
        frontier = {id for row in new for id in (row["id"], row["supersedes"]) if id is not None} - looked_for
    return [_arrival(row) for row in rows.values()], rows


def decisions_about(connection: Connection, records: Collection[str], others: Collection[str]) -> list[Decision]:
    """Those about submissions that speak of these records, and about these other submissions."""
    c = decisions.c
    about = select(contributions.c.submission).where(contributions.c.record.in_(sorted(records)))
    found = {row["id"]: row for row in connection.execute(select(decisions).where(c.submission.in_(about))).mappings()}
    for some in parts(others):
        found.update({row["id"]: row for row in connection.execute(select(decisions).where(c.submission.in_(some))).mappings()})
    return [
        Decision(row["id"], row["submission"], row["action"], row["by"], row["at"], row["clock"], row["comment"], orjson.loads(row["comments"] or b"[]"))
        for row in found.values()
    ]


def _arrival(row: Row) -> Arrival:
    clock = effective_clock(row["clock"], row["device"], row["received_at"])
    return Arrival(row["id"], row["number"], row["worker"], row["supersedes"], row["received_at"], row["verdict"], clock)


def _ruling(row: Row) -> Ruling:
    value = orjson.loads(row["value"]) if row["value"] is not None else None
    columns = {name: row[name] for name in ("id", "action", "record", "other", "field", "area", "undoes", "click", "by", "at", "clock")}
    return Ruling(**columns, value=value, body=orjson.loads(row["body"] or b"{}"))
