"""Several merge workers on one PostgreSQL store share the inboxes, do nothing twice, and take over from one that dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from sync import rulings
from sync.pipeline import Pipeline
from sync.recompute import Recomputation
from sync.review import decide
from sync.shares import Share, owner
from sync.store.models import Decision, MergeWorker, Outbox, Record, Ruling, Submission, table
from tests.examples import examples

ROOT = Path(__file__).parent.parent.parent.parent
SUBMISSIONS_EACH = 40

names = st.text("abcdefgh0123", min_size=1, max_size=6)


@settings(max_examples=examples(200))
@given(st.sets(names, min_size=1, max_size=8), names, st.lists(names, max_size=50))
def test_when_a_worker_comes_only_what_it_takes_over_changes_hands(workers, newcomer, inboxes):
    for inbox in inboxes:
        before, after = owner(inbox, workers), owner(inbox, workers | {newcomer})
        assert after in (before, newcomer)


def test_every_worker_gets_about_its_share():
    workers = [f"host-{number}" for number in range(4)]
    owners = [owner(f"worker-w{number:04}", workers) for number in range(4_000)]
    assert all(800 < owners.count(worker) < 1_200 for worker in workers)


@pytest.fixture
def empty_store(migrated_file):
    """What one worker alone makes of it is on SQLite."""
    return migrated_file.copy


@pytest.fixture
def shared_url(postgresql_server):
    url = postgresql_server.migrated()
    yield url
    postgresql_server.take_back(url)


@pytest.fixture
def shared_centre(new_centre, shared_url):
    return new_centre(url=shared_url)


def fill(centre) -> list[dict]:
    """Three workers' inboxes: every household is visited by all three, so that their records meet; some correct what they sent."""
    sent = []
    for number in range(SUBMISSIONS_EACH):
        household = f"household:{'abcdefghij'[number % 10] * 26}"
        for worker in ("w0001", "w0002", "w0003"):
            document = centre.submission(worker, answers={"household_id": household, "phone": f"1380000{number:04}", "masks": 1, "needs": worker})
            sent.append(document)
            if number % 9 == 4:
                sent.append(centre.submission(worker, answers={"household_id": household, "masks": 5}, supersedes=document["_id"]))
    centre.put(*sent)
    return sent


def work(centre, me, stop):
    Pipeline(centre.store, centre.databases, now=lambda: centre.time, me=me).run_forever(stop)


def eventually(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.05)


def is_done(centre, sent):
    states = centre.states()
    return len(states) == len(sent) and centre.rows(Outbox) == []


def test_three_workers_at_once_make_the_records_that_one_alone_makes(new_centre, shared_centre):
    sent = fill(shared_centre)
    alone = new_centre()
    alone.take(*sent)
    stop = threading.Event()
    workers = [threading.Thread(target=work, args=(shared_centre, f"worker-{number}", stop)) for number in range(3)]
    for worker in workers:
        worker.start()
    eventually(lambda: is_done(shared_centre, sent))
    stop.set()
    for worker in workers:
        worker.join(20)
    assert shared_centre.everything() == alone.everything()
    assert shared_centre.rows(MergeWorker) == []  # each said that it leaves


def test_what_another_worker_has_read_meanwhile_is_dropped(shared_centre):
    """Both read the same inbox: the second to commit finds it moved."""
    document = shared_centre.submission()
    shared_centre.put(document)
    first, second = (Pipeline(shared_centre.store, shared_centre.databases, now=lambda: shared_centre.time, me=me) for me in ("first", "second"))
    first._look_at(None)
    second._look_at(None)
    late = second._next_batch()
    assert first.run_once()
    while first.run_once():
        pass
    second._take(late)
    assert shared_centre.states() == {document["_id"]: "accepted"}
    assert [change.leaves[0].revision[:2] for change in shared_centre.databases.changes("worker-w0001", limit=10).changes] == ["1-", "1-"]


def test_a_person_decides_while_workers_write(shared_centre):
    held = [shared_centre.submission(answers={"members": [{"person_id": f"person:{number:026}", "name": "何伶俐", "temperature": 50}]}) for number in range(10)]
    shared_centre.take(*held)
    more = fill(shared_centre)
    stop = threading.Event()
    workers = [threading.Thread(target=work, args=(shared_centre, f"worker-{number}", stop)) for number in range(2)]
    for worker in workers:
        worker.start()
    for document in held:
        assert decide(shared_centre.store, document["_id"], "accept", "leader", now=lambda: shared_centre.time) == "accepted"
    eventually(lambda: is_done(shared_centre, held + more))
    stop.set()
    for worker in workers:
        worker.join(20)
    decided = [row["submission"] for row in shared_centre.rows(Decision) if row["action"] == "accept"]
    assert sorted(decided) == sorted(document["_id"] for document in held)
    assert {shared_centre.states()[document["_id"]] for document in held} == {"accepted"}


SCRIPT = """
import sys, threading
from pathlib import Path
from sync.engine import Engine
from sync.pipeline import Pipeline
from sync.store import open_store
url, folder, me = sys.argv[1:]
print("ready", flush=True)
Pipeline(open_store(url), Engine(Path(folder)), me=me).run_forever(threading.Event())
"""


