"""The statements of merging and reviewing: plain SQL over one connection, whole batches at a time, no objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Table, bindparam, delete, func, or_, select, update

from sync.causality import OFFICE, Contribution
from sync.store import many_rows
from sync.store.among import among
from sync.store.models import Account, Area, Assignment, Checkpoint, FormVersion, Outbox, Record, Stray, table
from sync.store.models import Contribution as ContributionRow
from sync.store.models import Decision as DecisionRow
from sync.store.models import Submission as SubmissionRow

IDS_MAX = 2_000
"""Ids asked for in one statement; SQLite takes 32,766 parameters, PostgreSQL 65,535."""

areas, accounts, assignments = table(Area), table(Account), table(Assignment)
form_versions, checkpoints, outbox, strays = table(FormVersion), table(Checkpoint), table(Outbox), table(Stray)
submissions, contributions, records, decisions = table(SubmissionRow), table(ContributionRow), table(Record), table(DecisionRow)

Row = Mapping[str, Any]


def to_row(each: Contribution, counts: bool) -> dict[str, Any]:
    """Its body is short: a household's with every policy of its form and each clock three times would take a page of its own."""
    body = {
        "kind": each.kind,
        "form": each.form,
        "worker": each.worker,
        "device": each.device,
        "at": each.at,
        "clock": each.clock,
        "based_on": each.based_on,
        "properties": each.properties,
        "area": each.area,
    }
    if each.effective != each.clock:
        body["effective"] = each.effective
    if each.label:
        body["label"] = each.label
    if each.policies:
        policies = {name: policy for name, policy in each.policies.items() if name in each.properties}
        if policies:
            body["policies"] = policies
    if each.decides:
        body["decides"] = each.decides
    return {
        "record": each.record,
        "submission": each.submission,
        "path": each.path,
        "counts": counts,
        "dot_device": each.dot[0],
        "dot_clock": each.dot[1],
        "body": orjson.dumps(body),
    }


def from_row(record: str, submission: str, path: str, dot: tuple[str, str], body: bytes) -> Contribution:
    """What `to_row` made, now or in an earlier version, which left nothing out. Raises TypeError or ValueError for anything else."""
    said = orjson.loads(body)
    if isinstance(said, dict):
        said.setdefault("effective", said.get("clock"))
    return Contribution(record=record, submission=submission, path=path, dot=dot, **said)


def counting(connection: Connection, ids: Iterable[str]) -> dict[str, list[Contribution]]:
    """The contributions that count, by record."""
    found: dict[str, list[Contribution]] = {}
    c = contributions.c
    columns = select(c.record, c.submission, c.path, c.dot_device, c.dot_clock, c.body)
    for some in parts(ids):
        for record, submission, path, device, clock, body in connection.execute(columns.where(among(c.record, some), c.counts)):
            found.setdefault(record, []).append(from_row(record, submission, path, (device, clock), body))
    return found


def begun(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[str, bytes, bytes]]:
    """(area, body, onward) of those of these records that a submission can go on from."""
    c = records.c
    chosen = select(c.id, c.area, c.body, c.onward).where(c.onward.is_not(None))
    return {row[0]: tuple(row[1:]) for some in parts(ids) for row in connection.execute(chosen.where(among(c.id, some)))}


def contribution_dots(connection: Connection, ids: Collection[str]) -> dict[str, list[tuple[str, str, str]]]:
    """(record, dot's device, dot's clock) of each submission's contributions."""
    found: dict[str, list[tuple[str, str, str]]] = {id: [] for id in ids}
    c = contributions.c
    for some in parts(ids):
        for submission, *dot in connection.execute(select(c.submission, c.record, c.dot_device, c.dot_clock).where(among(c.submission, some))):
            found[submission].append(tuple(dot))
    return found


def submission_rows(connection: Connection, ids: Iterable[str], *columns: str) -> dict[str, Row]:
    chosen = select(submissions.c.id, *(submissions.c[name] for name in columns))
    return {row["id"]: dict(row) for some in parts(ids) for row in connection.execute(chosen.where(among(submissions.c.id, some))).mappings()}


def superseding(connection: Connection, ids: Iterable[str]) -> list[str]:
    """The submissions that name one of these as what they correct."""
    chosen = select(submissions.c.id)
    return [row.id for some in parts(ids) for row in connection.execute(chosen.where(among(submissions.c.supersedes, some)))]


