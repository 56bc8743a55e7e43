"""The embedded engine as the merge worker sees it: durable, idempotent, one row a document, and heard in every process."""

import base64
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sync.databases import START
from sync.engine import Engine
from sync.engine.errors import BadDocument, BadSequence, DatabaseMissing, IllegalName, StorageFull
from sync.engine.limits import Limits
from sync.engine.wake import Bells
from sync.engine.wire import read_edit

NAME = "worker-w0042"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def engine(tmp_path):
    engine = Engine(tmp_path / "databases")
    engine.create(NAME, {"members": {"roles": ["worker:w0042"]}})
    yield engine
    engine.close()


def push(engine, *documents, name=NAME):
    return engine.open(name).write([read_edit(document, replicated=True) for document in documents], replicated=True)


def ids(batch):
    return [change.id for change in batch.changes]


# Databases


def test_databases_are_made_listed_and_deleted(engine):
    assert engine.create("area-g0311", {}, writers="server") and not engine.create("area-g0311", {})
    assert engine.names() == ["area-g0311", NAME] and engine.names("area-") == ["area-g0311"] and engine.names("%") == []
    assert engine.exists(NAME) and not engine.exists("none")
    assert engine.delete("area-g0311") and not engine.delete("area-g0311") and engine.names() == [NAME]


def test_the_security_object_is_kept(engine):
    assert engine.security(NAME) == {"members": {"roles": ["worker:w0042"]}}
    engine.set_security(NAME, {"members": {"names": ["w1"]}})
    assert engine.security(NAME) == {"members": {"names": ["w1"]}}
    with pytest.raises(BadDocument):
        engine.set_security(NAME, {"members": {"names": "w1"}})
    with pytest.raises(DatabaseMissing):
        engine.set_security("none", {})


def test_unknown_databases_are_a_lookup_error(engine):
    for call in (engine.changes, engine.security, lambda name: engine.read(name, "a"), lambda name: engine.publish(name, [{"_id": "a"}])):
        with pytest.raises(LookupError):
            call("none")


@pytest.mark.parametrize("name", ["", "A", "1a", "../a", "a/../../b", "a.b", "a\0", "a\n", "_users", "é", "a" * 201, "a" + "/" * 70])
def test_names_cannot_leave_the_folder(engine, tmp_path, name):
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    with pytest.raises(IllegalName):
        engine.create(name, {})
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


def test_a_slash_in_a_name_makes_no_folder(engine, tmp_path):
    engine.create("a/b", {})
    assert [path.name for path in (tmp_path / "databases").iterdir() if path.is_dir()] == ["wake"]


def test_the_uuid_outlives_the_process(engine, tmp_path):
    assert Engine(tmp_path / "databases").uuid == engine.uuid


# The server's writes and the feed


def test_publishing_the_same_again_makes_no_new_revision(engine):
    engine.publish(NAME, [{"_id": "receipt:1", "status": "held", "n": [1, {"a": None}]}])
    before = engine.changes(NAME)
    engine.publish(NAME, [{"_id": "receipt:1", "n": [1, {"a": None}], "status": "held"}])
    assert engine.changes(NAME) == before
    engine.publish(NAME, [{"_id": "receipt:1", "status": "held", "n": [True, {"a": None}]}])
    assert engine.read(NAME, "receipt:1")["_rev"].startswith("2-"), "true is not 1"


def test_the_bytes_of_an_attachment_are_read_whole_or_a_range_of_them(engine):
    given = bytes(range(256)) * 3_000
    attachment = {"content_type": "audio/webm", "data": base64.b64encode(given).decode()}
    engine.publish(NAME, [{"_id": "media:a", "_attachments": {"a": attachment}}])
    assert b"".join(engine.attachment(NAME, "media:a", "a")) == given
    assert b"".join(engine.attachment(NAME, "media:a", "a", 270_000, 270_009)) == given[270_000:270_009]
    assert b"".join(engine.attachment(NAME, "media:a", "a", len(given) - 5)) == given[-5:]
    for id, name in (("media:none", "a"), ("media:a", "b")):
        with pytest.raises(LookupError):
            next(engine.attachment(NAME, id, name))


def test_publishing_overwrites_deletes_and_revives(engine):
    engine.publish(NAME, [{"_id": "a", "n": 1}])
    engine.publish(NAME, [{"_id": "a", "n": 2, "_rev": "1-ignored"}])
    assert engine.read(NAME, "a")["n"] == 2
    for _ in range(2):
        engine.publish(NAME, [{"_id": "a", "_deleted": True}, {"_id": "never", "_deleted": True}])
    assert engine.read(NAME, "a") is None
    (change,) = engine.changes(NAME).changes
    assert change.leaves[0].deleted and change.leaves[0].document["_deleted"] is True and change.leaves[0].revision.startswith("3-")
    engine.publish(NAME, [{"_id": "a", "n": 4}])
    assert engine.read(NAME, "a")["_rev"].startswith("4-")


def test_a_batch_is_published_whole_or_not_at_all(engine):
    with pytest.raises(BadDocument):
        engine.publish(NAME, [{"_id": "a"}, {"_id": "_bad"}])
    assert engine.read(NAME, "a") is None and engine.changes(NAME).changes == []


