"""The statements of linkage: its queue, the profiles and keys it keeps, and what it suggests. Plain SQL over one connection, whole batches at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, TextClause, and_, bindparam, delete, func, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite

from sync.store import locks
from sync.store.among import among
from sync.store.engine import Store
from sync.store.models import LinkageKey, LinkageProfile, LinkageQueue, Suggestion, table
from sync.store.statements import Row, add, areas, parts, put, records

linkage_queue, linkage_profiles, linkage_keys, suggestions = table(LinkageQueue), table(LinkageProfile), table(LinkageKey), table(Suggestion)

LINKAGE_KINDS = ("household", "person")
"""Kinds of records that may be one with another."""

Pair = tuple[str, str]
"""Two records, the lesser id first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What linkage keeps of a record: its profile's body as last compared, None where there is nothing to compare; what others' profiles may take
    from it, and what its own took from others."""

    profile: Mapping[str, Any] | None
    gives: tuple[str, ...] = ()
    took: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggested:
    kind: str
    score: float
    reasons: bytes


def count_rows(store: Store) -> None:
    """Let PostgreSQL's planner know how large these tables are by now. SQLite looks everything up in the one index that fits."""
    if store.engine.dialect.name == "postgresql":
        with store.writing() as connection:
            for each in (linkage_keys, linkage_profiles, linkage_queue, suggestions):
                connection.execute(text(f"ANALYZE {each.name}"))


# The queue


def queue(connection: Connection, ids: Iterable[str]) -> None:
    """To be compared anew, since their documents have changed or are gone; those of other kinds are left out. In the transaction that changed them.

    A row that is there is written again, not left: on PostgreSQL whoever is taking it must wait until this change can be read. In one order, so
    that no two wait for each other.
    """
    rows = [{"record": id, "later": False} for id in sorted(set(ids)) if id.partition(":")[0] in LINKAGE_KINDS]
    if rows:
        statement = _upsert(connection)
        connection.execute(statement.on_conflict_do_update(index_elements=["record"], set_={"later": statement.excluded.later}), rows)


def queue_anew(connection: Connection, ids: Iterable[str]) -> None:
    """To be compared even though they have not changed, after those that have. Until then others leave what concerns them to them."""
    rows = [{"record": id, "later": True, "anew": True} for id in sorted(set(ids))]
    if rows:
        connection.execute(_with_anew(_upsert(connection)), rows)


def queue_all(connection: Connection) -> None:
    """Every record that is there, or was, to be compared anew. Suggestions stay until they have been. Nobody merges meanwhile."""
    locks.decide_alone(connection)
    c = records.c
    for chosen, condition in ((c.id, c.kind.in_(LINKAGE_KINDS)), (linkage_profiles.c.record, literal(True))):
        rows = select(chosen, literal(True), literal(True)).where(condition).order_by(chosen)
        connection.execute(_with_anew(_upsert(connection).from_select(["record", "later", "anew"], rows)))


def _upsert(connection: Connection) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(linkage_queue)


def _with_anew(statement: Any) -> Any:
    return statement.on_conflict_do_update(index_elements=["record"], set_={"anew": statement.excluded.anew})


def waiting(connection: Connection) -> dict[str, int]:
    """How many wait, by kind."""
    kind = func.substr(linkage_queue.c.record, 1, 7) == "person:"
    found = {bool(row[0]): row[1] for row in connection.execute(select(kind, func.count()).group_by(kind))}
    return {"household": found.get(False, 0), "person": found.get(True, 0)}


def is_empty(connection: Connection) -> bool:
    return connection.execute(select(linkage_queue.c.record).limit(1)).first() is None


def take(connection: Connection, at_most: int, but: Collection[str] = ()) -> dict[str, bool]:
    """Take records from the queue, those that people have changed first; of each, whether it is to be compared anew.

    What is written about one from now on puts it back. On PostgreSQL a row whose change is not committed yet is passed over.
    """
    c = linkage_queue.c
    found: dict[str, bool] = {}
    for later in (False, True):
        chosen = select(c.record, c.anew).where(c.later == later, c.record.not_in(list(but))).order_by(c.record).limit(at_most - len(found))
        found |= {row.record: row.anew for row in connection.execute(chosen.with_for_update(skip_locked=True))}
        if len(found) >= at_most:
            break
    if found:
        connection.execute(delete(linkage_queue).where(c.record == bindparam("taken")), [{"taken": id} for id in found])
    return found


