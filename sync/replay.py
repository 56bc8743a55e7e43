"""What counted when: what arrived, what was decided and what was ruled, gone through again in its order. Pure.

Nothing of this is remembered in the store, since all of it follows from what is there: when each submission arrived and what the rules say of it,
what it corrects, and every decision and ruling with its time. `replay` goes through them and says after each what came to count and what no
longer does. The states are those of sync/states.py and the clusters those of sync/links.py, so what was is judged by the same rules as what is.

A submission that came to count by a decision does so from that decision's clock on (its *dot*, see sync/causality.py): other phones may have
seen later work of its author without it. Whether the rules held a submission at first can be seen from its `rejudge`: the centre
writes one only when something follows from it, so a submission that would have counted before all the same had been held until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.causality import RULING_PREFIX
from sync.links import APART, LINK, Pairing, clusters, pairs, standing
from sync.states import BY_PEOPLE, Decided, Link, base_state, states_of, waits
from sync.validate import effective_clock

REJUDGE, FORCE = "rejudge", "force"
ARRIVED, DECIDED = 0, 1
"""What comes first at one moment: a batch arrives, then what follows from it is noted."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A submission's row: what decides its state, and when it came. `number` orders those of one batch."""

    id: str
    number: int
    worker: str | None
    supersedes: str | None
    received_at: datetime
    verdict: str
    clock: str | None
    device: str | None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a submission. `by` is an account, or the centre."""

    id: str
    submission: str
    action: str
    by: str
    at: datetime
    clock: str
    comment: str = ""
    comments: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person said about records: a row of `rulings`, its JSON read. `comment` and what else it was decided on stand in `body`."""

    id: str
    action: str
    record: str
    other: str | None
    field: str | None
    value: Any
    area: str | None
    undoes: str | None
    click: str
    by: str
    at: datetime
    clock: str
    body: Mapping[str, Any]


Cause = Arrival | Decision | Ruling
Together = Mapping[str, tuple[str, ...]]
"""Of each record that is linked to another: all that are one with it, the least first."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event, and what follows from it: the new state of each submission whose state it changed.

    `let_in`: submissions (and settlements and moves, as `ruling:<id>`) that count from now on, with the decision's clock where one let them in.
    `left_out`: those that no longer do. `together`: which records are one from now on, where that may have changed.
    """

    cause: Cause
    states: Mapping[str, str]
    let_in: Mapping[str, str | None] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    together: Together | None = None

    @property
    def at(self) -> datetime:
        return self.cause.received_at if isinstance(self.cause, Arrival) else self.cause.at


def order(cause: Cause) -> tuple[datetime, int, str]:
    """In the order in which the centre came to know: never two the same."""
    if isinstance(cause, Arrival):
        return cause.received_at, ARRIVED, f"{cause.number:015d}"
    return cause.at, DECIDED, cause.clock


def replay(arrivals: Iterable[Arrival], decisions: Iterable[Decision], rulings: Iterable[Ruling] = ()) -> list[Step]:
    """Every event in its order. `arrivals` has, beside those asked about, all that corrections tie to them."""
    about: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in sorted(decisions, key=order):
        about[decision.submission].append(decision)
    steps: list[Step] = []
    for tied in _tied(list(arrivals)):
        decided = [each for arrival in tied for each in about.get(arrival.id, ())]
        steps += _replay_tied(tied, decided, _held_until(tied, decided) if any(each.action == REJUDGE for each in decided) else {})
    steps += _replay_rulings(sorted(rulings, key=order))
    return sorted(steps, key=lambda step: order(step.cause))


def _replay_rulings(rulings: Iterable[Ruling]) -> Iterable[Step]:
    here: dict[str, Ruling] = {}
    kept: set[str] = set()
    for cause in rulings:
        here[cause.id] = cause
        before, kept = kept, standing({each.id: each.undoes for each in here.values()})
        let_in = {RULING_PREFIX + id: None for id in kept - before}
        left_out = frozenset(RULING_PREFIX + id for id in before - kept)
        together = None
        if any(here[id].action in (LINK, APART) for id in kept ^ before):
            pairings = (Pairing(each.id, each.action, each.record, each.other, each.clock) for each in here.values() if each.id in kept and each.other)
            together = clusters(pairs(each for each in pairings if each.action in (LINK, APART)))
        yield Step(cause, {}, let_in, left_out, together)