def test_changes_come_once_each_at_their_newest_place(engine):
    push(engine, {"_id": "a", "_rev": "1-a"}, {"_id": "b", "_rev": "1-b"})
    first = engine.changes(NAME, START, limit=1)
    assert ids(first) == ["a"]
    push(engine, {"_id": "a", "_revisions": {"start": 2, "ids": ["c", "a"]}, "n": 2})
    second = engine.changes(NAME, first.last_sequence)
    assert ids(second) == ["b", "a"] and second.changes[1].leaves[0].document == {"_id": "a", "_rev": "2-c", "n": 2}
    assert engine.changes(NAME, second.last_sequence).changes == []
    assert engine.changes(NAME, second.last_sequence).last_sequence == second.last_sequence


def test_all_leaves_of_a_conflict_are_in_the_feed_and_a_losing_one_moves_the_sequence(engine):
    push(engine, {"_id": "a", "_rev": "2-b", "n": "wins"})
    seen = engine.changes(NAME).last_sequence
    push(engine, {"_id": "a", "_rev": "1-x", "n": "loses"}, {"_id": "a", "_rev": "2-d", "_deleted": True})
    (change,) = engine.changes(NAME, seen).changes
    assert [(leaf.revision, leaf.deleted, leaf.document.get("n")) for leaf in change.leaves] == [
        ("2-b", False, "wins"),
        ("1-x", False, "loses"),
        ("2-d", True, None),
    ]


def test_a_repeated_batch_changes_nothing(engine):
    documents = [{"_id": f"d{n}", "_rev": "1-a", "n": n} for n in range(10)]
    push(engine, *documents)
    seen = engine.changes(NAME).last_sequence
    push(engine, *documents)
    assert engine.changes(NAME, seen).changes == []


def test_sequences_of_another_life_begin_anew(engine):
    push(engine, {"_id": "a", "_rev": "1-a"}, {"_id": "b", "_rev": "1-a"})
    old = engine.changes(NAME).last_sequence
    engine.delete(NAME)
    engine.create(NAME, {})
    push(engine, {"_id": "c", "_rev": "1-a"}, {"_id": "d", "_rev": "1-a"}, {"_id": "e", "_rev": "1-a"})
    assert ids(engine.changes(NAME, old)) == ["c", "d", "e"]
    assert ids(engine.changes(NAME, "77-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0MDQy1zMAQsMckEQ")) == ["c", "d", "e"]
    with pytest.raises(BadSequence):
        engine.changes(NAME, "x")


def test_histories_are_stemmed_and_leaves_stay(engine):
    database = engine.open(NAME)
    database.keep_revisions(3)
    line = ["f", "e", "d", "c", "b", "a"]
    for length in range(1, 7):
        push(engine, {"_id": "doc", "_revisions": {"start": length, "ids": line[6 - length :]}, "n": length})
    push(engine, {"_id": "doc", "_rev": "3-other"})
    document = database.get("doc")
    assert sorted(map(str, document.tree.parents)) == ["3-other", "4-d", "5-e", "6-f"]
    assert [str(leaf) for leaf in document.leaves] == ["6-f", "3-other"]


def test_counts_follow_the_winners(engine):
    push(engine, {"_id": "a", "_rev": "1-a"}, {"_id": "b", "_rev": "1-a", "_deleted": True})
    push(engine, {"_id": "a", "_revisions": {"start": 2, "ids": ["b", "a"]}, "_deleted": True}, {"_id": "b", "_rev": "1-live"}, {"_id": "c", "_rev": "1-c"})
    info = engine.open(NAME).info()
    assert (info.live, info.deleted) == (2, 1)


def test_old_checkpoints_are_forgotten_when_there_are_too_many(tmp_path):
    engine = Engine(tmp_path, Limits(local_documents_max=3))
    engine.create(NAME, {})
    database = engine.open(NAME)
    for n in range(5):
        database.put_local(f"_local/{n}", None, b"{}")
        if n < 4:
            database.put_local("_local/0", n + 1, b"{}")
    assert [n for n in range(5) if database.local(f"_local/{n}")] == [0, 3, 4]


# A full disk


def test_a_full_disk_is_said_and_nothing_is_half_written(engine):
    push(engine, {"_id": "before", "_rev": "1-a"})
    path = engine.open(NAME).entry.path
    connection = engine._connections
    with connection.writing(path) as writer:
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count={pages + 10}")
    with pytest.raises(StorageFull):
        push(engine, *[{"_id": f"d{n}", "_rev": "1-a", "text": "x" * 3000} for n in range(100)])
    assert ids(engine.changes(NAME)) == ["before"]
    push(engine, {"_id": "after", "_rev": "1-a"})
    assert ids(engine.changes(NAME)) == ["before", "after"]


# Many threads and processes


