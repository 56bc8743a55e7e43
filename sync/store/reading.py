"""What lists and pages of records read: plain SELECTs over one connection, never a model object.

A list of records is answered from the narrow columns alone; only the page's own bodies are read. `within` is the set of areas
the reader may see; None means every area, a record without an area included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Boolean, Connection, Select, and_, func, literal_column, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from sync.store.among import among
from sync.store.facets import CALL_BACK_STATES, FEVER_CELSIUS
from sync.store.models import WARM, WATCHED, Account, Area, Contribution, FormVersion, Record, ShownAlso, Submission, table
from sync.store.searchable import SEARCH_CHARACTERS_MAX as SEARCH_CHARACTERS_MAX
from sync.store.searchable import found, words_of

PAGE_ROWS = 50
PAGES_MAX = 100_000
COUNTED_ROWS_MAX = 5_000
"""A list of so many is counted, and shown in one look over the index; of a longer one is said that there are more."""
FEW_AREAS_MAX = 20
"""Records of so few areas are found by the areas."""
EXPORT_BATCH_ROWS = 500
LINKED_ROWS_MAX = 200

Areas = frozenset[str] | None
records = table(Record)
shown = table(ShownAlso)
submissions = table(Submission)
contributions = table(Contribution)
versions = table(FormVersion)

ORDERS = ("label", "newest", "oldest", "temperature", "disputes")
WATCHED_CODES = ("red", "yellow")


@dataclass(frozen=True)
class RecordQuery:
    """One list of records, exactly as its address says. `state` "none" asks for records that have none yet, "again" for households to call back.

    `running_on`: cases not released whose planned end is that day or later, or is not known.
    `over_by`: those not released whose planned end was before that day.
    """

    kind: str
    within: Areas = None
    search: str = ""
    area: frozenset[str] | None = None
    building: str = ""
    state: str = ""
    health_code: str = ""
    fever: bool = False
    running_on: str = ""
    over_by: str = ""
    disputed: bool = False
    order: str = "label"
    page: int = 1


@dataclass(frozen=True)
class Page:
    """Some rows of a list. `more`: it has more than `total`, how many nobody has counted; `goes_on`: rows follow these."""

    rows: list[dict[str, Any]]
    total: int
    number: int
    size: int = PAGE_ROWS
    more: bool = False
    goes_on: bool = False

    @property
    def pages(self) -> int:
        """As far as is known, where there are more."""
        return self.number + self.goes_on if self.more else max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


def records_page(connection: Connection, query: RecordQuery) -> Page:
    """The asked page, or the last one there is when fewer records are left."""
    if query.order == "temperature" and not query.search and not _few_areas(query) and (page := _hottest(connection, query)):
        return page
    return page_of(connection, _in_order(connection, query), query.page, lambda ids: _bodies(connection, ids))


def _hottest(connection: Connection, query: RecordQuery) -> Page | None:
    """A page that is filled by those who are warm, the few that an index has in this order; to put all in order takes longer than to count them."""
    warm = _chosen(connection, query, records.c.id).where(literal_column(f"({WATCHED})"), literal_column(WARM))
    first = (max(query.page, 1) - 1) * PAGE_ROWS
    rows = warm.order_by(records.c.temperature.desc(), records.c.sort, records.c.id).limit(PAGE_ROWS + 1).offset(first)
    ids = list(connection.scalars(rows))
    if len(ids) <= PAGE_ROWS:
        return None
    total = count(connection, query, COUNTED_ROWS_MAX + 1)
    return Page(_bodies(connection, ids[:PAGE_ROWS]), min(total, COUNTED_ROWS_MAX), max(query.page, 1), more=total > COUNTED_ROWS_MAX, goes_on=True)


def page_of(connection: Connection, ordered: Select[Any], asked: int, rows_of: Callable[[list[Any]], list[dict[str, Any]]]) -> Page:
    """A page of what a statement leads to, by ids in their order: counted up to COUNTED_ROWS_MAX in the same look that finds it."""
    ids = list(connection.scalars(ordered.limit(COUNTED_ROWS_MAX + 1)))
    number = max(asked, 1)
    first = (number - 1) * PAGE_ROWS
    if len(ids) <= COUNTED_ROWS_MAX:
        number = min(number, max(1, -(-len(ids) // PAGE_ROWS)))
        first = (number - 1) * PAGE_ROWS
        return Page(rows_of(ids[first : first + PAGE_ROWS]), len(ids), number, goes_on=first + PAGE_ROWS < len(ids))
    some = ids[first : first + PAGE_ROWS + 1]
    if len(some) <= PAGE_ROWS:
        some = list(connection.scalars(ordered.limit(PAGE_ROWS + 1).offset(first)))
    if some:
        return Page(rows_of(some[:PAGE_ROWS]), COUNTED_ROWS_MAX, number, more=True, goes_on=len(some) > PAGE_ROWS)
    total = connection.scalar(select(func.count()).select_from(ordered.order_by(None).subquery())) or 0
    number = max(1, -(-total // PAGE_ROWS))
    rows = rows_of(list(connection.scalars(ordered.limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS))))
    return Page(rows, total, number)


def record_ids(connection: Connection, query: RecordQuery) -> list[str]:
    """Every record of a list, in its order."""
    return list(connection.scalars(_in_order(connection, query)))


def records_all(connection: Connection, ids: list[str]) -> Iterator[dict[str, Any]]:
    """These records in their order, read in batches: what an export writes."""
    for start in range(0, len(ids), EXPORT_BATCH_ROWS):
        yield from _bodies(connection, ids[start : start + EXPORT_BATCH_ROWS])


def record(connection: Connection, record_id: str, within: Areas) -> dict[str, Any] | None:
    """One record, or None when there is none the reader may see. One that stands for others is seen where any of them lies."""
    found = _bodies(connection, [record_id])
    if not found or within is None or found[0]["area"] in within:
        return found[0] if found else None
    return found[0] if labels(connection, [record_id], within) else None


def count(connection: Connection, query: RecordQuery, most: int | None = None) -> int:
    """How many records a list has; with `most`, no more than that are counted."""
    if most is None:
        return connection.scalar(_chosen(connection, query, func.count())) or 0
    chosen = _chosen(connection, query, literal_column("1"), led_elsewhere=query.disputed)
    if query.disputed:  # in the words of the queue's index: to be counted, these few need no order
        chosen = chosen.where(literal_column("records.harm IN (0, 1)"))
    return connection.scalar(select(func.count()).select_from(chosen.limit(most).subquery())) or 0


def linked(connection: Connection, row: dict[str, Any], within: Areas) -> list[dict[str, Any]]:
    """The household, the people and the cases that belong with a record, or with one that is one with it; itself left out, and each shown once."""
    household = _one_with(connection, row["id"] if row["kind"] == "household" else row["household"])
    person = _one_with(connection, row["id"] if row["kind"] == "person" else row["person"])
    same = [records.c.id.in_([*household, *person])]
    if household:
        same.append(records.c.household.in_(household))
    if person:
        same.append(records.c.person.in_(person))
    itself = household if row["kind"] == "household" else person if row["kind"] == "person" else [row["id"]]
    chosen = and_(or_(*same), records.c.id.not_in(itself), records.c.linked_to.is_(None), _seen(within))
    ids = connection.execute(select(records.c.id).where(chosen).order_by(records.c.kind, records.c.sort).limit(LINKED_ROWS_MAX))
    return _bodies(connection, [each.id for each in ids])


def _one_with(connection: Connection, id: str | None) -> list[str]:
    """A record and all that are one with it."""
    if id is None:
        return []
    one = connection.scalar(select(records.c.linked_to).where(records.c.id == id)) or id
    return sorted({id, one, *connection.execute(select(records.c.id).where(records.c.linked_to == one)).scalars()})


def labels(connection: Connection, ids: list[str], within: Areas) -> dict[str, str]:
    """The labels of those of these records that the reader may see."""
    rows = connection.execute(select(records.c.id, records.c.label).where(records.c.id.in_(ids), _seen(within)))
    return {row.id: row.label for row in rows}


def areas(connection: Connection) -> dict[str, dict[str, Any]]:
    """The whole tree, by id; it is small, and of a city it has thousands."""
    names = tuple(table(Area).columns.keys())
    return {row[0]: dict(zip(names, row, strict=True)) for row in connection.execute(select(table(Area)))}


def account_names(connection: Connection) -> dict[str, str]:
    return {row.id: row.name for row in connection.execute(select(Account.id, Account.name))}


def form_versions(connection: Connection) -> list[tuple[str, str, bool]]:
    """(form, version, current) of every published version, the newest first."""
    rows = connection.execute(
        select(versions.c.form, versions.c.version, versions.c.current).order_by(versions.c.current.desc(), versions.c.published_at.desc())
    )
    return [(row.form, row.version, row.current) for row in rows]


def form_document(connection: Connection, form: str, version: str) -> dict[str, Any] | None:
    found = connection.scalar(select(versions.c.document).where(versions.c.form == form, versions.c.version == version))
    return orjson.loads(found) if found is not None else None


def received_last(connection: Connection) -> datetime | None:
    """When anything last came from a phone: what a page's "as of" says."""
    return connection.scalar(select(func.max(submissions.c.received_at)))


