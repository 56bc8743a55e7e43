"""How long linkage takes in a store: a first run over all, then one new person at a time.

    python -m benchmarks.linkage_store sqlite:////tmp/linkage.sqlite 1000000

The people are those of benchmarks/people.py, with the households they live in. A store that is filled already is measured again without filling it.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import func, select

from benchmarks.people import Row, rows
from benchmarks.report import machine, percentile, table
from sync import linkage
from sync.linkage import profile
from sync.store import Store, linkage_statements, open_store, statements, upgrade
from sync.store.models import LinkageKey, Suggestion
from sync.store.models import table as table_of
from sync.suggestions import Suggestions, candidates

FILLED_TOGETHER = 2_000
NEW_PEOPLE = 300
NOON = datetime(2026, 2, 3, 12, 0)


def fill(store: Store, people: Iterable[Row]) -> None:
    """Records as the merge worker leaves them, and all of them in the queue."""
    areas: set[str] = set()
    left = iter(people)
    while some := list(islice(left, FILLED_TOGETHER)):
        new = {each.area for each in some} - areas - {""}
        areas |= new
        with store.writing() as connection:
            names = [{"id": area, "parent": None, "level": "community", "place": area, "name_zh": area, "name_en": area} for area in sorted(new)]
            statements.add(connection, statements.areas, names)
            records = {row["id"]: row for each in some for row in records_of(each)}
            statements.put_records(connection, list(records.values()))
    with store.writing() as connection:
        linkage_statements.queue_all(connection)


def records_of(row: Row) -> Iterator[dict[str, Any]]:
    door = {name: value for name, value in (("building", row.building), ("unit", row.unit), ("room", row.room)) if value}
    home = "household:" + hashlib.sha256("|".join((row.area, *door.values())).encode()).hexdigest()[:26] if door else None
    if home:
        yield _record(home, row.area, door, " ".join(door.values()), None)
    said = {"name": row.name, "sex": row.sex, "birth_date": row.birth_date, "phone": row.phone, "id_number": row.id_number, "household": home or ""}
    said |= {"kind": "0", "relation": "1", "temperature": "36.6", "health_code": "green"}
    yield _record("person:" + row.id, row.area, {name: value for name, value in said.items() if value}, row.name, home)


def _record(id: str, area: str, values: dict[str, str], label: str, home: str | None) -> dict[str, Any]:
    entry = {"worker": "w0042", "device": "d-7f3a0001", "at": "2026-02-03T12:00:00+08:00", "clock": "1770080102000-0000-d-7f3a0001", "form": "household_survey"}
    fields = {name: {"value": value, "submission": f"submission:{id[-8:]}", **entry} for name, value in values.items()}
    body = {"_id": id, "type": "record", "kind": id.partition(":")[0], "area": area, "label": label, "fields": fields}
    common = {"person": None, "search": label, "state": None, "linked_to": None, "updated_at": NOON}
    return {"id": id, "kind": body["kind"], "area": area or None, "household": home, "label": label, "body": orjson.dumps(body), **common}


def first_run(store: Store) -> list[list[str]]:
    """Until the queue is empty; a line for each tenth of those that waited at first."""
    worker = Suggestions(store)
    with store.reading() as connection:
        total = sum(linkage_statements.waiting(connection).values())
    began = last = time.monotonic()
    done = 0
    steps: list[float] = []
    lines: list[list[str]] = []
    while step := worker.run_once():
        now = time.monotonic()
        steps.append(now - last)
        last, done = now, done + step
        if done >= (len(lines) + 1) * total / 10:
            rate = done / (now - began)
            lines.append([f"{done:,}", f"{now - began:,.0f} s", f"{rate:,.0f}", f"{percentile(steps, 95) * 1000:.0f} ms", f"{max(steps):.2f} s"])
            print("  ".join(lines[-1]), flush=True)
            steps = []
    print(f"{done:,} compared in {time.monotonic() - began:,.0f} s", flush=True)
    return lines


def one_at_a_time(store: Store, people: int) -> list[list[str]]:
    """People who are recorded once more: each is written, then linked in a step of its own; and what only asking for candidates takes."""
    chance = random.Random(7)  # noqa: S311 - a choice of invented people
    chosen = [f"person:r{number:07}" for number in chance.sample(range(people), NEW_PEOPLE)]
    with store.reading() as connection:
        rows = connection.execute(select(statements.records).where(statements.records.c.id.in_(chosen))).mappings().all()
    taken, busy, asked, worker = [], [], [], Suggestions(store)
    for number, row in enumerate(rows):
        new = {**row, "id": f"person:new{number:05}"}
        made = profile("person", new["id"], orjson.loads(row["body"])["fields"], {"place": row["area"]})
        if made is None:
            continue
        with store.reading() as connection:
            began = time.perf_counter()
            candidates(connection, made)
            asked.append(time.perf_counter() - began)
        with store.writing() as connection:
            statements.put_records(connection, [new])
            linkage_statements.queue(connection, [new["id"]])
        began, computing = time.perf_counter(), time.process_time()
        worker.run_once()
        taken.append(time.perf_counter() - began)
        busy.append(time.process_time() - computing)
        _empty(worker)
    with store.writing() as connection:
        gone = [f"person:new{number:05}" for number in range(len(rows))]
        statements.remove_records(connection, gone)
        linkage_statements.queue(connection, gone)
    _empty(worker)
    return [
        [what, *(f"{percentile(values, share) * 1000:.1f} ms" for share in (50, 95, 100))]
        for what, values in (("candidates of one", asked), ("one new person, keys and suggestions written", taken), ("… of that on the processor", busy))
    ]


def _empty(worker: Suggestions) -> None:
    while worker.run_once():
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("people", type=int)
    arguments = parser.parse_args()
    upgrade(arguments.url)
    store = open_store(arguments.url)
    with store.reading() as connection:
        there = connection.execute(select(func.count()).select_from(statements.records)).scalar_one()
    if not there:
        began = time.monotonic()
        fill(store, rows(arguments.people, seed=1))
        print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
    lines = first_run(store)
    if lines:
        table("A first run over all", ("records", "after", "a second", "step, p95", "longest step"), lines)
    one_at_a_time(store, arguments.people)  # the first ones wait for tables to be read
    table("One new person", ("", "half", "p95", "longest"), one_at_a_time(store, arguments.people))
    with store.reading() as connection:
        keys, pairs = (connection.execute(select(func.count()).select_from(table_of(model))).scalar_one() for model in (LinkageKey, Suggestion))
    print(f"\n{keys:,} keys ({linkage.KEY_RECORDS_MAX:,} records under one at most), {pairs:,} suggestions")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB; {machine()}")


if __name__ == "__main__":
    main()
