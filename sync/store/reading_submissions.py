"""What lists and pages of submissions read: the queue, one submission, the decisions about it, today's counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, LargeBinary, Select, func, literal, select

from sync.store.models import Contribution, Decision, Submission, table
from sync.store.reading import EXPORT_BATCH_ROWS, PAGE_ROWS, Areas, Page

STATES = ("held", "returned", "accepted", "rejected", "superseded", "duplicate")
RULES = ("envelope", "form", "version", "worker", "area", "type", "choice", "required", "constraint", "relevant", "count", "unknown", "conflict", "chain")
LISTED = ("number", "id", "form", "version", "area", "worker", "device", "finished_at", "received_at", "state", "problems", "remarks")

submissions = table(Submission)
decisions = table(Decision)
contributions = table(Contribution)


@dataclass(frozen=True)
class SubmissionQuery:
    """One list of submissions, exactly as its address says. `since`: received then or later (UTC)."""

    within: Areas = None
    state: str = ""
    form: str = ""
    area: frozenset[str] | None = None
    worker: str = ""
    rule: str = ""
    since: datetime | None = None
    oldest_first: bool = False
    page: int = 1


def submissions_page(connection: Connection, query: SubmissionQuery) -> Page:
    """The asked page, or the last one there is when fewer are left."""
    total = connection.scalar(_chosen(connection, query, func.count())) or 0
    number = min(max(query.page, 1), max(1, -(-total // PAGE_ROWS)))
    rows = connection.execute(_listed(connection, query).limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS))
    return Page([_read(row) for row in rows.mappings()], total, number)


def submissions_all(connection: Connection, query: SubmissionQuery) -> Iterator[dict[str, Any]]:
    rows = connection.execution_options(yield_per=EXPORT_BATCH_ROWS).execute(_listed(connection, query))
    for row in rows.mappings():
        yield _read(row)


def submission(connection: Connection, submission_id: str, within: Areas) -> dict[str, Any] | None:
    """One submission with its document and answers read, or None when there is none the reader may see."""
    row = connection.execute(select(submissions).where(submissions.c.id == submission_id)).mappings().first()
    if row is None or (within is not None and row["area"] not in within):
        return None
    return {**_read(row), "document": orjson.loads(row["document"]), "answers": orjson.loads(row["answers"]) if row["answers"] else None}


def decisions_about(connection: Connection, submission_id: str) -> list[dict[str, Any]]:
    """Newest first."""
    rows = connection.execute(select(decisions).where(decisions.c.submission == submission_id).order_by(decisions.c.clock.desc(), decisions.c.id.desc()))
    return [{**row, "comments": orjson.loads(row["comments"] or b"[]")} for row in rows.mappings()]


def records_of(connection: Connection, submission_id: str) -> list[str]:
    """The records that a submission speaks of, whether it counts or not."""
    rows = connection.execute(select(contributions.c.record).where(contributions.c.submission == submission_id).distinct().order_by(contributions.c.record))
    return [row.record for row in rows]


def superseded_by(connection: Connection, submission_id: str) -> list[str]:
    """The ids of the corrections that name this submission."""
    return list(connection.scalars(select(submissions.c.id).where(submissions.c.supersedes == submission_id).order_by(submissions.c.number)))


def next_held(connection: Connection, query: SubmissionQuery, after: int) -> str | None:
    """The submission that follows in the list, so that one decision leads to the next."""
    beyond = submissions.c.number > after if query.oldest_first else submissions.c.number < after
    order = submissions.c.number if query.oldest_first else submissions.c.number.desc()
    return connection.scalar(_chosen(connection, query, submissions.c.id).where(beyond).order_by(order).limit(1))


def counts_by_state(connection: Connection, within: Areas) -> dict[str, int]:
    rows = connection.execute(_chosen(connection, SubmissionQuery(within=within), submissions.c.state, func.count()).group_by(submissions.c.state))
    return {row[0]: row[1] for row in rows}


def count(connection: Connection, query: SubmissionQuery) -> int:
    return connection.scalar(_chosen(connection, query, func.count())) or 0


def counts_by_form(connection: Connection, query: SubmissionQuery) -> dict[str, int]:
    """How many of a list were filled on each form."""
    rows = connection.execute(_chosen(connection, query, submissions.c.form, func.count()).group_by(submissions.c.form))
    return {row[0]: row[1] for row in rows if row[0]}


def workers_in(connection: Connection, query: SubmissionQuery) -> list[str]:
    """Who sent what is in the list, for the filter."""
    worker = submissions.c.worker
    return [each for each in connection.scalars(_chosen(connection, query, worker).distinct().order_by(worker)) if each]


def _listed(connection: Connection, query: SubmissionQuery) -> Select[Any]:
    order = submissions.c.number if query.oldest_first else submissions.c.number.desc()
    return _chosen(connection, query, *(submissions.c[name] for name in LISTED)).order_by(order)


def _chosen(connection: Connection, query: SubmissionQuery, *columns: Any) -> Select[Any]:
    conditions: list[Any] = []
    for areas in (query.within, query.area):
        if areas is not None:
            conditions.append(submissions.c.area.in_(sorted(areas)))
    for name in ("state", "form", "worker"):
        if getattr(query, name):
            conditions.append(submissions.c[name] == getattr(query, name))
    if query.since is not None:
        conditions.append(submissions.c.received_at >= query.since)
    if query.rule in RULES:
        conditions.append(has_problem(connection, query.rule))
    return select(*columns).select_from(submissions).where(*conditions)


def has_problem(connection: Connection, rule: str) -> Any:
    """The rule's name stands in the JSON as orjson writes it; both databases find bytes in bytes."""
    wanted = b'"rule":"%s"' % rule.encode()
    if connection.dialect.name == "sqlite":
        return func.instr(submissions.c.problems, literal(wanted, LargeBinary)) > 0
    return submissions.c.problems.op("like")(literal(b"%" + wanted + b"%", LargeBinary))


def _read(row: Any) -> dict[str, Any]:
    return {**row, "problems": orjson.loads(row["problems"] or b"[]"), "remarks": orjson.loads(row["remarks"] or b"[]")}
