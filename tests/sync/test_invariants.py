"""What the central store refuses by itself, on SQLite and PostgreSQL: docs/store.md, row by row."""

import re
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from sync.store import open_store
from sync.store.invariants import CHECKS, IN_ORDER, NEVER
from sync.store.models import Base

NOON = datetime(2026, 2, 3, 12)
BODY = b"{}"
GOOD = {
    "areas": {"id": "g1", "parent": None, "level": "grid", "name_zh": "网格", "name_en": "Grid"},
    "accounts": {
        "id": "w1",
        "username": "wang",
        "name": "王芳",
        "password_hash": "!",
        "role": "surveyor",
        "language": "zh",
        "active": True,
        "created_at": NOON,
    },
    "assignments": {"account": "w1", "area": "g1", "since": NOON, "until": NOON},
    "devices": {"id": "d-1", "account": "w1", "created_at": NOON, "last_seen_at": NOON, "ending": "hand_in"},
    "form_versions": {
        **{"form": "survey", "version": "1", "audience": "phone", "source": b"", "source_type": ".md", "xform": "<a/>"},
        **{"document": BODY, "current": True, "published_at": NOON},
    },
    "kept_forms": {"id": "k1", "account": "w1", "name": "a.xlsx", "source_type": ".xlsx", "size_bytes": 0, "kept_at": NOON, "source": b"", "files": b""},
    "submissions": {
        **{"number": 1, "id": "submission:1", "database": "worker-w1", "revision": "1-a", "received_at": NOON, "verdict": "accepted", "state": "accepted"},
        **{"document": BODY, "answers": BODY, "problems": b"[]", "remarks": b"[]"},
    },
    "strays": {"number": 1, "database": "worker-w1", "document_id": "x", "revision": "1-a", "reason": "type", "received_at": NOON, "document": BODY},
    "contributions": {
        **{"record": "household:a", "submission": "submission:1", "path": "", "counts": True, "dot_device": "d-1", "dot_clock": "1", "body": BODY},
    },
    "records": {
        "id": "household:a",
        "kind": "household",
        "label": "1栋",
        "search": "",
        "disputes": 0,
        "also_in": "",
        "sort": "",
        "updated_at": NOON,
        "body": BODY,
    },
    "decisions": {"id": "1", "submission": "submission:1", "action": "accept", "comment": "", "comments": b"[]", "by": "w1", "at": NOON, "clock": "2"},
    "rulings": {"id": "1", "action": "link", "record": "person:a", "other": "person:b", "body": BODY, "click": "1", "by": "w1", "at": NOON, "clock": "2"},
    "record_links": {"lesser": "person:a", "greater": "person:b", "state": "one", "ruling": "1"},
    "suggestions": {"lesser": "person:a", "greater": "person:b", "kind": "person", "score": 9.5, "reasons": b"[]", "since": NOON},
    "queue_assignments": {"item": "held:submission:1", "account": "w1", "by": "w1", "at": NOON},
    "outbox": {"number": 1, "database": "forms", "document_id": "form:survey:1", "body": None},
    "secrets": {"name": "household", "value": b"x"},
}
"""A row that keeps every rule; in this order each finds what it refers to."""

