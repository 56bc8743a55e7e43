"""CouchDB's own replicator pulls from the embedded engine and pushes to it: every leaf, history, attachment and design document."""

from __future__ import annotations

import base64
import time

import pytest

from tests.clients.conftest import Peer
from tests.clients.leaves import contents
from tests.clients.test_pouchdb import differing
from tests.sync.conftest import OPERATOR
from tests.sync.contract.client import Database, grafted
from tests.sync.contract.engines import COUCHDB_URL, address

pytestmark = [
    pytest.mark.xdist_group("clients"),
    pytest.mark.skipif(not COUCHDB_URL, reason="COUCHDB_URL names no CouchDB whose replicator could be tried"),
]

WAY = ["pull", "push"]
SECONDS_MAX = 60
PHOTO = bytes(range(256)) * 1200
BIG = bytes(range(255)) * 20_000  # 5 MB
ODD_IDS = ["a/b", "a+b", "a b", "a%b", "中文", "é", "😀", "a?b#c", 'a"b', "x" * 300, "_design/other", "9", "é/é"]


@pytest.fixture
def couchdb() -> Peer:
    return Peer(*address(COUCHDB_URL))


@pytest.fixture
def embedded(live_server) -> Peer:
    return Peer(live_server.url, OPERATOR)


@pytest.fixture(params=WAY)
def ends(request, couchdb, embedded, make_database) -> tuple[Database, Database]:
    """(source, target): `pull` is from the embedded engine into CouchDB, `push` the other way round."""
    source, target = (embedded, couchdb) if request.param == "pull" else (couchdb, embedded)
    return make_database(source), make_database(target)


def inline(content: bytes, content_type: str = "image/jpeg", **more) -> dict:
    return {"content_type": content_type, "data": base64.b64encode(content).decode(), **more}


def fill(database: Database) -> None:
    """Everything awkward."""
    for n, id in enumerate(ODD_IDS):
        assert database("POST", "", {"_id": id, "n": n, "text": "何伶俐"}).status == 201
    first = database.save("edited", n=1)
    database.save("edited", n=2, _rev=first)
    database.remove("gone", database.save("gone"))
    database.remove("back", database.save("back", n=1))
    database.save("back", n=3)
    database.graft("conflict", "3-z", "2-b", "1-a", n=3, _attachments={"a.jpg": inline(b"of z", revpos=3)})
    database.graft("conflict", "2-y", "1-a", n=2, _attachments={"a.jpg": inline(b"of y", revpos=2)})
    database.graft("conflict", "2-x", "1-a", deleted=True, why="moved")
    database.graft("roots", "5-e", "4-d")
    database.graft("roots", "1-other")
    first = database.save(
        "photos", _attachments={"door/正门.jpg": inline(PHOTO), "empty": inline(b"", "application/x"), "a.txt": inline(b"hello " * 500, "text/plain")}
    )
    database.save("photos", _rev=first, _attachments={"door/正门.jpg": {"stub": True}, "a.txt": {"stub": True}, "new.jpg": inline(b"new")})
    database.save("big", _attachments={"big.bin": inline(BIG, "application/octet-stream")})
    database.save("_design/app", views={"all": {"map": "function (doc) { emit(doc._id) }"}}, _attachments={"page.html": inline(b"<p>", "text/html")})
    docs = [grafted(f"many-{n:04}", [f"2-{n:x}", "1-a"], deleted=n % 7 == 0, n=n) for n in range(1200)]
    assert database("POST", "_bulk_docs", {"docs": docs, "new_edits": False}).json == []


def end(database: Database) -> dict:
    name, password = database.client.credentials
    return {"url": database.client.transport.url + database.path, "auth": {"basic": {"username": name, "password": password}}}


def replicate(couchdb: Peer, source: Database, target: Database, **options) -> dict:
    client = couchdb.client
    client.transport.seconds_max = SECONDS_MAX
    answer = client("POST", "/_replicate", {"source": end(source), "target": end(target), **options})
    assert answer.status in (200, 202), answer
    assert answer.json["ok"] is True, answer
    return answer.json


