"""Lists are read from the index that fits them, also where a store holds a million records and SQLite has no figures to go by."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from sync.store import open_store, reading, reading_submissions, ruling_statements, statements, upgrade
from sync.store.models import Record, table
from sync.store.reading import RecordQuery
from sync.store.reading_submissions import SubmissionQuery
from sync.store.searchable import Keeper

NOON = datetime(2026, 2, 3, 12)
MANY = frozenset(f"g{number}" for number in range(900))
IDS = [f"person:{number}" for number in range(1_500)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """With one person, who is searchable."""
    url = f"sqlite:///{tmp_path_factory.mktemp('plans')}/central.db"
    upgrade(url)
    store = open_store(url)
    with store.writing() as connection:
        row = {"id": "person:a", "kind": "person", "label": "何伶俐", "search": "何伶俐 helingli hll", "updated_at": NOON, "body": b"{}"}
        connection.execute(table(Record).insert().values(**row))
    assert Keeper(store).bring_up(NOON + timedelta(hours=1)) == 1
    yield store
    store.close()


def plan(store, read):
    """The steps of what is asked, small tables left out."""
    asked = []

    def note(_connection, _cursor, words, values, *_):
        asked.append((words, values))

    event.listen(store.engine, "before_cursor_execute", note)
    with store.reading() as connection:
        read(connection)
        event.remove(store.engine, "before_cursor_execute", note)
        steps = [row[3] for words, values in asked for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)]
    return [step for step in steps if not any(small in step for small in ("shown_also", "kept", "EXISTS"))]


def of_records(store, **query):
    return plan(store, lambda connection: reading.records_page(connection, RecordQuery("person", **query)))


def of_submissions(store, **query):
    return plan(store, lambda connection: reading_submissions.submissions_page(connection, SubmissionQuery(**query)))


@pytest.mark.parametrize("filters", [{"area": frozenset({"g1"})}, {"within": frozenset({"g1", "g2"})}, {"area": frozenset({"g1"}), "search": "wang"}])
def test_people_of_a_grid_are_found_by_the_grid(store, filters):
    assert any("records_by_area (area=?)" in step for step in of_records(store, **filters))


@pytest.mark.parametrize("filters", [{}, {"disputed": True}, {"within": MANY}, {"health_code": "green"}, {"state": "done", "order": "newest"}])
def test_other_lists_walk_over_one_index_and_read_no_record(store, filters):
    assert "SEARCH records USING COVERING INDEX records_for_lists (kind=?)" in of_records(store, **filters)


def test_the_disputed_are_counted_among_the_disputed(store):
    steps = plan(store, lambda connection: reading.count(connection, RecordQuery("person", disputed=True), 5_000))
    assert any("INDEX queue_disputes (harm=?)" in step for step in steps)


def test_the_newest_of_all_are_found_by_their_time(store):
    assert of_records(store, order="newest")[0] == "SEARCH records USING INDEX records_by_update (kind=?)"


@pytest.mark.parametrize("filters", [{"fever": True}, {"fever": True, "order": "temperature"}, {"health_code": "red"}, {"order": "temperature"}])
def test_the_few_that_are_looked_for_first_have_an_index_of_their_own(store, filters):
    assert any("COVERING INDEX records_watched" in step for step in of_records(store, **filters)[:2])


def test_a_search_walks_over_texts_alone(store):
    assert "SEARCH searchable USING COVERING INDEX searchable_in_order (kind=?)" in of_records(store, search="ling")


def test_what_changed_since_it_was_made_searchable_is_found_by_its_time(store):
    with store.writing() as connection:
        connection.execute(table(Record).update().values(updated_at=NOON + timedelta(minutes=5)))
    steps = of_records(store, search="ling")
    with store.writing() as connection:
        connection.execute(table(Record).update().values(updated_at=NOON))
    assert "SEARCH searchable USING COVERING INDEX searchable_in_order (kind=?)" in steps
    assert any("records_by_update (kind=? AND updated_at>?)" in step for step in steps)


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"area": frozenset({"g1"})}, "submissions_by_area (area=?)"),
        ({"within": MANY, "state": "rejected"}, "submissions_by_area (area=? AND state=?)"),
        ({"state": "rejected"}, "submissions_by_state (state=?)"),
        ({"form": "survey"}, "submissions_by_form (form=?)"),
        ({"worker": "w1"}, "submissions_by_worker (worker=?)"),
        ({"since": NOON}, "submissions_by_receipt (received_at>?)"),
        ({"since": NOON, "area": frozenset({"g1"})}, "submissions_by_receipt (received_at>?)"),
    ],
)
def test_submissions_are_found_by_what_is_asked(store, filters, index):
    assert f"SEARCH submissions USING COVERING INDEX {index}" in of_submissions(store, **filters)


def test_what_belongs_with_a_record_is_found_by_what_names_it(store):
    person = {"id": "person:b", "kind": "person", "household": "household:a", "person": None}
    steps = plan(store, lambda connection: reading.linked(connection, person, None))
    assert sum("ix_records_household (household=?)" in step or "ix_records_person (person=?)" in step for step in steps) == 2, steps


BY_MANY_IDS = {
    "what counts": lambda connection: statements.counting(connection, IDS),
    "what is gone on from": lambda connection: statements.begun(connection, IDS),
    "submissions": lambda connection: statements.submission_rows(connection, IDS, "state"),
    "corrections": lambda connection: statements.superseding(connection, IDS),
    "copies": lambda connection: statements.of_marks(connection, IDS),
    "all that is tied to them": lambda connection: statements.related(connection, IDS),
    "where records lie": lambda connection: ruling_statements.lying(connection, IDS),
    "what lies with them": lambda connection: ruling_statements.dependents(connection, IDS),
    "rulings": lambda connection: ruling_statements.about(connection, IDS),
}


@pytest.mark.parametrize("read", BY_MANY_IDS.values(), ids=BY_MANY_IDS)
def test_what_a_batch_asks_of_many_ids_is_looked_up_in_an_index(store, read):
    steps = plan(store, read)
    assert any("SEARCH" in step for step in steps)
    assert {step.partition(" VIRTUAL")[0] for step in steps if step.startswith("SCAN")} == {"SCAN json_each"}