IN_DISPUTE = records.c.disputes + 0 > 0
"""Not the words of the queue's index: thousands of these would be fetched to be put in order, where the index of lists has all of it."""


def _in_order(connection: Connection, query: RecordQuery) -> Select[Any]:
    """The ids of a list, in its order."""
    words, few = words_of(query.search), _few_areas(query)
    narrowed = ["id", "sort", *({"newest": ["updated_at"], "oldest": ["updated_at"], "label": []}.get(query.order, [query.order]))]
    if words and not few and not _is_watched(query):
        more = [*_conditions(connection, query), *([IN_DISPUTE] if query.disputed else [])]
        rows = found(connection, query.kind, words, more, narrowed).subquery("ordered")
        return select(rows.c.id).order_by(*_order(query.order, rows.c))
    if not few and (_is_watched(query) or (query.order in ("newest", "oldest") and _is_narrowed(query))):
        rows = _chosen(connection, query, *(records.c[name] for name in narrowed)).offset(0).subquery("narrowed")  # the order leads to no index
        return select(rows.c.id).order_by(*_order(query.order, rows.c))
    return _chosen(connection, query, records.c.id).order_by(*_order(query.order, records.c))


def _order(name: str, c: Any) -> tuple[Any, ...]:
    if name == "temperature":
        return c.temperature.desc().nulls_last(), c.sort, c.id
    if name == "disputes":
        return c.disputes.desc(), c.sort, c.id
    if name == "label":
        return c.sort, c.id
    return (c.updated_at.desc() if name == "newest" else c.updated_at), c.id