WRONG = [
    # table, changes that make another row wrong, the rule
    ("areas", {"id": "g2", "level": "planet"}, "area_level"),
    ("areas", {"id": "g2", "parent": "g2"}, "area_not_below_itself"),
    ("areas", {"id": "g2", "parent": "nowhere"}, "foreign key"),
    ("accounts", {"id": "w2", "username": "li", "role": "king"}, "account_role"),
    ("accounts", {"id": "w2", "username": "li", "language": "tlh"}, "account_language"),
    ("accounts", {"id": "w2"}, "unique"),
    ("assignments", {"since": NOON + timedelta(hours=1)}, "assignment_ends_after_it_begins"),
    ("assignments", {"account": "nobody"}, "foreign key"),
    ("devices", {"id": "d-2", "ending": "lost"}, "device_ending"),
    ("form_versions", {"version": "2", "audience": "nobody", "current": False}, "form_audience"),
    ("form_versions", {"version": "2"}, r"one_current_version|unique constraint failed: form_versions\.form\b"),
    ("kept_forms", {"id": "k2", "size_bytes": -1}, "kept_form_size"),
    ("submissions", {"number": 0, "id": "submission:2"}, "submission_number"),
    ("submissions", {"number": 2, "id": "submission:2", "state": "lost"}, "submission_state"),
    ("submissions", {"number": 2, "id": "submission:2", "verdict": "perhaps"}, "submission_verdict"),
    ("submissions", {"number": 2, "id": "submission:2", "answers": None}, "submission_accepted_has_answers"),
    ("submissions", {"number": 2}, "unique"),
    ("strays", {"number": -1, "document_id": "y"}, "stray_number"),
    ("strays", {"number": 2}, "unique"),
    ("contributions", {"record": "household"}, "contribution_of_a_record"),
    ("contributions", {"submission": "1"}, "contribution_by_a_submission"),
    ("contributions", {"path": "/members/0", "dot_clock": ""}, "contribution_dot"),
    ("records", {"id": "person:a"}, "record_kind"),
    ("records", {"id": "household:b", "disputes": -1}, "record_disputes"),
    ("records", {"id": "household:b", "linked_to": "household:b"}, "record_not_linked_to_itself"),
    ("decisions", {"id": "2", "clock": "3", "action": "forget"}, "decision_action"),
    ("decisions", {"id": "2", "clock": "3", "submission": "submission:9"}, "foreign key"),
    ("decisions", {"id": "2"}, "unique"),
    ("rulings", {"id": "2", "clock": "3", "action": "forget"}, "ruling_action"),
    ("rulings", {"id": "2", "clock": "3", "other": "person:a"}, "ruling_says_what"),
    ("rulings", {"id": "2", "clock": "3", "action": "settle", "field": "phone"}, "ruling_says_what"),
    ("rulings", {"id": "2", "clock": "3", "action": "move"}, "ruling_says_what"),
    ("rulings", {"id": "2", "clock": "3", "action": "undo"}, "ruling_says_what"),
    ("rulings", {"id": "2", "clock": "3", "undoes": "1"}, "ruling_undoes_another"),
    ("rulings", {"id": "2", "clock": "1", "action": "undo", "undoes": "1"}, "undoes an earlier one"),
    ("rulings", {"id": "2", "clock": "3", "action": "undo", "undoes": "9"}, "undoes an earlier one"),
    ("record_links", {"lesser": "person:b", "greater": "person:a"}, "pair_in_order"),
    ("record_links", {"greater": "person:c", "state": "perhaps"}, "link_state"),
    ("record_links", {"greater": "person:c", "ruling": "9"}, "foreign key"),
    ("suggestions", {"lesser": "person:b", "greater": "person:a"}, "suggestion_in_order"),
    ("queue_assignments", {"item": "lunch"}, "assigned_item"),
    ("outbox", {"number": 0}, "outbox_number"),
    ("outbox", {"number": 2, "database": ""}, "outbox_address"),
    ("secrets", {"name": "signing", "value": b""}, "secret_is_there"),
]
CHANGED = [
    ("submissions", {"document": b"{} "}, "stays as it came"),
    ("submissions", {"received_at": NOON + timedelta(days=1)}, "stays as it came"),
    ("decisions", {"action": "reject"}, "never changed"),
    ("rulings", {"other": "person:c"}, "never changed"),
    ("form_versions", {"xform": "<b/>"}, "never changed"),
]


@pytest.fixture
def store(empty_store):
    opened = open_store(empty_store())
    with opened.writing() as connection:
        for name, row in GOOD.items():
            connection.execute(insert(Base.metadata.tables[name]).values(row))
    yield opened
    opened.close()


@contextmanager
def refused(store, rule):
    with pytest.raises(IntegrityError) as error, store.writing() as connection:
        yield connection
    assert re.search(rule, str(error.value).lower()), rule


def test_the_store_refuses_every_wrong_row_and_takes_the_right_ones(store):
    for name, changes, rule in WRONG:
        with refused(store, rule) as connection:
            connection.execute(insert(Base.metadata.tables[name]).values({**GOOD[name], **changes}))


def test_what_came_in_and_what_people_decided_is_neither_changed_nor_deleted(store):
    for name, changes, told in CHANGED:
        with refused(store, told) as connection:
            connection.execute(update(Base.metadata.tables[name]).values(changes))
    for name in ("submissions", "decisions", "rulings", "form_versions"):
        with refused(store, "never deleted") as connection:
            connection.execute(delete(Base.metadata.tables["record_links"]))
            connection.execute(delete(Base.metadata.tables[name]))


def test_what_follows_from_them_may_change(store):
    tables = Base.metadata.tables
    with store.writing() as connection:
        connection.execute(update(tables["submissions"]).values(state="held", verdict="held", problems=b"[1]", document=BODY))
        connection.execute(update(tables["form_versions"]).values(current=False, document=b"{1}"))
        connection.execute(insert(tables["form_versions"]).values({**GOOD["form_versions"], "version": "2"}))
        connection.execute(insert(tables["rulings"]).values({**GOOD["rulings"], "id": "2", "clock": "3", "action": "undo", "undoes": "1"}))
        connection.execute(delete(tables["contributions"]))
        connection.execute(delete(tables["records"]))


RULES = {rule for rules in CHECKS.values() for rule in rules} | set(IN_ORDER.values())


def test_every_rule_is_tried_here_and_stands_in_the_page():
    page = (Path(__file__).parent.parent.parent / "docs" / "store.md").read_text()
    tried = {rule for _, _, rule in WRONG}
    told = {told for _, _, told in [*WRONG, *CHANGED]} | {"never deleted"}
    boolean_in_itself = {"contribution_counts"}  # neither driver lets another value through
    assert RULES - tried == boolean_in_itself
    for name, (_, _, _, says) in NEVER.items():
        assert any(each in says for each in told), name
    named = set(re.findall(r"`(\w+)`", page))
    assert RULES | NEVER.keys() <= named, sorted((RULES | NEVER.keys()) - named)
