"""Bringing a full store to this version: how far it is is told, killed in the middle it goes on, a newer store or a row that nobody writes is refused."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from sync.judged import Judged
from sync.store import open_store, upgrade
from sync.store.upgrading import CannotUpgrade, StoreIsNewer, newest_revision, revision
from sync.validate import Arrival, Envelope, Held
from tests.stores import STORES, upgrade_to

ROOT = Path(__file__).parent.parent.parent
SUBMISSIONS = 45_000
SCRIPT = "import sys; from sync.store import upgrade; upgrade(sys.argv[1], lambda progress: print(progress, flush=True))"
KILLED_AFTER = ("version 0007", "20,000 of 45,000 submissions", "version 0008")


@pytest.fixture(params=STORES)
def old_url(request, tmp_path):
    """A store as the version before the first constraints left it, with submissions in it."""
    url = f"sqlite:///{tmp_path}/central.db" if request.param == "sqlite" else request.getfixturevalue("postgresql")()
    upgrade_to(url, "0006")
    store = open_store(url)
    blob = "CAST('{}' AS BLOB)" if request.param == "sqlite" else "'{}'::bytea"
    with store.writing() as connection:
        connection.execute(
            text(
                f"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SUBMISSIONS})
                INSERT INTO submissions (id, database, revision, received_at, verdict, state, document, answers, problems, remarks)
                SELECT 'submission\\:' || i, 'worker-w1', '1-a', '2026-02-03 12:00:00.000000', 'accepted', 'accepted', {blob}, {blob}, {blob}, {blob} FROM n
                """.replace("'2026", "TIMESTAMP '2026" if request.param == "postgresql" else "'2026")
            )
        )
    store.close()
    return url


def count(url):
    store = open_store(url)
    with store.reading() as connection:
        found = revision(connection), connection.execute(text("SELECT count(*) FROM submissions")).scalar()
    store.close()
    return found


def test_how_far_it_is_is_told(old_url):
    told = []
    assert upgrade(old_url, lambda progress: told.append(str(progress)))
    newest = newest_revision()
    assert f"Bringing the store to version 0007 of {newest}: 20,000 of 45,000 submissions …" in told
    assert told[0] == f"Bringing the store to version 0007 of {newest} …"
    assert told[-1].startswith(f"Bringing the store to version {newest} of {newest}")
    assert count(old_url) == (newest, SUBMISSIONS)


def test_killed_in_the_middle_it_goes_on_at_the_next_start(old_url):
    for sign in KILLED_AFTER:
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, old_url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if sign in line:
                break
        else:
            raise AssertionError(f"it never came to {sign}")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        until = time.monotonic() + 20
        while count(old_url)[0] not in ("0006", "0007", "0008"):  # PostgreSQL may still be taking back what was not committed
            assert time.monotonic() < until
    assert upgrade(old_url)
    assert count(old_url) == (newest_revision(), SUBMISSIONS)
    assert upgrade(old_url) is False


def test_a_row_that_breaks_a_rule_is_named_and_nothing_is_changed(old_url):
    store = open_store(old_url)
    with store.writing() as connection:
        connection.execute(text("UPDATE submissions SET state = 'lost' WHERE number = 30000"))
    store.close()
    with pytest.raises(CannotUpgrade, match=r"in submissions, number 30000 breaks the rule submission_state"):
        upgrade(old_url)
    assert count(old_url) == ("0006", SUBMISSIONS)


def test_a_store_of_a_newer_program_is_refused_in_a_sentence(empty_store):
    url = empty_store()
    store = open_store(url)
    try:
        with store.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreIsNewer, match=r"stands at version 9999; this program knows versions up to .* cannot be taken back"):
            upgrade(url)
    finally:
        with store.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest_revision()})
        store.close()