def _few_areas(query: RecordQuery) -> bool:
    return min(len(areas) for areas in (query.within, query.area, range(FEW_AREAS_MAX + 1)) if areas is not None) <= FEW_AREAS_MAX


def _is_watched(query: RecordQuery) -> bool:
    """Whether it asks for a few records that have an index of their own."""
    return query.fever or query.health_code in WATCHED_CODES


def _is_narrowed(query: RecordQuery) -> bool:
    """Whether most records may not be in the list: then those of its order are not gone through one by one, each in its row."""
    return query != replace(RecordQuery(query.kind), search=query.search, order=query.order, page=query.page) and not _few_areas(query)


def _chosen(connection: Connection, query: RecordQuery, *columns: Any, led_elsewhere: bool = False) -> Select[Any]:
    conditions = [records.c.kind == query.kind, records.c.linked_to.is_(None)]
    if _few_areas(query) or led_elsewhere:
        conditions = [NearlyAlways(each) for each in conditions]
    conditions += _conditions(connection, query)
    conditions += [records.c.search.contains(word, autoescape=True) for word in words_of(query.search)]
    if query.disputed:
        conditions.append(literal_column("records.disputes > 0") if led_elsewhere else IN_DISPUTE)
    return select(*columns).select_from(records).where(*conditions)


