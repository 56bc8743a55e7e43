"""Where the embedded engine differs from CouchDB: each row of that table in docs/sync.md, seen on both."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sync.contract.client import Database
from tests.sync.contract.engines import ENGINES
from tests.sync.contract.test_cannot import table

TEXT = {"content_type": "text/plain", "data": base64.b64encode(b"hello " * 100).decode()}
PHOTO = {"content_type": "image/jpeg", "data": base64.b64encode(b"photo").decode()}


def two_histories(db: Database) -> Any:
    db.graft("doc", "4-d", "3-c", "2-x")
    db.graft("doc", "4-e", "3-c", "2-y")
    return [db.get("doc", rev=revision, revs=True)["_revisions"]["ids"][2] for revision in ("4-d", "4-e")]


def replaced_body(db: Database) -> Any:
    first = db.save("doc", n=1)
    db.save("doc", n=2, _rev=first)
    return db("GET", "doc", rev=first).status


def revision_of_nothing(db: Database) -> Any:
    empty = db("PUT", "doc", {"_rev": "1-a"}).status
    db.save("something")
    return [empty, db("PUT", "doc", {"_rev": "1-a"}).status]


def batch_ok(db: Database) -> Any:
    db.save("doc")
    return db("PUT", "doc", {}, batch="ok").status


def count_after_purge(db: Database) -> Any:
    db.graft("doc", "1-a")
    db.graft("doc", "1-b", deleted=True)
    db("POST", "_purge", {"doc": ["1-a"]})
    return db("GET").json["doc_count"]


def lowered_limit(db: Database) -> Any:
    db.graft("doc", "4-d", "3-c", "2-b", "1-a")
    db("PUT", "_revs_limit", 2)
    return len(db.get("doc", revs=True)["_revisions"]["ids"])


def other_programs(db: Database) -> Any:
    return db.client("GET", "/_active_tasks").status


def large_checkpoint(db: Database) -> Any:
    return db("PUT", "_local/x", {"text": "x" * 200_000}).status


def empty_security(db: Database) -> Any:
    db("PUT", "_security", {})
    return Database(db.client.without_credentials(), db.name)("GET", "_all_docs").status


def missing_to_strangers(db: Database) -> Any:
    return db.client.without_credentials()("GET", "/contract-none/_all_docs").status


def digest_of_text(db: Database) -> Any:
    db.save("doc", _attachments={"a.txt": TEXT})
    plain = base64.b64encode(hashlib.md5(base64.b64decode(TEXT["data"])).digest()).decode()
    return db.get("doc")["_attachments"]["a.txt"]["digest"] == f"md5-{plain}"


def pushed_revpos(db: Database) -> Any:
    db.graft("doc", "2-b", "1-a", _attachments={"a.jpg": PHOTO})
    return db.get("doc")["_attachments"]["a.jpg"]["revpos"]


def replaced_attachment(db: Database) -> Any:
    first = db.save("doc", _attachments={"a.jpg": PHOTO})
    db.save("doc", _rev=first)
    return db("GET", "doc/a.jpg", rev=first).status


def whole_range(db: Database) -> Any:
    db.save("doc", _attachments={"a.jpg": PHOTO})
    return db("GET", "doc/a.jpg", headers={"Range": "bytes=0-"}).status


def both_accepted(db: Database) -> Any:
    db.save("doc", _attachments={"a.jpg": PHOTO})
    answer = db("GET", "doc", attachments=True, headers={"Accept": "application/json, */*"})
    return answer.headers["Content-Type"].partition(";")[0]


def atts_since(db: Database) -> Any:
    db.save("doc", _attachments={"a.jpg": PHOTO})
    answer = db("POST", "_bulk_get?attachments=false", {"docs": [{"id": "doc", "atts_since": ["1-unknown"]}]})
    return "data" in answer.json["results"][0]["docs"][0]["ok"]["_attachments"]["a.jpg"]


def plus(db: Database) -> Any:
    return db("PUT", "a+b", {}).json["id"]


def selected(db: Database, selector: dict) -> Any:
    answer = db("POST", "_changes?filter=_selector", {"selector": selector})
    return [row["id"] for row in answer.json["results"]] if answer.status == 200 else answer.status


def order_of_texts(db: Database) -> Any:
    db.save("doc", name="a")
    return selected(db, {"name": {"$lt": "B"}})


def back_reference(db: Database) -> Any:
    db.save("doc", name="aa")
    return selected(db, {"name": {"$regex": r"(a)\1"}})


def filter_function(db: Database) -> Any:
    db.save("_design/app", filters={"all": "function (doc) { return true }"})
    return [db("GET", "_changes", filter="app/all").status, db("GET", "_changes", filter="none/all").status]


# The row's name: what is done, what CouchDB answers, what the embedded engine answers
SEEN: dict[str, tuple[Callable[[Database], Any], Any, Any]] = {
    "One id with two histories": (two_histories, ["x", "y"], ["y", "y"]),
    "Bodies of replaced revisions": (replaced_body, 200, 404),
    "`_rev` of a document that was never there": (revision_of_nothing, [409, 201], [409, 409]),
    "`?batch=ok`": (batch_ok, 202, 409),
    "`doc_count` when the last live leaf was purged": (count_after_purge, 1, 0),
    "`_revs_limit` lowered": (lowered_limit, 2, 4),
    "`_replicate`, `_scheduler`, `_active_tasks`, `_node`": (other_programs, 200, 501),
    "`_local` documents": (large_checkpoint, 201, 413),
    "Empty security object": (empty_security, 200, 401),
    "Missing database, to strangers": (missing_to_strangers, 404, 401),
    "Attachment digest": (digest_of_text, False, True),
    "`revpos` of a pushed attachment that says none": (pushed_revpos, 0, 2),
    "Attachment of a replaced revision, by `?rev=`": (replaced_attachment, 200, 404),
    "`Range: bytes=0-`": (whole_range, 200, 206),
    "`Accept: application/json, */*` with `attachments` or `open_revs`": (both_accepted, "multipart/related", "application/json"),
    "`atts_since` in `_bulk_get?attachments=false`": (atts_since, True, False),
    "`+` in a path": (plus, "a b", "a+b"),
    "Texts in a selector, `$lt` and the like": (order_of_texts, ["doc"], []),
    "`$regex` in a selector": (back_reference, ["doc"], 400),
    "A filter function, `_view`": (filter_function, [200, 404], [501, 404]),
}
# Rows that other tests hold, and which
MATRIX = "server/couchdb/test_couchdb_matrix.py"
HELD_ELSEWHERE = {
    "Sequence": "sync/contract/test_databases.py",
    "Revision ids made here": "sync/test_revisions.py",
    "`_local_docs`": "server/test_sync_matrix.py",
    "Restored from a copy": "sync/test_engine_lives.py",
    "`_local` with a wrong `_rev`": "sync/contract/test_local.py",
    "A wrong `_revs_limit` or `_security`": "sync/contract/test_server.py",
    "A forged token, or one of a key that is not known": MATRIX,
    "What only the operator may, asked by a member": MATRIX,
    "A member's `_bulk_docs` to a database of the server's": MATRIX,
    "A phone that was signed out": "server/test_revocation.py",
    "The operator's cookie with another site's `Origin`": "server/test_sync_attacks.py",
    "Write to `area-…` by a device": "server/test_sync_matrix.py",
    "Bytes that do not fit their `digest`, `Content-MD5`, length or `Content-Encoding`": "server/test_attachments.py",
    "Parts that no attachment follows in": "server/test_multipart.py",
    "A feed with a heartbeat": "server/test_changes.py",
    "CORS": "server/test_sync_attacks.py",
}
TESTS = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "pouchdb-server"], indirect=True)
@pytest.mark.parametrize("row", SEEN)
def test_the_difference_is_as_the_docs_say(db, engine, row):
    done, by_couchdb, by_us = SEEN[row]
    assert done(db) == (by_couchdb if engine == "couchdb" else by_us)


def test_every_row_of_the_table_is_seen_here_or_held_elsewhere():
    assert {row for row in table("Differences from CouchDB") if not row.startswith(("|", "-"))} == SEEN.keys() | HELD_ELSEWHERE.keys()
    assert all((TESTS / file).exists() for file in HELD_ELSEWHERE.values())