def of_marks(connection: Connection, marks: Iterable[str]) -> list[tuple[str, str]]:
    """(mark, id) of the submissions that have one of these marks."""
    c = submissions.c
    return [(row.mark, row.id) for some in parts(marks) for row in connection.execute(select(c.mark, c.id).where(among(c.mark, some)))]


STATE = ("id", "database", "worker", "device", "clock", "received_at", "verdict", "state", "supersedes", "mark", "problems", "remarks")
"""Of a submission what decides its state, and what its receipt says."""


def related(connection: Connection, ids: Iterable[str], columns: Sequence[str] = STATE) -> list[dict[str, Any]]:
    """These submissions and all that corrections and equal contents tie to them. `columns`: id, supersedes and mark among them."""
    c = submissions.c
    chosen = select(*(c[name] for name in columns))
    found: dict[str, dict[str, Any]] = {}
    looked_for: set[str] = set()
    frontier = set(ids)
    while frontier:
        looked_for |= frontier
        rows = [row for some in parts(frontier) for row in connection.execute(chosen.where(or_(among(c.id, some), among(c.supersedes, some)))).mappings()]
        marks = {row["mark"] for row in rows if row["mark"] is not None}
        rows += [row for some in parts(marks) for row in connection.execute(chosen.where(among(c.mark, some))).mappings()]
        found.update({row["id"]: dict(row) for row in rows})
        frontier = {id for row in rows for id in (row["id"], row["supersedes"]) if id is not None} - looked_for
    return list(found.values())


def decisions_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[Row]]:
    """In the order of their clocks; `name` is who decided."""
    c = decisions.c
    name = func.coalesce(accounts.c.name, c.by).label("name")
    chosen = select(c.submission, c.action, c.comment, c.comments, c.at, c.clock, name).outerjoin_from(decisions, accounts, accounts.c.id == c.by)
    found: dict[str, list[Row]] = {}
    for some in parts(ids):
        for row in connection.execute(chosen.where(among(c.submission, some)).order_by(c.clock)).mappings():
            found.setdefault(row["submission"], []).append(dict(row))
    return found


def let_in(connection: Connection, submission: str, dot_clock: str) -> None:
    """Its contributions count from now on: no phone has seen them before this clock of the office."""
    mine = contributions.c.submission == submission
    connection.execute(update(contributions).where(mine).values(counts=True, dot_device=OFFICE, dot_clock=dot_clock))


def count(connection: Connection, submission: str) -> None:
    """Its contributions count, under the dots that they have."""
    connection.execute(update(contributions).where(contributions.c.submission == submission).values(counts=True))


def waiting_since_before(connection: Connection, moment: datetime) -> list[str]:
    """Submissions that keep every rule, wait for what they correct, and came before this moment."""
    c = submissions.c
    return list(connection.execute(select(c.id).where(c.state == "held", c.verdict == "accepted", c.received_at < moment).order_by(c.number)).scalars())


def leave_out(connection: Connection, submission: str) -> None:
    connection.execute(update(contributions).where(contributions.c.submission == submission).values(counts=False))


STEADY = ("area", "household", "person", "linked_to", "own_parent")
"""Columns of a record that most submissions leave as they were, each with an index of its own."""


def put_records(connection: Connection, rows: Sequence[Row], before: Mapping[str, Row] | None = None) -> None:
    """`before`: by id the rows that were there, with STEADY at least. Where those have not changed they are not written: SQLite would take each out of
    its index and put it back."""
    steady = [row for row in rows if before and (was := before.get(row["id"])) and all(was[name] == row[name] for name in STEADY)]
    ids = {row["id"] for row in steady}
    put(connection, records, [row for row in rows if row["id"] not in ids], ("id",))
    many_rows.upsert(connection, records, steady, ("id",), leaving=("kind", *STEADY))


def remove_records(connection: Connection, ids: Sequence[str]) -> None:
    if ids:
        connection.execute(delete(records).where(records.c.id == bindparam("gone")), [{"gone": id} for id in ids])


def add(connection: Connection, into: Table, rows: Sequence[Row]) -> None:
    many_rows.insert(connection, into, rows)


