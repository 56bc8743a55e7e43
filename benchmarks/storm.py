"""The reconnect storm: 500 phones come back at the same moment, each with 20 surveys. `python -m benchmarks storm [phones]`

The product as `make run` starts it, web processes and merge worker, over real HTTP. Each phone gets a new token, pushes, waits for its
20 receipts, and pulls the records of its area: those of its own households and of the four colleagues there. Nothing may be lost: every phone counts, and
so does who looks into the central store afterwards.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from datetime import timedelta
from typing import Any

import psutil
import requests
from sqlalchemy import text

from benchmarks.phone import Phone
from benchmarks.pipeline import CATALOGUE, NOON, member
from benchmarks.report import machine, percentile, table
from benchmarks.servers import ROOT, SECRET, free_port, running
from forms.check import publishable
from server.provision import area_database, inbox_database, provide_area, provide_forms, provide_worker
from server.refresh_tokens import first_token
from server.settings import Settings, read_settings
from sync import clock
from sync.engine import Engine
from sync.identity import household_id, ulid
from sync.store import open_store, upgrade
from sync.store.models import Account, Area, Assignment, Device
from sync.store.models import table as table_of
from sync.store.published import publish_form

PHONES = 500
SURVEYS = 20
PHONES_PER_AREA = 5
LOOK_SECONDS = 0.25
KINDS = ("refresh", "info", "checkpoint", "_revs_diff", "_bulk_docs", "_changes", "_bulk_get")


def main(phones_wanted: int = PHONES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DOORSTEP_DATA": folder, "DOORSTEP_SECRET": SECRET, "DOORSTEP_PORT": str(free_port())}
        settings = read_settings(environment)
        url = f"http://127.0.0.1:{settings.port}"
        phones = found(settings, url, phones_wanted)
        with running([sys.executable, "-m", "flask", "--app", "wsgi", "serve"], ROOT, environment, f"{url}/healthz") as process:
            memory = Memory(process.pid)
            before = memory.now()
            seconds = unleash(phones, memory)
            metrics = requests.get(f"{url}/metrics", timeout=60).text
        assert "doorstep_outbox_documents 0" in metrics, "the outbox is empty"
        lost = count_lost(settings, phones)
    show(phones, seconds, before, memory, lost)
    if lost:
        sys.exit("Something was lost.")


def found(settings: Settings, url: str, count: int) -> list[Phone]:
    """An organisation with so many surveyors, who have all synced before: databases and devices are there."""
    form = publishable((CATALOGUE / "household_survey.md").read_text(), ".md").form
    assert form is not None
    upgrade(settings.database_url)
    store, databases = open_store(settings.database_url), Engine(settings.engine_folder)
    phones = []
    with store.writing() as connection:
        for area in range((count + PHONES_PER_AREA - 1) // PHONES_PER_AREA):
            values = {"id": f"g{area:04}", "parent": None, "level": "grid", "place": "c03", "name_zh": f"第{area}网格", "name_en": f"Grid {area}"}
            connection.execute(table_of(Area).insert().values(**values))
        for number in range(count):
            worker, device, area = f"w{number:04}", f"d-{number:08x}", f"g{number // PHONES_PER_AREA:04}"
            token, token_hash = first_token(device)
            account = {"id": worker, "username": worker, "name": "王芳", "password_hash": "!", "role": "surveyor", "language": "zh", "active": True}
            connection.execute(table_of(Account).insert().values(**account, created_at=NOON))
            connection.execute(table_of(Assignment).insert().values(account=worker, area=area, since=NOON - timedelta(days=30), until=None))
            seen = {"created_at": NOON, "last_seen_at": NOON}
            connection.execute(table_of(Device).insert().values(id=device, account=worker, refresh_hash=token_hash, app="0.1.0", **seen))
            phones.append(Phone(url, token, [survey(number, nth, worker, device, area) for nth in range(SURVEYS)]))
        publish_form(connection, form.as_document(), source=b"", source_type=".md", audience="phone", now=NOON, published_by=None)
    provide_forms(databases)
    for number in range(count):
        provide_worker(databases, f"w{number:04}")
        provide_area(databases, f"g{number // PHONES_PER_AREA:04}")
    databases.close()
    store.close()
    return phones


def survey(phone: int, nth: int, worker: str, device: str, area: str) -> dict[str, Any]:
    """One household with one member; its revision is as PouchDB would send it."""
    door = {"building": str(1 + phone), "unit": str(1 + nth % 4), "room": str(101 + 100 * (nth // 4))}
    written = NOON + timedelta(minutes=nth)
    outcome = {"mode": "door", "outcome": "done", "visited_at": f"{written.isoformat()}+00:00"}
    return {
        "_id": f"submission:{ulid()}",
        "_rev": "1-967a00dff5e02add41819138abb3284d",
        "_revisions": {"start": 1, "ids": ["967a00dff5e02add41819138abb3284d"]},
        "type": "submission",
        "form": "household_survey",
        "version": "1",
        "area": area,
        "answers": {
            "household_id": household_id(b"benchmark", "c03", **door, ordinal=1),
            "visit": outcome,
            "address": {**door, "ordinal": 1, "household_phone": f"135{phone:05}{nth:03}"},
            "members": [{**member(0, 0), "person_id": f"person:{phone:020}{nth:06}"}],
            "household_needs": {"needs": ["food"], "member_count": 1, "vulnerable_count": 0, "fever_count": 0},
            "closing": {"position": {"latitude": 29.84, "longitude": 114.32, "altitude": 0, "accuracy": 12.5}, "consent": "yes"},
        },
        "based_on": {},
        "started_at": f"{written.isoformat()}+00:00",
        "finished_at": f"{written.isoformat()}+00:00",
        "clock": clock.format(clock.milliseconds(written), 0, device),
        "clock_offset_ms": 0,
        "worker": worker,
        "device": device,
        "app": "0.1.0",
        "supersedes": None,
        "media": [],
    }


def unleash(phones: list[Phone], memory: Memory) -> float:
    """All at once, until the last one is done; seconds."""
    began = time.perf_counter()
    threads = [threading.Thread(target=phone.run, args=(began,), daemon=True) for phone in phones]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        memory.look()
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - began
    failures = [phone.failure for phone in phones if phone.failure]
    if failures:
        raise SystemExit(f"{len(failures)} of {len(phones)} phones gave up; the first: {failures[0]!r}")
    return seconds


class Memory:
    """Resident bytes of a server's processes, and the most there have been."""

    def __init__(self, pid: int) -> None:
        self._parent = psutil.Process(pid)
        self.most: dict[str, int] = {}

    def now(self) -> dict[str, int]:
        found = {"in all": 0}
        for process in [self._parent, *self._parent.children(recursive=True)]:
            try:
                size, command = process.memory_info().rss, " ".join(process.cmdline())
            except psutil.NoSuchProcess:
                continue
            role = "largest web process" if "gunicorn" in command else "merge worker" if "worker" in command else "parent"
            found[role] = max(found.get(role, 0), size)
            found["in all"] += size
        return found

    def look(self) -> None:
        for role, size in self.now().items():
            self.most[role] = max(self.most.get(role, 0), size)


