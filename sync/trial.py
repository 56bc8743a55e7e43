"""What a person's decision would change, before it is made: it is done and taken back, so it shows what will happen and not what somebody thought would."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sync.ledger import Ledger
from sync.store.engine import Store


@dataclass(frozen=True, slots=True)
class Change:
    """A document of a record, as it is and as it would be; None where there is none."""

    record: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def preview(store: Store, call: Callable[[Store], Any]) -> list[Change]:
    """What `call` (a function of sync/rulings.py or sync/review.py, given the store that it is called with) would do to documents of records.
    Writes nothing. Raises what the call raises.
    """
    trial = _Trial(store)
    with contextlib.suppress(_NotKept):
        call(trial)
    return trial.changes


def ledger_of(store: Store, connection: Connection, now: datetime) -> Ledger:
    """The ledger of a decision in this store, to be closed with `close`."""
    ledger = Ledger(connection, now)
    ledger.notes_changes = isinstance(store, _Trial)
    return ledger


def close(store: Store, ledger: Ledger) -> set[str]:
    """Close the ledger; returns the records that were looked at. When it was only tried, note what would change and take everything back."""
    touched = ledger.close()
    if isinstance(store, _Trial):
        store.changes = [Change(*each) for each in ledger.changes()]
        raise _NotKept
    return touched


class _NotKept(Exception):
    """Thrown to take back a transaction that was only to be looked at."""


class _Trial(Store):
    """A store whose decisions are taken back at their end."""

    def __init__(self, store: Store):
        super().__init__(store.engine)
        self.changes: list[Change] = []