def test_everything_awkward_is_carried_over_once(couchdb, ends):
    source, target = ends
    fill(source)
    session = replicate(couchdb, source, target)["history"][0]
    assert session["doc_write_failures"] == 0
    there, here = contents(target), contents(source)
    assert differing(there, here) == {}
    assert len(here) == len(ODD_IDS) + 8 + 1200 and len(here["conflict"]["leaves"]) == 3
    again = replicate(couchdb, source, target)
    assert again.get("no_changes") is True, again


def test_what_changed_since_is_carried_over_and_nothing_else(couchdb, ends):
    source, target = ends
    fill(source)
    first = replicate(couchdb, source, target)["history"][0]
    source.save("edited", n=3, _rev=source.get("edited")["_rev"])
    source.remove("many-0001", source.get("many-0001")["_rev"])
    source.save("photos", {**source.get("photos"), "n": 1})
    source.graft("conflict", "4-w", "3-z", n=4)
    second = replicate(couchdb, source, target)["history"][0]
    assert second["start_last_seq"] == first["end_last_seq"]
    assert second["docs_written"] - first["docs_written"] == 4, "its counters go on from one session to the next"
    assert differing(contents(target), contents(source)) == {}


def test_both_ways_until_both_are_equal(couchdb, embedded, make_database):
    one, other = make_database(embedded), make_database(couchdb)
    for database, letter in ((one, "b"), (other, "c")):
        for n in range(50):
            database.graft(
                f"doc-{n}", f"2-{letter}{n}", "1-a", by=letter, **({"_attachments": {"a.jpg": inline(letter.encode() * 1000)}} if n % 3 == 0 else {})
            )
            database.save(f"only-{letter}-{n}")
    replicate(couchdb, one, other)
    replicate(couchdb, other, one)
    replicate(couchdb, one, other)
    assert differing(contents(one), contents(other)) == {}
    assert all(len(document["leaves"]) == 2 for id, document in contents(one).items() if id.startswith("doc-"))


def test_only_these_documents(couchdb, ends):
    source, target = ends
    fill(source)
    replicate(couchdb, source, target, doc_ids=["edited", "photos", "中文", "none", "_design/app"])
    assert sorted(contents(target)) == ["_design/app", "edited", "photos", "中文"]
    assert target("GET", "photos/door%2F%E6%AD%A3%E9%97%A8.jpg").body == PHOTO


def test_only_what_a_selector_matches(couchdb, ends):
    source, target = ends
    fill(source)
    replicate(couchdb, source, target, selector={"n": {"$gt": 1190}})
    expected = sorted(id for id, document in contents(source).items() if document["leaves"][document["winner"]].get("n", 0) > 1190)
    assert sorted(contents(target)) == expected and len(expected) > 5


def test_continuous_replication_carries_each_change(couchdb, ends):
    source, target = ends
    source.save("before")
    replicate(couchdb, source, target, continuous=True)
    try:
        for n in range(5):
            source.save(f"doc-{n}", n=n, _attachments={"a.jpg": inline(PHOTO)} if n == 3 else {})
            eventually(lambda n=n: target("GET", f"doc-{n}").status == 200)
        source.remove("doc-0", source.get("doc-0")["_rev"])
        eventually(lambda: target("GET", "doc-0").status == 404)
        eventually(lambda: differing(contents(target), contents(source)) == {})
    finally:
        couchdb.client("POST", "/_replicate", {"source": end(source), "target": end(target), "continuous": True, "cancel": True})


def test_the_target_is_made_where_it_is_not_there(couchdb, ends):
    source, target = ends
    source.save("doc")
    target("DELETE")
    replicate(couchdb, source, target, create_target=True)
    assert contents(target) == contents(source)


def eventually(true, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
