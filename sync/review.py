"""People's decisions about submissions, as events: accept, reject, return, reopen. Nothing is changed in place; another event undoes one.

What a submission's state is follows from the rules' verdict and the decisions in their order (sync/states.py). Accepting a held one
lets in its answers as far as they could be read; its problems stay with it as remarks. `reopen` takes earlier decisions back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import orjson

from sync import trial
from sync.clock import utc_now
from sync.store import locks, reading_submissions, statements
from sync.store.engine import Store

Action = Literal["accept", "reject", "return", "reopen"]
ACTIONS: tuple[Action, ...] = ("accept", "reject", "return", "reopen")
UNREADABLE_RULES = ("form", "version", "worker")


class CannotDecide(Exception):
    """Why this decision cannot be taken now. `reason` is one of REASONS; the office has the words in both languages."""

    def __init__(self, reason: str, submission: str):
        super().__init__(f"{submission}: {reason}")
        self.reason = reason
        self.submission = submission


REASONS = ("missing", "form", "version", "worker", "area", "answers", "superseded", "duplicate", "decided")
"""missing: there is no such submission. form, version, worker, area: unknown here, so nobody can say what it means; it can be rejected or
returned, and is judged again by itself once that is known. answers: none could be read. superseded: a correction of it counts already.
duplicate: the same form is here under another id; decide on that one. decided: somebody has decided since it was looked at."""


def decide(
    store: Store,
    submission: str,
    action: Action,
    by: str,
    comment: str = "",
    comments: Sequence[Mapping[str, str]] = (),
    now: Callable[[], datetime] = utc_now,
    seen: str | None = None,
) -> str:
    """Note the decision of account `by`, recompute what it touches and queue the receipts, in one transaction. Returns the new state.

    `comments` are `{"path": "/members/0/temperature", "text": "…"}` for single questions; they reach the phone. `seen` is the last decision that
    `by` had before them (blank: none), where that matters. Raises CannotDecide.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action!r}")
    with store.writing() as connection:
        locks.decide_alone(connection)
        row = statements.submission_rows(connection, [submission], "state", "problems", "answers", "area").get(submission)
        if row is None:
            raise CannotDecide("missing", submission)
        if seen is not None and seen != next((each["id"] for each in reading_submissions.decisions_about(connection, submission)), ""):
            raise CannotDecide("decided", submission)
        if row["state"] in ("superseded", "duplicate"):
            raise CannotDecide(row["state"], submission)
        if action == "accept":
            reason = _why_not(row, statements.area_parents(connection))
            if reason is not None:
                raise CannotDecide(reason, submission)
        ledger = trial.ledger_of(store, connection, now())
        clock = ledger.decide(submission, action, by, comment, comments)
        states = ledger.resettle([submission], clock)
        trial.close(store, ledger)
    return states[submission]


def why_not_accept(store: Store, submission: str) -> str | None:
    """The reason (of REASONS) that accepting it now would be refused for; None where it can be accepted."""
    with store.reading() as connection:
        row = statements.submission_rows(connection, [submission], "state", "problems", "answers", "area").get(submission)
        if row is None:
            return "missing"
        return row["state"] if row["state"] in ("superseded", "duplicate") else _why_not(row, statements.area_parents(connection))


def _why_not(row: statements.Row, areas: Mapping[str, str | None]) -> str | None:
    rules = {problem["rule"] for problem in orjson.loads(row["problems"])}
    for rule in UNREADABLE_RULES:
        if rule in rules:
            return rule
    if row["area"] not in areas:
        return "area"
    return "answers" if row["answers"] is None else None
