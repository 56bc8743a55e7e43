"""Lists are read from the index that fits them, also where a store holds a million records and SQLite has no figures to go by."""

import pytest
from sqlalchemy import event

from sync.store import open_store, reading, upgrade
from sync.store.reading import RecordQuery


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path}/central.db"
    upgrade(url)
    store = open_store(url)
    yield store
    store.close()


def plans(store, query):
    return plans_of(store, lambda connection: reading.records_page(connection, query))


def plans_of(store, read):
    asked = []
    event.listen(store.engine, "before_cursor_execute", lambda connection, cursor, words, values, *_: asked.append((words, values)))
    with store.reading() as connection:
        read(connection)
        return [row[3] for words, values in list(asked) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)]


@pytest.mark.parametrize("filters", [{"area": frozenset({"g1"})}, {"within": frozenset({"g1", "g2"})}, {"area": frozenset({"g1"}), "search": "wang"}])
def test_people_of_a_grid_are_found_by_the_grid(store, filters):
    assert any("records_by_area (area=?)" in step for step in plans(store, RecordQuery("person", **filters)))


@pytest.mark.parametrize("filters", [{}, {"search": "wang"}, {"disputed": True}, {"within": frozenset(f"g{number}" for number in range(3_000))}])
def test_other_lists_walk_over_one_index_and_read_no_record(store, filters):
    steps = plans(store, RecordQuery("person", **filters))
    assert steps[0] == "SEARCH records USING COVERING INDEX records_for_lists (kind=?)"


def test_what_belongs_with_a_record_is_found_by_what_names_it(store):
    person = {"id": "person:b", "kind": "person", "household": "household:a", "person": None}
    steps = plans_of(store, lambda connection: reading.linked(connection, person, None))
    assert sum("ix_records_household (household=?)" in step or "ix_records_person (person=?)" in step for step in steps) == 2, steps
