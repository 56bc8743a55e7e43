"""What one transaction of the central store brings about: states that change, records recomputed, receipts and records queued.

The merge worker and the office both write through it, so that arriving, correcting, accepting and undoing end in the same records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, update

from sync import clock
from sync.causality import OFFICE, Contribution
from sync.identity import ulid
from sync.links import Linked, pairs, standing
from sync.lying import Recomputed, areas_shown, reference
from sync.merge import Record
from sync.onward import begun, go_on
from sync.publish import AS_IT_STANDS, area_database, outbox_row
from sync.states import BY_PEOPLE, Decided, Link, base_state, chain, receipt, states_of, waits
from sync.store import linkage_statements, ruling_statements, statements
from sync.store.facets import facets
from sync.validate import effective_clock

CENTRE = "centre"
"""Who decided, where it was no person: a submission judged again."""


class Ledger:
    """Of one writing transaction. Call what happened, then `close()` once, before the transaction commits."""

    def __init__(self, connection: Connection, now: datetime):
        self.connection = connection
        self.now = now
        self._touched: set[str] = set()
        self._rows: list[dict[str, Any]] = []  # contributions to insert
        self._new: dict[str, list[Contribution]] = {}  # those that count, by record
        self._counting: dict[str, list[Contribution]] = {}  # with those that counted before
        self._gone_on: dict[str, tuple[Record, bytes]] = {}  # records that needed none of those before
        self._outbox: dict[tuple[str, str], dict[str, Any]] = {}
        self._office_clock: str | None = None
        self._changes: list[tuple[str, Any, Any]] = []
        self.notes_changes = False

    def contribute(self, contributions: Iterable[Contribution], counts: bool) -> None:
        """What a new submission says of records; kept, and, if it counts, merged into them."""
        for each in contributions:
            self._rows.append(statements.to_row(each, counts))
            if counts:
                self._new.setdefault(each.record, []).append(each)

    def touch(self, records: Iterable[str]) -> None:
        """Their contributions have changed in the store itself."""
        self._touched.update(records)

    def queue(self, database: str, document_id: str, document: Mapping[str, Any] | bytes | None) -> None:
        self._outbox[database, document_id] = outbox_row(database, document_id, document)

    def office_clock(self) -> str:
        """Later than every decision before."""
        if self._office_clock is None:
            self._office_clock = ruling_statements.last_office_clock(self.connection)
        seen = [self._office_clock] if self._office_clock else []
        self._office_clock = clock.advance(OFFICE, clock.milliseconds(self.now), seen)
        return self._office_clock

    def decide(self, submission: str, action: str, by: str, comment: str = "", comments: Sequence[Mapping[str, str]] = ()) -> str:
        """Note a decision; returns its clock. Follow with `resettle`."""
        decided = self.office_clock()
        row = {"id": ulid(), "submission": submission, "action": action, "comment": comment, "by": by, "at": self.now, "clock": decided}
        statements.add(self.connection, statements.decisions, [{**row, "comments": orjson.dumps(list(comments))}])
        return decided

    def resettle(self, ids: Iterable[str], let_in_clock: str | None = None) -> dict[str, str]:
        """States of these submissions and of all that corrections tie to them, as they now must be. Returns the state of each of `ids`.

        One that comes to count again does so from `let_in_clock` on: phones may have seen later work of its device without it.
        """
        self._keep_contributions()
        wanted = set(ids)
        rows = statements.related(self.connection, wanted)
        decided = decisions(self.connection, [row["id"] for row in rows])
        there = {row["id"] for row in rows}
        states = states_of(_link(row, decided.get(row["id"], ()), there) for row in rows)
        for row in rows:
            if row["verdict"] == "accepted":
                row["now"] = _bytes([chain()] if states[row["id"]] == "held" else [])
        changed = [row for row in rows if states[row["id"]] != row["state"] or row.get("now", row["problems"]) != row["problems"]]
        for row in changed:
            id, state = row["id"], states[row["id"]]
            row["problems"] = row.get("now", row["problems"])
            same = statements.submissions.c.id == id
            self.connection.execute(update(statements.submissions).where(same).values(state=state, problems=row["problems"]))
            if state == row["state"]:
                continue
            if state == "accepted" and row["verdict"] == "accepted" and row["state"] == "held" and let_in_clock is None:
                statements.count(self.connection, id)  # it waited for what it corrects; that its phone had sent it is no news
            elif state == "accepted":
                statements.let_in(self.connection, id, let_in_clock or self.decide(id, "rejudge", CENTRE))
            elif row["state"] == "accepted":
                statements.leave_out(self.connection, id)
        dots = statements.contribution_dots(self.connection, {row["id"] for row in changed} | (wanted & there))
        for row in rows:
            if row["id"] in dots:
                self.touch(record for record, _, _ in dots[row["id"]])
                self.receipt(row, states[row["id"]], orjson.loads(row["problems"]), orjson.loads(row["remarks"]), dots[row["id"]], decided.get(row["id"], ()))
        return {id: states[id] for id in wanted if id in states}

    def receipt(
        self,
        row: Mapping[str, Any],
        state: str,
        problems: Sequence[Any],
        remarks: Sequence[Any],
        dots: Iterable[tuple[str, str, str]],
        decided: Sequence[Decided] = (),
    ) -> None:
        """Queue what the phone is told. `row`: id, database, clock, device, received_at."""
        document = receipt(row["id"], state, row["received_at"], _effective(row), problems, remarks, dots, decided)
        self.queue(row["database"], document["_id"], document)

    def tell_again(self, row: Mapping[str, Any], decided: Sequence[Decided], dots: Iterable[tuple[str, str, str]]) -> None:
        """Queue the receipt of a submission as it stands."""
        self.receipt(row, row["state"], orjson.loads(row["problems"]), orjson.loads(row["remarks"]), dots, decided)

    def close(self) -> set[str]:
        """Recompute every record that was touched and all that follows from it, and write the outbox. Returns the records that were looked at."""
        self._keep_contributions()
        counting = {**self._counting, **dict.fromkeys(self._touched, ()), **statements.counting(self.connection, self._touched)}
        records = Recomputed(self.connection, counting, {id: each for id, each in self._gone_on.items() if id not in counting})
        self._keep(records)
        statements.add(self.connection, statements.outbox, list(self._outbox.values()))
        return set(records.all)

    def changes(self) -> list[tuple[str, Any, Any]]:
        """After `close()`: of each record whose document is another one now, its id and the documents before and after."""
        return sorted(self._changes, key=lambda change: change[0])

    def _keep(self, records: Recomputed) -> None:
        rows, gone = [], []
        bodies = statements.bodies(self.connection, records.before) if self.notes_changes else {}
        for id in sorted(records.all):
            record, before = records.all[id], records.before.get(id)
            documents = {area: orjson.dumps(document, option=orjson.OPT_SORT_KEYS) for area, document in records.documents(id).items()}
            for area in areas_shown(before) - documents.keys():
                self.queue(area_database(area), id, None)
            for area, body in documents.items():
                self.queue(area_database(area), id, AS_IT_STANDS if record is not None and area == record.area else body)
            if record is None:
                if before is not None:
                    gone.append(id)
            else:
                rows.append(self.row(record, documents, records.onward(id)))
            if self.notes_changes and bodies.get(id) != (rows[-1]["body"] if record else None):
                now = rows[-1]["body"] if record else None
                self._changes.append((id, orjson.loads(bodies[id]) if id in bodies else None, orjson.loads(now) if now else None))
        statements.put_records(self.connection, rows, records.before)
        statements.remove_records(self.connection, gone)
        ruling_statements.put_shown_also(self.connection, records.shown_also())
        people_and_doors = [id for id in records.all if id.partition(":")[0] in LINKED_KINDS]
        linkage_statements.queue(self.connection, people_and_doors)

    def _keep_contributions(self) -> None:
        """Go on from the records that can be gone on from; of the others read what counted before (a new one has nothing). Then add the new: nothing
        is read back."""
        fresh = self._new.keys() - self._counting.keys() - self._gone_on.keys()
        for id in self._new.keys() & self._gone_on.keys():  # for the second time in this transaction: its row is of before
            del self._gone_on[id]
        gone_on = {id: go_on(begun(*row), self._new[id]) for id, row in statements.begun(self.connection, fresh).items()}
        self._gone_on |= {id: record for id, record in gone_on.items() if record is not None}
        before = statements.counting(self.connection, self._new.keys() - self._counting.keys() - self._gone_on.keys())
        for record, new in self._new.items():
            if record not in self._gone_on:
                self._counting.setdefault(record, before.get(record, [])).extend(new)
        statements.add(self.connection, statements.contributions, self._rows)
        self._new, self._rows = {}, []

    def row(self, record: Record, documents: Mapping[str, bytes], onward: bytes | None) -> dict[str, Any]:
        """As it is kept. `documents`: by area; the one in its own area is the row's body."""
        fields = record.fields
        return {
            "id": record.id,
            "kind": record.kind,
            "area": record.area,
            "linked_to": record.linked_to,
            "also_in": " ".join(sorted(documents.keys() - {record.area})),
            "own_parent": record.own_parent,
            "household": reference(fields, "household"),
            "person": reference(fields, "person"),
            "label": record.label,
            "search": "" if record.linked_to else record.search,
            "state": state_of(record),
            "disputes": 0 if record.linked_to else record.disputes,
            **facets(record.label, fields),
            "updated_at": self.now,
            "body": documents[record.area],
            "onward": onward,
        }


