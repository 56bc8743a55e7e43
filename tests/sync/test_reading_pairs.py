"""Which suggested pairs still wait for a person: not those that are one already, nor those told apart, themselves or through what they are one with."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from sync.store import open_store
from sync.store.models import Record, RecordLink, Ruling, Suggestion, table
from sync.store.reading_pairs import Pairs, open_pairs, pairs_by_kind, suggestions
from sync.store.reading_queue import QueueQuery, queue_page

NOON = datetime(2026, 2, 3, 12, 0)


@pytest.fixture
def store(empty_store):
    opened = open_store(empty_store())
    yield opened
    opened.close()


def with_pairs(store, pairs, linked=(), ruled=()):
    """`pairs` and `ruled` as "ab", `linked` as "ab": b is linked to a."""
    with store.writing() as connection:
        linked_to = {pair[1]: f"person:{pair[0]}" for pair in linked}
        for name in "abcdef":
            row = {"id": f"person:{name}", "kind": "person", "area": "g0311", "label": name, "search": "", "updated_at": NOON, "body": b"{}"}
            connection.execute(table(Record).insert().values(**row, linked_to=linked_to.get(name)))
        for pair in pairs:
            lesser, greater = (f"person:{name}" for name in pair)
            row = {"lesser": lesser, "greater": greater, "kind": "person", "score": 7.5, "reasons": b"[]", "since": NOON}
            connection.execute(table(Suggestion).insert().values(row))
        for pair, state in [*((pair, "one") for pair in linked), *ruled]:
            lesser, greater = (f"person:{name}" for name in pair)
            action = "link" if state == "one" else "apart"
            ruling = {"id": f"r{pair}", "action": action, "record": lesser, "other": greater, "body": b"{}", "click": pair, "by": "admin", "at": NOON}
            connection.execute(table(Ruling).insert().values(**ruling, clock=pair))
            connection.execute(table(RecordLink).insert().values(lesser=lesser, greater=greater, state=state, ruling=f"r{pair}"))
    with store.reading() as connection:
        rows = connection.execute(open_pairs(suggestions.c.lesser, suggestions.c.greater))
        return sorted(row.lesser[-1] + row.greater[-1] for row in rows)


def test_what_nobody_has_ruled_on_waits(store):
    assert with_pairs(store, ["ab", "cd", "ef"], ruled=[("cd", "apart")]) == ["ab", "ef"]
    with store.reading() as connection:
        assert pairs_by_kind(connection) == {"person": Pairs(suggested=3, open=2)}


def test_two_of_one_cluster_wait_for_nothing(store):
    assert with_pairs(store, ["ab", "bc", "cd"], linked=["ab", "ac"]) == ["cd"]


def test_who_was_told_apart_from_one_of_a_cluster_was_told_apart_from_all(store):
    assert with_pairs(store, ["bd", "bc", "ad"], linked=["ab"], ruled=[("ac", "apart")]) == ["ad", "bd"]


def test_clusters_of_which_two_members_were_told_apart_are_apart(store):
    assert with_pairs(store, ["ac", "bd", "be"], linked=["ab", "cd"], ruled=[("bc", "apart")]) == ["be"]


def test_a_suggestion_whose_record_is_gone_meanwhile_is_left_out(store):
    with store.writing() as connection:
        row = {"lesser": "person:a", "greater": "person:x", "kind": "person", "score": 7.5, "reasons": b"[]", "since": NOON}
        connection.execute(table(Suggestion).insert().values(row))
        assert connection.execute(select(table(Suggestion))).all()
    assert with_pairs(store, ["ab"]) == ["ab"]


def test_a_member_of_a_cluster_is_shown_as_the_one_that_stands_for_it(store):
    with_pairs(store, ["bc"], linked=["ab"])
    with store.reading() as connection:
        [item] = queue_page(connection, QueueQuery(sort="pair")).items
    assert item.id == "pair:person:b person:c"
    assert (item.row["left"]["id"], item.row["right"]["id"]) == ("person:a", "person:c")
