"""All that phones were told, once more: after the sync engine went back to an older copy, or lost a database, under a central store that did not.

The central store knows every form, receipt and record. They go through the outbox as always: what is in the engine already costs no new revision there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, literal, select

from sync.databases import START, Databases
from sync.ledger import Ledger, decisions
from sync.lying import Recomputed, record_areas
from sync.publish import AREA_PREFIX, AS_IT_STANDS, FORMS_DATABASE, area_database, outbox_row
from sync.store import locks, statements
from sync.store.engine import Store
from sync.store.statements import form_versions, outbox, records, submissions

BATCH_SIZE_MAX = 500
"""Submissions, or documents of a database, in one transaction."""


def publish_again(store: Store, databases: Databases, now: datetime) -> int:
    """Queue all forms, records and receipts, and the deletion of records that the areas' databases hold and should not. Returns how many rows wait."""
    with store.writing() as connection:
        locks.decide_alone(connection)
        _forms_and_records(connection)
    after: int | None = 0
    while after is not None:
        with store.writing() as connection:
            locks.decide_alone(connection)
            after = _receipts(connection, after, now)
    for name in databases.names(AREA_PREFIX):
        _take_away(store, databases, name)
    with store.reading() as connection:
        return len(connection.execute(select(outbox.c.number)).all())


def _forms_and_records(connection: Connection) -> None:
    versions = connection.execute(select(form_versions.c.form, form_versions.c.version, form_versions.c.document)).all()
    statements.add(connection, outbox, [outbox_row(FORMS_DATABASE, f"form:{row.form}:{row.version}", row.document) for row in versions])
    current = select(literal(AREA_PREFIX) + records.c.area, records.c.id, literal(AS_IT_STANDS))
    connection.execute(insert(outbox).from_select(["database", "document_id", "body"], current))
    elsewhere = list(connection.execute(select(records.c.id).where(records.c.also_in != "").order_by(records.c.id)).scalars())
    for first in range(0, len(elsewhere), BATCH_SIZE_MAX):
        some = elsewhere[first : first + BATCH_SIZE_MAX]
        shown = Recomputed(connection, {**dict.fromkeys(some, ()), **statements.counting(connection, some)})
        documents = [(area, id, document) for id in some for area, document in shown.documents(id).items()]
        statements.add(connection, outbox, [outbox_row(area_database(area), id, document) for area, id, document in documents])


def _receipts(connection: Connection, after: int, now: datetime) -> int | None:
    """Those of the next submissions; the number of the last one, None when there are no more."""
    c = submissions.c
    wanted = select(c.number, c.id, c.database, c.device, c.clock, c.received_at, c.state, c.problems, c.remarks)
    rows = connection.execute(wanted.where(c.number > after).order_by(c.number).limit(BATCH_SIZE_MAX)).mappings().all()
    ids = [row["id"] for row in rows]
    ledger, decided, dots = Ledger(connection, now), decisions(connection, ids), statements.contribution_dots(connection, ids)
    for row in rows:
        ledger.tell_again(dict(row), decided.get(row["id"], ()), dots[row["id"]])
    ledger.close()
    return rows[-1]["number"] if rows else None


def _take_away(store: Store, databases: Databases, name: str) -> None:
    """Records that the copy still has, and that were deleted or moved to another area since."""
    since, more = START, True
    while more:
        batch = databases.changes(name, since, BATCH_SIZE_MAX)
        since, more = batch.last_sequence, bool(batch.changes)
        there = [change.id for change in batch.changes if any(not leaf.deleted and leaf.document.get("type") in ("record", "moved") for leaf in change.leaves)]
        with store.writing() as connection:
            locks.decide_alone(connection)
            areas = record_areas(connection, there)
            statements.add(connection, outbox, [outbox_row(name, id, None) for id in there if name.removeprefix(AREA_PREFIX) not in areas.get(id, ())])
