"""Sections 2 and 4: one document at a time, written by hand: what an edit may extend, and what a read shows."""

import pytest


def test_the_first_revision_is_of_generation_one(db):
    answer = db("PUT", "doc", {"n": 1})
    assert answer.status == 201
    revision = answer.json["rev"]
    assert answer.json == {"ok": True, "id": "doc", "rev": revision}
    assert revision.startswith("1-")
    assert answer.headers["ETag"] == f'"{revision}"'
    assert answer.headers["Location"].endswith(f"{db.path}/doc")
    assert db.get("doc") == {"_id": "doc", "_rev": revision, "n": 1}


def test_an_edit_names_the_leaf_it_extends(db):
    first = db.save("doc", n=1)
    second = db.save("doc", n=2, _rev=first)
    assert second.startswith("2-")
    assert db.get("doc", revs=True)["_revisions"] == {"start": 2, "ids": [second[2:], first[2:]]}


def test_equal_edits_of_equal_parents_get_equal_revisions(db, make_database):
    assert db.save("doc", n=1) == make_database().save("doc", n=1)
    assert db.save("other", n=1) != db.save("another", n=2)


@pytest.mark.parametrize("revision", [None, "1-unknown", "7-unknown"])
def test_an_edit_that_extends_no_leaf_is_a_conflict(db, revision):
    db.save("doc", n=1)
    answer = db("PUT", "doc", {"n": 2, **({"_rev": revision} if revision else {})})
    assert answer.error == (409, "conflict")
    assert answer.json["reason"] == "Document update conflict."
    assert db.get("doc")["n"] == 1


def test_an_edit_of_an_inner_revision_is_a_conflict(db):
    first = db.save("doc", n=1)
    db.save("doc", n=2, _rev=first)
    assert db("PUT", "doc", {"n": 3, "_rev": first}).error == (409, "conflict")


def test_a_revision_of_a_document_that_is_not_there_is_a_conflict(db):
    assert db("PUT", "doc", {"_rev": "1-a"}).error == (409, "conflict")


def test_a_losing_leaf_can_be_extended_too(db):
    db.graft("doc", "2-z", "1-a")
    db.graft("doc", "2-b", "1-a")
    third = db.save("doc", n=3, _rev="2-b")
    assert db.leaves("doc") == [third, "2-z"]


def test_the_revision_may_stand_in_the_url_or_the_header(db):
    first = db.save("doc", n=1)
    second = db("PUT", "doc", {"n": 2}, rev=first).json["rev"]
    third = db("PUT", "doc", {"n": 3}, headers={"If-Match": f'"{second}"'}).json["rev"]
    assert db.get("doc")["_rev"] == third
    assert db("PUT", "doc", {"n": 4, "_rev": third}, rev=first).error == (400, "bad_request")
    assert db("PUT", "doc", {"n": 4}, headers={"If-Match": f'"{third}"'}, rev=first).status == 400


def test_the_id_in_the_url_counts(db):
    db("PUT", "doc", {"_id": "other"})
    assert db("GET", "other").status == 404
    assert db.get("doc")["_id"] == "doc"


def test_members_of_the_wire_are_accepted_and_not_kept(db):
    db.save("doc", n=1, _revs_info=[], _conflicts=[], _deleted_conflicts=[], _local_seq=1)
    assert set(db.get("doc")) == {"_id", "_rev", "n"}


def test_what_couchdbs_replicator_writes_into_its_documents_is_kept(db):
    members = {
        "_replication_id": "a",
        "_replication_state": "b",
        "_replication_state_time": "c",
        "_replication_state_reason": "d",
        "_replication_stats": {"n": 1},
    }
    db.save("doc", members)
    assert {name: value for name, value in db.get("doc").items() if name in members} == members
    assert db("PUT", "other", {"_replication_other": 1}).error == (400, "doc_validation")


