"""All records computed anew from what they follow from (submissions, decisions, rulings), and compared with what is kept.

The merge worker changes only what a new submission touches. This goes through everything, some hundreds at a time, in four rounds:

1. Submissions: the state that verdict, decisions and corrections make; what the document says of records; whether and since when it counts.
2. Rulings: which stand, whether their settlements and moves count, and which records they make one.
3. Records: what the counting contributions make of each, where it lies and whom it is shown to, compared byte by byte.
4. Linkage: which records may be one, and what that is found by (sync/linkage_again.py).

Each round trusts what the one before has found right. Writing goes through the ledger, so what differs is published as if it had just happened; of linkage
it is queued, to be compared anew. Each step is a transaction, so that it can be stopped at any moment and begun again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, delete, or_, select, update

from forms.form import Form
from sync.causality import OFFICE, RULING_PREFIX
from sync.judged import Judged
from sync.known import Knowledge, LoadForm
from sync.ledger import Ledger, decisions, relink
from sync.linkage_again import unlike
from sync.links import Linked, pairs, standing
from sync.lying import Recomputed
from sync.recompute_scope import ROUNDS, Scope
from sync.replay import Arrival, Decision, replay
from sync.rulings import contribution_of
from sync.states import chain
from sync.store import history_statements, linkage_statements, locks, ruling_statements, statements
from sync.store.engine import Store
from sync.store.ruling_statements import record_links
from sync.store.statements import contributions, records, submissions
from sync.validate import Accepted, Held
from sync.validate import Arrival as Received

Tell = Callable[[str, int, int], None]
"""What is being gone through, how many are done, of how many."""

Mend = Callable[[Ledger], None]
Look = Callable[[Connection, Any], tuple[list["Difference"], Mend]]


@dataclass(frozen=True, slots=True)
class Difference:
    """`what`: state, contributions (of a submission, `id`), ruling, record, linkage (a record's profile or keys), link and suggestion (of two records,
    `id` has both). `records`: whom it concerns."""

    what: str
    id: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A submission that is not kept as it should be."""

    row: Mapping[str, Any]
    state: str
    problems: bytes
    said: list[dict[str, Any]]  # the rows of contributions that should be there
    there: list[tuple[str, str]]  # (record, path) of those that are

    @property
    def records(self) -> set[str]:
        return {record for record, _ in self.there} | {row["record"] for row in self.said}


