"""Section 6: the changes feed, read once."""

import pytest


@pytest.fixture
def five(db):
    """Written in this order: a b c d e, then a again, and c deleted: the feed is b d e a c."""
    for id in "abcde":
        db.save(id, letter=id)
    db.save("a", letter="A", _rev=db.get("a")["_rev"])
    db.remove("c", db.get("c")["_rev"])
    return db


def test_each_document_has_one_row_at_its_newest_sequence(five):
    feed = five.changes()
    assert [row["id"] for row in feed["results"]] == ["b", "d", "e", "a", "c"]
    numbers = [int(str(row["seq"]).partition("-")[0]) for row in feed["results"]]
    assert numbers == sorted(numbers) and numbers[-1] == 7
    assert feed["last_seq"] == feed["results"][-1]["seq"] and feed["pending"] == 0


def test_a_row_names_the_winner_and_whether_it_is_deleted(five):
    rows = five.changes()["results"]
    assert rows[0] == {"seq": rows[0]["seq"], "id": "b", "changes": [{"rev": five.get("b")["_rev"]}]}
    assert rows[-1]["deleted"] is True and set(rows[-1]) == {"seq", "id", "changes", "deleted"}


def test_since_is_strictly_after(five):
    for row in five.changes()["results"]:
        after = five.changed(since=str(row["seq"]))
        assert after == "bdeac"[("bdeac".index(row["id"]) + 1) :].replace("", " ").split()


def test_a_sequence_is_taken_back_in_quotes_too(five):
    sequence = str(five.changes()["results"][2]["seq"])
    assert five.changed(since=sequence) == five.changed(since=f'"{sequence}"') == ["a", "c"]


def test_the_beginning_and_the_end(five):
    assert len(five.changed(since="0")) == 5
    assert len(five.changed(since=0)) == 5
    now = five.changes(since="now")
    assert now["results"] == [] and int(str(now["last_seq"]).partition("-")[0]) == 7
    assert five.changed(since=str(five("GET").json["update_seq"])) == []


def test_a_sequence_that_is_none_is_refused(db):
    answer = db("GET", "_changes", since="nonsense")
    assert answer.error == (400, "bad_request")
    assert "since" in answer.json["reason"]


def test_pages_follow_each_other_to_the_end(five):
    seen, since = [], "0"
    for pending in (3, 1, 0):
        page = five.changes(limit=2, since=since)
        seen += [row["id"] for row in page["results"]]
        since = str(page["last_seq"])
        assert page["pending"] == pending
    assert seen == ["b", "d", "e", "a", "c"]


def test_no_rows_tells_the_backlog(five):
    feed = five.changes(limit=0)
    assert feed["results"] == [] and feed["pending"] == 5
    assert str(feed["last_seq"]).partition("-")[0] == "0"
    third = str(five.changes()["results"][2]["seq"])
    feed = five.changes(limit=0, since=third)
    assert feed["pending"] == 2 and str(feed["last_seq"]).partition("-")[0] == third.partition("-")[0]


def test_newest_first(five):
    assert five.changed(descending=True) == ["c", "a", "e", "d", "b"]
    assert five.changed(descending=True, limit=2) == ["c", "a"]


def test_all_leaves_winner_first(db):
    db.graft("doc", "2-b", "1-a")
    db.graft("doc", "2-z", "1-a")
    db.graft("doc", "3-d", "2-c", "1-a", deleted=True)
    (row,) = db.changes(style="all_docs")["results"]
    assert row["changes"] == [{"rev": "2-z"}, {"rev": "2-b"}, {"rev": "3-d"}] and "deleted" not in row
    (row,) = db.changes(style="main_only")["results"]
    assert row["changes"] == [{"rev": "2-z"}]


def test_the_documents_come_along(five):
    rows = {row["id"]: row for row in five.changes(include_docs=True)["results"]}
    assert rows["a"]["doc"] == five.get("a")
    assert rows["c"]["doc"] == {"_id": "c", "_rev": rows["c"]["changes"][0]["rev"], "_deleted": True}
    five.graft("b", "1-0", letter="loses")
    rows = {row["id"]: row for row in five.changes(include_docs=True, conflicts=True)["results"]}
    assert rows["b"]["doc"]["_conflicts"] == ["1-0"]


def test_attachments_come_along_only_on_request(db):
    db.save("doc", _attachments={"a.txt": {"content_type": "text/plain", "data": "aGVsbG8="}})
    (row,) = db.changes(include_docs=True)["results"]
    assert row["doc"]["_attachments"]["a.txt"]["stub"] is True
    (row,) = db.changes(include_docs=True, attachments=True)["results"]
    assert row["doc"]["_attachments"]["a.txt"]["data"] == "aGVsbG8="


def test_the_feed_can_be_posted(five):
    assert [row["id"] for row in five("POST", "_changes", {}).json["results"]] == ["b", "d", "e", "a", "c"]


# Filters


def test_only_these_documents(five):
    wanted = {"doc_ids": ["d", "c", "none"]}
    feed = five("POST", "_changes?filter=_doc_ids", wanted).json
    assert [row["id"] for row in feed["results"]] == ["d", "c"]
    assert [row["id"] for row in five("GET", "_changes", filter="_doc_ids", doc_ids=["a"]).json["results"]] == ["a"]
    since = str(feed["results"][0]["seq"])
    assert [row["id"] for row in five("POST", f"_changes?filter=_doc_ids&since={since}", wanted).json["results"]] == ["c"]


