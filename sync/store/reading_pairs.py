"""Which pairs of records that may be one still wait for a person's word: what the office's queue and `linkage status` read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from sync.store.models import Record, RecordLink, Suggestion, table

records, links, suggestions = table(Record), table(RecordLink), table(Suggestion)
left, right = records.alias("lesser_record"), records.alias("greater_record")


@dataclass(frozen=True)
class Pairs:
    """How many pairs of a kind are suggested, and how many of these nobody has ruled on."""

    suggested: int
    open: int


def open_pairs(*columns: Any) -> Select[Any]:
    """From `suggestions` with `left` and `right`: pairs of records that are there, are not one already, and were not told apart. What was said of one
    member of a cluster was said of all."""
    ours, theirs = (func.coalesce(side.c.linked_to, side.c.id) for side in (left, right))
    return (
        select(*columns)
        .select_from(suggestions)
        .join(left, left.c.id == suggestions.c.lesser)
        .join(right, right.c.id == suggestions.c.greater)
        .where(ours != theirs, ~_ruled(suggestions.c.lesser, suggestions.c.greater), ~_told_apart(ours, theirs))
    )


def pairs_by_kind(connection: Connection) -> dict[str, Pairs]:
    kind = suggestions.c.kind
    suggested = {row[0]: row[1] for row in connection.execute(select(kind, func.count()).group_by(kind))}
    waiting = {row[0]: row[1] for row in connection.execute(open_pairs(kind, func.count()).group_by(kind))}
    return {each: Pairs(number, waiting.get(each, 0)) for each, number in sorted(suggested.items())}


def _ruled(lesser: ColumnElement[str], greater: ColumnElement[str]) -> ColumnElement[bool]:
    return select(links.c.lesser).where(links.c.lesser == lesser, links.c.greater == greater).exists()


def _told_apart(ours: ColumnElement[str], theirs: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether somebody said of a member of the one cluster and a member of the other that they are not the same."""
    apart = links.alias("apart")
    one, other = records.alias("one_of_ours"), records.alias("one_of_theirs")
    joined = or_(and_(apart.c.lesser == one.c.id, apart.c.greater == other.c.id), and_(apart.c.greater == one.c.id, apart.c.lesser == other.c.id))
    return (
        select(apart.c.lesser)
        .where(or_(one.c.id == ours, one.c.linked_to == ours), joined, apart.c.state != "one", or_(other.c.id == theirs, other.c.linked_to == theirs))
        .exists()
    )