def test_what_was_read_with_everything_about_it_can_be_written_back(db):
    db.graft("doc", "2-z", "1-a", n=1)
    db.graft("doc", "2-b", "1-a")
    third = db.save("doc", {**db.get("doc", revs=True, revs_info=True, conflicts=True, local_seq=True), "n": 2})
    assert db.get("doc", revs=True)["_revisions"] == {"start": 3, "ids": [third[2:], "z", "a"]}
    assert set(db.get("doc")) == {"_id", "_rev", "n"}


def test_posting_makes_an_id_where_there_is_none(db):
    answer = db("POST", "", {"n": 1})
    assert (answer.status, answer.json["ok"]) == (201, True)
    assert db.get(answer.json["id"])["n"] == 1
    assert db("POST", "", {"_id": "mine"}).json["id"] == "mine"
    assert db("POST", "", {"_id": "mine"}).error == (409, "conflict")


# Deleting and writing anew


def test_deleting_leaves_a_tombstone(db):
    first = db.save("doc", n=1)
    answer = db("DELETE", "doc", rev=first)
    assert (answer.status, answer.json["ok"], answer.json["id"]) == (200, True, "doc")
    second = answer.json["rev"]
    assert second.startswith("2-")
    assert db("GET", "doc").reason == (404, "deleted")
    assert db.get("doc", rev=second) == {"_id": "doc", "_rev": second, "_deleted": True}


def test_a_tombstone_may_hold_members(db):
    first = db.save("doc", n=1)
    answer = db("PUT", "doc", {"_rev": first, "_deleted": True, "why": "moved"})
    assert answer.status == 200
    assert db.get("doc", rev=answer.json["rev"])["why"] == "moved"


def test_a_first_write_may_be_a_tombstone(db):
    answer = db("PUT", "doc", {"_deleted": True})
    assert answer.status == 200 and answer.json["rev"].startswith("1-")
    assert db("GET", "doc").reason == (404, "deleted")


def test_deleting_needs_the_revision_and_something_to_delete(db):
    first = db.save("doc")
    assert db("DELETE", "doc").error == (409, "conflict")
    assert db("DELETE", "doc", rev="1-wrong").error == (409, "conflict")
    assert db("DELETE", "none", rev="1-a").error == (404, "not_found")
    second = db.remove("doc", first)
    assert db("DELETE", "doc", rev=second).reason == (404, "deleted")


def test_a_deleted_document_is_written_anew_on_top_of_its_tombstone(db):
    second = db.remove("doc", db.save("doc", n=1))
    third = db.save("doc", n=3)
    assert third.startswith("3-")
    assert db.get("doc", revs=True)["_revisions"]["ids"][1] == second[2:]
    assert db.leaves("doc") == [third]


def test_writing_anew_by_naming_the_tombstone_is_a_conflict(db):
    second = db.remove("doc", db.save("doc"))
    assert db("PUT", "doc", {"_rev": second}).error == (409, "conflict")


def test_deleting_the_winner_lets_the_next_leaf_win(db):
    db.graft("doc", "2-z", "1-a", n="z")
    db.graft("doc", "2-b", "1-a", n="b")
    db.remove("doc", "2-z")
    assert db.get("doc")["n"] == "b"
    (row,) = db.changes()["results"]
    assert row["changes"] == [{"rev": "2-b"}] and "deleted" not in row


# Reading


def test_a_leaf_that_lost_is_read_by_its_revision(db):
    db.graft("doc", "2-z", "1-a", n="z")
    db.graft("doc", "2-b", "1-a", n="b")
    assert db.get("doc")["n"] == "z"
    assert db.get("doc", rev="2-b")["n"] == "b"
    assert db("GET", "doc", rev="1-a").reason == (404, "missing"), "its body never came"


def test_latest_opens_the_winner(db):
    db.graft("doc", "2-z", "1-a", n="z")
    db.graft("doc", "2-b", "1-a", n="b")
    assert db.get("doc", rev="1-a", latest=True)["_rev"] == "2-z"


