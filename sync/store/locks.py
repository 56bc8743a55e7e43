"""Who may write what at the same time. SQLite has one writer anyway; on PostgreSQL several merge workers and the office write side by side.

Advisory locks, held to the end of the transaction and given back by the server itself should a worker die. Whoever takes several takes
them in one order (deciding, inboxes, records), so nobody waits in a ring. They need `max_locks_per_transaction` x `max_connections` places
on the server: a batch takes one a record, some 1,300; PostgreSQL's own settings have 6,400.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import OperationalError

from sync.store.engine import Store

GIVE_WAY_MILLISECONDS = 100
"""PostgreSQL looks for rings of waiting transactions after 1,000, and ends one of them: this one is gone by then."""
LOCK_NOT_AVAILABLE = "55P03"
_DECIDING = "deciding"


def is_shared(connection: Connection) -> bool:
    """Whether others may be writing while this transaction does."""
    return connection.dialect.name == "postgresql"


def decide_alone(connection: Connection) -> None:
    """Wait until nobody else writes submissions or records, and keep it so: for what looks at submissions that are there, and changes them."""
    if is_shared(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _key(_DECIDING)})


def add_beside_others(connection: Connection) -> None:
    """Others may add too, nobody may decide: for what only adds submissions that are new."""
    if is_shared(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _key(_DECIDING)})


def lock_names(connection: Connection, kind: str, names: Iterable[str]) -> None:
    """Nobody else has these while the transaction lasts."""
    if is_shared(connection):
        keys = sorted({_key(f"{kind} {name}") for name in names})
        if keys:
            connection.execute(text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key").bindparams(bindparam("keys", keys)))


@contextmanager
def held(store: Store, name: str) -> Iterator[Connection | None]:
    """This name for ourselves while the block runs; None when another worker has it. The connection is there where others may be at work."""
    if store.engine.dialect.name != "postgresql":
        yield None
        return
    with store.writing() as connection:
        mine = connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _key(name)}).scalar()
        if not mine:
            raise HeldByAnother(name)
        yield connection


class HeldByAnother(Exception):
    """Another worker is at it."""


@contextmanager
def giving_way(connection: Connection) -> Iterator[None]:
    """For what can as well be done later: raises GivenWay rather than wait for others' changes, before they could be made to fail for its sake."""
    if not is_shared(connection):
        yield
        return
    connection.execute(text(f"SET LOCAL lock_timeout = {GIVE_WAY_MILLISECONDS}"))
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise GivenWay from error
        raise


class GivenWay(Exception):
    """Somebody was at work on the same rows; try again."""


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
