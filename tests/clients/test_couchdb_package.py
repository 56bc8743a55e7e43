"""The `couchdb` package for Python: what its users do every day."""

import io

import couchdb
import pytest

from tests.sync.contract.client import new_name

pytestmark = pytest.mark.xdist_group("clients")


@pytest.fixture
def server(peer):
    server = couchdb.Server(peer.url)
    server.resource.credentials = peer.credentials
    return server


@pytest.fixture
def database(server):
    name = new_name()
    yield server.create(name)
    if name in server:
        server.delete(name)


def test_the_server_and_its_databases(server, database):
    assert database.name in server and database.name in list(server)
    assert server.version().startswith("3.")
    assert len(server) >= 1 and bool(server)
    with pytest.raises(couchdb.PreconditionFailed):
        server.create(database.name)
    with pytest.raises(couchdb.ResourceNotFound):
        server["contract-none"].info()
    del server[database.name]
    assert database.name not in server


def test_documents_are_saved_read_changed_and_deleted(database):
    id, revision = database.save({"type": "household", "name": "何伶俐"})
    assert database[id]["name"] == "何伶俐" and database[id].rev == revision
    document = database[id]
    document["name"] = "何玲利"
    database[id] = document
    assert database.get(id)["name"] == "何玲利" and document.rev.startswith("2-")
    with pytest.raises(couchdb.ResourceConflict):
        database.save({"_id": id, "_rev": revision})
    assert id in database and len(database) == 1 and list(database) == [id]
    database.delete(database[id])
    assert id not in database and database.get(id) is None
    with pytest.raises(couchdb.ResourceNotFound):
        database["none"]


def test_many_at_once(database):
    results = database.update([{"_id": "a"}, {"_id": "b", "n": 2}, couchdb.Document(_id="c")])
    assert [(ok, id) for ok, id, _ in results] == [(True, "a"), (True, "b"), (True, "c")]
    (late,) = database.update([{"_id": "a"}])
    assert late[0] is False and isinstance(late[2], couchdb.ResourceConflict)
    rows = database.view("_all_docs", include_docs=True, startkey="b")
    assert [(row.id, row.doc.get("n")) for row in rows] == [("b", 2), ("c", None)] and rows.total_rows == 3
    assert [row.id for row in database.view("_all_docs", keys=["c", "a"])] == ["c", "a"]
    assert [row.id for row in database.iterview("_all_docs", 2)] == ["a", "b", "c"]


def test_attachments(database):
    database["doc"] = {"n": 1}
    database.put_attachment(database["doc"], io.BytesIO(b"hello"), "a.txt", "text/plain")
    assert database.get_attachment("doc", "a.txt").read() == b"hello"
    assert database.get_attachment("doc", "none") is None
    document = database.get("doc", attachments=True)
    assert document["_attachments"]["a.txt"]["data"] == "aGVsbG8="
    database.delete_attachment(database["doc"], "a.txt")
    assert "_attachments" not in database["doc"]


def test_copies_security_limits_purge_and_compaction(database):
    database["doc"] = {"n": 1}
    revision = database.copy("doc", "copy")
    assert database["copy"].rev == revision
    database.security = {"members": {"names": [], "roles": ["area:g0311"]}, "admins": {"names": [], "roles": []}}
    assert database.security["members"]["roles"] == ["area:g0311"]
    assert database.compact() is True
    assert database.commit()["ok"] is True
    purged = database.purge([database["copy"]])
    assert purged["purged"] == {"copy": [revision]} and "copy" not in database
    assert database.info()["doc_count"] == 1
    assert database.cleanup() is True


def test_changes_once_and_followed(database):
    database.update([{"_id": id} for id in "abc"])
    feed = database.changes()
    assert sorted(row["id"] for row in feed["results"]) == ["a", "b", "c"]
    assert database.changes(since=feed["last_seq"])["results"] == []
    rows = database.changes(feed="continuous", since="0", timeout=500)
    assert sorted(next(rows)["id"] for _ in "abc") == ["a", "b", "c"]
    assert "last_seq" in next(rows)
