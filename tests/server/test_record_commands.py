"""`flask records check` and `recompute`: what they say, to whom, and how they end."""

from datetime import datetime

import pytest
from sqlalchemy import insert, select

from server.stores import stores
from sync.store.models import Outbox, Record, table

records = table(Record)
LOST = "premises:aaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def run(app):
    return lambda *arguments: app.test_cli_runner().invoke(args=["records", *arguments])


@pytest.fixture
def nobodys_record(app):
    """A record that no submission speaks of."""
    row = {"id": LOST, "kind": "premises", "area": "g0311", "label": "1栋", "search": "", "also_in": "", "sort": "", "disputes": 0, "body": b"{}"}
    with app.app_context(), stores().store.writing() as connection:
        connection.execute(insert(records).values(**row, updated_at=datetime(2026, 2, 3)))


def test_a_store_in_order_ends_with_0(run):
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "Looked at 0 submissions and 0 records. Nothing differs.\n")
    assert run("recompute").stdout == "Looked at 0 submissions and 0 records. Nothing differed.\n"


@pytest.mark.parametrize("chosen", [[], ["--area", "g0311"], ["--sample", "5"]])
def test_what_differs_is_listed_and_it_ends_with_1(run, nobodys_record, chosen):
    result = run("check", *chosen)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == f"record {LOST}"
    assert "1 differ; `records recompute` puts them right." in result.stdout


def test_another_area_another_part_and_what_was_not_asked_for_is_not_looked_at(run, nobodys_record):
    assert run("check", "--area", "g0312").exit_code == 0
    assert {run("check", "--part", part).exit_code for part in ("1/2", "2/2")} == {0, 1}
    assert run("check", "--only", "submissions", "--only", "rulings").exit_code == 0
    assert run("recompute", "--only", "submissions").exit_code == 0
    assert "3/2 is no part: 2/5 is the second of five." in run("check", "--part", "3/2").stderr
    assert "give --sample or --part" in run("check", "--sample", "3", "--part", "1/2").stderr


def test_what_differs_is_put_right_and_phones_are_told(run, app, nobodys_record):
    assert "1 differed and were put right." in run("recompute").stdout
    assert run("check").exit_code == 0
    with app.app_context(), stores().store.reading() as connection:
        waiting = connection.execute(select(table(Outbox).c.database, table(Outbox).c.document_id, table(Outbox).c.body)).all()
    assert waiting == [("area-g0311", LOST, None)]
