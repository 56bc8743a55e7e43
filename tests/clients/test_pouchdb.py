"""The official pouchdb package against the engine: three clients that edited the same documents converge, and restarts lose nothing."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from pathlib import Path

import psutil
import pytest

from sync.engine import Engine
from tests.clients.conftest import Peer, ended, node, start_node
from tests.clients.leaves import contents
from tests.examples import examples
from tests.sync.conftest import OPERATOR

pytestmark = pytest.mark.xdist_group("clients")

DOCUMENTS = examples(500)


def test_three_clients_that_edited_the_same_documents_offline_converge(peer, make_database, tmp_path):
    """500 documents; 5,000 in `make test-long`. Compared document by document, leaf by leaf, with histories and the bytes of attachments."""
    database = make_database(peer)
    found = node("pouchdb.mjs", "converge", url=peer.url_with_credentials + database.path, documents=DOCUMENTS, results=str(tmp_path))
    server = contents(database)
    for file in found["files"]:
        client = json.loads(Path(file).read_text())
        assert {id: each["winner"] for id, each in client.items()} == {id: each["winner"] for id, each in server.items()}
        assert differing(client, server) == {}
    assert len(server) == DOCUMENTS + DOCUMENTS // 100
    leaves = [leaf for document in server.values() for leaf in document["leaves"].values()]
    assert sum(len(document["leaves"]) > 1 for document in server.values()) > DOCUMENTS * 0.8, "nearly all were in conflict"
    assert sum(document["deleted"] for document in server.values()) > DOCUMENTS * 0.04
    assert sum("_deleted" in leaf for leaf in leaves) > DOCUMENTS * 0.5 and sum("back" in leaf for leaf in leaves) > DOCUMENTS * 0.1
    assert sum(bool(leaf["_attachments"]) for leaf in leaves) > DOCUMENTS * 0.2
    assert found["settled"] > DOCUMENTS * 0.1 and found["sent_again"] == 0


def differing(one: dict, other: dict) -> dict:
    """The first few documents that are not equal, side by side."""
    names = [id for id in sorted(one.keys() | other.keys()) if one.get(id) != other.get(id)]
    return {id: {"here": one.get(id), "there": other.get(id)} for id in names[:3]}


def test_a_form_reaches_a_phone_with_its_files_and_costs_them_once(live_server, make_database, tmp_path):
    """When a newer version comes, the older one says that it is not the current one any more; its list is not fetched again."""
    peer = Peer(live_server.url, OPERATOR)
    database = make_database(peer)
    forms = Engine(live_server.settings.engine_folder)
    name = database.path.strip("/").rpartition("/")[2]
    lists = {"villages.csv": "name,label\nhs,横沟\n".encode() * 1000, "towns.csv": b"\x00\xff"}
    attachments = {file: {"content_type": "text/csv", "data": b64encode(content).decode()} for file, content in lists.items()}

    def pulled(current: bool) -> dict:
        forms.publish(name, [{"_id": "form:visit:1", "type": "form", "current": current, "_attachments": attachments}])
        return node("pouchdb.mjs", "pull", url=peer.url_with_credentials + database.path, id="form:visit:1", folder=str(tmp_path))

    first, second = pulled(True), pulled(False)
    assert (first["doc"]["current"], second["doc"]["current"]) == (True, False)
    assert [{file: b64decode(data) for file, data in each["files"].items()} for each in (first, second)] == [lists, lists]
    assert (first["asked"], second["asked"]) == (2, 0)


def test_live_two_way_sync_goes_on_through_restarts_and_nothing_is_lost(live_server, make_database, tmp_path):
    """The server is stopped in order once and killed twice while two clients write; at the end all three are equal."""
    peer = Peer(live_server.url, OPERATOR)
    database = make_database(peer)
    options = {"documents": 40, "pause": 120, "seconds": 90}
    clients = start_node("pouchdb.mjs", "live", url=peer.url_with_credentials + database.path, folder=str(tmp_path), **options)
    assert clients.stdout.readline() == "ready\n"
    for way in ("kill", "stop", "kill"):
        time.sleep(1.2)
        kill(live_server) if way == "kill" else live_server.stop()
        time.sleep(0.4)
        live_server.start()
    found = ended(clients)
    server = contents(database)
    assert len(server) == 2 * options["documents"] + 1
    assert found["failures"] == []
    assert [differing(client, server) for client in found["clients"]] == [{}, {}]


def kill(live_server) -> None:
    """As the kernel does when memory is short: all processes at once, nobody is asked.

    The master first: one that outlives its workers for a moment makes another, which nobody would kill and which would keep the port.
    """
    master = psutil.Process(live_server.process.pid)
    master.suspend()
    everyone = [master, *master.children(recursive=True)]
    for process in everyone:
        process.kill()
    live_server.process.wait(15)
    _, left = psutil.wait_procs(everyone, timeout=15)
    assert not left, f"still there: {left}"
