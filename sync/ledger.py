"""What one transaction of the central store brings about: states that change, records recomputed, receipts and records queued.

The merge worker and the office both write through it, so that arriving, correcting, accepting and undoing end in the same records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, update

from sync import clock
from sync.causality import OFFICE, Contribution
from sync.identity import ulid
from sync.merge import Record, merge
from sync.publish import area_database, outbox_row
from sync.states import Decided, Link, base_state, receipt, superseded
from sync.store import statements
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
        self._outbox: dict[tuple[str, str], dict[str, Any]] = {}
        self._office_clock: str | None = None

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
            self._office_clock = statements.last_office_clock(self.connection)
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
        bases = {row["id"]: base_state(row["verdict"], decided.get(row["id"], ())) for row in rows}
        out = superseded(Link(row["id"], row["worker"], row["supersedes"], bases[row["id"]], _effective(row)) for row in rows)
        states = {id: "superseded" if id in out else base for id, base in bases.items()}
        changed = [row for row in rows if states[row["id"]] != row["state"]]
        for row in changed:
            id, state = row["id"], states[row["id"]]
            self.connection.execute(update(statements.submissions).where(statements.submissions.c.id == id).values(state=state))
            if state == "accepted":
                statements.let_in(self.connection, id, let_in_clock or self.decide(id, "rejudge", CENTRE))
            elif row["state"] == "accepted":
                statements.leave_out(self.connection, id)
        dots = statements.contribution_dots(self.connection, {row["id"] for row in changed} | (wanted & set(bases)))
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

    def close(self) -> None:
        """Recompute every record that was touched, and write the outbox."""
        self._keep_contributions()
        counting = {**self._counting, **dict.fromkeys(self._touched, ()), **statements.counting(self.connection, self._touched)}
        if counting:
            ids = counting.keys()
            areas = statements.record_areas(self.connection, ids)
            rows, gone = [], []
            for id in sorted(ids):
                record = merge(counting[id])
                before = areas.get(id)
                if before is not None and (record is None or record.area != before):
                    self.queue(area_database(before), id, None)
                if record is None:
                    gone.append(id)
                    continue
                rows.append(self._row(record))
                self.queue(area_database(record.area), id, rows[-1]["body"])
            statements.put_records(self.connection, rows)
            statements.remove_records(self.connection, gone)
        statements.add(self.connection, statements.outbox, list(self._outbox.values()))

    def _keep_contributions(self) -> None:
        """Read what counted before (a new record has nothing), then add the new: nothing is read back."""
        before = statements.counting(self.connection, self._new.keys() - self._counting.keys())
        for record, new in self._new.items():
            self._counting.setdefault(record, before.get(record, [])).extend(new)
        statements.add(self.connection, statements.contributions, self._rows)
        self._new, self._rows = {}, []

    def _row(self, record: Record) -> dict[str, Any]:
        fields = record.fields
        return {
            "id": record.id,
            "kind": record.kind,
            "area": record.area,
            "household": _reference(fields, "household"),
            "person": _reference(fields, "person"),
            "label": record.label,
            "search": record.search,
            "state": next((str(fields[name]["value"])[:40] for name in STATE_FIELDS.get(record.kind, ("status",)) if name in fields), None),
            "disputes": record.disputes,
            **facets(record.label, fields),
            "updated_at": self.now,
            "body": orjson.dumps(record.document, option=orjson.OPT_SORT_KEYS),
        }


STATE_FIELDS = {"household": ("outcome",), "visit": ("outcome",), "person": ()}
"""The property that a record's `state` is read from; `status` of other kinds."""


def decisions(connection: Connection, ids: Iterable[str]) -> dict[str, list[Decided]]:
    """The decisions about each submission, oldest first."""
    return {
        id: [Decided(row["action"], row["comment"], orjson.loads(row["comments"] or b"[]"), row["name"], row["at"], row["clock"]) for row in rows]
        for id, rows in statements.decisions_of(connection, ids).items()
    }


def _reference(fields: Mapping[str, Any], kind: str) -> str | None:
    value = fields.get(kind, {}).get("value")
    return value if isinstance(value, str) and value.startswith(kind + ":") else None


def _effective(row: Mapping[str, Any]) -> str:
    return effective_clock(row["clock"], row["device"], row["received_at"])
