"""The main job with Apache CouchDB as the engine: a phone signs in, pushes to CouchDB with its token, and finds receipts and records there.

Where there is no CouchDB, another Doorstep's embedded engine takes its place: it checks the same tokens.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest
import requests
from sqlalchemy import update

from server.app import create_app
from server.settings import read_settings
from server.stores import stores
from sync.couchdb.address import Address
from sync.couchdb.databases import CouchDatabases
from sync.couchdb.errors import CouchUnavailable
from sync.pipeline import Pipeline
from sync.store import upgrade
from sync.store.models import Checkpoint, table
from tests.conftest import SECRET
from tests.sync.centre.conftest import FORM, HOUSEHOLD, submission_id
from tests.sync.couchdb.conftest import COUCHDB_URL, PEERS, clear

PASSWORD = "a long password"
NUMBER_OF_SUBMISSIONS = 300


@pytest.fixture(scope="session", params=[peer for peer in PEERS if peer != "pouchdb-server"])
def peer(request) -> str:
    """pouchdb-server knows no tokens."""
    return request.param


@pytest.fixture
def couch_app(tmp_path, peer, databases, proxy):
    """The app over CouchDB, which it reaches through the proxy; two surveyors in one grid, a form published."""
    (tmp_path / "survey.md").write_text(FORM)
    app = create_app(read_settings({"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_SECRET": SECRET, "COUCHDB_URL": proxy.url}))
    upgrade(app.extensions["doorstep.settings"].database_url)
    lines = [
        "areas add c03 --level community --zh 社区 --en Community",
        "areas add g0311 --level grid --under c03 --zh 网格 --en Grid",
        f"forms publish {tmp_path}/survey.md",
        *(f"accounts add {name} --name {name} --role surveyor --area g0311 --password-stdin" for name in ("fang", "lin")),
        *(["couchdb configure --write"] if peer == "couchdb" else []),
    ]
    for line in lines:
        done = app.test_cli_runner().invoke(args=line.split(), input=f"{PASSWORD}\n")
        assert done.exit_code == 0, done.output
    yield app
    with app.app_context():
        stores().databases.close()


class Phone:
    """Talks to CouchDB itself, with the token that the app gave it."""

    def __init__(self, app, username, url):
        answer = app.test_client().post("/api/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.worker, self.device, self.sync = answer.json["worker"]["id"], answer.json["device"], answer.json["sync"]
        self.url = Address(url).url
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {answer.json['access_token']}"

    def ask(self, method, path, body=None):
        return self._http.request(method, self.url + path, json=body, timeout=30)

    def push(self, *numbers):
        documents = [{**self.submission(number), "_rev": "1-a"} for number in numbers]
        answer = self.ask("POST", f"/{self.sync['inbox']}/_bulk_docs", {"docs": documents, "new_edits": False})
        assert (answer.status_code, answer.json()) == (201, [])

    def submission(self, number):
        clock = f"{1770091200000 + number}-0000-{self.device}"
        answers = {"household_id": HOUSEHOLD, "phone": str(number), "building": "1", "room": "311"}
        times = {"started_at": "2026-02-03T12:00:00Z", "finished_at": "2026-02-03T12:00:00Z", "clock": clock, "clock_offset_ms": 0}
        who = {"worker": self.worker, "device": self.device, "app": "0.1.0", "supersedes": None, "media": []}
        return (
            {"_id": submission_id(number), "type": "submission", "form": "survey", "version": "1", "area": "g0311", "answers": answers, "based_on": {}}
            | times
            | who
        )

    def receipt(self, number):
        answer = self.ask("GET", f"/{self.sync['inbox']}/receipt:{submission_id(number).removeprefix('submission:')}")
        return answer.json() if answer.ok else None

    def record(self):
        answer = self.ask("GET", f"/area-g0311/{HOUSEHOLD}")
        return answer.json() if answer.ok else None


def merge(app):
    with app.app_context():
        pipeline = Pipeline(stores().store, stores().databases)
        while pipeline.run_once():
            pass


def eventually(true, seconds=40):
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "not in time"
        time.sleep(0.05)
    return found


def test_what_a_phone_pushes_comes_back_as_receipts_and_records(couch_app, peer_url):
    fang = Phone(couch_app, "fang", peer_url)
    fang.push(1, 2, 3)
    merge(couch_app)
    assert [fang.receipt(number)["status"] for number in (1, 2, 3)] == ["accepted"] * 3
    record = fang.record()
    assert record["fields"]["phone"]["value"] == "3" and record["submission_count"] == 3 and record["label"] == "1栋 311"
    forms = fang.ask("GET", "/forms/form:survey:1").json()
    assert forms["current"] and "<h:html" in forms["xform"]
    assert fang.ask("GET", "/area-g0311/area:g0311").json()["workers"].keys() == {fang.worker, Phone(couch_app, "lin", peer_url).worker}


def test_a_token_opens_its_own_databases_and_no_others(couch_app, peer_url):
    fang, lin = Phone(couch_app, "fang", peer_url), Phone(couch_app, "lin", peer_url)
    assert fang.ask("GET", f"/{fang.sync['inbox']}/_changes").status_code == 200
    for method, path in (
        ("GET", "_changes"),
        ("GET", "_all_docs"),
        ("GET", "x"),
        ("PUT", "x"),
        ("POST", "_bulk_docs"),
        ("GET", "_security"),
        ("GET", "_local/x"),
    ):
        body = {"docs": []} if method == "POST" else {} if method == "PUT" else None
        assert fang.ask(method, f"/{lin.sync['inbox']}/{path}", body).status_code == 403
        assert requests.request(method, f"{fang.url}/{fang.sync['inbox']}/{path}", json=body, timeout=10).status_code == 401
    assert fang.ask("PUT", "/area-g0311/_local/checkpoint", {"n": 1}).status_code == 201, "checkpoints are everybody's"


@pytest.mark.parametrize("peer", ["couchdb"] if COUCHDB_URL else [], indirect=True)
def test_the_guard_lets_devices_read_and_only_the_server_write(peer, couch_app, peer_url, databases):
    fang = Phone(couch_app, "fang", peer_url)
    for database in ("area-g0311", "forms"):
        assert fang.ask("GET", f"/{database}/_changes").status_code == 200
        assert fang.ask("PUT", f"/{database}/x", {}).status_code == 403
        bulk = fang.ask("POST", f"/{database}/_bulk_docs", {"docs": [{"_id": "x", "_rev": "1-a"}], "new_edits": False})
        assert [row["error"] for row in bulk.json()] == ["forbidden"]
        assert fang.ask("PUT", f"/{database}/_design/x", {}).status_code in (401, 403)
        before = databases.security(database)
        assert fang.ask("PUT", f"/{database}/_security", {}).status_code >= 400  # 500 no_majority: CouchDB's way to refuse it
        assert databases.security(database) == before
        assert fang.ask("DELETE", f"/{database}").status_code in (401, 403)


def test_the_merge_worker_outlives_a_couchdb_that_goes_away_in_the_middle(couch_app, peer_url, proxy, databases):
    fang = Phone(couch_app, "fang", peer_url)
    fang.push(*range(1, NUMBER_OF_SUBMISSIONS))
    stop = threading.Event()

    def run():
        with couch_app.app_context(), closing(CouchDatabases(proxy.url)) as through:
            Pipeline(stores().store, through).run_forever(stop)

    worker = threading.Thread(target=run)
    worker.start()
    try:
        eventually(lambda: fang.receipt(1))
        proxy.away = True
        fang.push(NUMBER_OF_SUBMISSIONS)
        time.sleep(1)
        proxy.away = False
        eventually(lambda: fang.receipt(NUMBER_OF_SUBMISSIONS))
        eventually(lambda: (record := fang.record()) and record["submission_count"] == NUMBER_OF_SUBMISSIONS)
    finally:
        stop.set()
        worker.join(20)
    assert all(fang.receipt(number)["status"] == "accepted" for number in range(1, NUMBER_OF_SUBMISSIONS, 23))
    assert fang.receipt(5)["_rev"].startswith("1-"), "delivered again or not: written once"


def test_a_database_that_is_deleted_and_made_anew_is_read_from_its_beginning(couch_app, peer_url, databases):
    fang = Phone(couch_app, "fang", peer_url)
    fang.push(1, 2, 3, 4)
    merge(couch_app)
    databases.delete(fang.sync["inbox"])
    merge(couch_app)  # nothing to read, and nothing breaks
    databases.create(fang.sync["inbox"], {"members": {"roles": [f"worker:{fang.worker}"]}})
    fang.push(3, 5)
    merge(couch_app)
    assert fang.receipt(5)["status"] == "accepted"
    assert fang.record()["submission_count"] == 5, "each counts once"


@pytest.mark.parametrize("peer", ["couchdb"] if COUCHDB_URL else [], indirect=True)
def test_after_a_restore_all_is_compared_from_the_start(peer, couch_app, peer_url, databases):
    """As when CouchDB was put back from a backup and has grown since: the merge worker's place lies in another history."""
    fang = Phone(couch_app, "fang", peer_url)
    fang.push(1)
    merge(couch_app)
    before = databases.connection.get("/")["uuid"]
    with couch_app.app_context(), stores().store.writing() as connection:
        beyond = databases.changes(fang.sync["inbox"]).last_sequence
        fang.push(2)
        beyond = databases.changes(fang.sync["inbox"], beyond).last_sequence
        connection.execute(update(table(Checkpoint)).values(sequence=beyond))
    merge(couch_app)
    assert fang.receipt(2) is None
    done = couch_app.test_cli_runner().invoke(args=["engine", "restored"])
    assert done.exit_code == 0, done.output
    assert databases.connection.get("/")["uuid"] != before and databases.connection.get("/")["uuid"] in done.output
    merge(couch_app)
    assert fang.receipt(2)["status"] == "accepted" and fang.receipt(1)["_rev"].startswith("1-")


