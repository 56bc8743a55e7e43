"""PouchDB itself, in Node, against a live server of two processes."""

import json
import shutil
import subprocess

import pytest

from sync.engine import Engine
from tests.sync.conftest import LiveServer

NAME = "worker-w0042"


@pytest.fixture
def database(live_server):
    """A fresh database that the worker w0042 may write, and its token."""
    live_server.databases.delete(NAME)
    live_server.databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})
    return {"database": NAME, "token": live_server.token("worker:w0042")}


def test_everything_awkward_goes_from_one_client_through_the_server_to_another(live_server, database):
    found = live_server.pouchdb("round_trip", **database)
    assert found["first"] == found["second"] == found["server"]
    assert len(found["server"]) == 18 and found["failures"] == 0
    assert found["again"] == 0 and found["pulled_again"] == 0, "what is there is not sent again"
    assert found["server"]["conflict"]["winner"] == "3-z" and len(found["server"]["conflict"]["leaves"]) == 3
    assert found["server"]["gone"]["deleted"] and found["server"]["lost"]["winner"] == "1-other"
    assert set(found["server"]["photo-0"]["leaves"][0]["_attachments"]) == {"door photo/正门.jpg", "empty.txt"}


def test_three_clients_that_edit_the_same_documents_converge(live_server, database):
    found = live_server.pouchdb("convergence", **database)
    assert all(client == found["server"] for client in found["clients"])
    assert any(len(document["leaves"]) > 1 for document in found["server"].values()), "there were conflicts"


def test_a_change_reaches_a_live_client_at_once(live_server, database):
    milliseconds = sorted(live_server.pouchdb("live", **database)["milliseconds"])
    assert milliseconds[2] < 1000, milliseconds


def test_a_live_sync_goes_on_after_the_server_was_stopped_and_started(live_server, database):
    client = live_server.start_pouchdb("through_restart", **database)
    assert client.stdout.readline() == "ready\n"
    live_server.stop()
    live_server.start()
    output, errors = client.communicate(timeout=90)
    assert '{"found":21}' in output, errors


def test_after_the_server_was_put_back_from_a_copy_both_sides_hold_all_again(tmp_path):
    server = LiveServer(tmp_path / "data")
    folder, backup, signals = server.settings.engine_folder, tmp_path / "backup", tmp_path / "signals"
    signals.mkdir()
    server.databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})
    client = server.start_pouchdb("through_restore", database=NAME, token=server.token("worker:w0042"), signals=str(signals))

    def stopped(do):
        server.stop()
        server.databases.close()
        do()
        server.start()
        server.databases = Engine(folder)

    def put_back():
        shutil.rmtree(folder)
        subprocess.run(["cp", "-a", str(backup), str(folder)], check=True)

    assert client.stdout.readline() == "to be copied\n"
    stopped(lambda: subprocess.run(["cp", "-a", str(folder), str(backup)], check=True))
    (signals / "to be copied").touch()
    assert client.stdout.readline() == "to be put back\n"
    stopped(put_back)
    server.databases.publish(NAME, [{"_id": f"receipt-{n}"} for n in range(20)])
    (signals / "to be put back").touch()
    output, errors = client.communicate(timeout=90)
    server.stop()
    found = json.loads(output.splitlines()[-1])
    assert found["client"] == found["server"] and len(found["server"]) == 26, errors


def test_a_reader_keeps_its_checkpoint_and_is_told_that_it_may_not_write(live_server):
    live_server.databases.delete("area-g0311")
    live_server.databases.create("area-g0311", {"members": {"roles": ["area:g0311"]}}, writers="server")
    live_server.databases.publish("area-g0311", [{"_id": f"household:{n}"} for n in range(30)])
    found = live_server.pouchdb("read_only", database="area-g0311", token=live_server.token("area:g0311"))
    assert (found["pulled"], found["again"]) == (30, 0)
    assert found["error"] == "forbidden" or found["denied"] == ["forbidden"]
    assert live_server.databases.read("area-g0311", "mine") is None


def test_strangers_are_refused_in_words_that_pouchdb_understands(live_server, database):
    found = live_server.pouchdb("refused", stranger=live_server.token("worker:w0001", name="w0001"), **database)
    assert found == {"stranger": [403, "forbidden"], "forged": [401, "unauthorized"], "absent": [403, "forbidden"]}


def test_everyday_calls(live_server, database):
    assert live_server.pouchdb("everyday", **database) == {
        "conflict": [409, "conflict"],
        "posted": True,
        "bulk": ["ok", "conflict"],
        "all": [2, None],
        "keys": ["y", "not_found"],
        "got": 2,
        "changes": 2,
        "by_ids": ["y"],
        "missing": [404, "deleted"],
        "bytes": "hello",
        "docs": 3,
    }
