"""Where records lie and whose phones see them: links and moves followed from record to record.

A record that names a household lies where the household lies; one that names a person lies where the person lies; any other where its own reports
and moves put it (sync/merge.py), and what a person in the office moved by itself lies where it was moved. Records that are one are shown in the
areas of all of them. An area that a record has left keeps a trace of it. All of that is a function of the records' own contributions and of which
records are one; what depends on another record is recomputed when that one moves, comes or goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from sqlalchemy import Connection

from sync.causality import Contribution
from sync.links import clusters
from sync.merge import Record, merge, merge_cluster
from sync.onward import onward
from sync.store import ruling_statements, statements

LIE_WITH = ("household", "person")
"""Kinds of records that others lie with."""

Fields = Mapping[str, Mapping[str, Any]]


def is_named(value: Any, kind: str) -> TypeGuard[str]:
    """Whether this value is the id of a record of this kind."""
    return isinstance(value, str) and value.startswith(kind + ":")


def reference(fields: Fields, kind: str) -> str | None:
    """The record of this kind that a record names."""
    entry = fields.get(kind)
    return value if entry is not None and is_named(value := entry["value"], kind) else None


def parent(record: Record) -> str | None:
    """The record that this one lies with. None: it lies by itself. A household lies by itself and a person with a household, so there are no rings."""
    if record.placed or record.kind == "household":
        return None
    if record.kind == "person":
        return reference(record.fields, "household")
    return reference(record.fields, "person") or reference(record.fields, "household")


def placed(record: Record, areas_of_members: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Of each area the document that its phones get: the record, or a trace of one that has left. `record` lies where its `area` says already."""
    document = record.document
    found = dict.fromkeys((record.area, *areas_of_members), document)
    if "moved" not in document:
        return found
    left = [area for area in record.left if area not in found]
    moved = document.pop("moved")
    if left:  # where one of its members lies it has not moved from
        document["moved"] = {**moved, "from": left}
    return found | dict.fromkeys(left, record.trace)


def areas_shown(row: Mapping[str, Any] | None) -> set[str]:
    """The areas whose phones have a document of a record, from its row in the store."""
    return set() if row is None else {row["area"], *row["also_in"].split()}


