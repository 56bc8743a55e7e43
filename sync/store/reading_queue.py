"""What the office's queue reads: disputes, held submissions and pairs of records that may be one, what does harm while it waits first.

The queue is a line of stretches laid end to end (STRETCHES), each in an order that an index has: disputes and held submissions that do harm
(sync/store/harm.py), then the other disputes, the other held ones by age, then pairs by score. So a page costs its rows, however much is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select, tuple_

from sync.store.harm import held_harm
from sync.store.models import Account, Assignment, Contribution, QueueAssignment, Record, RecordLink, Ruling, Submission, Suggestion, table
from sync.store.reading import Areas, in_areas
from sync.store.reading_pairs import left, open_pairs, right
from sync.store.reading_submissions import LISTED, RULES, has_problem

Sort = Literal["dispute", "held", "pair"]
SORTS: tuple[Sort, ...] = ("dispute", "held", "pair")
STRETCHES: tuple[tuple[Sort, int | None], ...] = (("dispute", 1), ("held", 1), ("dispute", 0), ("held", 0), ("pair", None))
"""(sort, whether it does harm; None: of pairs nobody knows)"""
QUEUE_ROWS = 50
COUNTED_MAX = 1_000
AREAS_FEW_MAX = 40
LINKS_MAX = 100
"""Of one record, on its page."""
BOTH: tuple[ColumnElement[int], ...] = (literal_column("0"), literal_column("1"))
"""What `harm` can be: leads SQLite to the index that begins with it, and away from one that only looks as good."""
NOBODY, SOMEONE = "nobody", "someone"

records, submissions, suggestions = table(Record), table(Submission), table(Suggestion)
links, assignments = table(RecordLink), table(QueueAssignment)
PAIRS_IN_ORDER = (suggestions.c.score.desc(), suggestions.c.lesser, suggestions.c.greater)


class NoSuchPlace(ValueError):
    """The place in the queue that a page should go on from cannot be read."""


@dataclass(frozen=True)
class QueueQuery:
    """One queue, exactly as its address says. A filter that a sort cannot answer leaves that sort out: `form` and `rule` are about held
    submissions, `kind` about records. `assigned`: an account, NOBODY or SOMEONE. `since`: waiting since then or later (UTC). `after`: the place of
    the last item of the page before.
    """

    within: Areas = None
    sort: str = ""
    area: frozenset[str] | None = None
    kind: str = ""
    form: str = ""
    rule: str = ""
    assigned: str = ""
    since: datetime | None = None
    after: str = ""

    @property
    def sorts(self) -> tuple[Sort, ...]:
        return tuple(
            each
            for each in SORTS
            if (not self.sort or self.sort == each) and not (self.kind and each == "held") and not ((self.form or self.rule) and each != "held")
        )


@dataclass(frozen=True)
class Item:
    """One thing that waits. `id` as in `queue_assignments`; `place` is where a next page goes on. `row`: the record with its body, the submission
    as lists have it, or the suggestion with its two records as `left` and `right`. `since`: of a dispute when its record last changed.
    """

    id: str
    sort: Sort
    harmful: bool
    since: datetime
    row: dict[str, Any]
    place: str
    assigned: dict[str, Any] | None = None


@dataclass(frozen=True)
class QueuePage:
    items: list[Item]
    after: str
    counts: dict[Sort, int]
    """Of each sort, COUNTED_MAX at most: nobody needs to know more at a glance, and counting all would cost."""


def queue_page(connection: Connection, query: QueueQuery, size: int = QUEUE_ROWS) -> QueuePage:
    """The items that follow `query.after`, and where the next page begins ("" when nothing follows)."""
    start, key = _read_place(query.after)
    pairs = _pairs_somewhere(connection, query)
    items: list[Item] = []
    for index, (sort, harm) in enumerate(STRETCHES):
        if index >= start and sort in query.sorts and len(items) <= size:
            place, wanted = key if index == start else None, size + 1 - len(items)
            if sort == "pair" and pairs is not None and place is None and wanted <= COUNTED_MAX:
                items += _these_pairs(connection, index, pairs[:wanted])
            else:
                items += _stretch(connection, query, index, sort, harm, place, wanted)
    more = items[size - 1].place if len(items) > size else ""
    shown = _with_assignments(connection, items[:size])
    _say_what_about(connection, [each.row for each in shown if each.sort == "held"], query.within)
    return QueuePage(shown, more, _counts(connection, query, pairs))


def counts(connection: Connection, query: QueueQuery) -> dict[Sort, int]:
    """How many wait of each sort, with these filters."""
    return _counts(connection, query, None)


def _counts(connection: Connection, query: QueueQuery, pairs: list[tuple[str, str]] | None) -> dict[Sort, int]:
    found: dict[Sort, int] = {}
    for sort in query.sorts:
        if sort == "pair" and pairs is not None:
            found[sort] = len(pairs)
            continue
        some = _chosen(connection, query, sort, literal_column("1")).limit(COUNTED_MAX).subquery()
        found[sort] = connection.scalar(select(func.count()).select_from(some)) or 0
    return found


def _pairs_somewhere(connection: Connection, query: QueueQuery) -> list[tuple[str, str]] | None:
    """The first pairs of some areas, in order, to be listed and counted from one walk: no index knows where both records of a pair lie."""
    if "pair" not in query.sorts or (query.within is None and query.area is None):
        return None
    s = suggestions.c
    rows = connection.execute(_chosen(connection, query, "pair", s.lesser, s.greater).order_by(*PAIRS_IN_ORDER).limit(COUNTED_MAX))
    return [(row.lesser, row.greater) for row in rows]


def _these_pairs(connection: Connection, index: int, pairs: list[tuple[str, str]]) -> list[Item]:
    chosen = select(suggestions).where(tuple_(suggestions.c.lesser, suggestions.c.greater).in_(pairs)).order_by(*PAIRS_IN_ORDER)
    return _items(connection, "pair", index, list(connection.execute(chosen).mappings())) if pairs else []


def queue_item(connection: Connection, id: str, within: Areas) -> Item | None:
    """One item, if it still waits and the reader may see it."""
    sort, _, key = id.partition(":")
    if sort not in SORTS:
        return None
    query = QueueQuery(within=within, sort=sort)
    if sort == "pair":
        lesser, _, greater = key.partition(" ")
        condition = and_(suggestions.c.lesser == lesser, suggestions.c.greater == greater)
    else:
        condition = (records.c.id if sort == "dispute" else submissions.c.id) == key
    columns = _columns(connection, sort)
    row = connection.execute(_chosen(connection, query, sort, *columns).where(condition)).mappings().first()
    return _with_assignments(connection, _items(connection, sort, STRETCHES.index((sort, None if sort == "pair" else row["harm"])), [row]))[0] if row else None


def _stretch(connection: Connection, query: QueueQuery, index: int, sort: Sort, harm: int | None, key: str | None, size: int) -> list[Item]:
    chosen = _chosen(connection, query, sort, *_columns(connection, sort))
    order: tuple[Any, ...]
    if sort == "dispute":
        chosen = chosen.where(records.c.harm == BOTH[harm or 0])
        order = (records.c.updated_at, records.c.id)
    elif sort == "held":
        chosen = chosen.where(_held_harm(connection) == BOTH[harm or 0])
        order = (submissions.c.number,)
    else:
        order = PAIRS_IN_ORDER
    if key is not None:
        chosen = chosen.where(_beyond(sort, key))
    return _items(connection, sort, index, list(connection.execute(chosen.order_by(*order).limit(size)).mappings()))


def _beyond(sort: Sort, key: str) -> ColumnElement[bool]:
    """Those that come after this key in the order of their stretch."""
    try:
        if sort == "held":
            return submissions.c.number > int(key)
        first, _, rest = key.partition("~")
        if sort == "dispute":
            since = datetime.fromisoformat(first)
            return or_(records.c.updated_at > since, and_(records.c.updated_at == since, records.c.id > rest))
        score, (lesser, _, greater) = float(first), rest.partition(" ")
    except ValueError as error:
        raise NoSuchPlace(key) from error
    s = suggestions.c
    return or_(s.score < score, and_(s.score == score, or_(s.lesser > lesser, and_(s.lesser == lesser, s.greater > greater))))


def _read_place(after: str) -> tuple[int, str | None]:
    if not after:
        return 0, None
    index, _, key = after.partition("~")
    if not index.isdigit() or int(index) >= len(STRETCHES) or not key:
        raise NoSuchPlace(after)
    return int(index), key


def _columns(connection: Connection, sort: Sort) -> tuple[Any, ...]:
    if sort == "dispute":
        return (records.c.id, records.c.harm, records.c.updated_at)
    if sort == "held":
        return (*(submissions.c[name] for name in LISTED), _held_harm(connection).label("harm"))
    return tuple(suggestions.c)


def _chosen(connection: Connection, query: QueueQuery, sort: Sort, *columns: Any) -> Select[Any]:
    """The items of a sort that the query asks for, in no order."""
    areas = [each for each in (query.within, query.area) if each is not None]
    if sort == "dispute":
        chosen = select(*columns).select_from(records).where(literal_column("records.disputes > 0"), records.c.harm.in_(BOTH))
        chosen = chosen.where(*(in_areas(records.c.area, each) for each in areas))
        item, since, kind = "dispute:" + records.c.id, records.c.updated_at, records.c.kind
    elif sort == "held":
        chosen = select(*columns).select_from(submissions).where(literal_column("submissions.state = 'held'"))
        chosen = chosen.where(*(in_areas(submissions.c.area, each) for each in areas))
        item, since, kind = "held:" + submissions.c.id, submissions.c.received_at, None
        if query.form:
            chosen = chosen.where(submissions.c.form == query.form)
        if query.rule in RULES:
            chosen = chosen.where(has_problem(connection, query.rule))
    else:
        chosen = open_pairs(*columns).where(*(_lies_in(each) for each in areas))
        item, since, kind = "pair:" + suggestions.c.lesser + " " + suggestions.c.greater, suggestions.c.since, suggestions.c.kind
    if query.kind and kind is not None:
        chosen = chosen.where(kind == query.kind)
    if query.since is not None:
        chosen = chosen.where(since >= query.since)
    if query.assigned:
        taken = select(assignments.c.item).where(assignments.c.item == item)
        if query.assigned not in (NOBODY, SOMEONE):
            taken = taken.where(assignments.c.account == query.assigned)
        chosen = chosen.where(~taken.exists() if query.assigned == NOBODY else taken.exists())
    return chosen


def _lies_in(areas: frozenset[str]) -> ColumnElement[bool]:
    """One of a pair's records lies in these areas. Of few areas the records are looked up, of many the pairs: the other way costs a walk over all of them."""
    if len(areas) > AREAS_FEW_MAX:
        return or_(in_areas(left.c.area, areas), in_areas(right.c.area, areas))
    there = select(records.c.id).where(in_areas(records.c.area, areas))
    return or_(suggestions.c.lesser.in_(there), suggestions.c.greater.in_(there))


