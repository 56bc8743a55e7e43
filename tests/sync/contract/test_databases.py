"""`Databases`, the seam that the merge worker and the outbox know: the same tests over the embedded engine and over CouchDatabases on three servers."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from sync.couchdb.databases import CouchDatabases
from sync.databases import START, Databases
from sync.engine import Engine
from tests.sync.conftest import OPERATOR
from tests.sync.contract.client import Client, Database, OverHttp, new_name
from tests.sync.contract.engines import COUCHDB_URL, address

HOLDERS = ["embedded", "couchdb-api-of-embedded", "couchdb-api-of-pouchdb-server", *(["couchdb"] if COUCHDB_URL else [])]
SECURITY = {"admins": {"names": [], "roles": []}, "members": {"names": [], "roles": ["worker:w0042"]}}
WAIT_SECONDS_MAX = 20


@dataclass
class Holder:
    """Some databases, and the same seen over HTTP, to write what phones write."""

    databases: Databases
    client: Client


@pytest.fixture(params=HOLDERS)
def holder(request, tmp_path) -> Iterator[Holder]:
    match request.param:
        case "embedded":
            server = request.getfixturevalue("live_server")
            yield Holder(Engine(server.settings.engine_folder), Client(OverHttp(server.url), OPERATOR))
            return
        case "couchdb-api-of-embedded":
            url, credentials = request.getfixturevalue("live_server").url, OPERATOR
        case "couchdb-api-of-pouchdb-server":
            url, credentials = request.getfixturevalue("pouchdb_server").url, OPERATOR
        case _:
            url, credentials = address(COUCHDB_URL)
    name, password = (quote(each, safe="") for each in credentials)
    databases = CouchDatabases(url.replace("://", f"://{name}:{password}@"))
    yield Holder(databases, Client(OverHttp(url), credentials))
    databases.close()


@pytest.fixture
def databases(holder) -> Databases:
    return holder.databases


@pytest.fixture
def name(databases) -> Iterator[str]:
    """A database under a name that nobody has used."""
    made = new_name()
    assert databases.create(made, SECURITY) is True
    yield made
    databases.delete(made)


@pytest.fixture
def phone(holder, name) -> Database:
    return Database(holder.client, name)


def leaves(change) -> list[tuple[str, bool]]:
    return [(leaf.revision, leaf.deleted) for leaf in change.leaves]


def read_all(databases: Databases, name: str, limit: int) -> dict[str, Any]:
    """The whole feed in pages; the last of two changes of one document counts."""
    found, since = {}, START
    while True:
        batch = databases.changes(name, since, limit)
        if not batch.changes:
            return found
        found |= {change.id: change for change in batch.changes}
        since = batch.last_sequence


# Databases


def test_a_database_is_made_once(databases, name):
    assert databases.exists(name) and name in databases.names()
    databases.publish(name, [{"_id": "a"}])
    assert databases.create(name, SECURITY) is False
    assert databases.read(name, "a") is not None, "what is there stays"


def test_names_are_sorted_and_asked_by_their_beginning(databases):
    start = new_name()
    for ending in ("-b", "-a", "-c"):
        databases.create(start + ending, SECURITY)
    assert databases.names(start) == [f"{start}-a", f"{start}-b", f"{start}-c"]
    assert databases.names(start + "-b") == [start + "-b"]
    assert databases.names(new_name()) == []
    for ending in ("-b", "-a", "-c"):
        assert databases.delete(start + ending) is True


def test_a_database_is_deleted_once(databases):
    made = new_name()
    databases.create(made, SECURITY)
    assert databases.delete(made) is True
    assert databases.delete(made) is False and not databases.exists(made)


def test_the_security_object_is_kept_and_replaced(databases, name):
    assert databases.security(name)["members"]["roles"] == ["worker:w0042"]
    other = {"admins": {"names": [], "roles": []}, "members": {"names": ["何"], "roles": ["area:g0311"]}}
    databases.set_security(name, other)
    assert databases.security(name)["members"] == other["members"]


def test_unknown_databases_are_a_lookup_error(databases):
    none = new_name()
    for ask in (
        lambda: databases.security(none),
        lambda: databases.set_security(none, SECURITY),
        lambda: databases.changes(none),
        lambda: databases.publish(none, [{"_id": "a"}]),
        lambda: databases.read(none, "a"),
    ):
        with pytest.raises(LookupError):
            ask()


@pytest.mark.parametrize("bad", ["", "A", "1a", "../a", "a.b", "é"])
def test_names_that_cannot_be_are_refused(databases, bad):
    with pytest.raises(Exception) as refusal:
        databases.create(bad, SECURITY)
    assert type(refusal.value).__name__ == "IllegalName" or isinstance(refusal.value, ValueError)


# Publishing


def test_what_is_published_is_read(databases, name):
    databases.publish(name, [{"_id": "household:1", "label": "1栋 2单元 311", "n": 1}])
    found = databases.read(name, "household:1")
    assert (found["_id"], found["label"], found["n"]) == ("household:1", "1栋 2单元 311", 1) and found["_rev"].startswith("1-")
    assert databases.read(name, "household:2") is None


def test_the_same_again_makes_no_new_revision(databases, name):
    documents = [{"_id": "a", "n": 1, "deep": {"x": [1, 2, {"y": None}]}}, {"_id": "b"}]
    databases.publish(name, documents)
    before = databases.read(name, "a")["_rev"]
    at = databases.changes(name).last_sequence
    databases.publish(name, [{"deep": {"x": [1, 2, {"y": None}]}, "n": 1, "_id": "a"}, {"_id": "b"}])
    assert databases.read(name, "a")["_rev"] == before
    assert databases.changes(name, at).changes == []


def test_another_body_is_another_revision(databases, name):
    databases.publish(name, [{"_id": "a", "n": 1}])
    databases.publish(name, [{"_id": "a", "n": 2}])
    found = databases.read(name, "a")
    assert found["n"] == 2 and found["_rev"].startswith("2-")


def test_deleting_twice_and_what_was_never_there_changes_nothing(databases, name):
    databases.publish(name, [{"_id": "a"}])
    databases.publish(name, [{"_id": "a", "_deleted": True}])
    at = databases.changes(name).last_sequence
    databases.publish(name, [{"_id": "a", "_deleted": True}, {"_id": "none", "_deleted": True}])
    assert databases.read(name, "a") is None
    assert databases.changes(name, at).changes == []


def test_what_was_deleted_is_published_anew(databases, name):
    for document in ({"_id": "a", "n": 1}, {"_id": "a", "_deleted": True}, {"_id": "a", "n": 3}):
        databases.publish(name, [document])
    found = databases.read(name, "a")
    assert found["n"] == 3 and found["_rev"].startswith("3-")


def test_nothing_is_published_without_harm(databases, name):
    databases.publish(name, [])
    assert databases.changes(name).changes == []


def test_a_batch_with_something_malformed_in_it_is_not_published(databases, name):
    with pytest.raises(Exception, match=r"(?i)special|underscore|_foo"):
        databases.publish(name, [{"_id": "a"}, {"_id": "b", "_foo": 1}])
    assert databases.read(name, "a") is None


def test_publishing_goes_before_what_a_phone_wrote_under_the_same_id(databases, phone, name):
    phone.save("a", n="phone")
    databases.publish(name, [{"_id": "a", "n": "centre"}])
    assert databases.read(name, "a")["n"] == "centre"


# Publishing with attachments


def with_files(id: str = "form:a:1", n: int = 1, **files: bytes) -> dict[str, Any]:
    attachments = {f"{name}.csv": {"content_type": "text/csv", "data": b64encode(content).decode()} for name, content in files.items()}
    return {"_id": id, "n": n, "files": {name: sha256(content).hexdigest() for name, content in files.items()}, "_attachments": attachments}


CITIES, TOWNS = "name,label\nxn,咸宁\n".encode() * 300, b"\x00\xff towns"


def kept(phone: Database, id: str = "form:a:1") -> dict[str, bytes]:
    found = phone("GET", id, attachments="true").json.get("_attachments", {})
    return {name: b64decode(entry["data"]) for name, entry in found.items()}


def test_what_is_published_with_files_is_there_with_its_files(databases, phone, name):
    databases.publish(name, [with_files(cities=CITIES, towns=TOWNS), {"_id": "b"}])
    assert kept(phone) == {"cities.csv": CITIES, "towns.csv": TOWNS}


def test_the_same_with_the_same_files_makes_no_new_revision(databases, phone, name):
    databases.publish(name, [with_files(cities=CITIES, towns=TOWNS)])
    at = databases.changes(name).last_sequence
    databases.publish(name, [with_files(towns=TOWNS, cities=CITIES)])
    assert databases.changes(name, at).changes == []


def test_another_body_leaves_the_bytes_of_the_files_where_they_are(databases, phone, name):
    databases.publish(name, [with_files(cities=CITIES)])
    databases.publish(name, [with_files(n=2, cities=CITIES)])
    found = phone("GET", "form:a:1").json
    assert (found["n"], found["_attachments"]["cities.csv"]["revpos"]) == (2, 1)
    assert kept(phone) == {"cities.csv": CITIES}


@pytest.mark.parametrize("files", [{"cities": b"another"}, {"cities": bytes(len(TOWNS)), "towns": TOWNS}, {"towns": CITIES}, {}])
def test_other_files_are_another_revision(databases, phone, name, files):
    databases.publish(name, [with_files(cities=TOWNS)])
    databases.publish(name, [with_files(**files)])
    assert databases.read(name, "form:a:1")["_rev"].startswith("2-")
    assert kept(phone) == {f"{file}.csv": content for file, content in files.items()}


# Changes


def test_changes_come_in_order_and_in_pages(databases, name):
    for n in range(7):
        databases.publish(name, [{"_id": f"doc-{n}", "n": n}])
    databases.publish(name, [{"_id": "doc-0", "n": "again"}])
    first = databases.changes(name, START, 3)
    assert [change.id for change in first.changes] == ["doc-1", "doc-2", "doc-3"]
    assert first.last_sequence == first.changes[-1].sequence
    rest = databases.changes(name, first.last_sequence, 10)
    assert [change.id for change in rest.changes] == ["doc-4", "doc-5", "doc-6", "doc-0"]
    assert databases.changes(name, rest.last_sequence).changes == []
    assert databases.changes(name, rest.changes[1].sequence).changes[0].id == "doc-6"


def test_a_change_has_its_document(databases, phone, name):
    revision = phone.save("submission:1", answers={"name": "何伶俐"})
    (change,) = databases.changes(name).changes
    (leaf,) = change.leaves
    assert (leaf.revision, leaf.deleted) == (revision, False)
    assert leaf.document == {"_id": "submission:1", "_rev": revision, "answers": {"name": "何伶俐"}}


def test_a_conflict_comes_with_all_its_leaves_the_winner_first(databases, phone, name):
    phone.graft("a", "2-b", "1-a", n="b")
    phone.graft("a", "2-z", "1-a", n="z")
    phone.graft("a", "3-d", "2-c", "1-a", deleted=True, why="moved")
    (change,) = databases.changes(name).changes
    assert leaves(change) == [("2-z", False), ("2-b", False), ("3-d", True)]
    assert [leaf.document.get("n") for leaf in change.leaves] == ["z", "b", None]
    assert change.leaves[2].document["_deleted"] is True and change.leaves[2].document["why"] == "moved"


def test_a_losing_branch_is_a_change(databases, phone, name):
    phone.graft("a", "2-z", "1-a")
    at = databases.changes(name).last_sequence
    phone.graft("a", "2-b", "1-a")
    (change,) = databases.changes(name, at).changes
    assert leaves(change) == [("2-z", False), ("2-b", False)]


def test_a_deletion_is_a_change(databases, phone, name):
    revision = phone.save("a")
    at = databases.changes(name).last_sequence
    tombstone = phone.remove("a", revision)
    (change,) = databases.changes(name, at).changes
    assert leaves(change) == [(tombstone, True)]


def test_checkpoints_of_phones_are_no_change(databases, phone, name):
    phone.save("_local/checkpoint", last_seq=1)
    assert databases.changes(name).changes == []


@pytest.mark.parametrize("limit", [1, 7, 500])
def test_a_feed_read_in_pages_of_any_size_has_every_document_once(databases, name, limit):
    documents = [{"_id": f"doc-{n:03}", "n": n} for n in range(40)]
    databases.publish(name, documents)
    found = read_all(databases, name, limit)
    assert {id: change.leaves[0].document["n"] for id, change in found.items()} == {document["_id"]: document["n"] for document in documents}


def test_a_sequence_of_another_life_begins_anew(databases):
    made = new_name()
    databases.create(made, SECURITY)
    databases.publish(made, [{"_id": f"old-{n}"} for n in range(5)])
    since = databases.changes(made).last_sequence
    databases.delete(made)
    databases.create(made, SECURITY)
    databases.publish(made, [{"_id": "new"}])
    assert [change.id for change in databases.changes(made, since).changes] == ["new"]
    databases.delete(made)


# Waiting


def test_the_first_wait_knows_nothing(databases):
    assert databases.wait(0.1) is None


def test_a_change_ends_the_wait_and_names_its_database_or_says_look_everywhere(databases, phone, name):
    databases.wait(0.1)
    phone.save("a")
    until = time.monotonic() + WAIT_SECONDS_MAX
    heard: set[str] | None = set()
    while heard is not None and name not in heard:
        assert time.monotonic() < until, "nobody told of the change"
        heard = databases.wait(1)
