"""CouchDatabases over real servers: what the merge worker and the outbox rely on."""

from __future__ import annotations

import base64

import pytest
import requests

from sync.couchdb.administration import GUARD, GUARD_FUNCTION
from sync.couchdb.databases import CouchDatabases
from sync.couchdb.errors import CouchError, CouchUnavailable
from sync.couchdb.feed import read_changes
from sync.databases import START

NAME = "worker-w0042"
SECURITY = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [], "roles": ["worker:w0042"]}}


@pytest.fixture
def inbox(databases):
    databases.create(NAME, SECURITY)
    return databases


def push(databases, *documents, name=NAME):
    """As a phone's replication does."""
    assert databases.connection.post(f"/{name}/_bulk_docs", {"docs": list(documents), "new_edits": False}) == []


def ids(batch):
    return [change.id for change in batch.changes]


# Databases


def test_databases_are_made_listed_and_deleted(databases):
    assert databases.create("area-g0311", SECURITY, writers="server") and not databases.create("area-g0311", SECURITY, writers="server")
    databases.create(NAME, SECURITY)
    assert [name for name in databases.names() if name.startswith(("area", "worker"))] == ["area-g0311", NAME]
    assert databases.names("area-") == ["area-g0311"] and databases.names("area-h") == []
    assert databases.exists(NAME) and not databases.exists("worker-none") and not databases.exists("_users")
    assert databases.delete("area-g0311") and not databases.delete("area-g0311") and databases.names("area-") == []


def test_a_database_that_names_no_members_is_open_to_nobody(databases):
    databases.create("t-open", {})
    assert databases.security("t-open")["members"]["roles"] == ["_admin"]
    databases.set_security("t-open", {"members": {"names": [], "roles": []}})
    assert databases.security("t-open")["members"]["roles"] == ["_admin"]


def test_a_database_that_only_the_server_writes_has_the_guard(databases):
    databases.create("area-g0311", SECURITY, writers="server")
    assert databases.security("area-g0311") == SECURITY
    assert databases.read("area-g0311", GUARD)["validate_doc_update"] == GUARD_FUNCTION
    databases.create(NAME, SECURITY)
    assert databases.read(NAME, GUARD) is None


@pytest.mark.parametrize("steps", [1, 2])
def test_a_database_that_a_crash_left_half_made_is_completed_at_the_next_call(databases, steps):
    databases.administration.make("area-g0311")
    if steps == 2:
        databases.administration.set_security("area-g0311", SECURITY)
    assert not databases.create("area-g0311", SECURITY, writers="server")
    assert databases.security("area-g0311") == SECURITY
    assert databases.read("area-g0311", GUARD)["validate_doc_update"] == GUARD_FUNCTION


def test_another_security_object_and_another_guard_are_put_right(databases, peer_url):
    databases.create("area-g0311", SECURITY, writers="server")
    databases.administration.set_security("area-g0311", {"members": {"names": [], "roles": ["everybody"]}})
    guard = databases.read("area-g0311", GUARD)
    databases.connection.put(f"/area-g0311/{GUARD}", {**guard, "validate_doc_update": "function () {}"})
    CouchDatabases(peer_url).create("area-g0311", SECURITY, writers="server")
    assert databases.security("area-g0311") == SECURITY
    assert databases.read("area-g0311", GUARD)["validate_doc_update"] == GUARD_FUNCTION


def test_names_that_cannot_be_are_refused_and_the_servers_own_databases_are_left_alone(databases):
    for name in ("", "_users", "A", "../a", "a?b", "a" * 300):
        with pytest.raises(ValueError):
            databases.create(name, SECURITY)
        assert not databases.delete(name)
    databases.create("t-a/b+c", SECURITY)
    databases.publish("t-a/b+c", [{"_id": "x"}])
    assert databases.names("t-a/") == ["t-a/b+c"] and databases.read("t-a/b+c", "x")["_id"] == "x"


def test_unknown_databases_are_a_lookup_error(databases):
    for call in (
        databases.changes,
        databases.security,
        lambda name: databases.set_security(name, SECURITY),
        lambda name: databases.read(name, "a"),
        lambda name: databases.publish(name, [{"_id": "a"}]),
    ):
        with pytest.raises(LookupError):
            call("t-none")


# The server's writes and the feed


