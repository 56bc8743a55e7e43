"""What the office's pages take over a large store: the record page, the queue, lists with filters and searches.

    python -m benchmarks.office_pages URL      a store that benchmarks/filled_store.py has filled

Each page is asked for ROUNDS times through the application as a browser would, signed in as an administrator; median and slowest, beside the aim.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import event, select

from benchmarks.report import table, verdict
from server.accounts import add_account
from server.app import create_app
from server.errors import Conflict
from server.settings import read_settings
from server.stores import db, stores
from sync.store import models as m
from sync.store import open_store

PAGE_MS_MAX = 200
ROUNDS = 7
SECONDS_A_PAGE_MAX = 4
"""A page that has taken so long is not asked for again."""
PASSWORD = "benchmark-only"  # noqa: S105


def main(arguments: Sequence[str]) -> None:
    measure(arguments[0], explain="--explain" in arguments)


def measure(url: str, explain: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(read_settings({"DOORSTEP_DATA": folder, "DATABASE_URL": url, "DOORSTEP_DEMO": "1"}))
        with app.app_context():
            session = stores().session
            with suppress(Conflict):
                add_account(session, "benchmark", "基准", "administrator", PASSWORD)
                session.commit()
        client = app.test_client()
        mark = client.get("/sign-in").text.partition('name="csrf_token" value="')[2].partition('"')[0]
        answer = client.post("/sign-in", data={"csrf_token": mark, "username": "benchmark", "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        rows = []
        for words, path in pages(url):
            spent = []
            for _ in range(ROUNDS):
                if sum(spent) > SECONDS_A_PAGE_MAX * 1000:
                    break
                started = time.perf_counter()
                answer = client.get(path)
                spent.append(1000 * (time.perf_counter() - started))
                assert answer.status_code == 200, f"{path}: {answer.status_code}"
            median = statistics.median(spent)
            print(f"  {words}: {median:,.0f} ms", file=sys.stderr, flush=True)
            rows.append([words, f"{median:,.0f}", f"{max(spent):,.0f}", verdict(median < PAGE_MS_MAX)])
            if explain:
                with app.app_context():
                    slow_statements(client, path)
        table(f"pages of the office, ms (aim: under {PAGE_MS_MAX})", ["", "median", "slowest", "aim"], rows)
        with app.app_context():
            db.engine.dispose()


def pages(url: str) -> list[tuple[str, str]]:
    """What is looked at: words and address."""
    store = open_store(url)
    records, areas = m.table(m.Record), m.table(m.Area)
    with store.reading() as connection:
        some = {
            kind: connection.execute(select(records.c.id).where(records.c.kind == kind).limit(1).offset(100)).scalar_one()
            for kind in ("household", "person", "quarantine_case")
        }
        grid = connection.execute(select(areas.c.id).where(areas.c.level == "grid").limit(1).offset(7)).scalar_one()
        held = connection.execute(select(m.table(m.Submission).c.id).where(m.table(m.Submission).c.state == "held").limit(1)).scalar_one()
    store.close()
    return [
        ("record page: a household", f"/records/{some['household']}"),
        ("record page: a person", f"/records/{some['person']}"),
        ("record page: a case with its checks", f"/records/{some['quarantine_case']}"),
        ("queue", "/queue"),
        ("queue: disputes only", "/queue?sort=dispute"),
        ("queue: held only", "/queue?sort=held"),
        ("people, all", "/people"),
        ("people of a grid", f"/people?area={grid}"),
        ("people: search 13900", "/people?q=13900"),
        ("people: search 王伟", "/people?q=王伟"),
        ("people: search wangwei", "/people?q=wangwei"),
        ("people, disputed", "/people?disputed=1"),
        ("households, all", "/households"),
        ("households of a grid", f"/households?area={grid}"),
        ("submissions, all", "/submissions"),
        ("submissions, held", "/submissions?state=held"),
        ("submissions of a grid", f"/submissions?area={grid}"),
        ("a held submission", f"/submissions/{held}"),
        ("overview", "/"),
    ]


def slow_statements(client: object, path: str, slow_ms: float = 20) -> None:
    """Prints the statements behind one page that take long."""
    begun: list[float] = []

    def before(*_: object) -> None:
        begun.append(time.perf_counter())

    def after(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        spent = 1000 * (time.perf_counter() - begun.pop())
        if spent > slow_ms:
            print(f"    {path} {spent:,.0f} ms: {' '.join(statement.split())[:300]}")

    event.listen(db.engine, "before_cursor_execute", before)
    event.listen(db.engine, "after_cursor_execute", after)
    client.get(path)  # type: ignore[attr-defined]
    event.remove(db.engine, "before_cursor_execute", before)
    event.remove(db.engine, "after_cursor_execute", after)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