def _conditions(connection: Connection, query: RecordQuery) -> list[Any]:
    """All but the kind, the words and the disputes."""
    conditions = [_listed(connection, areas) for areas in (query.within, query.area) if areas is not None]
    if query.state == "none":
        conditions.append(records.c.state.is_(None))
    elif query.state == "again":
        conditions.append(records.c.state.in_(CALL_BACK_STATES))
    elif query.state:
        conditions.append(records.c.state == query.state)
    if query.building:
        conditions.append(records.c.building == query.building)
    if _is_watched(query) and not _few_areas(query):
        conditions.append(literal_column(f"({WATCHED})"))
    if query.health_code:
        conditions.append(records.c.health_code == query.health_code)
    if query.running_on:
        conditions += [records.c.state.is_(None), or_(records.c.ends_on.is_(None), records.c.ends_on >= query.running_on)]
    if query.over_by:
        conditions += [records.c.state.is_(None), records.c.ends_on < query.over_by]
    if query.fever:
        conditions.append(records.c.temperature >= FEVER_CELSIUS)
    return conditions


class NearlyAlways(FunctionElement[bool]):
    """A condition that nearly every record meets. SQLite knows no such thing of its indexes, and would walk over all people for those of one grid."""

    type = Boolean()
    inherit_cache = True


@compiles(NearlyAlways)
def _plain(element: NearlyAlways, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.clauses, **how)


@compiles(NearlyAlways, "sqlite")
def _likely(element: NearlyAlways, compiler: SQLCompiler, **how: Any) -> str:
    return f"likely({compiler.process(element.clauses, **how)})"


def in_areas(column: Any, areas: frozenset[str]) -> Any:
    """Many are one parameter: a place for each takes longer to be written than to be answered."""
    return column.in_(sorted(areas)) if len(areas) <= FEW_AREAS_MAX else among(column, sorted(areas))


def _seen(within: Areas) -> Any:
    """What lies in these areas or is one with what does. For records that something else leads to already."""
    if within is None:
        return records.c.id.is_not(None)
    also = select(shown.c.area).where(shown.c.record == records.c.id, in_areas(shown.c.area, within))
    return or_(in_areas(records.c.area, within), also.exists())


def _listed(connection: Connection, areas: frozenset[str]) -> Any:
    """The same, for lists: led to by the areas where those are few. Where nothing is shown beside where it lies, as in most, nothing need be looked for."""
    lie = in_areas(records.c.area, areas)
    also = select(shown.c.record).where(in_areas(shown.c.area, areas))
    elsewhere = also.join(records, records.c.id == shown.c.record).where(~lie)
    if connection.execute(elsewhere.limit(1)).first() is None:
        return lie
    if len(areas) > FEW_AREAS_MAX:
        return or_(lie, records.c.id.in_(also))
    here = records.alias("here")
    return records.c.id.in_(select(here.c.id).where(in_areas(here.c.area, areas)).union_all(elsewhere.correlate(None)))


def _bodies(connection: Connection, ids: list[str]) -> list[dict[str, Any]]:
    """Rows with their document, in the order of the ids."""
    found = {row["id"]: {**row, "body": orjson.loads(row["body"])} for row in connection.execute(select(records).where(records.c.id.in_(ids))).mappings()}
    return [found[each] for each in ids if each in found]
