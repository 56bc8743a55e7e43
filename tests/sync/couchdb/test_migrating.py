"""`flask engine migrate`: everything moves to CouchDB and back, also when the command is killed on the way."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from server.migrate import migrate
from server.settings import read_settings
from sync.couchdb.replica import CouchReplica
from sync.engine import Engine
from sync.engine.replica import EmbeddedReplica
from sync.engine.wire import read_edit
from sync.replicate import compare, replicate
from tests.sync.centre.conftest import centre, form, new_centre
from tests.sync.couchdb.conftest import PEERS

__all__ = ["centre", "form", "new_centre"]

ROOT = Path(__file__).parent.parent.parent.parent
SECURITY = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": ["何"], "roles": ["worker:w1"]}}
PHOTO = os.urandom(400_000)


@pytest.fixture(scope="session", params=[peer for peer in PEERS if peer != "pouchdb-server"])
def peer(request) -> str:
    """pouchdb-server has neither `_revs_limit` nor all leaves in `_bulk_get`."""
    return request.param


@pytest.fixture
def empty_store(migrated_file):
    """What moves is the sync engine; the central store does not matter."""
    return migrated_file.copy


def inline(content, type="image/jpeg"):
    return {"content_type": type, "data": base64.b64encode(content).decode()}


@pytest.fixture
def embedded(tmp_path):
    """An embedded engine with something of everything."""
    engine = Engine(tmp_path / "data" / "databases")
    engine.create("media-w1", SECURITY)
    engine.create("area-g1", SECURITY, writers="server")
    engine.create("t-a/b", {})
    engine.publish("area-g1", [{"_id": f"d{number}", "n": number} for number in range(600)])
    engine.publish("area-g1", [{"_id": "d3", "_deleted": True}])
    documents = [
        {"_id": "a", "_rev": "1-a", "n": 1e3, "big": 2**63, "f": 1e308, "u": "何伶俐\u2028"},
        {"_id": "a", "_rev": "2-b", "_deleted": True, "why": "a tombstone's words"},
        {"_id": "a/b +%é", "_rev": "3-c", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}},
        {"_id": "gone", "_rev": "3-d", "_deleted": True},
        {"_id": "_design/x", "_rev": "1-a", "language": "javascript"},
        {"_id": "t", "_rev": "1-a", "_attachments": {'f/ö "x".txt': inline(b"hello " * 1_000, "text/plain"), "p.jpg": inline(PHOTO), "none": inline(b"")}},
        {"_id": "t", "_rev": "1-z", "_attachments": {"p.jpg": inline(PHOTO[:1_000])}},
    ]
    engine.open("media-w1").write([read_edit(document, replicated=True) for document in documents], replicated=True)
    yield engine
    engine.close()


def test_everything_moves_and_moves_back(embedded, databases, tmp_path):
    said: list[str] = []
    there = CouchReplica(databases)
    assert migrate(EmbeddedReplica(embedded), there, said.append) == []
    assert said[-1].startswith("compared 605 of 605 documents, 3 of 3 databases")
    assert databases.security("area-g1") == SECURITY and databases.administration.is_guarded("area-g1")
    assert databases.security("t-a/b")["members"]["roles"] == ["_admin"], "an empty security object would let everybody in"
    with contextlib.closing(Engine(tmp_path / "back")) as engine:
        back = EmbeddedReplica(engine)
        for name in embedded.names():
            back.prepare(name, there.describe(name))
            assert [refused for step in replicate(there, back, name) for refused in step.refused] == []
            for one in (there, EmbeddedReplica(embedded)):
                assert [refused for step in compare(one, back, name) for refused in step.refused] == []
        assert engine.open("area-g1").entry.writers == "server"
        assert engine.read("area-g1", "_design/guard") is None, "the guard is no document here"


def test_the_merge_workers_places_in_the_old_engines_feeds_begin_anew_in_the_new(embedded, databases):
    old = embedded.changes("area-g1").last_sequence
    there = CouchReplica(databases)
    migrate(EmbeddedReplica(embedded), there, lambda line: None)
    assert len(databases.changes("area-g1", old, 10_000).changes) == 600
    assert len(embedded.changes("area-g1", databases.changes("area-g1", limit=10_000).last_sequence, 10_000).changes) == 600


def test_after_moving_the_centre_reads_all_again_and_nothing_changes(centre, databases):
    """Its places in the old feeds mean nothing in the new engine; what it has merged it knows again."""
    taken = [centre.submission(worker) for worker in ("w0001", "w0002", "w0001")]
    conflicting = centre.submission(answers={"phone": "1"})
    centre.take(*taken)
    centre.replicate(conflicting, "1-a")
    centre.replicate({**conflicting, "answers": {**conflicting["answers"], "phone": "2"}}, "1-b")
    centre.merge()
    before, states, receipts = centre.everything(), centre.states(), [centre.receipt(each) for each in taken]
    assert migrate(EmbeddedReplica(centre.databases), CouchReplica(databases), lambda line: None) == []
    old, centre.databases = centre.databases, databases
    centre.new_pipeline()
    centre.merge()
    assert centre.states() == states and sorted(set(states.values())) == ["accepted", "held"]
    assert centre.everything() == before and [centre.receipt(each) for each in taken] == receipts, "not even a new revision"
    late = centre.submission("w0003")
    centre.take(late)
    assert centre.receipt(late)["status"] == "accepted" and centre.record()["submission_count"] == 5
    centre.databases = old


def test_what_differs_afterwards_is_named(embedded, databases):
    there = CouchReplica(databases)
    migrate(EmbeddedReplica(embedded), there, lambda line: None)
    databases.publish("area-g1", [{"_id": "d1", "n": "changed"}, {"_id": "more"}])
    found = {each.id: each.reason for each in migrate(EmbeddedReplica(embedded), there, lambda line: None)}
    assert found.keys() == {"d1", "more"} and "is missing" in found["d1"] and found["more"] == "is in the target only"


class Command:
    def __init__(self, data, url):
        self.environment = {"DOORSTEP_DATA": str(data), "DOORSTEP_SECRET": "x" * 40, "COUCHDB_URL": url}

    def start(self, source="embedded", target="couchdb"):
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "engine", "migrate", "--from", source, "--to", target]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
        return subprocess.Popen(
            command, cwd=ROOT, env={**environment, **self.environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )

    def run(self, *arguments):
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output


def test_the_command_goes_on_after_ctrl_c_and_after_being_killed(embedded, databases, tmp_path, peer_url):
    embedded.publish("area-g1", [{"_id": f"e{number}", "text": "x" * 500} for number in range(3_000)])
    command = Command(tmp_path / "data", peer_url)
    for how, more in ((signal.SIGINT, 50), (signal.SIGKILL, 700)):
        process = command.start()
        until = time.monotonic() + 60
        while count(peer_url) < more:
            assert time.monotonic() < until and process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(how)
        output, _ = process.communicate(timeout=60)
        if how == signal.SIGINT:
            assert process.returncode == 130 and "run the same command again" in output and "Traceback" not in output, output
        else:
            assert process.returncode == -signal.SIGKILL
        assert count(peer_url) < 3_600, "it was stopped in the middle"
    code, output = command.run()
    assert code == 0 and "All documents are in both" in output, output
    assert peer_url not in output and "***@" in output
    assert count(peer_url) >= 3_599


def count(url):
    answer = requests.get(f"{url}/area-g1", timeout=10)
    return answer.json()["doc_count"] if answer.ok else 0


def test_the_command_refuses_while_the_server_runs_and_without_an_address(embedded, tmp_path, peer_url):
    data = tmp_path / "data"
    with (data / "serving.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, output = Command(data, peer_url).run()
        assert code == 1 and "Stop it first" in output
    code, output = Command(data, "").run()
    assert code == 1 and "COUCHDB_URL is not set" in output


def test_an_engine_that_is_away_is_told_in_a_sentence(embedded, tmp_path):
    code, output = Command(tmp_path / "data", "http://admin:secret@127.0.0.1:9").run("couchdb", "embedded")
    assert code == 1 and "does not answer" in output and "secret" not in output and "Traceback" not in output
    assert read_settings(Command(tmp_path / "data", "http://admin:secret@127.0.0.1:9").environment).couchdb_url