def test_publishing_the_same_again_makes_no_new_revision(inbox):
    inbox.publish(NAME, [{"_id": "receipt:1", "status": "held", "n": [1, {"a": None}], "x": 1.5e300}])
    before = inbox.changes(NAME)
    inbox.publish(NAME, [{"_id": "receipt:1", "x": 1.5e300, "n": [1, {"a": None}], "status": "held"}])
    assert inbox.changes(NAME, before.last_sequence).changes == []
    inbox.publish(NAME, [{"_id": "receipt:1", "status": "held", "n": [True, {"a": None}]}])
    assert inbox.read(NAME, "receipt:1")["_rev"].startswith("2-"), "true is not 1"


def test_the_bytes_of_an_attachment_are_read_whole_or_a_range_of_them(inbox):
    content = {"voice.weba": ("audio/webm", bytes(range(256)) * 3_000), "paper.txt": ("text/plain", b"hello, " * 40_000)}  # CouchDB keeps texts compressed
    for name, (kind, given) in content.items():
        attachment = {"content_type": kind, "data": base64.b64encode(given).decode()}
        inbox.publish(NAME, [{"_id": f"media:{name}", "type": "media", "_attachments": {name: attachment}}])
        assert inbox.read(NAME, f"media:{name}")["_attachments"][name]["length"] == len(given)
        assert b"".join(inbox.attachment(NAME, f"media:{name}", name)) == given
        assert b"".join(inbox.attachment(NAME, f"media:{name}", name, 270_000, 270_009)) == given[270_000:270_009]
        assert b"".join(inbox.attachment(NAME, f"media:{name}", name, len(given) - 5)) == given[-5:]
    for id, name in (("media:none", "none"), ("media:paper.txt", "other.txt")):
        with pytest.raises(LookupError):
            next(inbox.attachment(NAME, id, name))


def test_publishing_overwrites_deletes_and_revives(inbox):
    inbox.publish(NAME, [{"_id": "a", "n": 1}])
    inbox.publish(NAME, [{"_id": "a", "n": 2, "_rev": "1-ignored"}])
    assert inbox.read(NAME, "a")["n"] == 2
    for _ in range(2):
        inbox.publish(NAME, [{"_id": "a", "_deleted": True}, {"_id": "never", "_deleted": True}])
    assert inbox.read(NAME, "a") is None and inbox.read(NAME, "never") is None
    (change,) = inbox.changes(NAME).changes
    assert [leaf.deleted for leaf in change.leaves] == [True] and change.leaves[0].revision.startswith("3-")
    inbox.publish(NAME, [{"_id": "a", "n": 4}])
    assert inbox.read(NAME, "a")["n"] == 4


def test_publishing_over_a_conflict_goes_on_from_the_winner_and_leaves_the_other(inbox):
    push(inbox, {"_id": "a", "_rev": "1-a", "n": 1}, {"_id": "a", "_rev": "1-b", "n": 2})
    inbox.publish(NAME, [{"_id": "a", "n": 3}])
    (change,) = inbox.changes(NAME).changes
    assert [(leaf.revision.partition("-")[0], leaf.document["n"]) for leaf in change.leaves] == [("2", 3), ("1", 1)]


def test_a_thousand_documents_are_published_at_once_and_the_last_of_two_with_one_id_counts(inbox):
    inbox.publish(NAME, [{"_id": f"d{number}", "n": number} for number in range(1_000)] + [{"_id": "d7", "n": "last"}])
    assert len(inbox.changes(NAME, limit=2_000).changes) == 1_000
    assert inbox.read(NAME, "d7")["n"] == "last"


def test_a_malformed_document_is_refused_before_any_is_written(inbox):
    for bad in ({"_id": "_bad"}, {"_id": "b", "_what": 1}, {"_id": 1}):
        with pytest.raises(ValueError):
            inbox.publish(NAME, [{"_id": "a"}, bad])
    assert inbox.changes(NAME).changes == []


def test_ids_of_all_kinds_are_written_and_read(inbox):
    names = ["household:aaaa~1", "a/b", "a b+c", "100%25", "é何", "?q=#x"]
    inbox.publish(NAME, [{"_id": id, "me": id} for id in names])
    assert [inbox.read(NAME, id)["me"] for id in names] == names
    assert sorted(ids(inbox.changes(NAME))) == sorted(names)


