"""Other content under an id that is taken: both are kept, one keeps the id, the other is held with rule `conflict`.

Which keeps it does not hang on which came first: the one in its own worker's inbox; then, within an inbox, the revision that every
replica shows (CouchDB's rule, so the phone sees the same). Between two inboxes the first stays, so that nobody can take another's place,
and what a person has decided about stays too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import update

from sync.databases import Leaf
from sync.judged import Judged, aside_of
from sync.ledger import Ledger
from sync.store import statements
from sync.store.statements import Row
from sync.validate import INBOX_PREFIX, Accepted, Held, Ignored, Stray, conflicting


def not_seen(ledger: Ledger, judged: Sequence[Judged]) -> Iterator[Judged]:
    """Those that are new, with the id that each is kept under. The same content again is nothing new."""
    columns = ("database", "revision", "worker", "document", "problems")
    taken: dict[str, Row] = dict(statements.submission_rows(ledger.connection, (each.id for each in judged if each.is_submission), *columns))
    asides = [each.aside() for each in judged if each.id in taken]
    taken.update(statements.submission_rows(ledger.connection, asides, *columns))
    for each in judged:
        if isinstance(each.verdict, Ignored):
            continue
        one = each
        if not isinstance(each.verdict, Stray):
            before = taken.get(each.id)
            if before is not None:
                aside = each.aside()
                if aside in taken or _is_same(each, before):
                    continue
                if _outranks(each, before) and not statements.decisions_of(ledger.connection, [each.id]):
                    taken[_move_aside(ledger, each.id, before)] = before
                else:
                    one = in_conflict(each, aside)
            assert isinstance(one.verdict, Accepted | Held)
            envelope = one.verdict.envelope
            taken[one.id] = dict(zip(columns, (one.arrival.database, one.revision, envelope.worker, one.kept, one.problems()), strict=True))
        yield one


def in_conflict(each: Judged, id: str) -> Judged:
    """The same, held, under another id."""
    verdict = each.verdict
    assert isinstance(verdict, Accepted | Held)
    problems = [*(verdict.problems if isinstance(verdict, Held) else ()), conflicting()]
    contributions = [replace(contribution, submission=id) for contribution in verdict.contributions]
    return replace(each, id=id, verdict=Held(verdict.envelope, problems, verdict.answers, verdict.remarks, contributions))


def leaf_rank(database: str) -> Callable[[Leaf], Any]:
    """The leaf that keeps the id has the greatest."""
    return lambda leaf: _rank(database, leaf.document.get("worker"), leaf.revision)


def _is_same(each: Judged, before: Row) -> bool:
    return before["database"] == each.arrival.database and (before["revision"] == each.revision or before["document"] == each.kept)


def _outranks(each: Judged, before: Row) -> bool:
    mine = _rank(each.arrival.database, each.arrival.document.get("worker"), each.revision)
    theirs = _rank(before["database"], before["worker"], before["revision"])
    return mine > theirs if each.arrival.database == before["database"] else mine[0] > theirs[0]


def _rank(database: str, worker: object, revision: str) -> tuple[bool, int, str]:
    generation, _, digest = revision.partition("-")
    return (INBOX_PREFIX + str(worker) == database, int(generation) if generation.isdecimal() else 0, digest)


def _move_aside(ledger: Ledger, id: str, before: Mapping[str, Any]) -> str:
    """What had this id until now gives way, and is held. Returns the id that it is kept under."""
    aside = aside_of(id, before["database"], before["document"])
    problems = orjson.dumps([*orjson.loads(before["problems"]), conflicting()], option=orjson.OPT_SORT_KEYS)
    submissions, contributions = statements.submissions, statements.contributions
    ledger.connection.execute(update(submissions).where(submissions.c.id == id).values(id=aside, verdict="held", state="held", problems=problems))
    ledger.connection.execute(update(contributions).where(contributions.c.submission == id).values(submission=aside, counts=False))
    ledger.resettle([aside])
    return aside