def _items(connection: Connection, sort: Sort, index: int, rows: list[Any]) -> list[Item]:
    harmful = STRETCHES[index][1] == 1
    if sort == "held":
        return [Item(f"held:{row['id']}", sort, harmful, row["received_at"], _read(row, "problems", "remarks"), f"{index}~{row['number']}") for row in rows]
    if sort == "dispute":
        there = _records(connection, [row["id"] for row in rows])
        return [
            Item(f"dispute:{row['id']}", sort, harmful, row["updated_at"], there[row["id"]], f"{index}~{row['updated_at'].isoformat()}~{row['id']}")
            for row in rows
        ]
    there = _standing(connection, [row[side] for row in rows for side in ("lesser", "greater")])
    items = []
    for row in rows:
        pair = f"{row['lesser']} {row['greater']}"
        both = {"left": there[row["lesser"]], "right": there[row["greater"]]}
        items.append(Item(f"pair:{pair}", sort, harmful, row["since"], {**_read(row, "reasons"), **both}, f"{index}~{row['score']!r}~{pair}"))
    return items


def _standing(connection: Connection, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Of each the record that stands for it: itself, or the one of its cluster. A member's own document has no fields."""
    found = _records(connection, ids)
    ones = _records(connection, [row["linked_to"] for row in found.values() if row["linked_to"]])
    return {id: ones.get(row["linked_to"], row) for id, row in found.items()}


def _records(connection: Connection, ids: list[str]) -> dict[str, dict[str, Any]]:
    rows = connection.execute(select(records).where(records.c.id.in_(ids))).mappings()
    return {row["id"]: {**row, "body": orjson.loads(row["body"])} for row in rows}


def _read(row: Any, *names: str) -> dict[str, Any]:
    return {**row, **{name: orjson.loads(row[name] or b"[]") for name in names}}


def _with_assignments(connection: Connection, items: list[Item]) -> list[Item]:
    taken = assigned(connection, [each.id for each in items])
    return [Item(each.id, each.sort, each.harmful, each.since, each.row, each.place, taken.get(each.id)) for each in items]


def _say_what_about(connection: Connection, rows: list[dict[str, Any]], within: Areas) -> None:
    """To each held submission `about`: the door that it speaks of, else the first person, as far as that record is there and the reader may see it."""
    c = table(Contribution).c
    named = select(c.submission, records.c.kind, records.c.label).join(records, records.c.id == c.record)
    if within is not None:
        named = named.where(in_areas(records.c.area, within))
    found: dict[str, list[tuple[bool, str]]] = {}
    for row in connection.execute(named.where(c.submission.in_([each["id"] for each in rows]), records.c.kind.in_(("household", "person")))):
        found.setdefault(row.submission, []).append((row.kind != "household", row.label))
    for each in rows:
        each["about"] = min(found.get(each["id"], [(False, "")]))[1]


def assigned(connection: Connection, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Who looks after these items: {item: {"account", "by", "at"}}."""
    return {row["item"]: dict(row) for row in connection.execute(select(assignments).where(assignments.c.item.in_(ids))).mappings()}


def _held_harm(connection: Connection) -> ColumnElement[int]:
    return literal_column(held_harm(connection.dialect.name))


def phones_of(connection: Connection, areas: Sequence[str]) -> dict[str, list[str]]:
    """By area: the names of the surveyors who work there now."""
    a, who = table(Assignment), table(Account)
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = connection.execute(
        select(a.c.area, who.c.name)
        .join(who, who.c.id == a.c.account)
        .where(a.c.area.in_(areas), a.c.since <= now, or_(a.c.until.is_(None), a.c.until > now), who.c.active, who.c.role == "surveyor")
        .order_by(who.c.id)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.area, []).append(row.name)
    return found


def office_people(connection: Connection) -> list[dict[str, Any]]:
    """Who may look after something in the queue: id, name, role of active administrators and leaders."""
    c = table(Account).c
    rows = connection.execute(select(c.id, c.name, c.role).where(c.active, c.role.in_(("administrator", "leader"))).order_by(c.name, c.id))
    return [dict(row) for row in rows.mappings()]


def contributions_of(connection: Connection, members: Collection[str], ids: Collection[str]) -> list[dict[str, Any]]:
    """What these submissions said of these records: {"record", "submission", and the contribution's body}."""
    c = table(Contribution).c
    rows = connection.execute(select(c.record, c.submission, c.body).where(c.record.in_(sorted(members)), c.submission.in_(sorted(ids))))
    return [{"record": row.record, "submission": row.submission, **orjson.loads(row.body)} for row in rows]


def last_ruling_row(connection: Connection, ids: Sequence[str]) -> dict[str, Any] | None:
    """The newest ruling about these records."""
    c = table(Ruling).c
    row = connection.execute(select(table(Ruling)).where(or_(c.record.in_(ids), c.other.in_(ids))).order_by(c.clock.desc()).limit(1)).mappings().first()
    return dict(row) if row else None


def pairings_of(connection: Connection, ids: Sequence[str]) -> list[dict[str, Any]]:
    """What stands about these records and others: lesser, greater, state, and of the ruling that says so by, at, click; `area` of the greater."""
    ruled, c = table(Ruling).c, links.c
    rows = connection.execute(
        select(c.lesser, c.greater, c.state, ruled.by, ruled.at, ruled.click, records.c.area)
        .join(table(Ruling), ruled.id == c.ruling)
        .outerjoin(records, records.c.id == c.greater)
        .where(or_(c.lesser.in_(ids), c.greater.in_(ids)))
        .order_by(ruled.clock)
        .limit(LINKS_MAX)
    )
    return [dict(row) for row in rows.mappings()]