class Recomputation:
    """`area`: only its submissions and records; `sample`: only so many records, chosen by chance, with all that they follow from.

    `part`: (2, 5) is the second of five parts, that can be looked at one after the other or at the same time. `rounds`: only these.
    """

    def __init__(
        self,
        store: Store,
        load: LoadForm = Form.load,
        area: str | None = None,
        sample: int | None = None,
        part: tuple[int, int] = (1, 1),
        rounds: Collection[str] = ROUNDS,
        tell: Tell = lambda what, done, of: None,
    ):
        self._store, self._knowledge = store, Knowledge(load)
        self._tell, self._rounds = tell, rounds
        self._scope = Scope(store, area, sample, part)

    def check(self) -> Iterator[Difference]:
        """What differs, as it is found. Writes nothing."""
        for look, part in self._parts():
            with self._snapshot() as connection:
                yield from look(connection, part)[0]

    def write(self, now: Callable[[], datetime]) -> Iterator[Difference]:
        """The same, and what differs is put right. Merge workers and the office go on meanwhile; what differs is looked at once more alone."""
        for look, part in self._parts():
            with self._snapshot() as connection:
                if not look(connection, part)[0]:
                    continue
            with self._store.writing() as connection:
                locks.decide_alone(connection)
                found, mend = look(connection, part)
                ledger = Ledger(connection, now())
                mend(ledger)
                ledger.close()
            yield from found

    def _parts(self) -> Iterator[tuple[Look, Any]]:
        looks: tuple[Look, ...] = (self._look_at_submissions, self._look_at_rulings, self._look_at_records, self._look_at_linkage)
        for what, look in zip(ROUNDS, looks, strict=True):
            if what not in self._rounds:
                continue
            done, total = 0, self._scope.count(what)
            for part in self._scope.parts(what):
                self._tell(what, done, total)
                yield look, part
                done += len(part)
            self._tell(what, done, done)

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """All statements of a part see one moment, whatever the merge workers do meanwhile."""
        engine = self._store.engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.begin() as connection:
            yield connection

    # Submissions

    def _look_at_submissions(self, connection: Connection, numbers: Collection[int]) -> tuple[list[Difference], Mend]:
        wrong = self._wrong_submissions(connection, numbers)
        found = []
        for each in wrong:
            as_it_is = (each.state, each.problems) == (each.row["state"], each.row["problems"])
            found.append(Difference("contributions" if as_it_is else "state", each.row["id"], tuple(sorted(each.records))))

        def mend(ledger: Ledger) -> None:
            decided = decisions(connection, [each.row["id"] for each in wrong])
            for each in wrong:
                id = each.row["id"]
                same = submissions.c.id == id
                connection.execute(update(submissions).where(same).values(state=each.state, problems=each.problems))
                connection.execute(delete(contributions).where(contributions.c.submission == id))
                statements.add(connection, contributions, each.said)
                ledger.touch(each.records)
                dots = [(row["record"], row["dot_device"], row["dot_clock"]) for row in each.said]
                ledger.tell_again({**each.row, "state": each.state, "problems": each.problems}, decided.get(id, ()), dots)

        return found, mend

    def _wrong_submissions(self, connection: Connection, numbers: Collection[int]) -> list[_Wrong]:
        rows = statements.by_number(connection, numbers)
        tied = history_statements.arrivals(connection, [row["id"] for row in rows])
        decided = history_statements.decisions_about(connection, [each.id for each in tied])
        states, since = _what_counts(tied, decided)
        kept = _kept(connection, [row["id"] for row in rows])
        received = [Received(row["database"], orjson.loads(row["document"]), row["received_at"]) for row in rows]
        known = self._knowledge.about(connection, received)
        found = []
        for row, arrival in zip(rows, received, strict=True):
            id, state, there = row["id"], states[row["id"]], kept.get(row["id"], {})
            problems = row["problems"] if row["verdict"] != "accepted" else orjson.dumps([chain()] if state == "held" else [], option=orjson.OPT_SORT_KEYS)
            if state == "accepted":
                verdict = Judged.of(arrival, row["revision"], known, id).verdict
                assert isinstance(verdict, Accepted | Held)
                said = [_said(statements.to_row(replace(each, submission=id), True), there, since.get(id), decided) for each in verdict.contributions]
                right = len(said) == len(there) and all(there.get((each["record"], each["path"])) == each for each in said)
            else:
                said = [{**each, "counts": False} for each in there.values()]
                right = not any(each["counts"] for each in there.values())
            if not right or (state, problems) != (row["state"], row["problems"]):
                found.append(_Wrong(row, state, problems, said, list(there)))
        return found

    # Rulings

    def _look_at_rulings(self, connection: Connection, ids: Collection[str]) -> tuple[list[Difference], Mend]:
        about = ruling_statements.about(connection, ids)
        kept = standing(ruling_statements.undone_by(connection, [row["id"] for row in about]))
        effects = {RULING_PREFIX + row["id"]: row for row in about if row["action"] in ("settle", "move")}
        counting = {RULING_PREFIX + id for id in kept}
        stored = _kept(connection, effects)
        right = {id: statements.to_row(contribution_of(row), id in counting) for id, row in effects.items()}
        wrong = sorted(id for id in effects if list(stored.get(id, {}).values()) != [right[id]])
        found = [Difference("ruling", id, (effects[id]["record"],)) for id in wrong]
        around = ruling_statements.pairings_around(connection, ids)
        stand = standing(ruling_statements.undone_by(connection, [each.id for each in around]))
        linked = pairs(each for each in around if each.id in stand)
        everyone = {*ids, *(id for pair in linked for id in pair)}
        there = _links(connection, everyone)
        apart = sorted(pair for pair in linked.keys() | there.keys() if linked.get(pair) != there.get(pair))
        found += [Difference("link", " ".join(pair), pair) for pair in apart]

        def mend(ledger: Ledger) -> None:
            connection.execute(delete(contributions).where(contributions.c.submission.in_(wrong)))
            statements.add(connection, contributions, [right[id] for id in wrong])
            ledger.touch(effects[id]["record"] for id in wrong)
            if apart:
                ruling_statements.put_links(connection, apart, {})
                relink(ledger, {id for pair in apart for id in pair})
                ledger.touch(id for pair in apart for id in pair)

        return found, mend

    # Records

    def _look_at_records(self, connection: Connection, ids: Collection[str]) -> tuple[list[Difference], Mend]:
        try:
            differ = self._differing(connection, ids)
        except (TypeError, ValueError):  # something that was said cannot even be read: find whose
            differ = [id for id in ids if self._differs_or_unreadable(connection, id)]
        return [Difference("record", id, (id,)) for id in differ], partial(self._mend_records, differ)

    @staticmethod
    def _mend_records(differ: Collection[str], ledger: Ledger) -> None:
        ruling_statements.put_shown_also(ledger.connection, dict.fromkeys(differ, ()))
        ledger.touch(differ)

    def _differs_or_unreadable(self, connection: Connection, id: str) -> bool:
        try:
            return bool(self._differing(connection, [id]))
        except (TypeError, ValueError):
            return True

    @staticmethod
    def _differing(connection: Connection, ids: Collection[str]) -> list[str]:
        counting = statements.counting(connection, ids)
        now = Recomputed(connection, {id: counting.get(id, []) for id in ids})
        ledger = Ledger(connection, datetime.min)
        there = {row["id"]: row for some in statements.parts(ids) for row in connection.execute(select(records).where(records.c.id.in_(some))).mappings()}
        shown, shown_now = ruling_statements.shown_also(connection, ids), now.shown_also()
        differ = []
        for id in ids:
            record, row = now.all[id], there.get(id)
            if record is None or row is None:
                right = record is None and row is None
            else:
                documents = {area: orjson.dumps(document, option=orjson.OPT_SORT_KEYS) for area, document in now.documents(id).items()}
                right = all(row[name] == value for name, value in ledger.row(record, documents, now.onward(id)).items() if name not in ("updated_at", "onward"))
                right = right and row["onward"] in (None, now.onward(id))  # a record of an earlier version has none
            if not right or shown.get(id, set()) != shown_now.get(id, set()):
                differ.append(id)
        return differ

    # Linkage

    def _look_at_linkage(self, connection: Connection, ids: Collection[str]) -> tuple[list[Difference], Mend]:
        try:
            differing, pairs = unlike(connection, ids)
        except (KeyError, TypeError, ValueError):  # a record's own document cannot be read, which the round before has found
            each = [self._unlike_or_unreadable(connection, id) for id in ids]
            differing, pairs = [id for some, _ in each for id in some], [pair for _, some in each for pair in some]
        found = [Difference("linkage", id, (id,)) for id in differing] + [Difference("suggestion", " ".join(pair), pair) for pair in pairs]
        return found, lambda ledger: linkage_statements.queue_anew(connection, {*differing, *(lesser for lesser, _ in pairs)})

    @staticmethod
    def _unlike_or_unreadable(connection: Connection, id: str) -> tuple[list[str], list[tuple[str, str]]]:
        try:
            return unlike(connection, [id])
        except (KeyError, TypeError, ValueError):
            return [id], []


