"""What records are found by, in a table beside them that is brought up behind merging: a search walks it instead of the records, thirty times as long.

Merging writes nothing here. `bring_up` copies what has changed, oldest change first, and `kept` says how far it has come: the row `searchable <kind>` of a
kind is the moment before which every change is in. A search takes what changed before from here and what changed since from the records themselves
(`reading.py`), so it misses nothing, however far behind this is; a record that goes takes its row along (the reference does). On SQLite one index holds the
texts in the order of the lists, and a search walks it. On PostgreSQL an index leads to the rows that have every gram of what is looked for.

Changes are told apart by the clocks of the merge workers. One whose clock was set back by more than CLOCKS_APART_SECONDS_MAX writes changes that are taken
for older than they are; for these the whole is gone through again, a few rows each time (`sweep`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from sync.store import locks, many_rows
from sync.store.engine import Store
from sync.store.models import Kept, Record, Searchable, table

SEARCH_WORDS_MAX = 6
SEARCH_CHARACTERS_MAX = 100
COPIED_ROWS_MAX = 1_000
"""In one transaction."""
CLOCKS_APART_SECONDS_MAX = 60
"""Changes so new are not copied yet: another merge worker may still be about to commit one that bears an earlier moment."""
GRAM_CHARACTERS = 3
BEGINNING = datetime(1970, 1, 1)
TICK = timedelta(microseconds=1)

records, searchable, kept = table(Record), table(Searchable), table(Kept)


def words_of(search: str) -> list[str]:
    """What is looked for: each of these must stand in a record's text."""
    return search[:SEARCH_CHARACTERS_MAX].lower().split()[:SEARCH_WORDS_MAX]


def copied_until(connection: Connection, kind: str) -> datetime | None:
    """Every change of a record of this kind before that moment is in the table."""
    return connection.scalar(select(kept.c.at).where(kept.c.name == _name(kind)))


def found(connection: Connection, kind: str, words: Sequence[str], more: Sequence[ColumnElement[bool]], columns: Sequence[str]) -> Select[Any]:
    """Of the records of a kind with all these words, and which also meet these conditions on records: these columns, `id` and `sort` among them."""
    until = copied_until(connection, kind)
    since = select(*(records.c[name] for name in columns)).where(records.c.kind == kind, *more, *(_has(records.c.search, word) for word in words))
    if until is None:
        return since
    in_it = [searchable.c.kind == kind, *(_has(searchable.c.search, word) for word in words)]
    grams = sorted(set().union(*(grams_of(word) for word in words)))
    if connection.dialect.name == "postgresql" and grams:
        in_it.append(literal_column("string_to_array(searchable.grams, ' ')", ARRAY(Text)).op("@>")(cast(grams, ARRAY(Text))))
    here: dict[str, Any] = {"id": searchable.c.record.label("id"), "sort": searchable.c.sort}
    before = select(*(here[name] if name in here else records.c[name] for name in columns)).select_from(searchable).where(*in_it)
    if more or set(columns) - here.keys():
        before = before.join(records, records.c.id == searchable.c.record).where(*more)
    changed = records.alias("changed")
    later = select(changed.c.id).where(changed.c.kind == kind, changed.c.updated_at >= until)
    if connection.execute(later.limit(1)).first() is None:
        return before
    both = union_all(before.where(searchable.c.record.not_in(later)), since.where(records.c.updated_at >= until)).subquery("found")
    return select(both)


def grams_of(word: str) -> set[str]:
    """The parts of a text that PostgreSQL's index leads by; every text with the word in it has these. Three characters side by side; of what is not plain
    ASCII also two and one, since Chinese names have two characters; and two letters, the initials of such a name.

    >>> sorted(grams_of("1390")), sorted(grams_of("王伟")), sorted(grams_of("zw")), sorted(grams_of("13"))
    (['139', '390'], ['王伟'], ['zw'], [])
    """
    longest = min(len(word), GRAM_CHARACTERS)
    return {gram for gram in _parts(word, longest) if _is_gram(gram)}


def all_grams(search: str) -> str:
    """Of a record's text, with blanks between."""
    found_: set[str] = set()
    for word in set(search.split()):
        for length in range(1, GRAM_CHARACTERS + 1):
            found_.update(gram for gram in _parts(word, length) if _is_gram(gram))
    return " ".join(sorted(found_))