def put(connection: Connection, into: Table, rows: Sequence[Row], key: Sequence[str], update_existing: bool = True) -> None:
    """Insert, or replace what has the same key (or, with `update_existing=False`, leave it)."""
    many_rows.upsert(connection, into, rows, key, update_existing)


def sequences(connection: Connection, databases: Collection[str] | None = None) -> dict[str, str]:
    """How far each database has been read, or each of these."""
    chosen = select(checkpoints.c.database, checkpoints.c.sequence)
    asked: Iterable[Any] = [chosen] if databases is None else [chosen.where(among(checkpoints.c.database, some)) for some in parts(databases)]
    return {row.database: row.sequence for each in asked for row in connection.execute(each)}


def what_is_known(connection: Connection) -> tuple[Any, ...]:
    """Changes whenever a form is published or a person, an area or an assignment is added or ended."""
    counted = [select(func.count()).select_from(each).scalar_subquery() for each in (form_versions, areas, accounts, assignments)]
    ended = select(func.count()).where(assignments.c.until.is_not(None)).scalar_subquery()
    return tuple(connection.execute(select(*counted, ended)).one())


def area_parents(connection: Connection) -> dict[str, str | None]:
    return {row.id: row.parent for row in connection.execute(select(areas.c.id, areas.c.parent))}


def areas_above(connection: Connection, ids: Iterable[str]) -> tuple[dict[str, str | None], dict[str, str]]:
    """Of those of these areas that there are, and of all they lie in: the parent, and the place that addresses are told apart in. A city has thousands."""
    columns = (areas.c.id, areas.c.parent, areas.c.place)
    parents: dict[str, str | None] = {}
    places: dict[str, str] = {}
    for some in parts(ids):
        above = select(*columns).where(among(areas.c.id, some)).cte("above", recursive=True)
        above = above.union(select(*columns).where(areas.c.id == above.c.parent))
        for id, parent, place in connection.execute(select(above)):
            parents[id], places[id] = parent, place or id
    return parents, places


def account_roles(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    chosen = select(accounts.c.id, accounts.c.role)
    return {row.id: row.role for some in parts(ids) for row in connection.execute(chosen.where(among(accounts.c.id, some)))}


def assignment_rows(connection: Connection, ids: Iterable[str]) -> list[Any]:
    c = assignments.c
    return [row for some in parts(ids) for row in connection.execute(select(c.account, c.area, c.since, c.until).where(among(c.account, some)))]


def form_keys(connection: Connection) -> set[tuple[str, str]]:
    return {(row.form, row.version) for row in connection.execute(select(form_versions.c.form, form_versions.c.version))}


def xform(connection: Connection, form: str, version: str) -> str:
    c = form_versions.c
    return connection.execute(select(c.xform).where(c.form == form, c.version == version)).scalar_one()


def held_numbers(connection: Connection) -> list[tuple[int, str, bytes]]:
    """(number, database, problems) of what is held."""
    c = submissions.c
    held = select(c.number, c.database, c.problems).where(c.state == "held").order_by(c.number)
    return [(row.number, row.database, row.problems) for row in connection.execute(held)]


def by_number(connection: Connection, numbers: Collection[int]) -> list[Row]:
    c = submissions.c
    return [dict(row) for row in connection.execute(select(submissions).where(c.number.in_(numbers)).order_by(c.number)).mappings()]


def parts(ids: Iterable[str]) -> Iterable[list[str]]:
    """Sorted, so that the same ids make the same statements, and cut to what a statement takes. Nothing in the store is named with a NUL, and
    PostgreSQL would refuse the question."""
    all_ids = sorted(id for id in set(ids) if "\0" not in id)
    for first in range(0, len(all_ids), IDS_MAX):
        yield all_ids[first : first + IDS_MAX]


def published_in(connection: Connection, area: str, ids: Iterable[str]) -> dict[str, bytes]:
    """The published documents of those of these records that lie in this area."""
    c = records.c
    chosen = select(c.id, c.body).where(c.area == area)
    return {row.id: row.body for some in parts(ids) for row in connection.execute(chosen.where(among(c.id, some)))}


def bodies(connection: Connection, ids: Iterable[str]) -> dict[str, bytes]:
    """The published documents of records."""
    c = records.c
    return {row.id: row.body for some in parts(ids) for row in connection.execute(select(c.id, c.body).where(among(c.id, some)))}