def _what_counts(tied: Sequence[Arrival], decided: Iterable[Decision]) -> tuple[dict[str, str], dict[str, str | None]]:
    """The state of each submission; and of those that count the decision's clock since when, None: its own."""
    states: dict[str, str] = {}
    since: dict[str, str | None] = {}
    for step in replay(tied, decided):
        states.update(step.states)
        since.update(step.let_in)
    return states, since


def _said(row: dict[str, Any], there: Mapping[tuple[str, str], Mapping[str, Any]], since: str | None, decided: Iterable[Decision]) -> dict[str, Any]:
    """A contribution as it should be kept: since its own clock, or since a decision let its submission in."""
    kept = there.get((row["record"], row["path"]))
    let_in = {each.clock for each in decided if each.submission == row["submission"]}
    if kept is not None and kept["dot_device"] == OFFICE and kept["dot_clock"] in let_in:
        return {**row, "dot_device": OFFICE, "dot_clock": kept["dot_clock"]}
    return row if since is None else {**row, "dot_device": OFFICE, "dot_clock": since}


def _kept(connection: Connection, ids: Iterable[str]) -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
    """The rows of contributions by submission, then by record and path; their bodies as they would be written today."""
    found: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for some in statements.parts(ids):
        for row in connection.execute(select(contributions).where(contributions.c.submission.in_(some))).mappings():
            found.setdefault(row["submission"], {})[row["record"], row["path"]] = {**row, "body": _as_of_today(dict(row))}
    return found


def _as_of_today(row: Mapping[str, Any]) -> bytes:
    """An earlier version wrote more into a contribution's body; that is no difference. What cannot be read stays as it is, and differs."""
    try:
        said = statements.from_row(row["record"], row["submission"], row["path"], (row["dot_device"], row["dot_clock"]), row["body"])
        return bytes(statements.to_row(said, row["counts"])["body"])
    except (TypeError, ValueError, KeyError, AttributeError):
        return bytes(row["body"])


def _links(connection: Connection, ids: Iterable[str]) -> dict[tuple[str, str], Linked]:
    c = record_links.c
    found = {}
    for some in statements.parts(ids):
        rows = connection.execute(select(record_links).where(or_(c.lesser.in_(some), c.greater.in_(some))))
        found.update({(row.lesser, row.greater): Linked(row.state, row.ruling) for row in rows})
    return found
