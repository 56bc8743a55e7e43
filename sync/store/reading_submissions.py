"""What lists and pages of submissions read: the queue, one submission, the decisions about it, today's counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, LargeBinary, Select, func, literal, literal_column, select

from sync.store.models import Account, Assignment, Contribution, Decision, Submission, table
from sync.store.reading import EXPORT_BATCH_ROWS, Areas, NearlyAlways, Page, in_areas, page_of

STATES = ("held", "returned", "accepted", "rejected", "superseded", "duplicate")
RULES = ("envelope", "form", "version", "worker", "area", "type", "choice", "required", "constraint", "relevant", "count", "unknown", "conflict", "chain")
AREAS_LEAD_MAX = 1_000
"""So many areas lead to their submissions; more have most of them."""
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
    return page_of(connection, _numbers(connection, query), query.page, lambda numbers: _rows(connection, query, numbers))


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


def count(connection: Connection, query: SubmissionQuery, most: int | None = None) -> int:
    """How many a list has; with `most`, no more than that are counted."""
    chosen = _chosen(connection, query, func.count() if most is None else literal_column("1"))
    return connection.scalar(chosen if most is None else select(func.count()).select_from(chosen.limit(most).subquery())) or 0


def counts_by_form(connection: Connection, query: SubmissionQuery) -> dict[str, int]:
    """How many of a list were filled on each form; for short lists."""
    some = _chosen(connection, query, submissions.c.form).offset(0).subquery("some")  # the groups lead to no index
    rows = connection.execute(select(some.c.form, func.count()).group_by(some.c.form))
    return {row[0]: row[1] for row in rows if row[0]}


def workers_in(connection: Connection, areas: Sequence[Areas], most: int) -> list[tuple[str, str]]:
    """(id, name) of the surveyors who work or have worked in all of these areas, by name: `most` at most."""
    who, where = table(Account).c, table(Assignment).c
    there = select(where.account).where(*(in_areas(where.area, each) for each in areas if each is not None))
    rows = connection.execute(select(who.id, who.name).where(who.role == "surveyor", who.id.in_(there)).order_by(who.name, who.id).limit(most))
    return [(row.id, row.name) for row in rows]


def _numbers(connection: Connection, query: SubmissionQuery) -> Select[Any]:
    """The numbers of a list, in its order. Where areas or a day lead to it, an index has all of it and is asked first: the rows, with documents, are long,
    and whoever goes through them in the order of the list may find nothing for a million."""
    led = query.since is not None or any(each is not None and len(each) <= AREAS_LEAD_MAX for each in (query.within, query.area))
    chosen = _chosen(connection, query, submissions.c.number)
    if led:
        some = chosen.offset(0).subquery("some")
        return select(some.c.number).order_by(some.c.number if query.oldest_first else some.c.number.desc())
    return chosen.order_by(submissions.c.number if query.oldest_first else submissions.c.number.desc())


def _rows(connection: Connection, query: SubmissionQuery, numbers: list[int]) -> list[dict[str, Any]]:
    order = submissions.c.number if query.oldest_first else submissions.c.number.desc()
    chosen = select(*(submissions.c[name] for name in LISTED)).where(submissions.c.number.in_(numbers)).order_by(order)
    return [_read(row) for row in connection.execute(chosen).mappings()]


def _listed(connection: Connection, query: SubmissionQuery) -> Select[Any]:
    order = submissions.c.number if query.oldest_first else submissions.c.number.desc()
    return _chosen(connection, query, *(submissions.c[name] for name in LISTED)).order_by(order)


def _chosen(connection: Connection, query: SubmissionQuery, *columns: Any) -> Select[Any]:
    conditions: list[Any] = []
    for areas in (query.within, query.area):
        if areas is not None:
            there = in_areas(submissions.c.area, areas)
            conditions.append(there if query.since is None else NearlyAlways(there))  # a day leads to less, in an index that has the area
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
