"""The merge worker: from the workers' inboxes to the central store, and back to the phones as receipts and records.

    worker-<id> ──▶ changes ──▶ validate ──▶ merge ──▶ central store ──▶ outbox ──▶ worker-<id>, area-<id>
                                                            └──▶ linkage queue ──▶ suggestions, when nothing else is to be done

Results and the place in each feed are committed in one transaction, so a crash at any moment loses nothing and repeats nothing:
what was not committed is read again, and what was read twice changes nothing. Several workers share the inboxes on PostgreSQL (sync/shares.py).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, delete, update
from sqlalchemy.exc import OperationalError

from forms.form import Form
from sync.clock import utc_now
from sync.conflicts import in_conflict, leaf_rank, not_seen
from sync.databases import START, Databases
from sync.elsewhere import held_if_elsewhere, named
from sync.judged import Judged
from sync.known import Knowledge, LoadForm
from sync.ledger import CENTRE, Ledger
from sync.lying import record_areas
from sync.publish import RETRY_SECONDS_MAX, RETRY_SECONDS_MIN, Delivery
from sync.shares import Share
from sync.states import FORCED_AFTER, chain
from sync.store import locks, statements
from sync.store.engine import Store
from sync.store.statements import submissions
from sync.suggestions import Suggestions
from sync.validate import INBOX_PREFIX, Accepted, Arrival, Held, Known, Stray

BATCH_SIZE_MAX = 500
"""Documents in one transaction: of surveys half a second to one, in which a person's decision waits on SQLite."""
WAIT_SECONDS = 0.5
"""How long a decision in the office waits for its receipt to go out, at most."""
SWEEP_SECONDS = 60
"""Every inbox is looked at this often, in case word of a change was lost."""
FORCE_EVERY = timedelta(minutes=10)
"""How often what waits for a submission that it corrects is looked at."""
REJUDGED_RULES = ("form", "version", "worker", "area")
"""What holds a submission until the centre knows more."""

_log = logging.getLogger(__name__)


@dataclass
class _Batch:
    """Leaves to judge, and for each inbox from where to where it has been read when they are done."""

    arrivals: list[tuple[Arrival, str]] = field(default_factory=list)  # with the leaf's revision
    sequences: dict[str, str] = field(default_factory=dict)
    read_from: dict[str, str | None] = field(default_factory=dict)


class _Overtaken(Exception):
    """Another worker has read this inbox meanwhile."""


class _MustDecide(Exception):
    """The batch touches submissions that are there already."""


