"""Rows of the changes feed: read in pages, filtered, and written as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import orjson

from server.sync_api.answers import raw
from server.sync_api.changes_asked import Question
from server.sync_api.pieces import Inlay, sent
from server.sync_api.rendering import render
from sync.engine.database import Database, Row

PAGE_ROWS_MAX = 1_000  # read at once; a longer answer is made in pages
PAGE_BYTES_MAX = 4 * 1024 * 1024  # of bodies, read at once


class Reader:
    """Goes along the feed for one question; `reached` is how far it has come."""

    def __init__(self, database: Database, question: Question) -> None:
        self._database = database
        self._question = question
        self._numbers = count()
        self.reached = question.after
        self.left = question.limit

    @property
    def is_done(self) -> bool:
        """As many rows as were asked for have been given."""
        return self.left == 0

    def rows(self, last: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """What passes between where it is and this sequence, until the limit: each row as its sequence and the pieces of its JSON."""
        for page in self._pages(last):
            for row in page:
                yield row.sequence, self._written(row)

    def _pages(self, last: int) -> Iterator[list[Row]]:
        question = self._question
        if question.filter.ids is not None:
            yield self._page_of_ids(question.filter.ids, last)
            return
        low, high = self.reached, last
        needs_bodies = question.bodies or question.filter.needs_bodies
        more = True
        while more and not self.is_done:
            limit = PAGE_ROWS_MAX if self.left is None or question.filter.needs_bodies else min(self.left, PAGE_ROWS_MAX)
            rows = self._database.changes(
                low, high, limit, descending=question.descending, bodies=needs_bodies, all_leaves=question.all_leaves, bytes_max=PAGE_BYTES_MAX
            )
            more = len(rows) == limit or sum(row.body_bytes for row in rows) >= PAGE_BYTES_MAX
            passed = self._passed(rows)
            counted = passed if self.is_done else rows
            reached = counted[-1].sequence if counted and (self.is_done or more or question.descending) else last
            if question.descending:
                high = reached - 1
            else:
                low = reached
            self.reached = reached
            yield passed

    def pending(self) -> int:
        """How many documents changed after what was read."""
        return 0 if self._question.descending else self._database.pending(self.reached)

    def _page_of_ids(self, ids: tuple[str, ...], last: int) -> list[Row]:
        if self.is_done:
            return []
        rows = self._database.changes_of(ids, self.reached, last)
        passed = self._passed(rows[::-1] if self._question.descending else rows)
        self.reached = passed[-1].sequence if self.is_done and not self._question.descending else last
        return passed

    def _passed(self, rows: list[Row]) -> list[Row]:
        """Those that the filter admits, with the revisions that it admits, up to the limit."""
        found = []
        for row in rows:
            if self.is_done:
                break
            leaves = self._question.filter.passing(row, self._question.all_leaves)
            if leaves:
                found.append(Row(row.sequence, row.id, row.deleted, leaves, row.document))
                if self.left is not None:
                    self.left -= 1
        return found

    def _written(self, row: Row) -> Iterator[bytes]:
        number = next(self._numbers)
        sequence = self._database.sequence_text(row.sequence) if number % self._question.sequence_interval == 0 else None
        shape: dict[str, Any] = {"seq": sequence, "id": row.id, "changes": [{"rev": leaf} for leaf in row.leaves]}
        if row.deleted:
            shape["deleted"] = True
        if not (self._question.bodies and row.document):
            return iter([orjson.dumps(shape)])
        inlay = Inlay(self._database) if self._question.show.attachments else None
        show = replace(self._question.show, inlay=inlay) if inlay else self._question.show
        shape["doc"] = raw(render(self._database, row.document, row.document.winner, show))
        return sent(inlay.pieces(orjson.dumps(shape))) if inlay else iter([orjson.dumps(shape)])