def test_another_takes_over_from_a_worker_that_was_killed(new_centre, shared_url):
    url = shared_url
    centre = new_centre(url=url)
    folder = centre.folder / "sync"
    sent = fill(centre)
    processes = []
    try:
        for me in ("a", "b"):
            command = [sys.executable, "-c", SCRIPT, url, str(folder), me]
            processes.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        for process in processes:
            process.stdout.readline()
        eventually(lambda: len(centre.rows(Submission)) > 0)
        os.kill(processes[0].pid, signal.SIGKILL)
        processes[0].wait()
        with centre.store.writing() as connection:  # as if it had not been seen for long
            connection.execute(text("UPDATE merge_workers SET seen_at = seen_at - interval '1 hour' WHERE id = 'a'"))
        eventually(lambda: is_done(centre, sent), seconds=90)
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()
    alone = new_centre()
    alone.take(*sent)
    assert centre.everything()["records"].keys() == alone.everything()["records"].keys()
    assert centre.states() == alone.states()


def test_a_worker_that_was_not_seen_for_long_owns_nothing(shared_centre):
    now = {"seconds": 0.0}
    store = shared_centre.store
    one, other = (Share(store, me, clock=lambda: now["seconds"]) for me in ("one", "other"))
    one.beat(), other.beat()
    now["seconds"] = 6.0
    assert one.beat()
    assert one.workers == {"one", "other"}
    with store.writing() as connection:
        connection.execute(text("UPDATE merge_workers SET seen_at = seen_at - interval '1 hour' WHERE id = 'other'"))
    now["seconds"] = 12.0
    assert one.beat()
    assert one.workers == {"one"}
    with store.reading() as connection:
        assert connection.execute(select(table(MergeWorker).c.id)).scalars().all() == ["one"]


def test_a_stray_whose_id_no_text_column_can_hold_is_kept_on_postgresql(shared_centre):
    shared_centre.put({"_id": "a\0b", "type": "note"}, inbox="worker-w0001")
    shared_centre.merge()
    assert [document_id for document_id, _ in shared_centre.strays()] == ["a\\0b"]


def test_a_process_that_hangs_in_a_transaction_does_not_keep_its_locks_for_ever(shared_centre):
    with shared_centre.store.reading() as connection:
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "5min"


def test_a_worker_with_a_long_backlog_is_not_missed(shared_centre):
    """While batch follows batch it goes on saying that it lives; nobody takes over what it is at."""
    for _ in range(3):
        fill(shared_centre)
    seconds = iter(range(0, 10_000, 6))  # each look at the clock is due for another sign of life
    stop = threading.Event()
    alive = []

    def now():
        """Asked before each batch. What it finds is wiped out, as if its time were up."""
        with shared_centre.store.writing() as connection:
            alive.append(connection.execute(text("DELETE FROM merge_workers")).rowcount)
        if sum(alive) == 3:
            stop.set()
        return shared_centre.time

    Pipeline(shared_centre.store, shared_centre.databases, now=now, me="busy", clock=lambda: next(seconds)).run_forever(stop)
    assert sum(alive) == 3
    assert len(alive) < 8, "it is silent for many batches"


def test_a_name_with_a_nul_in_it_which_postgresql_does_not_take_holds_up_nobody(shared_centre):
    nul = "household:a\0b"
    odd = [shared_centre.submission(area=nul), shared_centre.submission(answers={"household_id": nul, "members": [{"person_id": "person:01", "name": "a"}]})]
    good = shared_centre.submission()
    shared_centre.take(*odd, {**shared_centre.submission(), "worker": nul}, good, inbox="worker-w0001")
    assert shared_centre.receipt(good)["status"] == "accepted"
    assert sorted(shared_centre.states().values()) == ["accepted", "held", "held", "held"]


def test_two_workers_and_an_office_that_rules_at_the_same_time_end_in_what_is_computed_anew(shared_centre):
    """Settlements, links, a move, undos and decisions between the workers' batches, on the very records that they write."""
    centre = shared_centre
    doors = [f"household:{letter * 26}" for letter in "abcdefghij"]
    held = [centre.submission(answers={"members": [{"person_id": f"person:{number:026}", "name": "何伶俐", "temperature": 50}]}) for number in range(8)]
    first = [centre.submission(worker, answers={"household_id": door, "phone": worker}) for door in doors for worker in ("w0001", "w0002")]
    centre.take(*held, *first)
    more = fill(centre)
    stop, failed = threading.Event(), []
    workers = [threading.Thread(target=work, args=(centre, f"worker-{number}", stop)) for number in range(2)]

    def rule(by):
        try:
            for number, door in enumerate(doors):
                mine = door < "household:f" if by == "leader" else door > "household:f"
                if mine:
                    version = centre.record(door)["version"]
                    clicked = rulings.settle(centre.store, door, "phone", f"13900{number}", by, version)
                    if number % 3 == 0:
                        rulings.undo(centre.store, clicked.click, by)
                    if number % 2:
                        linked = rulings.link(centre.store, door, doors[number - 1], by)
                        if number % 4 == 1:
                            rulings.undo(centre.store, linked.click, by)
                if number < len(held) and number % 2 == (by == "admin"):
                    decide(centre.store, held[number]["_id"], "accept", by)
            if by == "admin":
                rulings.move(centre.store, doors[8], "g0312", by)
        except Exception as error:
            failed.append(error)
            raise

    people = [threading.Thread(target=rule, args=(by,)) for by in ("leader", "admin")]
    for each in (*workers, *people):
        each.start()
    for person in people:
        person.join(60)
    eventually(lambda: is_done(centre, [*held, *first, *more]))
    stop.set()
    for worker in workers:
        worker.join(20)
    assert failed == []
    assert len(centre.rows(Ruling)) >= 17
    assert [(each.what, each.id) for each in Recomputation(centre.store).check()] == []
    for row in centre.rows(Record):  # and phones hold what the store holds
        assert centre.published(row["area"], row["id"]) == row["body"], row["id"]