def test_changes_come_once_each_at_their_newest_place(inbox):
    push(inbox, {"_id": "a", "_rev": "1-a"}, {"_id": "b", "_rev": "1-b"})
    first = inbox.changes(NAME, START, limit=1)
    assert ids(first) == ["a"] and first.changes[-1].sequence
    push(inbox, {"_id": "a", "_revisions": {"start": 2, "ids": ["c", "a"]}, "_rev": "2-c", "n": 2})
    for since in (first.last_sequence, first.changes[0].sequence):
        second = inbox.changes(NAME, since)
        assert ids(second) == ["b", "a"]
        assert {key: second.changes[1].leaves[0].document[key] for key in ("_id", "_rev", "n")} == {"_id": "a", "_rev": "2-c", "n": 2}
    assert inbox.changes(NAME, second.last_sequence).changes == []


def test_all_leaves_of_a_conflict_are_in_the_feed_and_a_losing_one_moves_the_sequence(inbox):
    push(inbox, {"_id": "a", "_rev": "2-b", "n": "wins"}, {"_id": "z", "_rev": "1-z"})
    seen = inbox.changes(NAME).last_sequence
    push(inbox, {"_id": "a", "_rev": "1-x", "n": "loses"}, {"_id": "a", "_rev": "2-d", "_deleted": True})
    (change,) = inbox.changes(NAME, seen).changes
    assert [(leaf.revision, leaf.deleted, leaf.document.get("n")) for leaf in change.leaves] == [
        ("2-b", False, "wins"),
        ("1-x", False, "loses"),
        ("2-d", True, None),
    ]


def test_design_documents_leave_no_gap_in_the_feed(inbox):
    """A batch shorter than asked for means the end: the merge worker leaves the inbox alone then."""
    inbox.publish(NAME, [{"_id": "a"}])
    inbox.connection.put(f"/{NAME}/_design/x", {"language": "javascript"})
    inbox.publish(NAME, [{"_id": "b"}, {"_id": "c"}])
    batch = inbox.changes(NAME, START, 2)
    assert len(batch.changes) == 2
    rest = inbox.changes(NAME, batch.last_sequence, 2)
    assert sorted(ids(batch) + ids(rest)) == ["a", "b", "c"]


def test_large_documents_are_read_a_few_at_a_time_and_none_is_passed_over(inbox):
    inbox.publish(NAME, [{"_id": f"d{number}", "text": "x" * (200_000 if number == 7 else 10_000)} for number in range(40)])
    found, since, batches = [], START, 0
    while (batch := read_changes(inbox.connection, NAME, since, 25, bytes_max=120_000)).changes:
        assert batch.more or len(batch.changes) == 25 or len(found) + len(batch.changes) == 40
        found += ids(batch)
        since, batches = batch.last_sequence, batches + 1
    assert sorted(found) == sorted(f"d{number}" for number in range(40)) and batches >= 4


@pytest.mark.parametrize("since", ["12-5d0c91e2", "77-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0MDQy1zMAQsMckEQ"])
def test_a_sequence_of_another_engine_or_another_life_begins_anew(inbox, since):
    push(inbox, {"_id": "a", "_rev": "1-a"})
    old = inbox.changes(NAME).last_sequence
    inbox.delete(NAME)
    inbox.create(NAME, SECURITY)
    push(inbox, {"_id": "c", "_rev": "1-a"}, {"_id": "d", "_rev": "1-a"})
    if not old.isdigit():  # pouchdb-server's are bare numbers, and name no life
        assert ids(inbox.changes(NAME, old)) == ["c", "d"]
        assert ids(inbox.changes(NAME, since)) == ["c", "d"]


# Errors and addresses


def test_credentials_are_shown_nowhere(peer_url, databases):
    wrong = CouchDatabases(peer_url.replace("://", "://").replace(peer_url.split("@")[0].split("//")[1], "someone:top%20secret"))
    shown = [repr(wrong), str(wrong.address), repr(wrong.address)]
    for call in (wrong.names, lambda: wrong.create("t-x", SECURITY), lambda: wrong.changes(NAME), lambda: wrong.publish(NAME, [{"_id": "a"}])):
        with pytest.raises((CouchError, CouchUnavailable, LookupError)) as raised:
            call()
        shown.append(str(raised.value) + repr(raised.value))
    assert not any("secret" in text or "someone" in text for text in shown)
    assert not requests.get(peer_url.replace(peer_url.split("@")[0].split("//")[1] + "@", "") + "/t-x", timeout=5).ok
