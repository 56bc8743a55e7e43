"""What the queue reads, on SQLite and PostgreSQL: order of harm, pages that lose and repeat nothing, and the indexes that keep it quick."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest
from sqlalchemy import event, insert, text

from sync.store import open_store
from sync.store.harm import harm
from sync.store.models import Account, Area, QueueAssignment, Record, RecordLink, Ruling, Submission, Suggestion, table
from sync.store.reading_queue import NOBODY, NoSuchPlace, QueueQuery, counts, queue_item, queue_page

NOON = datetime(2026, 2, 3, 12, 0)
ANSWERS = {"harmless": {"name": "王芳"}, "fever": {"members": [{"temperature": 38.2}]}, "well": {"temperature": 36.9}, "red": {"health_code": "red"}}


def person(number: int) -> str:
    return f"person:01JD3Z8Q5V7M2K4X9T6B1N0C{number:02}"


def record_row(number: int, area: str = "g0311", disputes: int = 0, harmful: int = 0, linked_to: str | None = None) -> dict:
    return {
        "id": person(number), "kind": "person", "area": area, "household": None, "person": None, "label": f"p{number}", "search": "", "state": None,
        "disputes": disputes, "harm": harmful, "linked_to": linked_to, "updated_at": NOON + timedelta(minutes=number), "body": b"{}",
    }  # fmt: skip


def held_row(number: int, state: str = "held", area: str = "g0311", form: str = "household_survey", answers: str = "harmless", path: str = "/name") -> dict:
    return {
        "id": f"submission:{number:02}", "database": "worker-w1", "revision": "1-a",
        "form": form, "version": "1", "area": area, "worker": "w1", "device": "d-1",
        "clock": "1", "finished_at": NOON, "received_at": NOON + timedelta(minutes=number), "verdict": state, "state": state, "supersedes": None,
        "document": orjson.dumps({"answers": ANSWERS[answers]}), "answers": b"{}", "remarks": b"[]",
        "problems": orjson.dumps([{"path": path, "rule": "required", "message": {"en": "x"}}]),
    }  # fmt: skip


def pair_row(left: int, right: int, score: float) -> dict:
    return {"lesser": person(left), "greater": person(right), "kind": "person", "score": score, "reasons": b"[]", "since": NOON}


@pytest.fixture
def store(empty_store):
    opened = open_store(empty_store())
    with opened.writing() as connection:
        areas = [{"id": id, "parent": None, "level": "grid", "place": None, "name_zh": id, "name_en": id} for id in ("g0311", "g0312")]
        connection.execute(insert(table(Area)), areas)
        people = {"username": "w1", "name": "王芳", "password_hash": "!", "role": "leader", "language": "zh", "active": True, "created_at": NOON}
        connection.execute(insert(table(Account)), [{"id": "w1", **people}])
    yield opened
    opened.close()


def fill(store, records=(), submissions=(), pairs=()):
    with store.writing() as connection:
        for model, rows in ((Record, records), (Submission, submissions), (Suggestion, pairs)):
            if rows:
                connection.execute(insert(table(model)), list(rows))


def ids(store, **query) -> list[str]:
    with store.reading() as connection:
        return [each.id for each in queue_page(connection, QueueQuery(**query)).items]


def test_what_does_harm_comes_first_then_disputes_then_held_by_age_then_pairs_by_score(store):
    fill(
        store,
        [record_row(1, disputes=1), record_row(2, disputes=1, harmful=1), record_row(3), record_row(4), record_row(5)],
        [
            held_row(1),
            held_row(2, answers="fever"),
            held_row(3, answers="well"),
            held_row(4, form="quarantine_check"),
            held_row(5, path="/members/0/temperature"),
            held_row(6, answers="red"),
            held_row(7, state="accepted", answers="fever"),
        ],
        [pair_row(3, 4, 5.5), pair_row(3, 5, 12.25)],
    )
    held = [f"held:submission:0{number}" for number in (2, 4, 5, 6)]
    pairs = [f"pair:{person(3)} {person(5)}", f"pair:{person(3)} {person(4)}"]
    assert ids(store) == [f"dispute:{person(2)}", *held, f"dispute:{person(1)}", "held:submission:01", "held:submission:03", *pairs]


def test_pages_of_any_size_hold_every_item_once_and_in_order(store):
    fill(
        store,
        [record_row(number, disputes=number % 2, harmful=number % 3 // 2) for number in range(1, 13)],
        [held_row(number, answers="fever" if number % 4 == 0 else "harmless") for number in range(1, 12)],
        [pair_row(left, right, 3.1 if (left + right) % 2 else 1 / 3) for left in range(1, 4) for right in range(4, 8)],
    )
    with store.reading() as connection:
        everything = [each.id for each in queue_page(connection, QueueQuery(), 1000).items]
        assert len(everything) == 6 + 11 + 12
        for size in (1, 2, 5, 29, 30):
            found, after = [], ""
            while True:
                page = queue_page(connection, QueueQuery(after=after), size)
                found += [each.id for each in page.items]
                after = page.after
                if not after:
                    break
            assert found == everything, size


def test_pairs_that_were_ruled_on_or_are_one_already_wait_no_more(store):
    fill(
        store,
        [record_row(1), record_row(2), record_row(3, linked_to=person(1)), record_row(4)],
        (),
        [pair_row(1, 2, 9.0), pair_row(1, 3, 8.0), pair_row(2, 4, 7.0)],
    )
    assert ids(store) == [f"pair:{person(1)} {person(2)}", f"pair:{person(2)} {person(4)}"]
    with store.writing() as connection:
        ruling = {"id": "r1", "action": "apart", "record": person(2), "other": person(4), "body": b"{}", "click": "c1", "by": "w1", "at": NOON, "clock": "1"}
        connection.execute(insert(table(Ruling)), [ruling])
        connection.execute(insert(table(RecordLink)), [{"lesser": person(2), "greater": person(4), "state": "apart", "ruling": "r1"}])
    assert ids(store) == [f"pair:{person(1)} {person(2)}"]


def test_a_reader_sees_what_lies_in_their_areas_and_of_a_pair_one_side_is_enough(store):
    fill(
        store,
        [record_row(1, disputes=1), record_row(2, area="g0312", disputes=1), record_row(3, area="g0312")],
        [held_row(1), held_row(2, area="g0312")],
        [pair_row(1, 2, 9.0), pair_row(2, 3, 8.0)],
    )
    assert ids(store, within=frozenset({"g0311"})) == [f"dispute:{person(1)}", "held:submission:01", f"pair:{person(1)} {person(2)}"]
    many = frozenset({"g0311", *(f"g{number:04}" for number in range(1000, 1050))})
    assert ids(store, within=many) == ids(store, within=frozenset({"g0311"})), "of many areas the pairs are found in another way"
    assert ids(store, within=frozenset()) == []
    with store.reading() as connection:
        assert queue_item(connection, "held:submission:02", frozenset({"g0311"})) is None
        assert queue_item(connection, f"pair:{person(2)} {person(3)}", frozenset({"g0311"})) is None
        assert queue_item(connection, "nonsense", None) is None


def test_filters_that_a_sort_cannot_answer_leave_it_out(store):
    fill(store, [record_row(1, disputes=1), record_row(2)], [held_row(1), held_row(2, form="duty_log")], [pair_row(1, 2, 9.0)])
    assert ids(store, form="duty_log") == ["held:submission:02"]
    assert ids(store, rule="required", sort="dispute") == []
    assert ids(store, kind="person") == [f"dispute:{person(1)}", f"pair:{person(1)} {person(2)}"]
    assert ids(store, since=NOON + timedelta(minutes=2)) == ["held:submission:02"]
    with store.reading() as connection:
        assert counts(connection, QueueQuery()) == {"dispute": 1, "held": 2, "pair": 1}
        assert counts(connection, QueueQuery(form="duty_log")) == {"held": 1}


def test_what_somebody_looks_after_is_found_by_them_and_not_among_nobodys(store):
    fill(store, [record_row(1, disputes=1), record_row(2)], [held_row(1)], [pair_row(1, 2, 9.0)])
    item = f"pair:{person(1)} {person(2)}"
    with store.writing() as connection:
        connection.execute(insert(table(QueueAssignment)), [{"item": item, "account": "w1", "by": "w1", "at": NOON}])
    assert ids(store, assigned="w1") == ids(store, assigned="someone") == [item]
    assert ids(store, assigned=NOBODY) == [f"dispute:{person(1)}", "held:submission:01"]
    with store.reading() as connection:
        assert queue_item(connection, item, None).assigned["account"] == "w1"


@pytest.mark.parametrize("after", ["x", "9~1", "-1~1", "0", "0~soon~p", "1~soon", "4~much~a b", "4~~"])
def test_a_place_that_means_nothing_is_refused(store, after):
    with store.reading() as connection, pytest.raises(NoSuchPlace):
        queue_page(connection, QueueQuery(after=after))


def test_disputes_and_held_submissions_are_read_from_indexes_of_those_few(store):
    """The expression in the index is the one in the query, and the pages need no sorting."""
    with store.reading() as connection:
        on_postgresql = connection.dialect.name == "postgresql"
        if on_postgresql:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
            connection.execute(text("DROP INDEX submissions_by_state"))
        asked = []
        event.listen(connection, "before_cursor_execute", lambda _c, _cursor, statement, values, _context, _many: asked.append((statement, values)))
        queue_page(connection, QueueQuery())
        plans = []
        for statement, values in list(asked):
            rows = connection.exec_driver_sql(("EXPLAIN " if on_postgresql else "EXPLAIN QUERY PLAN ") + statement, values)
            plans.append((statement, "\n".join(str(row[0] if on_postgresql else row[-1]) for row in rows)))
        connection.rollback()
    stretches = [(statement, plan) for statement, plan in plans if "ORDER BY" in statement]
    for name, order in (("queue_disputes", "records.updated_at"), ("queue_held", "submissions.number")):
        found = [plan for statement, plan in stretches if order in statement.partition("ORDER BY")[2]]
        assert len(found) == 2
        assert all(name in plan and "Sort" not in plan and "TEMP B-TREE" not in plan for plan in found), found


@pytest.mark.parametrize(
    ("fields", "does"),
    [
        ({"phone": {"value": "1", "disputed": [{"value": "2"}]}}, 0),
        ({"health_code": {"value": "green", "disputed": [{"value": "red"}]}}, 1),
        ({"phone": {"value": "1", "disputed": [{"value": "2"}]}, "temperature": {"value": 37.3}}, 1),
        ({"phone": {"value": "1", "disputed": [{"value": "2"}]}, "temperature": {"value": True}}, 0),
        ({"phone": {"value": "1", "disputed": [{"value": "2"}]}, "starts_on": {"value": "2026-02-01"}, "ends_on": {"value": "2026-02-15"}}, 1),
        ({"temperature": {"value": 39.1}}, 0),
    ],
)
def test_a_dispute_does_harm_about_fever_codes_and_quarantine(fields, does):
    assert harm(fields) == does