LINKED_KINDS = ("person", "household")
"""Kinds of records that sync/suggestions.py compares."""

STATE_FIELDS = {"household": ("outcome",), "visit": ("outcome",), "person": ()}
"""The property that a record's `state` is read from; `status` of other kinds."""


def state_of(record: Record) -> str | None:
    names = STATE_FIELDS.get(record.kind, ("status",))
    return next((str(record.fields[name]["value"])[:40] for name in names if name in record.fields), None)


def _bytes(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def decisions(connection: Connection, ids: Iterable[str]) -> dict[str, list[Decided]]:
    """The decisions about each submission, oldest first."""
    return {
        id: [Decided(row["action"], row["comment"], orjson.loads(row["comments"] or b"[]"), row["name"], row["at"], row["clock"]) for row in rows]
        for id, rows in statements.decisions_of(connection, ids).items()
    }


def relink(ledger: Ledger, ids: Iterable[str]) -> dict[tuple[str, str], Linked]:
    """Compute anew what stands about all pairs around these records, and touch the records whose cluster that may change. Returns the pairs."""
    around = ruling_statements.pairings_around(ledger.connection, set(ids))
    kept = standing(ruling_statements.undone_by(ledger.connection, [each.id for each in around]))
    found = pairs(each for each in around if each.id in kept)
    ruling_statements.put_links(ledger.connection, {each.pair for each in around}, found)
    ledger.touch(id for each in around for id in each.pair)
    return found


def _link(row: Mapping[str, Any], decided: Sequence[Decided], there: Collection[str]) -> Link:
    base = base_state(row["verdict"], decided, waits(row, there))
    by_people = any(each.action in BY_PEOPLE for each in decided)
    return Link(row["id"], row["worker"], row["supersedes"], base, _effective(row), row["mark"], by_people)


def _effective(row: Mapping[str, Any]) -> str:
    return effective_clock(row["clock"], row["device"], row["received_at"])
