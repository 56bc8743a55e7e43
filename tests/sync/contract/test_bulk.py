"""Section 4: many documents at once."""

import pytest


def test_bulk_docs_answers_each_document_in_its_place(db):
    db.save("there")
    answer = db("POST", "_bulk_docs", {"docs": [{"_id": "a", "n": 1}, {"_id": "there"}, {"n": 3}, {"_id": "a"}]})
    assert answer.status == 201
    first, late, named, twice = answer.json
    assert first == {"ok": True, "id": "a", "rev": first["rev"]} and first["rev"].startswith("1-")
    assert (late["id"], late["error"], late["reason"]) == ("there", "conflict", "Document update conflict.")
    assert named["ok"] and db.get(named["id"])["n"] == 3
    assert (twice["id"], twice["error"]) == ("a", "conflict")


def test_bulk_docs_with_nothing_in_it(db):
    assert db("POST", "_bulk_docs", {"docs": []}).json == []
    assert db("POST", "_bulk_docs", {"docs": {}}).status == 400
    assert db("POST", "_bulk_docs", []).status == 400


MALFORMED = {
    "reserved id": {"_id": "_bad"},
    "id that is no text": {"_id": 5},
    "unknown member": {"_id": "x", "_foo": 1},
    "no revision": {"_id": "x", "_rev": "y"},
    "a list": [],
    "a text": "text",
    "empty id": {"_id": ""},
}


@pytest.mark.parametrize("document", MALFORMED.values(), ids=MALFORMED)
def test_one_malformed_document_fails_all_and_nothing_is_written(db, document):
    answer = db("POST", "_bulk_docs", {"docs": [{"_id": "good"}, document]})
    assert answer.status == 400
    assert isinstance(answer.json["error"], str)
    assert db("GET", "good").status == 404


def test_bulk_docs_deletes_and_writes_checkpoints(db):
    revision = db.save("doc")
    answer = db("POST", "_bulk_docs", {"docs": [{"_id": "doc", "_rev": revision, "_deleted": True}, {"_id": "_local/x", "n": 1}]})
    assert [row["ok"] for row in answer.json] == [True, True]
    assert db.get("_local/x")["n"] == 1
    assert db("GET", "doc").reason == (404, "deleted")


def test_bulk_get_answers_each_request_in_its_place(db):
    db.graft("doc", "2-z", "1-a", n="z")
    db.graft("doc", "2-b", "1-a", n="b")
    wanted = [{"id": "doc", "rev": "2-b"}, {"id": "doc", "rev": "9-x"}, {"id": "none"}, {"id": "doc", "rev": "2-z"}, {"id": "doc"}]
    answer = db("POST", "_bulk_get", {"docs": wanted})
    assert answer.status == 200
    results = answer.json["results"]
    assert [result["id"] for result in results] == ["doc", "doc", "none", "doc", "doc"]
    assert results[0]["docs"] == [{"ok": {"_id": "doc", "_rev": "2-b", "n": "b"}}]
    error = results[1]["docs"][0]["error"]
    assert (error["id"], error["rev"], error["error"], error["reason"]) == ("doc", "9-x", "not_found", "missing")
    assert results[2]["docs"][0]["error"]["error"] == "not_found"
    assert results[2]["docs"][0]["error"]["rev"] == "undefined"
    assert results[3]["docs"][0]["ok"]["n"] == "z"
    assert {doc["ok"]["_rev"] for doc in results[4]["docs"]} == {"2-z", "2-b"}


def test_bulk_get_as_pouchdb_pulls(db):
    db.graft("doc", "3-c", "2-b", "1-a", n=3)
    db.graft("doc", "2-x", "1-a", deleted=True)
    answer = db("POST", "_bulk_get", {"docs": [{"id": "doc", "rev": "1-a"}, {"id": "doc", "rev": "2-x"}]}, revs=True, latest=True)
    below, tombstone = (result["docs"] for result in answer.json["results"])
    assert {doc["ok"]["_rev"] for doc in below} == {"3-c", "2-x"}
    assert below[0]["ok"]["_revisions"]["ids"][-1] == "a"
    assert tombstone[0]["ok"]["_deleted"] is True


def test_bulk_get_tells_what_is_wrong_with_an_element_inside_of_its_result(db):
    db.save("doc")
    answer = db("POST", "_bulk_get", {"docs": [{"id": "_bad"}, {"id": "doc"}, {"id": "doc", "rev": "x"}]})
    assert answer.status == 200
    bad, good, revision = (result["docs"][0] for result in answer.json["results"])
    assert bad["error"]["error"] == "illegal_docid"
    assert good["ok"]["_id"] == "doc"
    assert revision["error"]["error"] == "bad_request"


def test_bulk_get_refuses_what_belongs_into_its_elements(db):
    for name in ("rev", "open_revs", "atts_since", "w", "new_edits"):
        assert db("POST", f"_bulk_get?{name}=1", {"docs": []}).status == 400


