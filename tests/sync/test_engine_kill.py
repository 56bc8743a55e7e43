"""kill -9 of the web processes while eight clients write: what was acknowledged is there, sequences go on, attachments are whole, no file is damaged.

`make test` kills 5 times, `make test-long` 100 times.
"""

import base64
import hashlib
import threading
import time
from random import Random

import pytest
import requests

from sync.engine import Engine
from tests.examples import TIMES, examples
from tests.sync.crowd import Follower, Ledger, WebProcesses, Writer, follow, number
from tests.sync.recorded_disk import integrity

ROUNDS = 5 if TIMES == 1 else examples(10)
ROUNDS_PER_DATABASE = 10
CLIENTS = 8
READ_AT_ONCE = 500


@pytest.fixture
def server(tmp_path):
    server = WebProcesses(tmp_path / "data")
    server.start()
    yield server
    server.kill()


def test_kill_9_of_the_web_processes_loses_nothing_and_damages_nothing(server):
    chance = Random()
    databases = Engine(server.settings.engine_folder)
    counted = 0
    for round in range(ROUNDS):
        name = f"worker-{round // ROUNDS_PER_DATABASE}"
        if databases.create(name, {"members": {"roles": ["worker"]}}):
            ledger = Ledger()
        write_until_killed(server, name, ledger, f"{chance.random()}", round, chance)
        server.start()
        assert_holds(server, name, ledger)
        assert integrity(server.settings.engine_folder) == []
        if round % ROUNDS_PER_DATABASE == ROUNDS_PER_DATABASE - 1 or round == ROUNDS - 1:
            counted += len(ledger.revisions) + len(ledger.photos)
    print(f"{ROUNDS} kills, {counted} revisions acknowledged, 0 lost, 0 corrupt")
    assert counted > 20 * ROUNDS, "there was something to lose"


def write_until_killed(server: WebProcesses, name: str, ledger: Ledger, seed: str, round: int, chance: Random) -> None:
    stop = threading.Event()
    clients: list = [Writer(server, name, ledger, f"{seed} {client}", round, stop) for client in range(CLIENTS)]
    clients.append(Follower(server, name, ledger, stop))
    for client in clients:
        client.start()
    time.sleep(chance.uniform(0.05, 1.0))
    if chance.random() < 0.3:
        server.kill_one(chance)
        time.sleep(chance.uniform(0.05, 1.0))
    server.kill()
    stop.set()
    for client in clients:
        client.join(60)
        assert not client.is_alive() and client.failure is None, (client, client.failure)


def assert_holds(server: WebProcesses, name: str, ledger: Ledger) -> None:
    session, url = server.session(), f"{server.url}/{name}"
    while follow(session, f"{url}/_changes", ledger):
        pass
    rows = session.get(f"{url}/_changes", params={"style": "all_docs"}).json()
    sequences = [number(row["seq"]) for row in rows["results"]]
    assert sequences == sorted(set(sequences)) and number(rows["last_seq"]) >= max(sequences, default=0)
    assert {row["id"]: number(row["seq"]) for row in rows["results"]} == ledger.feed, "who followed the feed knows what is in it, no more and no less"
    info = session.get(url).json()
    assert info["update_seq"] == rows["last_seq"]
    assert info["doc_del_count"] == sum(row.get("deleted", False) for row in rows["results"])
    assert info["doc_count"] == len(rows["results"]) - info["doc_del_count"] == session.get(f"{url}/_all_docs").json()["total_rows"]

    leaves = read_all(session, url, [row["id"] for row in rows["results"]])
    assert {row["id"]: {change["rev"] for change in row["changes"]} for row in rows["results"]} == {id: set(found) for id, found in leaves.items()}
    known = {(id, f"{generation}-{revision}") for id, found in leaves.items() for leaf in found.values() for generation, revision in history(leaf)}
    lost = (ledger.revisions.keys() | ledger.photos.keys()) - known
    assert not lost, f"acknowledged and lost: {lost}"
    for batch in ledger.batches:
        assert batch <= known or not batch & known, f"half a batch is there: {batch & known} of {batch}"
    for id, found in leaves.items():
        for revision, leaf in found.items():
            if ledger.revisions.get((id, revision)):
                assert leaf["text"] == ledger.revisions[id, revision]
            assert_photo_is_whole(session, url, leaf, ledger.photos.get((id, revision)))
    for id, (at_least, content) in ledger.checkpoints.items():
        kept = session.get(f"{url}/{id}").json()
        assert number(kept["_rev"][2:]) >= at_least and kept["content"] >= content, (kept, at_least, content)


def read_all(session: requests.Session, url: str, ids: list[str]) -> dict[str, dict[str, dict]]:
    """Every leaf of every document, by id and revision."""
    leaves: dict[str, dict[str, dict]] = {}
    for start in range(0, len(ids), READ_AT_ONCE):
        wanted = [{"id": id} for id in ids[start : start + READ_AT_ONCE]]
        answer = session.post(f"{url}/_bulk_get", params={"revs": "true"}, json={"docs": wanted}).json()
        for result in answer["results"]:
            leaves[result["id"]] = {each["ok"]["_rev"]: each["ok"] for each in result["docs"]}
    return leaves


def history(leaf: dict) -> list[tuple[int, str]]:
    line = leaf["_revisions"]
    return [(line["start"] - age, revision) for age, revision in enumerate(line["ids"])]


def assert_photo_is_whole(session: requests.Session, url: str, leaf: dict, acknowledged: str | None) -> None:
    photo = leaf.get("_attachments", {}).get("photo")
    assert photo or not acknowledged, f"the photo of {leaf['_id']} is gone"
    if photo:
        content = session.get(f"{url}/{leaf['_id']}/photo", params={"rev": leaf["_rev"]}).content
        digest = base64.b64encode(hashlib.md5(content).digest()).decode()
        assert len(content) == photo["length"] and f"md5-{digest}" == photo["digest"] and acknowledged in (None, digest)
