"""What `records check` and `records recompute` go through, some hundreds at a time: all of it, an area, a sample, or one of several parts.

Nothing is looked at here: only which submissions, rulings and records there are. What is done with them stands in sync/recompute.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, true, union

from sync.store.engine import Store
from sync.store.linkage_statements import linkage_keys, linkage_profiles, suggestions
from sync.store.ruling_statements import record_links, rulings
from sync.store.statements import contributions, records, submissions

PART_ROWS_MAX = 500
ROUNDS = ("submissions", "rulings", "records", "linkage")
"""What is gone through, in this order."""
ALL: ColumnElement[bool] = true()


class Scope:
    """`area`: only its submissions and records; `sample`: only so many records, chosen by chance, with all that they follow from. `part`: (2, 5) is the
    second of five."""

    def __init__(self, store: Store, area: str | None, sample: int | None, part: tuple[int, int]):
        self._store, self._area, self._part = store, area, part
        self._sample = self._chosen(sample) if sample is not None else None

    def parts(self, what: str) -> Iterator[list[Any]]:
        """Numbers of submissions, or ids of records: those of this round."""
        chosen: dict[str, Callable[[], Iterator[list[Any]]]] = {
            "submissions": self._submission_numbers,
            "rulings": self._ruled_on,
            "records": self._record_ids,
            "linkage": self._compared_ids,
        }
        return chosen[what]()

    def count(self, what: str) -> int:
        if self._sample is not None:
            return len(self._sample)
        of = {"submissions": submissions, "rulings": rulings}.get(what, records)
        counted = select(func.count()).select_from(of)
        if self._area is not None and of is not rulings:
            counted = counted.where(of.c.area == self._area)
        with self._store.reading() as connection:
            return connection.execute(counted).scalar_one() // self._part[1]

    def _chosen(self, sample: int) -> list[str]:
        chosen = select(records.c.id).order_by(func.random()).limit(sample)
        if self._area is not None:
            chosen = chosen.where(records.c.area == self._area)
        with self._store.reading() as connection:
            return sorted(connection.execute(chosen).scalars())

    def _submission_numbers(self) -> Iterator[list[int]]:
        c = submissions.c
        if self._sample is not None:
            for some in _cut(self._sample):
                about = select(contributions.c.submission).where(contributions.c.record.in_(some))
                with self._store.reading() as connection:
                    yield list(connection.execute(select(c.number).where(c.id.in_(about)).order_by(c.number)).scalars())
            return
        part, parts = self._part
        with self._store.reading() as connection:
            last = connection.execute(select(func.max(c.number))).scalar_one() or 0
        chosen = select(c.number).where(c.number <= last * part // parts if part < parts else ALL).order_by(c.number).limit(PART_ROWS_MAX)
        if self._area is not None:
            chosen = chosen.where(c.area == self._area)
        yield from self._pages(lambda connection, after: connection.execute(chosen.where(c.number > after)).scalars().all(), last * (part - 1) // parts)

    def _ruled_on(self) -> Iterator[list[str]]:
        """Records that rulings name, or that are kept as linked."""
        return self._named_by(rulings.c.record, rulings.c.other, record_links.c.lesser, record_links.c.greater)

    def _record_ids(self) -> Iterator[list[str]]:
        """Those that are there and those that something is said of."""
        return self._of_the_area() if self._area is not None else self._named_by(records.c.id, contributions.c.record)

    def _compared_ids(self) -> Iterator[list[str]]:
        """Those that are there and those that linkage keeps something of."""
        if self._area is not None:
            return self._of_the_area()
        return self._named_by(records.c.id, linkage_profiles.c.record, linkage_keys.c.record, suggestions.c.lesser)

    def _of_the_area(self) -> Iterator[list[str]]:
        return self._named_by(records.c.id, chosen=records.c.area == self._area)

    def _named_by(self, *columns: ColumnElement[str], chosen: ColumnElement[bool] = ALL) -> Iterator[list[str]]:
        """The records that one of these columns names, in their order; of a sample, the sample."""
        if self._sample is not None:
            yield from _cut(self._sample)
            return
        first, last = self._bounds()

        def page(connection: Connection, after: str) -> Sequence[str]:
            some = []
            for column in columns:
                within = (column > after, column <= last) if last is not None else (column > after,)
                found = select(column.label("id")).distinct().where(*within, chosen).order_by(column).limit(PART_ROWS_MAX)
                some.append(select(found.subquery().c.id))
            named = union(*some).subquery()
            return connection.execute(select(named.c.id).order_by(named.c.id).limit(PART_ROWS_MAX)).scalars().all()

        yield from self._pages(page, first)

    def _bounds(self) -> tuple[str, str | None]:
        """What this part's records come after, and the last of them; None: whatever comes."""
        part, parts = self._part
        with self._store.reading() as connection:
            there = connection.execute(select(func.count()).select_from(records)).scalar_one() if parts > 1 else 0
            cut = [select(records.c.id).order_by(records.c.id).offset(there * each // parts).limit(1) for each in (part - 1, part)]
            first, last = (connection.execute(each).scalar() for each in cut) if there else (None, None)
        return first if part > 1 and first else "", last if part < parts else None

    def _pages(self, page: Callable[[Connection, Any], Sequence[Any]], after: Any) -> Iterator[list[Any]]:
        """`page`: the keys that follow this one, in their order."""
        while True:
            with self._store.reading() as connection:
                keys = list(page(connection, after))
            if not keys:
                return
            yield keys
            after = keys[-1]


def _cut(ids: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(ids), PART_ROWS_MAX):
        yield list(ids[first : first + PART_ROWS_MAX])