def waiting_among(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those that wait, whatever for."""
    c = linkage_queue.c
    return {id for some in parts(ids) for id in connection.execute(select(c.record).where(c.record.in_(some))).scalars()}


def changed_people(connection: Connection) -> list[str]:
    """Everyone who has changed and waits."""
    c = linkage_queue.c
    return [id for id in connection.execute(select(c.record).where(~c.later)).scalars() if id.startswith("person:")]


def to_come(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those that wait to be compared anew."""
    c = linkage_queue.c
    return {id for some in parts(ids) for id in connection.execute(select(c.record).where(c.record.in_(some), c.anew)).scalars()}


# What is compared


def published(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """Of those that are there: id, kind, area, household, label, linked_to, body."""
    c = records.c
    chosen = select(c.id, c.kind, c.area, c.household, c.label, c.linked_to, c.body)
    return {row["id"]: dict(row) for some in parts(ids) for row in connection.execute(chosen.where(c.id.in_(some))).mappings()}


def people_of(connection: Connection, households: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """(id, label) of everyone who is said to live in each."""
    c = records.c
    found: dict[str, list[tuple[str, str]]] = {}
    for some in parts(households):
        # The kind is looked at here: SQLite would rather read everybody by kind than everything of a household
        for household, kind, id, label in connection.execute(select(c.household, c.kind, c.id, c.label).where(c.household.in_(some))):
            if kind == "person":
                found.setdefault(household, []).append((id, label))
    return found


def places(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """The area that the addresses of each of these areas are told apart in."""
    c = areas.c
    return {row.id: row.place or row.id for some in parts(ids) for row in connection.execute(select(c.id, c.place).where(c.id.in_(some)))}


def kept(connection: Connection, ids: Iterable[str]) -> dict[str, Kept]:
    """Of those that have been compared."""
    found: dict[str, Kept] = {}
    for some in parts(ids):
        for record, body in connection.execute(_BODIES.where(among(linkage_profiles.c.record, some))):
            profile, gives, took = orjson.loads(body)
            found[record] = Kept(profile, tuple(gives), tuple(took))
    return found


def profiles(connection: Connection, ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The profiles' bodies of those that have been compared, have one, and do not wait to be compared anew."""
    waits = select(linkage_queue.c.record).where(linkage_queue.c.record == linkage_profiles.c.record, linkage_queue.c.anew).exists()
    rows = (row for some in parts(ids) for row in connection.execute(_BODIES.where(among(linkage_profiles.c.record, some), ~waits)))
    return {record: profile for record, body in rows if (profile := orjson.loads(body)[0]) is not None}


_BODIES = select(linkage_profiles.c.record, linkage_profiles.c.body)


def keep(connection: Connection, now: Mapping[str, Kept]) -> None:
    rows = [{"record": id, "body": orjson.dumps([each.profile, each.gives, each.took], option=orjson.OPT_SORT_KEYS)} for id, each in sorted(now.items())]
    put(connection, linkage_profiles, rows, ("record",))


def forget(connection: Connection, ids: Iterable[str]) -> None:
    for some in parts(ids):
        connection.execute(delete(linkage_profiles).where(linkage_profiles.c.record.in_(some)))


# Keys


def keys_of(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    c = linkage_keys.c
    found: dict[str, set[str]] = {}
    for some in parts(ids):
        for record, key in connection.execute(select(c.record, c.key).where(c.record.in_(some))):
            found.setdefault(record, set()).add(key)
    return found


def change_keys(connection: Connection, gone: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]]) -> None:
    """(key, record) each. In the order of the index: a page that many keys stand on is written once."""
    rows = [{"k": key, "r": record} for key, record in sorted(gone)]
    if rows:
        connection.execute(delete(linkage_keys).where(linkage_keys.c.key == bindparam("k"), linkage_keys.c.record == bindparam("r")), rows)
    add(connection, linkage_keys, [{"key": key, "record": record} for key, record in sorted(new)])


def under(connection: Connection, keys: Collection[str], records_max: int) -> dict[str, list[str]]:
    """The records that share each of these keys: no further than one more than `records_max`, so that a key that thousands share costs no more than one
    that is just crowded."""
    if not keys:
        return {}
    found = connection.execute(_asking(_UNDER[connection.dialect.name], connection), {"texts": orjson.dumps(sorted(keys)).decode(), "more": records_max + 1})
    return {key: orjson.loads(records) if isinstance(records, str) else records or [] for key, records in found}


def crowded(connection: Connection, keys: Collection[str], records_max: int) -> set[str]:
    """Those of these keys that more records share than may find each other by one."""
    return {key for key, records in under(connection, keys, records_max).items() if len(records) > records_max}


def sharing(connection: Connection, keys: Collection[str], records_max: int) -> dict[str, list[str]]:
    """The records under each of these keys that is not crowded."""
    return {key: records for key, records in under(connection, keys, records_max).items() if 0 < len(records) <= records_max}


def members(connection: Connection, key: str) -> list[str]:
    return list(connection.execute(select(linkage_keys.c.record).where(linkage_keys.c.key == key)).scalars())


# CROSS JOIN: SQLite keeps this order, and looks each up in the index.
_SOME = "(SELECT x.record FROM linkage_keys AS x WHERE x.key = q.value LIMIT :more) AS s"
_UNDER = {
    "postgresql": f"SELECT q.value, (SELECT array_agg(s.record) FROM {_SOME}) FROM EACH",  # noqa: S608 no value of anybody's
    "sqlite": f"SELECT q.value, (SELECT json_group_array(s.record) FROM {_SOME}) FROM EACH",  # noqa: S608
}
_EACH = {"postgresql": "json_array_elements_text(CAST(:texts AS json)) AS q(value)", "sqlite": "json_each(:texts) AS q"}


def _asking(statement: str, connection: Connection) -> TextClause:
    return text(statement.replace("EACH", _EACH[connection.dialect.name]))


# Suggestions


def suggested(connection: Connection, ids: Collection[str]) -> dict[Pair, Suggested]:
    """All rows with one of these records on either side."""
    c = suggestions.c
    columns = select(c.lesser, c.greater, c.kind, c.score, c.reasons)
    found: dict[Pair, Suggested] = {}
    for some in parts(ids):
        for side in (c.lesser, c.greater):
            found |= {(row[0], row[1]): Suggested(*row[2:]) for row in connection.execute(columns.where(side.in_(some)))}
    return found


def suggested_among(connection: Connection, ids: Collection[str]) -> list[Pair]:
    """All rows with these records on both sides."""
    c = suggestions.c
    among = set(ids)
    rows = [row for some in parts(ids) for row in connection.execute(select(c.lesser, c.greater).where(c.lesser.in_(some)))]
    return [(lesser, greater) for lesser, greater in rows if greater in among]


def suggest(connection: Connection, now: Mapping[Pair, Suggested], at: datetime) -> None:
    """New rows are since now; of those that are there the rest is replaced."""
    if not now:
        return
    rows = [
        {"lesser": lesser, "greater": greater, "kind": each.kind, "score": each.score, "reasons": each.reasons, "since": at}
        for (lesser, greater), each in sorted(now.items())
    ]
    statement = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(suggestions)
    replaced = {name: statement.excluded[name] for name in ("kind", "score", "reasons")}
    connection.execute(statement.on_conflict_do_update(index_elements=["lesser", "greater"], set_=replaced), rows)


def withdraw(connection: Connection, pairs: Iterable[Pair]) -> None:
    rows = [{"a": lesser, "b": greater} for lesser, greater in sorted(pairs)]
    if rows:
        connection.execute(delete(suggestions).where(and_(suggestions.c.lesser == bindparam("a"), suggestions.c.greater == bindparam("b"))), rows)