def test_a_filtered_page_moves_past_what_it_left_out(five):
    feed = five("POST", "_changes?filter=_doc_ids", {"doc_ids": ["none"]}).json
    assert feed["results"] == []
    assert five.changed(since=str(feed["last_seq"])) == []


@pytest.fixture
def persons(db):
    db.save("a", name="王芳", age=30, tags=["x", "y"], home={"door": "311"})
    db.save("b", name="李雷", age=7, tags=["y"], visits=[{"t": 36.5}, {"t": 38.1}])
    db.save("c", name="何伶俐", age=64.5, tags=[], home={"door": "412"}, ill=True)
    db.remove("d", db.save("d", name="x"))
    db.save("e", name=None, age="old", **{"odd.name": 1})
    return db


SELECTORS: list[tuple[dict, str]] = [
    ({}, "abcde"),
    ({"name": "李雷"}, "b"),
    ({"name": {"$eq": "李雷"}}, "b"),
    ({"name": None}, "e"),
    ({"name": {"$ne": "李雷"}}, "ace"),
    ({"age": {"$gt": 30}}, "ce"),
    ({"age": {"$gte": 30, "$lt": 64.5}}, "a"),
    ({"age": {"$lte": 7}}, "b"),
    ({"age": {"$in": [7, 30]}}, "ab"),
    ({"age": {"$nin": [7, 30]}}, "ce"),
    ({"tags": {"$all": ["x", "y"]}}, "a"),
    ({"tags": {"$size": 1}}, "b"),
    ({"tags": {"$elemMatch": {"$eq": "y"}}}, "ab"),
    ({"visits": {"$elemMatch": {"t": {"$gt": 38}}}}, "b"),
    ({"visits": {"$allMatch": {"t": {"$gt": 38}}}}, ""),
    ({"visits": {"$allMatch": {"t": {"$gt": 36}}}}, "b"),
    ({"home.door": "311"}, "a"),
    ({"home": {"door": "412"}}, "c"),
    ({"home": {"door": {"$gt": "3"}}}, "ac"),
    ({"odd\\.name": 1}, "e"),
    ({"home": {"$keyMapMatch": {"$eq": "door"}}}, "ac"),
    ({"name": {"$regex": "^王|俐$"}}, "ac"),
    ({"age": {"$mod": [10, 0]}}, "a"),
    ({"age": {"$type": "string"}}, "e"),
    ({"name": {"$type": "null"}}, "e"),
    ({"ill": {"$exists": True}}, "c"),
    ({"ill": {"$exists": False}}, "abde"),
    ({"_deleted": True}, "d"),
    ({"_id": {"$gt": "c"}}, "de"),
    ({"$and": [{"age": {"$gt": 10}}, {"age": {"$lt": 50}}]}, "a"),
    ({"$or": [{"age": 7}, {"ill": True}]}, "bc"),
    ({"$nor": [{"age": 7}, {"ill": True}]}, ""),
    ({"$not": {"age": 7}}, "ace"),
    ({"age": {"$not": {"$gt": 10}}}, "b"),
    ({"name": {"$beginsWith": "何"}}, "c"),
    ({"age": 7, "name": "李雷"}, "b"),
    ({"age": 7, "name": "王芳"}, ""),
    ({"tags": ["y"]}, "b"),
    ({"home": {}}, ""),
]


def test_only_what_a_selector_matches(persons):
    found = {}
    for selector, _ in SELECTORS:
        answer = persons("POST", "_changes?filter=_selector", {"selector": selector})
        assert answer.status == 200, (selector, answer)
        found[str(selector)] = "".join(sorted(row["id"] for row in answer.json["results"]))
    assert found == {str(selector): expected for selector, expected in SELECTORS}


def test_a_selector_that_is_none(db):
    answer = db("POST", "_changes?filter=_selector", {"selector": "x"})
    assert answer.error[0] == 400
    assert "expected a JSON object" in answer.json["reason"]
    assert db("POST", "_changes?filter=_selector", {"selector": {"a": {"$what": 1}}}).status == 400


def test_only_design_documents(five):
    five.save("_design/app")
    assert five.changed(filter="_design") == ["_design/app"]


@pytest.mark.parametrize(("name", "status"), [("a/b/c", 400), ("_what", 400)])
def test_filters_that_cannot_be(db, name, status):
    assert db("GET", "_changes", filter=name).status == status


def test_a_function_that_is_not_there_is_no_reason_to_send_everything(db):
    db.save("doc")
    answer = db("GET", "_changes", filter="app/mine")
    assert answer.status in (404, 501)
    assert isinstance(answer.json["reason"], str)


def test_an_unknown_kind_of_feed(db):
    assert db("GET", "_changes", feed="what").status == 400


def test_sequences_may_be_left_out_between(five):
    rows = five.changes(seq_interval=3)["results"]
    assert rows[0]["id"] == "b" and [row["id"] for row in rows] == ["b", "d", "e", "a", "c"]
    given = [row["seq"] for row in rows if row["seq"] is not None]
    assert given and five.changed(since=str(given[-1])) == ["b", "d", "e", "a", "c"][rows.index(next(row for row in rows if row["seq"] == given[-1])) + 1 :]