class Pipeline:
    """`load` makes a form from a published XForm. `me` names this worker among those that share the store."""

    def __init__(
        self,
        store: Store,
        databases: Databases,
        load: LoadForm = Form.load,
        now: Callable[[], datetime] = utc_now,
        me: str = "merge worker",
        clock: Callable[[], float] = time.monotonic,
    ):
        self._store = store
        self._databases = databases
        self._knowledge = Knowledge(load)
        self._share = Share(store, me, clock)
        self._delivery = Delivery(store, databases, share=self._share)
        self._suggestions = Suggestions(store, now, clock=clock)
        self._now = now
        self._last = datetime.min
        self._forced = datetime.min
        self._known: object = None
        self._unread: list[str] = []  # inboxes that may have more

    def run_forever(self, stop: threading.Event) -> None:
        """Until `stop` is set. A failure (a full disk, an engine that is away) is told and tried again with growing pauses."""
        pause, swept = 0.0, 0.0
        changed: Collection[str] | None = None
        while not stop.wait(pause):
            try:
                if self._share.beat() or changed is None or time.monotonic() - swept > SWEEP_SECONDS:
                    changed, swept = None, time.monotonic()
                self._look_at(changed)
                while self._step() and not stop.is_set():
                    if self._share.beat():  # a long backlog must not make the others think that this worker is gone
                        self._look_at(None)
                changed = self._databases.wait(0.0 if self._suggestions.run_in_between() else WAIT_SECONDS)
                pause = 0.0
            except Exception:
                pause = min(RETRY_SECONDS_MAX, max(RETRY_SECONDS_MIN, 2 * pause))
                changed = None
                _log.exception("merging stopped, again in %.0f s", pause)
        self._share.leave()

    def run_once(self) -> int:
        """Take one batch from the inboxes and deliver what waits. Returns how much was done; 0 when nothing is left to do."""
        if not self._unread:
            self._look_at(None)
        return self._step()

    def rejudge(self, rules: Collection[str] = REJUDGED_RULES) -> int:
        """Judge again what these rules hold, now that more may be known. Returns how many verdicts changed."""
        with self._store.reading() as connection:
            held = statements.held_numbers(connection)
        mine = [(number, problems) for number, database, problems in held if self._share.holds(database)]
        numbers = [number for number, problems in mine if any(problem["rule"] in rules for problem in orjson.loads(problems))]
        changed = 0
        for first in range(0, len(numbers), BATCH_SIZE_MAX):
            changed += self._rejudge(numbers[first : first + BATCH_SIZE_MAX])
        return changed

    def _look_at(self, names: Collection[str] | None) -> None:
        inboxes = self._databases.names(INBOX_PREFIX) if names is None else sorted(name for name in names if name.startswith(INBOX_PREFIX))
        self._unread += [name for name in inboxes if name not in self._unread and self._share.holds(name)]

    def _step(self) -> int:
        done = self._rejudge_when_more_is_known()
        batch = self._next_batch()
        if batch.sequences:
            self._take(batch)
        return done + len(batch.sequences) + self._force(self._last) + self._delivery.run_once()

    def _rejudge_when_more_is_known(self) -> int:
        with self._store.reading() as connection:
            known = statements.what_is_known(connection)
        if known == self._known:
            return 0
        changed = self.rejudge()
        self._known = known
        return changed

    def _force(self, now: datetime) -> int:
        """Let in what has waited too long for a submission that it corrects. Returns how many."""
        if now - self._forced < FORCE_EVERY:
            return 0
        self._forced = now
        with self._store.reading() as connection:
            if not statements.waiting_since_before(connection, now - FORCED_AFTER):
                return 0
        with self._store.writing() as connection:
            locks.decide_alone(connection)
            ledger = Ledger(connection, now)
            ids = statements.waiting_since_before(connection, now - FORCED_AFTER)
            for id in ids:
                ledger.decide(id, "force", CENTRE)
            ledger.resettle(ids)
            ledger.close()
        return len(ids)

    def _next_batch(self) -> _Batch:
        """From as many inboxes as fill a batch. A document's leaves stay together; no document is in a batch twice."""
        batch = _Batch()
        ids: set[str] = set()
        with self._store.reading() as connection:
            sequences = statements.sequences(connection)
        now = self._tick()
        while self._unread and len(batch.arrivals) < BATCH_SIZE_MAX:
            name = self._unread[0]
            since = sequences.get(name)
            limit = BATCH_SIZE_MAX - len(batch.arrivals)
            try:
                feed = self._databases.changes(name, since or START, limit)
            except LookupError:  # deleted meanwhile
                self._unread.pop(0)
                continue
            except Exception:
                if batch.sequences:  # what was read is kept first; this inbox is the next one then
                    return batch
                self._unread.append(self._unread.pop(0))  # an inbox that cannot be read holds up no other
                raise
            for change in feed.changes:
                if change.id in ids:
                    return batch
                ids.add(change.id)
                leaves = [leaf for leaf in change.leaves if not leaf.deleted]
                batch.arrivals += [(Arrival(name, leaf.document, now), leaf.revision) for leaf in sorted(leaves, key=leaf_rank(name), reverse=True)]
                batch.sequences[name], batch.read_from[name] = change.sequence, since
            if feed.more:
                return batch
            if len(feed.changes) < limit:
                self._unread.pop(0)
                if feed.changes:
                    batch.sequences[name] = feed.last_sequence
        return batch

    def _take(self, batch: _Batch) -> None:
        """Judge a batch and commit everything that follows from it. One document that breaks the transaction is found and held by itself."""
        with self._store.reading() as connection:
            known = self._knowledge.about(connection, [arrival for arrival, _ in batch.arrivals])
            judged = self._judged(connection, known, [Judged.of(arrival, revision, known) for arrival, revision in batch.arrivals])
        try:
            self._commit(judged, batch)
        except _Overtaken:
            return
        except OperationalError:  # a full disk, a lock: nobody's document is to blame
            raise
        except Exception:
            _log.exception("a batch of %d could not be kept; one by one now", len(judged))
            for each in judged:
                try:
                    self._commit([each])
                except OperationalError:
                    raise
                except Exception:
                    _log.exception("%s in %s could not be kept as judged", each.arrival.document.get("_id"), each.arrival.database)
                    self._commit([each.bare()])
            with contextlib.suppress(_Overtaken):
                self._commit([], batch)

    @staticmethod
    def _judged(connection: Connection, known: Known, judged: Sequence[Judged]) -> list[Judged]:
        """With an eye on where the records lie that these name."""
        areas = record_areas(connection, {record for each in judged for record in named(each)})
        known = Knowledge.with_areas(connection, known, {area for lies_in in areas.values() for area in lies_in if area})
        return [held_if_elsewhere(each, known, areas) for each in judged]

    def _commit(self, judged: Sequence[Judged], batch: _Batch | None = None) -> None:
        """Keep these, and how far their inboxes have been read. Beside other workers where all is new, else alone. Raises _Overtaken."""
        try:
            self._commit_as(judged, batch, deciding=False)
        except _MustDecide:
            self._commit_as(judged, batch, deciding=True)

    def _commit_as(self, judged: Sequence[Judged], batch: _Batch | None, deciding: bool) -> None:
        now = self._last
        with self._store.writing() as connection:
            if deciding:
                locks.decide_alone(connection)
            else:
                locks.add_beside_others(connection)
                if locks.is_shared(connection) and _touches_what_is_there(connection, judged):
                    raise _MustDecide
            if batch is not None:
                locks.lock_names(connection, "inbox", batch.read_from)
                if statements.sequences(connection, batch.read_from) != {name: since for name, since in batch.read_from.items() if since is not None}:
                    raise _Overtaken
            locks.lock_names(connection, "record", {record for each in judged for record in each.records()})
            ledger = Ledger(connection, now)
            new = list(not_seen(ledger, judged))
            strays = [each.stray_row() for each in new if isinstance(each.verdict, Stray)]
            statements.put(connection, statements.strays, strays, ("database", "document_id", "revision"), update_existing=False)
            rows = []
            for each in new:
                match each.verdict:
                    case Accepted(envelope=envelope, contributions=contributions) if envelope.supersedes is not None:
                        rows.append({**each.row(), "state": "held", "problems": orjson.dumps([chain()], option=orjson.OPT_SORT_KEYS)})
                        ledger.contribute(contributions, counts=False)  # until `resettle` finds what it corrects
                    case Accepted(contributions=contributions):
                        rows.append(each.row())
                        ledger.contribute(contributions, counts=True)
                        ledger.receipt(rows[-1], "accepted", (), each.verdict.remarks, [(c.record, *c.dot) for c in contributions])
                    case Held(contributions=contributions, problems=problems):
                        rows.append(each.row())
                        ledger.contribute(contributions, counts=False)
                        ledger.receipt(rows[-1], "held", problems, each.verdict.remarks, ())
            copies = _repeated(connection, rows)
            if copies and not deciding and locks.is_shared(connection):
                raise _MustDecide
            statements.add(connection, submissions, rows)
            corrections = [row["id"] for row in rows if row["supersedes"]]
            corrections += statements.superseding(connection, [row["id"] for row in rows])
            if corrections or copies:
                ledger.resettle([*corrections, *copies])
            read_to = batch.sequences if batch is not None else {}
            checkpoints = [{"database": name, "sequence": sequence, "updated_at": now} for name, sequence in read_to.items()]
            statements.put(connection, statements.checkpoints, checkpoints, ("database",))
            ledger.close()

    def _rejudge(self, numbers: Collection[int]) -> int:
        now = self._tick()
        with self._store.reading() as connection:
            rows = statements.by_number(connection, numbers)
            arrivals = [Arrival(row["database"], orjson.loads(row["document"]), row["received_at"]) for row in rows]
            known = self._knowledge.about(connection, arrivals)
            again = [Judged.of(arrival, row["revision"], known, row["id"]) for row, arrival in zip(rows, arrivals, strict=True)]
            again = self._judged(connection, known, again)
        changed = 0
        for row, arrival, judged in zip(rows, arrivals, again, strict=True):
            if row["id"] != arrival.document["_id"]:
                judged = in_conflict(judged, row["id"])
            if not isinstance(judged.verdict, Accepted | Held) or judged.problems() == row["problems"]:
                continue
            with self._store.writing() as connection:
                locks.decide_alone(connection)
                if statements.submission_rows(connection, [row["id"]], "problems").get(row["id"], {}).get("problems") != row["problems"]:
                    continue  # another worker, or a person, was first
                ledger = Ledger(connection, now)
                new = judged.row()
                same_row = submissions.c.id == row["id"]
                judged_anew = {name: new[name] for name in new if name not in ("received_at", "state", "document")}
                connection.execute(update(submissions).where(same_row).values(judged_anew))
                connection.execute(delete(statements.contributions).where(statements.contributions.c.submission == row["id"]))
                ledger.contribute([replace(each, submission=row["id"]) for each in judged.verdict.contributions], counts=False)
                ledger.resettle([row["id"]], ledger.decide(row["id"], "rejudge", CENTRE))
                ledger.close()
            changed += 1
        return changed

    def _tick(self) -> datetime:
        """Now, and later than ever before: two batches never share a time of receipt."""
        self._last = max(self._now(), self._last + timedelta(milliseconds=1)) if self._last != datetime.min else self._now()
        return self._last


def _repeated(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of these rows, not yet added, those whose content came before under another id, or comes twice here."""
    first: dict[str, str] = dict(statements.of_marks(connection, {row["mark"] for row in rows if row["mark"] is not None}))
    return [row["id"] for row in rows if row["mark"] is not None and first.setdefault(row["mark"], row["id"]) != row["id"]]


def _touches_what_is_there(connection: Connection, judged: Sequence[Judged]) -> bool:
    """Whether anything but new submissions follows from these: corrections, other content under a known id."""
    ids = [each.id for each in judged if each.is_submission]
    corrects = any(each.verdict.envelope.supersedes for each in judged if isinstance(each.verdict, Accepted | Held))
    return corrects or len(set(ids)) < len(ids) or bool(statements.submission_rows(connection, ids)) or bool(statements.superseding(connection, ids))
