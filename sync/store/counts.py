"""How many there are, of all at once: records by kind, area, state and building, submissions by area, state and form. For the overview and filters.

One walk over two indexes, a second or more over a million. So a count is kept in the store with its moment (`kept`, the row `counts`), and whoever shows
it says as of when. Over a store that is counted within LIVE_SECONDS_MAX nothing is kept: what is shown is as of now.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, func, select

from sync.store import many_rows
from sync.store.models import Kept, Record, ShownAlso, Submission, table

LIVE_SECONDS_MAX = 0.1
KEPT_TIMES = 100
"""As many times as long as counting took, a count is kept; then it is made anew, while the old one is shown. So counting takes 1 % of a core at most."""
NAME = "counts"
PACKING = 1  # of zlib's levels the quickest
REMEMBERED_MAX = 200

Areas = frozenset[str] | None
Key = tuple[str | None, ...]

records, submissions, also, kept = table(Record), table(Submission), table(ShownAlso), table(Kept)


@dataclass(frozen=True)
class Counts:
    """`at`: the moment that they are of. `is_kept`: that moment is past, and has to be said.

    `records`: kind, area, state, building, how many. `elsewhere`: kind, area, state, area that it lies in, how many: of records that are shown in an area
    where they do not lie. `submissions`: area, state, form, version, how many.
    """

    at: datetime
    records: list[list[Any]]
    elsewhere: list[list[Any]]
    submissions: list[list[Any]]
    seconds: float = 0.0
    """How long counting took."""
    is_kept: bool = False
    _remembered: dict[Any, Any] = field(default_factory=dict, compare=False)

    @property
    def said_at(self) -> datetime | None:
        """The moment to be said beside them; None: they are of now."""
        return self.at if self.is_kept else None

    def by_state(self, kind: str, *areas: Areas) -> dict[str | None, int]:
        """How many records there are that lie in all of these areas or are shown there, by state."""

        def sums() -> dict[str | None, int]:
            found = _sums((row[2], row[4]) for row in self.records if row[0] == kind and _in(row[1], areas))
            for each, area, state, lies, number in self.elsewhere:
                if each == kind and _in(area, areas) and not _in(lies, areas):
                    found[state] = found.get(state, 0) + number
            return found

        return self._once(("by state", kind, areas), sums)

    def by_area(self, kind: str, *areas: Areas) -> dict[tuple[str | None, str | None], int]:
        """(area, state) → how many. What is shown in two areas counts in both."""

        def sums() -> dict[tuple[str | None, str | None], int]:
            found = _sums(((row[1], row[2]), row[4]) for row in self.records if row[0] == kind and _in(row[1], areas))
            for each, area, state, _lies, number in self.elsewhere:
                if each == kind and _in(area, areas):
                    found[area, state] = found.get((area, state), 0) + number
            return found

        return self._once(("by area", kind, areas), sums)

    def buildings(self, kind: str, *areas: Areas) -> set[str]:
        return self._once(("buildings", kind, areas), lambda: {row[3] for row in self.records if row[0] == kind and row[3] and _in(row[1], areas)})

    def submissions_by(self, columns: tuple[str, ...], *areas: Areas) -> dict[Any, int]:
        """By some of `state`, `form`, `version`: a value, or several, → how many."""
        places = [("area", "state", "form", "version").index(each) for each in columns]

        def sums() -> dict[Any, int]:
            found = _sums((tuple(row[place] for place in places), row[4]) for row in self.submissions if _in(row[0], areas))
            return {(key[0] if len(key) == 1 else key): number for key, number in found.items()}

        return self._once(("submissions", columns, areas), sums)

    def _once(self, key: Any, work_out: Callable[[], Any]) -> Any:
        """What pages ask for again and again while this count is shown."""
        if key not in self._remembered:
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[key] = work_out()
        return self._remembered[key]


def count_all(connection: Connection, now: datetime) -> Counts:
    started = time.perf_counter()
    r, s = records.c, submissions.c
    by = (r.kind, r.area, r.state, r.building)
    of_records = connection.execute(select(*by, func.count()).where(r.linked_to.is_(None)).group_by(*by))
    beside = (r.kind, also.c.area, r.state, r.area)
    elsewhere = connection.execute(select(*beside, func.count()).join(records, r.id == also.c.record).where(r.linked_to.is_(None)).group_by(*beside))
    forms = (s.area, s.state, s.form, s.version)
    of_submissions = connection.execute(select(*forms, func.count()).group_by(*forms))
    counted, beside_it, came = ([list(row) for row in rows] for rows in (of_records, elsewhere, of_submissions))
    return Counts(now, counted, beside_it, came, time.perf_counter() - started)


def kept_at(connection: Connection) -> datetime | None:
    return connection.scalar(select(kept.c.at).where(kept.c.name == NAME))


def is_old(counts: Counts, now: datetime) -> bool:
    return abs((now - counts.at).total_seconds()) > KEPT_TIMES * counts.seconds


def kept_counts(connection: Connection) -> Counts | None:
    row = connection.execute(select(kept.c.at, kept.c.body).where(kept.c.name == NAME)).first()
    if row is None:
        return None
    counted, elsewhere, came, seconds = orjson.loads(zlib.decompress(row.body))
    return Counts(row.at, counted, elsewhere, came, seconds, is_kept=True)


def keep(connection: Connection, counts: Counts) -> None:
    body = zlib.compress(orjson.dumps([counts.records, counts.elsewhere, counts.submissions, counts.seconds]), PACKING)
    many_rows.upsert(connection, kept, [{"name": NAME, "at": counts.at, "body": body}], ("name",))


def forget(connection: Connection) -> None:
    """Of a store that is counted quickly."""
    connection.execute(delete(kept).where(kept.c.name == NAME))


def _in(area: str | None, areas: tuple[Areas, ...]) -> bool:
    return all(each is None or area in each for each in areas)


def _sums(pairs: Any) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for key, number in pairs:
        found[key] = found.get(key, 0) + number
    return found