def count_lost(settings: Settings, phones: list[Phone]) -> int:
    """Surveys without exactly one receipt that says accepted, in the phones, in the inboxes and in the store."""
    surveys = {survey["_id"] for phone in phones for survey in phone.surveys}
    in_phones = {id for phone in phones for id, status in phone.receipts.items() if status == "accepted"}
    store, databases = open_store(settings.database_url), Engine(settings.engine_folder)
    with store.reading() as connection:
        in_store = {id for (id,) in connection.execute(text("SELECT id FROM submissions WHERE state = 'accepted'"))}
    in_inboxes, in_areas = set(), set()
    for name in databases.names(inbox_database("")):
        for change in databases.changes(name, limit=5_000).changes:
            assert len(change.leaves) == 1
            if change.id.startswith("receipt:") and change.leaves[0].revision.startswith("1-"):
                in_inboxes.add(change.leaves[0].document["submission"])
    for name in databases.names(area_database("")):
        for change in databases.changes(name, limit=5_000).changes:
            in_areas |= {each["id"] for each in change.leaves[0].document.get("submissions", [])}
    databases.close()
    store.close()
    return len(surveys) - len(surveys & in_phones & in_store & in_inboxes & in_areas)


def show(phones: list[Phone], seconds: float, before: dict[str, int], memory: Memory, lost: int) -> None:
    surveys = sum(len(phone.surveys) for phone in phones)
    requests_made = sum(len(values) for phone in phones for values in phone.milliseconds.values())
    rows = []
    for kind in KINDS:
        values = [value for phone in phones for value in phone.milliseconds.get(kind, [])]
        rows.append([kind, f"{len(values):,}", *[f"{percentile(values, percent):,.0f}" for percent in (50, 95, 99)], f"{max(values):,.0f}"])
    table(f"Reconnect storm: {len(phones)} phones × {SURVEYS} surveys; requests, ms", ["", "number", "p50", "p95", "p99", "most"], rows)
    rows = []
    for point, label in (("pushed", "all pushed"), ("answered", "all receipts there"), ("done", "records pulled too")):
        values = [phone.seconds[point] for phone in phones]
        rows.append([label, *[f"{percentile(values, percent):.1f}" for percent in (50, 99)], f"{max(values):.1f}"])
    table("Seconds since the storm began, by phone", ["", "p50", "p99", "last"], rows)
    rows = [[role, f"{size / 1e6:,.0f}", f"{memory.most[role] / 1e6:,.0f}"] for role, size in before.items()]
    table("Memory of the server's processes, MB", ["", "before", "peak"], rows)
    print(f"\n  {surveys:,} surveys in {seconds:.1f} s: {surveys / seconds:,.0f} a second through push, merge, receipt and pull; {requests_made:,} requests.")
    print(f"  Told to come back later: {sum(phone.told_to_wait for phone in phones):,} times; broken connections: {sum(phone.broken for phone in phones):,}.")
    print(f"  Lost: {lost}. ({machine()})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
