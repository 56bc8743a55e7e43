"""All accepted answers to a form as one table's worth of data: those of other versions are mapped to the wanted one, and what has no place there is listed.

for row in rows(stores, "household_survey", "4"): row.answers, row.lost
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import select

from server import form_publishing
from server.stores import Stores
from sync.store.models import Contribution, Submission, table

if TYPE_CHECKING:
    from forms.differences import Lost
    from forms.form import Form

ROWS_AT_ONCE = 500
_submissions, _contributions = table(Submission), table(Contribution)


@dataclass(frozen=True)
class Row:
    submission: str
    version: str
    """The one that it was filled in and judged with."""
    worker: str
    area: str
    finished_at: str
    """UTC, as text"""
    answers: dict[str, Any]
    lost: list[Lost]


def records_in(stores: Stores, form: str) -> list[str]:
    """The records that these answers are about."""
    spoken_of = select(_contributions.c.record).join_from(_contributions, _submissions, _submissions.c.id == _contributions.c.submission)
    with stores.store.reading() as connection:
        return list(connection.scalars(spoken_of.where(_submissions.c.form == form, _submissions.c.state == "accepted").distinct()))


def rows(stores: Stores, form: str, version: str) -> Iterator[Row]:
    """In the order of arrival. Raises NotFound when there is no such version."""
    from forms.differences import forward

    wanted = form_publishing.load(stores, form, version)
    versions: dict[str, Form] = {version: wanted}
    query = select(_submissions).where(_submissions.c.form == form, _submissions.c.state == "accepted").order_by(_submissions.c.number)
    with stores.store.reading() as connection:
        for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query):
            answers: dict[str, Any] = orjson.loads(row.answers or b"{}")
            lost: list[Lost] = []
            if row.version != version:
                if row.version not in versions:
                    versions[row.version] = form_publishing.load(stores, form, row.version)
                answers, lost = forward(versions[row.version], wanted, answers)
            finished_at = row.finished_at.isoformat(timespec="seconds") + "Z" if row.finished_at else ""
            yield Row(row.id, row.version, row.worker or "", row.area or "", finished_at, answers, lost)