def test_the_history_is_told_with_what_is_still_there(db):
    db.graft("doc", "3-c", "2-b", "1-a")
    assert db.get("doc", revs_info=True)["_revs_info"] == [
        {"rev": "3-c", "status": "available"},
        {"rev": "2-b", "status": "missing"},
        {"rev": "1-a", "status": "missing"},
    ]


def test_a_deletion_in_the_history_is_called_so(db):
    second = db.remove("doc", db.save("doc"))
    third = db.save("doc", n=3)
    info = db.get("doc", revs_info=True)["_revs_info"]
    assert info[0] == {"rev": third, "status": "available"}
    assert info[1]["rev"] == second


def test_conflicts_are_told_best_first_and_only_where_there_are_some(db):
    db.graft("doc", "2-b", "1-a")
    assert not {"_conflicts", "_deleted_conflicts"} & set(db.get("doc", conflicts=True, deleted_conflicts=True))
    db.graft("doc", "2-z", "1-a")
    db.graft("doc", "2-c", "1-a")
    db.graft("doc", "3-x", "2-x", "1-a", deleted=True)
    db.graft("doc", "2-y", "1-a", deleted=True)
    found = db.get("doc", conflicts=True, deleted_conflicts=True)
    assert found["_rev"] == "2-z"
    assert found["_conflicts"] == ["2-c", "2-b"]
    assert found["_deleted_conflicts"] == ["3-x", "2-y"]


def test_meta_is_history_and_conflicts_together(db):
    db.graft("doc", "2-z", "1-a")
    db.graft("doc", "2-b", "1-a")
    db.graft("doc", "2-a", "1-a", deleted=True)
    found = db.get("doc", meta=True)
    assert {"_revs_info", "_conflicts", "_deleted_conflicts"} <= set(found)
    assert "_local_seq" not in found or found["_local_seq"]


def test_the_local_sequence_is_told_on_request(db):
    db.save("first")
    db.save("doc")
    assert str(db.get("doc", local_seq=True)["_local_seq"]).startswith("2")


def test_a_plain_read_can_be_answered_with_nothing_new(db):
    revision = db.save("doc", n=1)
    assert db("GET", "doc").headers["ETag"] == f'"{revision}"'
    same = db("GET", "doc", headers={"If-None-Match": f'"{revision}"'})
    assert (same.status, same.body) == (304, b"")
    assert db("GET", "doc", headers={"If-None-Match": '"1-other"'}).status == 200
    assert db("GET", "doc", headers={"If-None-Match": f'"{revision}"'}, revs_info=True).status == 200
    db.save("doc", n=2, _rev=revision)
    assert db("GET", "doc", headers={"If-None-Match": f'"{revision}"'}).status == 200


# Copying


def test_copying_makes_a_document_or_a_revision_of_one(db):
    first = db.save("doc", n=1)
    answer = db("COPY", "doc", headers={"Destination": "copy"})
    assert (answer.status, answer.json["ok"], answer.json["id"]) == (201, True, "copy")
    assert db.get("copy")["n"] == 1
    assert db("COPY", "doc", headers={"Destination": "copy"}).error == (409, "conflict")
    db.save("doc", n=2, _rev=first)
    again = db("COPY", "doc", headers={"Destination": f"copy?rev={answer.json['rev']}"})
    assert again.status == 201 and again.json["rev"].startswith("2-")
    assert db.get("copy")["n"] == 2
    assert db("COPY", "none", headers={"Destination": "x"}).error == (404, "not_found")


# Ids


@pytest.mark.parametrize("id", ["a/b", "a b", "a%b", "中文", "é", "😀", "a?b#c", "a+b", "submission:01JD", "x_y", 'a"b', "a\\b", "x" * 300])
def test_ids_may_be_any_text(db, id):
    from urllib.parse import quote

    path = quote(id, safe="")
    revision = db("PUT", path, {"n": 1}).json["rev"]
    assert db("GET", path).json == {"_id": id, "_rev": revision, "n": 1}
    assert db.changed() == [id]
    assert db("DELETE", path, rev=revision).status == 200
