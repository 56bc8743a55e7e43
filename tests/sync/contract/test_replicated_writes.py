"""Section 2: revisions that come from elsewhere: how the tree grows, who wins, and what is kept of long histories."""

import pytest

from tests.sync.contract.client import grafted


def test_the_winner_is_the_live_leaf_of_the_highest_generation_and_id(db):
    db.graft("doc", "9-z", n="9-z")
    db.graft("doc", "10-a", n="10-a")
    db.graft("doc", "10-b", n="10-b")
    db.graft("doc", "11-x", deleted=True)
    assert db.get("doc")["_rev"] == "10-b"
    assert db.leaves("doc") == ["10-b", "10-a", "9-z", "11-x"]


def test_ids_of_revisions_compare_byte_by_byte(db):
    for revision in ("1-B", "1-a", "1-Z", "1-10", "1-9"):
        db.graft("doc", revision)
    assert db.leaves("doc") == ["1-a", "1-Z", "1-B", "1-9", "1-10"]


def test_a_document_is_deleted_when_all_its_leaves_are(db):
    db.graft("doc", "2-a", "1-x", deleted=True)
    db.graft("doc", "2-b", "1-x")
    assert db("GET", "doc").status == 200
    db.graft("doc", "3-c", "2-b", deleted=True)
    assert db("GET", "doc").reason == (404, "deleted")
    (row,) = db.changes()["results"]
    assert row["deleted"] is True and row["changes"] == [{"rev": "3-c"}]


def test_a_path_that_fills_the_gap_joins_two_trees(db):
    db.graft("doc", "5-a", "4-o")
    db.graft("doc", "6-q")
    assert db.leaves("doc") == ["6-q", "5-a"]
    db.graft("doc", "7-r", "6-q", "5-a", "4-o")
    assert db.leaves("doc") == ["7-r"]
    assert db.get("doc", revs=True)["_revisions"] == {"start": 7, "ids": ["r", "q", "a", "o"]}


def test_a_known_revision_that_comes_with_a_longer_history_closes_the_gap(db):
    db.graft("doc", "3-c", "2-b")
    db.graft("doc", "3-c", "2-b", "1-a")
    assert db.get("doc", revs=True)["_revisions"] == {"start": 3, "ids": ["c", "b", "a"]}


def test_what_is_there_is_taken_again_without_a_word_and_not_changed(db):
    db.graft("doc", "2-b", "1-a", n=1)
    sequence = db.changes()["last_seq"]
    db.graft("doc", "2-b", "1-a", n=2)
    assert db.get("doc")["n"] == 1
    assert db.changes(since=sequence)["results"] == []


def test_a_path_that_ends_at_an_inner_revision_changes_nothing(db):
    db.graft("doc", "3-c", "2-b", "1-a", n=3)
    db.graft("doc", "2-b", "1-a", n=2)
    assert db.leaves("doc") == ["3-c"] and db.get("doc")["n"] == 3


def test_a_revision_without_a_history_stands_alone_or_joins_where_it_is_known(db):
    db("POST", "_bulk_docs", {"docs": [{"_id": "doc", "_rev": "3-c", "n": 1}], "new_edits": False})
    assert db.get("doc", revs=True)["_revisions"] == {"start": 3, "ids": ["c"]}
    db("POST", "_bulk_docs", {"docs": [{"_id": "doc", "_rev": "3-c", "n": 2}], "new_edits": False})
    assert db.get("doc")["n"] == 1


def test_the_id_of_a_revision_is_any_text_even_none(db):
    for id, revision in [("empty", "1-"), ("short", "2-x"), ("odd", "3-Ä b/c"), ("dashes", "4-a-b")]:
        db.graft(id, revision)
        assert db.get(id, rev=revision)["_rev"] == revision
        assert db("POST", "_revs_diff", {id: [revision]}).json == {}


def test_put_can_write_a_replicated_revision_too_and_again(db):
    for _ in range(2):
        answer = db("PUT", "doc", grafted("doc", ["2-b", "1-a"], n=1), new_edits=False)
        assert (answer.status, answer.json["rev"]) == (201, "2-b")
    assert db("PUT", "doc", grafted("doc", ["2-c", "1-a"], n=1), new_edits=False).status == 201
    assert db.leaves("doc") == ["2-c", "2-b"]


def test_a_losing_branch_moves_the_document_in_the_feed(db):
    db.graft("doc", "2-z", "1-a")
    db.save("other")
    since = db.changes()["last_seq"]
    db.graft("doc", "2-b", "1-a")
    assert db.changed(since=since) == ["doc"]
    assert db.changed() == ["other", "doc"], "one row a document"
    assert db.get("doc")["_rev"] == "2-z"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)])
def test_the_order_of_arrival_does_not_matter(db, order):
    paths = [("4-d", "3-c", "2-b", "1-a"), ("3-x", "2-b", "1-a"), ("2-z", "1-a"), ("5-e", "4-d", "3-c", "2-b")]
    for index in order:
        db.graft("doc", *paths[index], n=paths[index][0], deleted=index == 0)
    assert db.leaves("doc") == ["5-e", "3-x", "2-z"]
    assert db.get("doc", revs=True)["_revisions"] == {"start": 5, "ids": ["e", "d", "c", "b", "a"]}
    assert db.get("doc", rev="3-x", revs=True)["_revisions"]["ids"] == ["x", "b", "a"]


def test_histories_are_cut_to_the_number_that_is_kept(db):
    db("PUT", "_revs_limit", 3)
    revision = None
    for n in range(6):
        revision = db.save("doc", n=n, **({"_rev": revision} if revision else {}))
    revisions = db.get("doc", revs=True)["_revisions"]
    assert (revisions["start"], len(revisions["ids"])) == (6, 3)
    db.graft("long", "6-f", "5-e", "4-d", "3-c", "2-b", "1-a")
    assert db.get("long", revs=True)["_revisions"] == {"start": 6, "ids": ["f", "e", "d"]}


def test_a_revision_that_was_cut_off_is_missing_again_and_comes_back_as_a_branch_or_as_nothing(db):
    db("PUT", "_revs_limit", 2)
    db.graft("doc", "4-d", "3-c", "2-b", "1-a", n=4)
    assert db("POST", "_revs_diff", {"doc": ["1-a", "3-c", "4-d"]}).json["doc"]["missing"] == ["1-a"]
    db.graft("doc", "1-a", n=1)
    assert db.get("doc")["_rev"] == "4-d"


def test_a_whole_batch_again_changes_nothing(db):
    docs = [grafted(f"doc-{n}", [f"2-{n}", "1-a"], n=n) for n in range(20)]
    for _ in range(2):
        answer = db("POST", "_bulk_docs", {"docs": docs, "new_edits": False})
        assert (answer.status, answer.json) == (201, [])
    info = db("GET").json
    assert info["doc_count"] == 20 and str(info["update_seq"]).partition("-")[0] == "20"


MALFORMED = {
    "without a revision": {"_id": "doc"},
    "no revision": {"_id": "doc", "_rev": "x"},
    "unknown member": {"_id": "doc", "_rev": "1-a", "_foo": 1},
    "id that is no text": {"_rev": "1-a", "_id": 1},
}


@pytest.mark.parametrize("document", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_revision_fails_the_whole_request_and_nothing_is_written(db, document):
    answer = db("POST", "_bulk_docs", {"docs": [grafted("good", ["1-a"]), document], "new_edits": False})
    assert answer.status == 400
    assert db("GET", "good").status == 404