def test_a_form_that_came_before_there_were_marks_is_known_when_it_comes_again(tmp_path):
    """The first two are one form under two ids, and both counted: no state may change by an upgrade. The fourth has no clock; the last is too old."""
    url = f"sqlite:///{tmp_path}/central.db"
    upgrade_to(url, "0010")
    store = open_store(url)
    clock = "1770080102000-0000-d-7f3a0001"
    came = [
        ("submission:1", clock, "a"),
        ("submission:2", clock, "a"),
        ("submission:3~d1", clock, "b"),
        ("submission:4", None, "a"),
        ("submission:5", clock, "c"),
    ]
    with store.writing() as connection:
        for id, clock_of, says in came:
            document = orjson.dumps({"_id": id.partition("~")[0], "answers": {"name": says}})
            values = {"id": id, "clock": clock_of, "document": document, "at": "2025-10-03" if says == "c" else "2026-02-03"}
            words = """INSERT INTO submissions (id, database, revision, received_at, verdict, state, clock, document, answers, problems, remarks)
                VALUES (:id, 'worker-w1', '1-a', :at || ' 12:00:00.000000', 'accepted', 'accepted', :clock, :document, x'7b7d', x'5b5d', x'5b5d')"""
            connection.execute(text(words), values)
    store.close()
    upgrade(url)
    store = open_store(url)
    with store.reading() as connection:
        marks = {row.id: row.mark for row in connection.execute(text("SELECT id, mark FROM submissions"))}
    store.close()
    assert marks == {"submission:1": mark_of("a"), "submission:2": None, "submission:3~d1": mark_of("b"), "submission:4": None, "submission:5": None}


def mark_of(says):
    """As it is made today, when the form comes under a third id."""
    arrival = Arrival("worker-w1", {"_id": "submission:9", "answers": {"name": says}}, datetime(2026, 2, 3))
    envelope = Envelope("submission:9", *(None,) * 8)
    held = Held(replace(envelope, clock="1770080102000-0000-d-7f3a0001"), [], None, [], [])
    return Judged(arrival, "1-a", held, "submission:9", orjson.dumps(arrival.document, option=orjson.OPT_SORT_KEYS)).mark()


def test_where_linked_records_are_shown_and_who_settled_is_known_after_an_upgrade(tmp_path):
    """The one of two linked people lies in g2, where the newest word is from; g0 has a trace only."""
    url = f"sqlite:///{tmp_path}/central.db"
    upgrade_to(url, "0012")
    body = orjson.dumps({"members": ["person:a", "person:b"], "moved": {"from": ["g0"]}})
    store = open_store(url)
    with store.writing() as connection:
        for id in ("g0", "g1", "g2"):
            connection.execute(text("INSERT INTO areas (id, level, name_zh, name_en) VALUES (:id, 'grid', '', '')"), {"id": id})
        for id, area, also, one in (("person:a", "g2", "g0 g1", None), ("person:b", "g1", "", "person:a"), ("person:c", "g1", "g0", None)):
            words = """INSERT INTO records (id, kind, area, also_in, linked_to, label, search, disputes, sort, updated_at, body)
                VALUES (:id, 'person', :area, :also, :one, '', '', 0, '', '2026-02-03 12:00:00.000000', :body)"""
            values = {"id": id, "area": area, "also": also, "one": one, "body": b"{}" if one else body}
            connection.execute(text(words), values)
        for by in ("w1", "w2"):
            words = """INSERT INTO accounts (id, username, name, password_hash, role, language, active, created_at)
                VALUES (:by, :by, :by, '!', 'administrator', 'zh', true, '2026-02-03 12:00:00.000000')"""
            connection.execute(text(words), {"by": by})
        for id, action, by in (("1", "settle", "w1"), ("2", "settle", "w1"), ("3", "apart", "w2")):
            words = """INSERT INTO rulings (id, action, record, other, field, value, body, click, "by", at, clock)
                VALUES (:id, :action, 'person:a', 'person:c', 'phone', :value, :value, :id, :by, '2026-02-03 12:00:00.000000', :id)"""
            connection.execute(text(words), {"id": id, "action": action, "by": by, "value": b"1"})
    store.close()
    upgrade(url)
    store = open_store(url)
    with store.reading() as connection:
        assert connection.execute(text("SELECT record, area FROM shown_also")).all() == [("person:a", "g1")]
        assert connection.execute(text("SELECT area, account FROM area_names")).all() == [("g2", "w1")]
    store.close()
