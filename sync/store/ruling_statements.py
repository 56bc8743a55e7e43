"""The statements of rulings and links: plain SQL over one connection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, or_, select, update

from sync.links import APART, LINK, ONE, Linked, Pairing
from sync.store.among import among
from sync.store.models import Account, RecordLink, Ruling, ShownAlso, table
from sync.store.statements import STEADY, add, contributions, decisions, parts, put, records

rulings, record_links, shown, accounts = table(Ruling), table(RecordLink), table(ShownAlso), table(Account)

Row = Mapping[str, Any]


def last_office_clock(connection: Connection) -> str | None:
    """The newest clock of the office, of decisions and of rulings."""
    found = [connection.execute(select(func.max(each.c.clock))).scalar() for each in (decisions, rulings)]
    return max((each for each in found if each is not None), default=None)


def note(connection: Connection, rows: Iterable[Row]) -> None:
    add(connection, rulings, list(rows))


def about(connection: Connection, ids: Iterable[str]) -> list[Row]:
    """Every ruling that names one of these records, undos too (they name what the undone one names). In the order of their clocks."""
    c = rulings.c
    found: dict[str, Row] = {}
    for some in parts(ids):
        for row in connection.execute(select(rulings).where(or_(among(c.record, some), among(c.other, some)))).mappings():
            found[row["id"]] = dict(row)
    return sorted(found.values(), key=lambda row: row["clock"])


def of_click(connection: Connection, click: str) -> list[Row]:
    return [dict(row) for row in connection.execute(select(rulings).where(rulings.c.click == click).order_by(rulings.c.clock)).mappings()]


def undone_by(connection: Connection, ids: Iterable[str]) -> dict[str, str | None]:
    """These rulings and all that take them back, directly or in turn: of each, the one that it takes back."""
    found: dict[str, str | None] = {}
    frontier = set(ids)
    for some in parts(frontier):
        found.update({row.id: row.undoes for row in connection.execute(select(rulings.c.id, rulings.c.undoes).where(among(rulings.c.id, some)))})
    while frontier:
        rows = [row for some in parts(frontier) for row in connection.execute(select(rulings.c.id, rulings.c.undoes).where(among(rulings.c.undoes, some)))]
        frontier = {row.id for row in rows} - found.keys()
        found.update({row.id: row.undoes for row in rows})
    return found


def who(connection: Connection, account: str) -> str:
    return connection.execute(select(accounts.c.name).where(accounts.c.id == account)).scalar() or account


def pairings_around(connection: Connection, ids: Collection[str]) -> list[Pairing]:
    """Every link and apart, standing or not, among what these records are tied to by such rulings."""
    c = rulings.c
    found: dict[str, Pairing] = {}
    seen: set[str] = set()
    frontier = set(ids)
    columns = select(c.id, c.action, c.record, c.other, c.clock).where(c.action.in_((LINK, APART)))
    while frontier:
        seen |= frontier
        rows = [row for some in parts(frontier) for row in connection.execute(columns.where(or_(among(c.record, some), among(c.other, some))))]
        found.update({row.id: Pairing(*row) for row in rows})
        frontier = {id for row in rows for id in (row.record, row.other)} - seen
    return list(found.values())


def put_links(connection: Connection, before: Collection[tuple[str, str]], now: Mapping[tuple[str, str], Linked]) -> None:
    """Keep what stands about these pairs, and forget those of `before` about which nothing does."""
    gone = [{"a": lesser, "b": greater} for lesser, greater in before if (lesser, greater) not in now]
    if gone:
        connection.execute(delete(record_links).where(record_links.c.lesser == bindparam("a"), record_links.c.greater == bindparam("b")), gone)
    rows = [{"lesser": lesser, "greater": greater, "state": each.state, "ruling": each.ruling} for (lesser, greater), each in sorted(now.items())]
    put(connection, record_links, rows, ("lesser", "greater"))


def links_among(connection: Connection, ids: Iterable[str]) -> dict[tuple[str, str], Linked]:
    """The links that join these records to others, and those to others in turn. Nothing to look for where nothing is linked at all."""
    if not connection.execute(select(exists().where(record_links.c.state == ONE))).scalar():
        return {}
    c = record_links.c
    found: dict[tuple[str, str], Linked] = {}
    seen: set[str] = set()
    frontier = set(ids)
    while frontier:
        seen |= frontier
        rows = [
            row
            for some in parts(frontier)
            for row in connection.execute(select(record_links).where(c.state == ONE, or_(among(c.lesser, some), among(c.greater, some))))
        ]
        found.update({(row.lesser, row.greater): Linked(row.state, row.ruling) for row in rows})
        frontier = {id for row in rows for id in (row.lesser, row.greater)} - seen
    return found


def link_of(connection: Connection, left: str, right: str) -> Linked | None:
    """What stands about a pair."""
    c = record_links.c
    row = connection.execute(select(c.state, c.ruling).where(c.lesser == min(left, right), c.greater == max(left, right))).one_or_none()
    return Linked(row.state, row.ruling) if row else None


def count_or_not(connection: Connection, ids: Collection[str], standing: Collection[str]) -> set[str]:
    """Make the contributions of these rulings (ids with their prefix) count or not. Returns the records that this changes."""
    c = contributions.c
    changed = set()
    for some in parts(ids):
        for row in connection.execute(select(c.submission, c.record, c.counts).where(among(c.submission, some))).all():
            if row.counts != (row.submission in standing):
                changed.add(row.record)
                same = and_(c.submission == row.submission, c.record == row.record)
                connection.execute(update(contributions).where(same).values(counts=not row.counts))
    return changed


def dependents(connection: Connection, ids: Iterable[str]) -> set[str]:
    """The records that name one of these as their household or person, or did before they were linked."""
    c = records.c
    columns = (c.household, c.person, c.own_parent)
    return {id for some in parts(ids) for column in columns for id in connection.execute(select(c.id).where(among(column, some))).scalars()}


def lying(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """Of those that exist: also_in, and what a visit leaves as it was, `STEADY`."""
    chosen = select(records.c.id, records.c.also_in, *(records.c[name] for name in STEADY))
    return {row["id"]: dict(row) for some in parts(ids) for row in connection.execute(chosen.where(among(records.c.id, some))).mappings()}


def put_shown_also(connection: Connection, areas: Mapping[str, Iterable[str]]) -> None:
    """Of each of these records the areas that it is shown in beside the one where it lies; there may be none."""
    for some in parts(areas):
        connection.execute(delete(shown).where(among(shown.c.record, some)))
    add(connection, shown, [{"record": id, "area": area} for id, those in areas.items() for area in sorted(those)])


def shown_also(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for some in parts(ids):
        for row in connection.execute(select(shown.c.record, shown.c.area).where(among(shown.c.record, some))):
            found.setdefault(row.record, set()).add(row.area)
    return found


def by_id(connection: Connection, ids: Iterable[str]) -> list[Row]:
    return [dict(row) for some in parts(ids) for row in connection.execute(select(rulings).where(among(rulings.c.id, some))).mappings()]


def body(connection: Connection, record: str) -> dict[str, Any] | None:
    """The published document of a record."""
    found = connection.execute(select(records.c.body).where(records.c.id == record)).scalar()
    return orjson.loads(found) if found is not None else None
