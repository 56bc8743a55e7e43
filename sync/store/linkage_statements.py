"""The statements of linkage: its queue, the keys and profiles it keeps, and what it suggests. Plain SQL over one connection, whole batches at a time."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from sync.store.models import LinkageKey, LinkageProfile, LinkageQueue, Suggestion, table

linkage_queue, linkage_profiles, linkage_keys, suggestions = table(LinkageQueue), table(LinkageProfile), table(LinkageKey), table(Suggestion)

LINKAGE_KINDS = ("household", "person")
"""Kinds of records that may be one with another."""


def queue(connection: Connection, records: Iterable[str]) -> None:
    """To be compared anew, since their documents have changed or are gone; those of other kinds are left out. In the transaction that changed them.

    A row that is there is written again, not left: on PostgreSQL whoever is taking it must wait until this change can be read. In one order, so
    that no two wait for each other.
    """
    rows = [{"record": record, "later": False} for record in sorted(set(records)) if record.partition(":")[0] in LINKAGE_KINDS]
    if rows:
        statement = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(linkage_queue)
        connection.execute(statement.on_conflict_do_update(index_elements=["record"], set_={"later": statement.excluded.later}), rows)