def test_revs_diff_names_what_is_missing_and_what_it_may_come_from(db):
    db.graft("doc", "3-c", "2-b", "1-a")
    db.graft("doc", "2-x", "1-a")
    asked = {"doc": ["3-c", "2-b", "1-a", "4-d", "3-y"], "none": ["1-z"], "known": []}
    db.save("known")
    answer = db("POST", "_revs_diff", asked)
    assert answer.status == 200
    assert set(answer.json) == {"doc", "none"}
    assert sorted(answer.json["doc"]["missing"]) == ["3-y", "4-d"]
    assert sorted(answer.json["doc"]["possible_ancestors"]) == ["2-x", "3-c"]
    assert answer.json["none"] == {"missing": ["1-z"]}


def test_possible_ancestors_are_of_a_lower_generation(db):
    db.graft("doc", "3-c", "2-b", "1-a")
    assert db("POST", "_revs_diff", {"doc": ["2-z"]}).json == {"doc": {"missing": ["2-z"]}}


def test_missing_revs_is_the_elder_form(db):
    db.graft("doc", "2-b", "1-a")
    assert db("POST", "_missing_revs", {"doc": ["2-b", "1-a", "2-c"], "none": ["1-x"]}).json == {"missing_revs": {"doc": ["2-c"], "none": ["1-x"]}}


# _all_docs


@pytest.fixture
def five(db):
    """a … e, of which c is deleted."""
    for id in "abcde":
        revision = db.save(id, letter=id)
    db.remove("c", db.get("c")["_rev"])
    assert revision
    return db


def ids(answer):
    assert answer.status == 200, answer
    return [row["id"] for row in answer.json["rows"]]


def test_all_docs_lists_live_documents_in_the_order_of_their_ids(five):
    listed = five("GET", "_all_docs").json
    assert (listed["total_rows"], listed["offset"]) == (4, 0)
    assert [row["id"] for row in listed["rows"]] == ["a", "b", "d", "e"]
    assert listed["rows"][0] == {"id": "a", "key": "a", "value": {"rev": five.get("a")["_rev"]}}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"startkey": '"b"'}, "bde"),
        ({"start_key": '"b"', "end_key": '"d"'}, "bd"),
        ({"startkey": '"b"', "endkey": '"d"', "inclusive_end": False}, "b"),
        ({"startkey": '"bb"'}, "de"),
        ({"key": '"d"'}, "d"),
        ({"key": '"c"'}, ""),
        ({"descending": True}, "edba"),
        ({"descending": True, "startkey": '"d"', "endkey": '"b"'}, "db"),
        ({"limit": 2}, "ab"),
        ({"limit": 2, "skip": 1}, "bd"),
        ({"limit": 0}, ""),
        ({"skip": 9}, ""),
        pytest.param({"endkey": "null"}, "", id="null is before all ids"),
    ],
)
def test_all_docs_between_bounds(five, query, expected):
    assert ids(five("GET", "_all_docs", **query)) == list(expected)


def test_all_docs_with_the_documents(five):
    five.graft("a", "1-0", letter="a too")
    rows = five("GET", "_all_docs", include_docs=True, conflicts=True).json["rows"]
    assert rows[1]["doc"] == five.get("b")
    assert rows[0]["doc"]["_conflicts"] == ["1-0"]
    assert "doc" not in five("GET", "_all_docs").json["rows"][0]


def test_all_docs_by_keys_tells_of_each_key(five):
    for answer in (five("POST", "_all_docs", {"keys": ["d", "c", "none", "d"]}), five("GET", "_all_docs", keys=["d", "c", "none", "d"])):
        live, deleted, none, again = answer.json["rows"]
        assert live == again and live["id"] == "d"
        assert deleted["id"] == "c" and deleted["value"]["deleted"] is True
        assert none == {"key": "none", "error": "not_found"}
    rows = five("POST", "_all_docs?include_docs=true", {"keys": ["d", "c"]}).json["rows"]
    assert rows[0]["doc"]["letter"] == "d" and rows[1]["doc"] is None


def test_all_docs_by_keys_and_bounds_at_once_is_refused(five):
    assert five("POST", "_all_docs?startkey=%22a%22", {"keys": ["d"]}).status == 400


def test_all_docs_with_the_sequence(five):
    answer = five("GET", "_all_docs", update_seq=True).json
    assert five("GET", "_changes", since=str(answer["update_seq"])).json["results"] == []


def test_ids_are_in_the_order_of_their_bytes(db):
    for id in ("b", "B", "a", "10", "9", "é", "z", "中", "😀"):
        db("POST", "", {"_id": id})
    assert ids(db("GET", "_all_docs")) == sorted(["b", "B", "a", "10", "9", "é", "z", "中", "😀"], key=str.encode)


def test_checkpoints_are_in_no_list(db):
    db.save("_local/x", n=1)
    assert ids(db("GET", "_all_docs")) == [] and db.changed() == []
    assert db("POST", "_all_docs", {"keys": ["_local/x"]}).json["rows"][0].get("error") in ("not_found", None)