def _tied(arrivals: Sequence[Arrival]) -> Iterable[list[Arrival]]:
    """Groups that corrections and equal contents tie together: nothing outside a group changes a state in it."""
    by_id = {each.id: each for each in arrivals}
    leads: dict[str, str] = {each.id: each.id for each in arrivals}

    def first(id: str) -> str:
        while leads[id] != id:
            leads[id] = leads[leads[id]]
            id = leads[id]
        return id

    marked: dict[str, str] = {}
    for each in arrivals:
        if each.supersedes in by_id:
            leads[first(each.id)] = first(each.supersedes)
        if each.mark is not None:
            leads[first(each.id)] = first(marked.setdefault(each.mark, each.id))
    groups: defaultdict[str, list[Arrival]] = defaultdict(list)
    for each in arrivals:
        groups[first(each.id)].append(each)
    return groups.values()


def _held_until(tied: Sequence[Arrival], decided: Sequence[Decision]) -> dict[str, Decision]:
    """Of each submission that the rules held at first and let in when judged again: the decision that says so."""
    found: dict[str, Decision] = {}
    state: dict[str, str] = {}
    verdicts = {each.id: each.verdict for each in tied}
    for step in _replay_tied(tied, decided, {}):
        cause = step.cause
        if isinstance(cause, Decision) and cause.action == REJUDGE and not step.states and state[cause.submission] == verdicts[cause.submission] == "accepted":
            found[cause.submission] = cause
        state.update(step.states)
    return found


def _replay_tied(tied: Sequence[Arrival], decided: Sequence[Decision], held_until: Mapping[str, Decision]) -> list[Step]:
    if len(tied) == 1 and not decided and tied[0].supersedes is None:  # nearly all: it came, and that was all
        (arrival,) = tied
        return [Step(arrival, {arrival.id: arrival.verdict}, {arrival.id: None} if arrival.verdict == "accepted" else {})]
    causes: list[Cause] = sorted([*tied, *decided], key=order)
    here: dict[str, Arrival] = {}
    said: defaultdict[str, list[Decided]] = defaultdict(list)
    verdict = {each.id: "held" if each.id in held_until else each.verdict for each in tied}
    states: dict[str, str] = {}
    steps = []
    for cause in causes:
        if isinstance(cause, Arrival):
            here[cause.id] = cause
        elif isinstance(cause, Decision):
            if held_until.get(cause.submission) == cause:
                verdict[cause.submission] = "accepted"
            said[cause.submission].append(Decided(cause.action, "", (), cause.by, cause.at, cause.clock))
        now = _states(here, verdict, said)
        changed = {id: state for id, state in now.items() if states.get(id) != state}
        left_out = frozenset(id for id in changed if states.get(id) == "accepted")
        let_in = {id: _clock_of_letting_in(id, cause, decided) for id, state in changed.items() if state == "accepted"}
        steps.append(Step(cause, changed, let_in, left_out))
        states = now
    return steps


def _states(here: Mapping[str, Arrival], verdict: Mapping[str, str], said: Mapping[str, Sequence[Decided]]) -> dict[str, str]:
    def link(each: Arrival) -> Link:
        decided = said.get(each.id, ())
        base = base_state(verdict[each.id], decided, waits({"supersedes": each.supersedes}, here))
        effective = effective_clock(each.clock, each.device, each.received_at)
        return Link(each.id, each.worker, each.supersedes, base, effective, each.mark, any(one.action in BY_PEOPLE for one in decided))

    return states_of(link(each) for each in here.values())


def _clock_of_letting_in(id: str, cause: Cause, decided: Iterable[Decision]) -> str | None:
    """None where its own clock counts: it was accepted as it arrived, or had waited for what it corrects."""
    if isinstance(cause, Decision) and cause.action == FORCE:
        return None
    if not isinstance(cause, Arrival):
        return cause.clock
    if cause.id == id:
        return None
    noted = (each.clock for each in decided if each.submission == id and each.action == REJUDGE and each.at == cause.received_at)
    return next(noted, None)