def test_threads_that_write_at_once_lose_nothing_and_skip_no_sequence(engine):
    seen, since, done = [], START, threading.Event()

    def follow():
        nonlocal since
        while not done.is_set() or engine.changes(NAME, since).changes:
            batch = engine.changes(NAME, since, limit=7)
            seen.extend(ids(batch))
            since = batch.last_sequence

    follower = threading.Thread(target=follow)
    follower.start()
    writers = [threading.Thread(target=lambda who=who: [push(engine, {"_id": f"{who}-{n}", "_rev": "1-a"}) for n in range(40)]) for who in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    follower.join()
    assert sorted(seen) == sorted(f"{who}-{n}" for who in range(4) for n in range(40))


def write_many(folder, who, count):
    engine = Engine(folder)
    for n in range(count):
        push(engine, {"_id": f"{who}-{n}", "_rev": "1-a"}, {"_id": "shared", "_rev": f"1-{who}{n}"})


def test_two_processes_write_at_once(engine, tmp_path):
    start = multiprocessing.get_context("spawn")
    processes = [start.Process(target=write_many, args=(tmp_path / "databases", who, 60)) for who in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    batch = engine.changes(NAME, limit=1000)
    assert len(batch.changes) == 121 and batch.last_sequence.startswith("240-")
    assert len(next(change for change in batch.changes if change.id == "shared").leaves) == 120


def test_a_forked_process_opens_connections_of_its_own(engine):
    push(engine, {"_id": "parent", "_rev": "1-a"})
    child = os.fork()
    if not child:
        try:
            push(engine, {"_id": "child", "_rev": "1-a"})
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    push(engine, {"_id": "parent again", "_rev": "1-a"})
    assert ids(engine.changes(NAME)) == ["parent", "child", "parent again"]


WRITER = """
import sys
from sync.engine import Engine
from sync.engine.wire import read_edit
engine = Engine(sys.argv[1])
database = engine.open("worker-w0042")
for n in range(100_000):
    edits = [read_edit({"_id": f"{sys.argv[2]}-{n}-{k}", "_rev": "1-a", "text": "x" * 500}, True) for k in range(5)]
    database.write(edits, True)
    print(n, flush=True)
"""


def test_kill_in_mid_write_keeps_every_acknowledged_batch_whole(engine, tmp_path):
    for round in range(5):
        process = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path / "databases", str(round)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(random.randint(5, 40)):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        acknowledged = int(([line for line in process.stdout.read().split("\n") if line] or [acknowledged])[-1])
        process.wait()
        found = {change.id for change in engine.changes(NAME, limit=5000).changes}
        batches = [sum(f"{round}-{n}-{k}" in found for k in range(5)) for n in range(acknowledged + 2)]
        assert batches[:-1] == [5] * (acknowledged + 1), "what was acknowledged is there"
        assert batches[-1] in (0, 5), "a batch is there whole or not at all"
    path = engine.open(NAME).entry.path
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    push(engine, {"_id": "after", "_rev": "1-a"})
    sequences = [int(change.sequence.split("-")[0]) for change in engine.changes(NAME, limit=5000).changes]
    assert sequences == sorted(set(sequences))


# Waiting


def test_wait_says_unknown_first_then_names_what_changed(engine):
    assert engine.wait(5) is None
    assert engine.wait(0.05) == set()
    push(engine, {"_id": "a", "_rev": "1-a"})
    engine.create("area-g0311", {})
    assert engine.wait(5) == {NAME, "area-g0311"}
    push(engine, {"_id": "a", "_rev": "1-a"})
    assert engine.wait(0.05) == set(), "nothing changed, nobody is woken"


def test_a_change_wakes_another_process_at_once(engine, tmp_path):
    assert engine.wait(0) is None
    code = "import sys; sys.path.insert(0, '.'); from sync.engine import Engine; Engine(sys.argv[1]).publish('worker-w0042', [{'_id': 'a'}])"
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path / "databases"], cwd=ROOT)
    assert engine.wait(20) == {NAME}
    assert process.wait(20) == 0


def test_pipes_of_dead_processes_are_removed(engine, tmp_path):
    wake = tmp_path / "databases" / "wake"
    code = "import sys; from sync.engine import Engine; Engine(sys.argv[1]).wait(0)"
    subprocess.run([sys.executable, "-c", code, tmp_path / "databases"], cwd=ROOT, check=True)
    assert len(list(wake.glob("*.pipe"))) == 1
    push(engine, {"_id": "a", "_rev": "1-a"})
    assert list(wake.glob("*.pipe")) == []


def test_a_hanging_listener_holds_nobody_up(tmp_path):
    bells, other = Bells(tmp_path), Bells(tmp_path)
    os.mkfifo(tmp_path / "stuck.pipe")
    stuck = os.open(tmp_path / "stuck.pipe", os.O_RDWR)
    watch = other.watch_all()
    started = time.monotonic()
    for _ in range(3000):
        bells.ring("worker-" + "w" * 100)
    assert time.monotonic() - started < 5
    assert watch.wait(5)
    os.close(stuck)


def test_what_comes_between_looking_and_waiting_is_heard(engine):
    database = engine.open(NAME)
    with database.watch() as watch:
        assert engine.changes(NAME).changes == []
        push(engine, {"_id": "a", "_rev": "1-a"})
        started = time.monotonic()
        assert watch.wait(10) == {NAME}
        assert time.monotonic() - started < 1
