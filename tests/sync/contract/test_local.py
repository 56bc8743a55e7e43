"""Section 5: checkpoints."""


def test_a_checkpoint_is_written_read_and_removed(db):
    answer = db("PUT", "_local/x", {"last_seq": 1})
    assert (answer.status, answer.json) == (201, {"ok": True, "id": "_local/x", "rev": "0-1"})
    assert db.get("_local/x") == {"_id": "_local/x", "_rev": "0-1", "last_seq": 1}
    second = db("PUT", "_local/x", {"_rev": "0-1", "last_seq": 2})
    assert second.json["rev"] == "0-2"
    gone = db("DELETE", "_local/x", rev="0-2")
    assert (gone.status, gone.json["ok"]) == (200, True)
    assert db("GET", "_local/x").reason == (404, "missing")


def test_ids_as_pouchdb_makes_them(db):
    for id in ("_local/6jkD.aEz_cQ==", "_local/a b", "_local/中"):
        from urllib.parse import quote

        path = "_local/" + quote(id.removeprefix("_local/"), safe="")
        assert db("PUT", path, {"n": 1}).status == 201
        assert db("GET", path).json["_id"] == id


def test_a_checkpoint_takes_no_sequence_and_is_counted_nowhere(db):
    before = db("GET").json
    db.save("_local/x", n=1)
    after = db("GET").json
    assert (after["doc_count"], str(after["update_seq"]).partition("-")[0]) == (0, str(before["update_seq"]).partition("-")[0])


def test_a_checkpoint_has_no_attachments(db):
    db.save("_local/x", n=1)
    answer = db("PUT", "_local/x/a.txt", data=b"x", headers={"Content-Type": "text/plain"})
    assert answer.reason == (400, "_local documents do not accept attachments.")
    db.save("_local/y", n=1, _attachments={"a.txt": {"content_type": "text/plain", "data": "eA=="}})
    assert "_attachments" not in db.get("_local/y")


def test_a_checkpoint_that_is_not_there(db):
    assert db("GET", "_local/none").reason == (404, "missing")
    assert db("DELETE", "_local/none").status == 404


def test_a_wrong_revision_overwrites(db):
    db.save("_local/x", n=1)
    assert db("PUT", "_local/x", {"n": 2}).status == 201
    assert db.get("_local/x")["n"] == 2


def test_a_wrong_revision_is_a_conflict(db):
    db.save("_local/x", n=1)
    assert db("PUT", "_local/x", {"n": 2}).error == (409, "conflict")
    assert db("PUT", "_local/x", {"_rev": "0-9", "n": 2}).error == (409, "conflict")
    assert db.get("_local/x")["n"] == 1


def test_checkpoints_are_listed_for_admins(db):
    db.save("_local/x", n=1)
    assert [row["id"] for row in db("GET", "_local_docs").json["rows"]] == ["_local/x"]