def _parts(word: str, length: int) -> Iterable[str]:
    return (word[first : first + length] for first in range(len(word) - length + 1))


def _is_gram(gram: str) -> bool:
    return len(gram) == GRAM_CHARACTERS or not gram.isascii() or (len(gram) > 1 and gram.isalpha())


def _has(column: Any, word: str) -> ColumnElement[bool]:
    return column.contains(word, autoescape=True)


# Bringing it up


@dataclass
class Keeper:
    """Copies what has changed into the table, a transaction each COPIED_ROWS_MAX rows. One a process; several processes take turns."""

    store: Store
    at_once: int = COPIED_ROWS_MAX
    _swept: dict[str, datetime] = field(default_factory=dict)

    def bring_up(self, now: datetime) -> int:
        """Copy some of what has changed; how many rows were looked at. Fewer than COPIED_ROWS_MAX of each kind: all is in."""
        with self.store.reading() as connection:
            kinds = _kinds(connection)
        return max((self._copy(kind, now) for kind in kinds), default=0)

    def sweep(self) -> int:
        """Look again at some that were copied long ago, from where the last call ended, round and round; how many were not as they should be."""
        with self.store.reading() as connection:
            untils = {kind: copied_until(connection, kind) for kind in _kinds(connection)}
        wrong = 0
        for kind, until in untils.items():
            if until is not None:
                with self._alone() as connection:
                    rows = _changed(connection, kind, self._swept.get(kind, BEGINNING), until, self.at_once)
                    wrong += _put(connection, kind, rows)
                    self._swept[kind] = rows[-1].updated_at + TICK if len(rows) >= self.at_once else BEGINNING
        return wrong

    def _copy(self, kind: str, now: datetime) -> int:
        before = now - timedelta(seconds=CLOCKS_APART_SECONDS_MAX)
        with self.store.reading() as connection:
            if not _changed(connection, kind, copied_until(connection, kind) or BEGINNING, before, 1):
                return 0
        with self._alone() as connection:
            rows = _changed(connection, kind, copied_until(connection, kind) or BEGINNING, before, self.at_once)
            if rows:
                _put(connection, kind, rows)
                row = {"name": _name(kind), "at": rows[-1].updated_at + TICK, "body": None}
                many_rows.upsert(connection, kept, [row], ("name",))
            return len(rows)

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A writing transaction in which no other process brings this up."""
        with self.store.writing() as connection:
            locks.lock_names(connection, "kept", ["searchable"])
            yield connection


def _kinds(connection: Connection) -> list[str]:
    """Of the records that there are, each found by a step in an index."""
    kinds: list[str] = []
    while (kind := connection.scalar(select(func.min(records.c.kind)).where(records.c.kind > (kinds[-1] if kinds else "")))) is not None:
        kinds.append(kind)
    return kinds


def _changed(connection: Connection, kind: str, since: datetime, before: datetime, most: int) -> Sequence[Any]:
    """The oldest changes of these times; of those that bear one moment all or none."""
    r = records.c
    chosen = select(r.id, r.sort, r.search, r.updated_at).where(r.kind == kind)
    rows = connection.execute(chosen.where(r.updated_at >= since, r.updated_at < before).order_by(r.updated_at).limit(most)).all()
    if len(rows) < most:
        return rows
    last = rows[-1].updated_at
    return [*(row for row in rows if row.updated_at < last), *connection.execute(chosen.where(r.updated_at == last))]


def _put(connection: Connection, kind: str, rows: Sequence[Any]) -> int:
    """Write those that are not there, or otherwise; how many."""
    s = searchable.c
    ids = [row.id for row in rows]
    there: dict[str, tuple[str, str]] = {}
    for first in range(0, len(ids), COPIED_ROWS_MAX):
        some = select(s.record, s.sort, s.search).where(s.record.in_(ids[first : first + COPIED_ROWS_MAX]))
        there |= {row.record: (row.sort, row.search) for row in connection.execute(some)}
    with_grams = connection.dialect.name == "postgresql"
    wrong = [
        {"record": row.id, "kind": kind, "sort": row.sort, "search": row.search, "grams": all_grams(row.search) if with_grams else None}
        for row in rows
        if there.get(row.id) != (row.sort, row.search)
    ]
    many_rows.upsert(connection, searchable, wrong, ("record",))
    return len(wrong)


def _name(kind: str) -> str:
    return f"searchable {kind}"