def test_a_phone_that_signs_in_while_couchdb_is_away_is_told_to_come_back(couch_app, proxy, databases):
    couch_app = create_app(couch_app.extensions["doorstep.settings"])  # has not seen yet that all is there
    proxy.away = True
    answer = couch_app.test_client().post("/api/session", json={"username": "fang", "password": PASSWORD})
    assert answer.status_code == 503 and answer.json["reason"] == "The sync engine does not answer." and answer.headers["Retry-After"]
    assert couch_app.test_client().get("/healthz").json["parts"]["databases"] == "failing"
    with couch_app.app_context(), pytest.raises(CouchUnavailable):
        stores().databases.names()
    doctor = couch_app.test_cli_runner().invoke(args=["doctor"]).output
    assert "FAIL Apache CouchDB at http://***@127.0.0.1" in doctor and "Traceback" not in doctor
    proxy.away = False
    clear(databases)
    assert Phone(couch_app, "fang", proxy.url).ask("GET", "/forms").status_code == 200, "what is missing is made at the next sign-in"


def test_sync_at_the_server_itself_says_who_should_answer(couch_app):
    for method in ("GET", "PUT", "POST", "DELETE"):
        for path in ("/sync", "/sync/", "/sync/worker-w0001/_changes", "/sync/a%2Fb/c"):
            answer = couch_app.test_client().open(path, method=method)
            assert answer.status_code == 503 and "Apache CouchDB" in answer.json["reason"]