def record_areas(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    """Of those of these records that exist: where they lie, and the areas that have a trace of them or are shown them."""
    return {id: areas_shown(row) for id, row in ruling_statements.lying(connection, ids).items()}


class Recomputed:
    """What these contributions make of the records, and of all records that lie with one of them or are one with it. `gone_on`: records that are known
    without their contributions, and what is to be kept beside them (sync/onward.py).

    `all`: each record as it is to be kept, where it lies; None: nothing counts any more. `before`: the rows that were there.
    """

    def __init__(self, connection: Connection, counting: Mapping[str, Sequence[Contribution]], gone_on: Mapping[str, tuple[Record, bytes]] | None = None):
        self._connection = connection
        self._counting = dict(counting)
        self._gone_on = dict(gone_on or {})
        self.all: dict[str, Record | None] = {}
        self.before: dict[str, Mapping[str, Any]] = {}
        self._own: dict[str, Record] = {}  # by their own contributions alone
        self._merged: dict[str, Record] = {}  # those that stand for others, by the contributions of all
        self._clusters: dict[str, tuple[str, ...]] = {}
        self._areas: dict[str, str | None] = {}
        self._elsewhere: dict[str, Mapping[str, Any]] = {}  # rows of records that are not recomputed
        new = self._counting.keys() | self._gone_on.keys()
        while new:
            new = self._recompute(new)

    def documents(self, id: str) -> dict[str, dict[str, Any]]:
        """Of each area the document of this record that its phones get."""
        record = self.all[id]
        if record is None:
            return {}
        members = self._clusters[id] if record.members else ()
        return placed(record, [self._lies(self._own[each]) for each in members])

    def onward(self, id: str) -> bytes | None:
        """What is to be kept beside this record, for its next submission to go on from."""
        if id in self._clusters:
            return None
        return self._gone_on[id][1] if id in self._gone_on else onward(self._counting[id])

    def shown_also(self) -> dict[str, set[str]]:
        """Of the records that are shown beside where they lie, or were: the areas where one of their members lies. Those that they have left are none."""
        concerned = self._merged.keys() | {id for id, row in self.before.items() if row["also_in"]}
        return {id: self._members_lie(id) for id in concerned}

    def _members_lie(self, id: str) -> set[str]:
        record = self.all[id]
        if record is None or not record.members:
            return set()
        return {self._lies(self._own[each]) for each in self._clusters[id]} - {record.area}

    def _own_parent(self, id: str) -> str | None:
        """Of a record that stands for others: what it lies with by its own contributions alone, where that is another record than all of them say."""
        if id not in self._merged or (own := parent(self._own[id])) == parent(self._merged[id]):
            return None
        return own

    def _area_of(self, id: str) -> str | None:
        """Where a record lies. None: there is no such record."""
        if id not in self._areas:
            record = self._merged.get(id) or self._own.get(id)
            row = None if id in self.all else self._elsewhere.get(id)
            self._areas[id] = self._lies(record) if record else row["area"] if row else None
        return self._areas[id]

    def _lies(self, record: Record) -> str:
        above = parent(record)
        return (self._area_of(above) if above else None) or record.area

    def _recompute(self, ids: set[str]) -> set[str]:
        """Merge these and what is one with them. Returns what must be recomputed because of that."""
        found = clusters(ruling_statements.links_among(self._connection, ids))
        new = ids | {id for those in found.values() for id in those} - self.all.keys()
        for id in found:
            self._gone_on.pop(id, None)
        missing = new - self._counting.keys() - self._gone_on.keys()
        if missing:
            read = statements.counting(self._connection, missing)
            self._counting |= {id: read.get(id, []) for id in missing}
        self.before |= ruling_statements.lying(self._connection, new)
        for id in sorted(new):
            self.all[id] = None
            record = self._gone_on[id][0] if id in self._gone_on else merge(self._counting[id])
            if record is not None:
                self._own[id] = record
        for those in {those for id, those in found.items() if id in new}:
            alive = tuple(id for id in those if id in self._own)
            if len(alive) > 1:
                self._clusters |= dict.fromkeys(alive, alive)
                one = merge_cluster(alive[0], {id: self._counting[id] for id in alive})
                assert one is not None
                self._merged[alive[0]] = one
        self._find_above(new)
        return self._put(new)

    def _find_above(self, ids: Iterable[str]) -> None:
        """The rows of what these lie with, where that is not recomputed itself."""
        records = [record for id in ids for record in (self._own.get(id), self._merged.get(id)) if record is not None]
        wanted = {above for record in records if (above := parent(record)) is not None} - self.all.keys() - self._elsewhere.keys()
        self._elsewhere |= ruling_statements.lying(self._connection, wanted)

    def _put(self, new: set[str]) -> set[str]:
        """Each where it lies. Returns the records that lie with one whose place has changed, and were not looked at yet."""
        self._areas = {}
        for id in self._own:
            self.all[id] = self._as_kept(id)
        changed = [id for id in new if id.partition(":")[0] in LIE_WITH and (self.before[id]["area"] if id in self.before else None) != self._area_of(id)]
        return ruling_statements.dependents(self._connection, changed) - self.all.keys()

    def _as_kept(self, id: str) -> Record:
        record = self._merged.get(id) or self._own[id]
        area = self._area_of(id)
        if area is not None and area != record.area:
            record = replace(record, area=area, lies_with=parent(record) or "")
        if (own := self._own_parent(id)) is not None:
            record = replace(record, own_parent=own)
        those = self._clusters.get(id, (id,))
        return record if those[0] == id else replace(record, linked_to=those[0])
