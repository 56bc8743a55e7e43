"""From feed to committed records and receipts: submissions a second of the household survey with 4 members, and what the time goes into.

    python -m benchmarks.pipeline

A store and an engine on disk, one process, one core. Median of 5 runs; each run takes 2,000 submissions of 8 workers about 1,000 households:
half are new, half are second visits.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from forms.check import publishable
from forms.form import Form
from sync import clock, conflicts, judged, ledger
from sync.engine import Engine
from sync.identity import household_id, ulid
from sync.pipeline import Pipeline
from sync.store import Store, open_store, statements, upgrade
from sync.store.models import Account, Area, Assignment, table
from sync.store.published import publish_form

RUNS = 5
SUBMISSIONS = 2_000
WORKERS = 8
HOUSEHOLDS = 1_000
NOON = datetime(2026, 2, 3, 4, 0)
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周", ("伟", "芳", "秀英", "建国", "伶俐", "玉兰", "志强", "梅")
CATALOGUE = Path(__file__).parent.parent / "forms" / "catalogue"


def main() -> None:
    form = publishable((CATALOGUE / "household_survey.md").read_text(), ".md").form
    assert form is not None
    rates, shares = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            rate, share = one_run(Path(folder), form)
        rates.append(rate)
        shares.append(share)
    print(f"pipeline: {statistics.median(rates):,.0f} submissions/s, feed to committed records and receipts (household survey, 4 members; median of {RUNS})")
    print(f"          runs: {', '.join(f'{rate:,.0f}' for rate in sorted(rates))}")
    microseconds = {part: statistics.median(share[part] for share in shares) for part in shares[0]}
    for part, each in microseconds.items():
        print(f"          {each:7.0f} µs  {part}")


def one_run(folder: Path, form: Form) -> tuple[float, dict[str, float]]:
    """Submissions a second, and microseconds a submission by part."""
    url = f"sqlite:///{folder}/central.db"
    upgrade(url)
    store, databases = open_store(url), Engine(folder / "sync")
    found(store, databases, form)
    for worker in range(WORKERS):
        databases.publish(f"worker-w{worker}", [submission(number) for number in range(worker, SUBMISSIONS, WORKERS)])
    pipeline = Pipeline(store, databases)
    with Watch() as watch:
        started = time.perf_counter()
        pipeline.run_once()  # compiles the form
        compiled = time.perf_counter() - started
        watch.spent.clear()
        started = time.perf_counter()
        taken_before = count(store)
        while count(store) < SUBMISSIONS:
            pipeline._take(pipeline._next_batch())
        spent = time.perf_counter() - started
    taken = SUBMISSIONS - taken_before
    assert accepted(store) == SUBMISSIONS, f"{accepted(store)} of {SUBMISSIONS} accepted"
    share = {part: 1e6 * seconds / taken for part, seconds in watch.spent.items()}
    share["everything else: reading the feed, receipts, commit"] = 1e6 * spent / taken - sum(share.values())
    started = time.perf_counter()
    delivered = 0
    while done := pipeline._delivery.run_once():
        delivered += done
    share["afterwards, not counted above: delivering receipts and records to the sync engine"] = 1e6 * (time.perf_counter() - started) / SUBMISSIONS
    databases.close()
    store.close()
    assert compiled > 0 and delivered > 0
    return taken / spent, share


class Watch:
    """Times calls of a few functions by standing in for them while a run lasts."""

    PARTS = (
        (judged, "validate", "validate: envelope, who, where, the form's rules"),
        (ledger, "merge", "merge"),
        (conflicts.statements, "submission_rows", "store: seen before?"),
        (statements, "counting", "store: read what counts"),
        (statements, "record_areas", "store: read where records are"),
        (statements, "add", "store: add submissions, contributions, outbox"),
        (statements, "put_records", "store: put records"),
    )

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._real: list[tuple[Any, str, Callable]] = []

    def __enter__(self) -> Watch:
        for module, name, part in self.PARTS:
            real = getattr(module, name)
            self._real.append((module, name, real))
            setattr(module, name, self._timed(real, part))
        return self

    def __exit__(self, *_: object) -> None:
        for module, name, real in self._real:
            setattr(module, name, real)

    def _timed(self, real: Callable, part: str) -> Callable:
        def timed(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return real(*arguments, **named)
            finally:
                self.spent[part] += time.perf_counter() - started

        return timed


def found(store: Store, databases: Engine, form: Form) -> None:
    with store.writing() as connection:
        connection.execute(table(Area).insert().values(id="g0311", parent=None, level="grid", place="c03", name_zh="网格", name_en="Grid"))
        for worker in range(WORKERS):
            account = {"id": f"w{worker}", "username": f"w{worker}", "name": "王芳", "password_hash": "!", "role": "surveyor", "language": "zh", "active": True}
            connection.execute(table(Account).insert().values(**account, created_at=NOON))
            connection.execute(table(Assignment).insert().values(account=f"w{worker}", area="g0311", since=NOON - timedelta(days=30), until=None))
        publish_form(connection, form.as_document(), source=b"", source_type=".md", audience="phone", now=NOON, published_by=None)
    for name in ("forms", "area-g0311", *(f"worker-w{worker}" for worker in range(WORKERS))):
        databases.create(name, {})


def submission(number: int) -> dict[str, Any]:
    worker, door = f"w{number % WORKERS}", number % HOUSEHOLDS
    building, unit, room = str(1 + door // 250), str(1 + door % 5), str(100 * (1 + door % 30) + door % 7)
    household = household_id(b"benchmark", "c03", building, unit, room, 1 + door % 9)
    device, written = f"d-{worker}", NOON + timedelta(seconds=number)
    outcome = {"mode": "door", "outcome": "done", "visited_at": written.isoformat() + "+00:00"}
    return {
        "_id": f"submission:{ulid()}",
        "type": "submission",
        "form": "household_survey",
        "version": "1",
        "area": "g0311",
        "answers": {
            "household_id": household,
            "visit": outcome,
            "address": {"building": building, "unit": unit, "room": room, "ordinal": 1 + door % 9, "household_phone": f"135{door:08d}"},
            "members": [member(door, index) for index in range(4)],
            "household_needs": {"needs": ["food"], "member_count": 4, "vulnerable_count": 1, "fever_count": 0},
            "closing": {"position": {"latitude": 29.84, "longitude": 114.32, "altitude": 0, "accuracy": 12.5}, "consent": "yes"},
        },
        "based_on": {},
        "started_at": written.isoformat() + "+00:00",
        "finished_at": written.isoformat() + "+00:00",
        "clock": clock.format(clock.milliseconds(written), 0, device),
        "clock_offset_ms": 0,
        "worker": worker,
        "device": device,
        "app": "0.1.0",
        "supersedes": None,
        "media": [],
    }


def member(door: int, index: int) -> dict[str, Any]:
    return {
        "person_id": f"person:{door:020d}{index:06d}",
        "name": SURNAMES[(door + index) % 10] + GIVEN[(door * 7 + index) % 8],
        "sex": str(1 + index % 2),
        "birth_year": 1950 + (door + index * 11) % 60,
        "relation": str(index),
        "phone": f"139{door:06d}{index:02d}",
        "kind": "resident",
        "temperature": 36.0 + index / 10,
        "symptoms": ["none"],
        "health": {"contact_history": "no", "health_code": "green", "vulnerable": ["elderly_alone"] if index == 3 else []},
    }


def count(store: Store) -> int:
    with store.reading() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM submissions").scalar_one()


def accepted(store: Store) -> int:
    with store.reading() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM submissions WHERE state = 'accepted'").scalar_one()


if __name__ == "__main__":
    sys.exit(main())
