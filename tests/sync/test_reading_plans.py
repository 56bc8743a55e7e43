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
    asked = []
    event.listen(store.engine, "before_cursor_execute", lambda connection, cursor, words, values, *_: asked.append((words, values)))
    with store.reading() as connection:
        reading.records_page(connection, query)
        return [row[3] for words, values in list(asked) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)]


@pytest.mark.parametrize("filters", [{"area": frozenset({"g1"})}, {"within": frozenset({"g1", "g2"})}, {"area": frozenset({"g1"}), "search": "wang"}])
def test_people_of_a_grid_are_found_by_the_grid(store, filters):
    assert any("records_by_area (area=?)" in step for step in plans(store, RecordQuery("person", **filters)))


@pytest.mark.parametrize("filters", [{}, {"search": "wang"}, {"disputed": True}, {"within": frozenset(f"g{number}" for number in range(3_000))}])
def test_other_lists_walk_over_one_index_and_read_no_record(store, filters):
    steps = plans(store, RecordQuery("person", **filters))
    assert steps[0] == "SEARCH records USING COVERING INDEX records_for_lists (kind=?)"
