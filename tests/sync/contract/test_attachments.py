"""Section 7: attachments, inline, as stubs and one by one."""

import base64
import hashlib

import pytest

HELLO = base64.b64encode(b"hello").decode()
PHOTO = bytes(range(256)) * 40


def inline(content, content_type="image/jpeg", **more):
    return {"content_type": content_type, "data": base64.b64encode(content).decode(), **more}


def digest(content):
    return "md5-" + base64.b64encode(hashlib.md5(content).digest()).decode()


def stubs(document):
    return {name: {"stub": True, "content_type": entry["content_type"], "revpos": entry["revpos"]} for name, entry in document["_attachments"].items()}


def test_an_inline_attachment_is_shown_as_a_stub(db):
    revision = db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    assert db.get("doc")["_attachments"] == {"a.jpg": {"content_type": "image/jpeg", "revpos": 1, "digest": digest(PHOTO), "length": len(PHOTO), "stub": True}}
    shown = db.get("doc", attachments=True)["_attachments"]["a.jpg"]
    assert base64.b64decode(shown["data"]) == PHOTO and "stub" not in shown
    assert revision


def test_the_bytes_come_back_as_they_went_in(db):
    db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    answer = db("GET", "doc/a.jpg", headers={"Accept": "*/*"})
    assert (answer.status, answer.body) == (200, PHOTO)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Length"] == str(len(PHOTO))
    assert answer.headers["ETag"] == f'"{digest(PHOTO).removeprefix("md5-")}"'
    assert "must-revalidate" in answer.headers["Cache-Control"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    head = db("HEAD", "doc/a.jpg")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(PHOTO)))


@pytest.mark.parametrize("content", [b"", b"x", PHOTO * 30])
def test_contents_of_any_length(db, content):
    db.save("doc", _attachments={"a": inline(content, "application/x")})
    assert db("GET", "doc/a").body == content
    assert db.get("doc")["_attachments"]["a"]["length"] == len(content)


def test_text_comes_back_as_it_went_in(db):
    text = "何伶俐 ".encode() * 1000
    db.save("doc", _attachments={"a.txt": inline(text, "text/plain; charset=utf-8")})
    answer = db("GET", "doc/a.txt", headers={"Accept-Encoding": "identity"})
    assert answer.body == text and answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert base64.b64decode(db.get("doc", attachments=True)["_attachments"]["a.txt"]["data"]) == text


def test_a_part_of_the_bytes(db):
    db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    assert db("GET", "doc/a.jpg").headers["Accept-Ranges"] == "bytes"
    for asked, start, end in [("bytes=0-9", 0, 10), ("bytes=100-", 100, len(PHOTO)), ("bytes=-5", len(PHOTO) - 5, len(PHOTO))]:
        answer = db("GET", "doc/a.jpg", headers={"Range": asked, "Accept-Encoding": "identity"})
        assert (answer.status, answer.body) == (206, PHOTO[start:end])
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(PHOTO)}"
    assert db("GET", "doc/a.jpg", headers={"Range": f"bytes={len(PHOTO)}-"}).status == 416


def test_nothing_new(db):
    db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    tag = db("GET", "doc/a.jpg").headers["ETag"]
    assert db("GET", "doc/a.jpg", headers={"If-None-Match": tag}).status == 304


def test_a_stub_keeps_what_the_revision_before_had(db):
    first = db.save("doc", _attachments={"a.jpg": inline(PHOTO), "b.jpg": inline(b"b")})
    second = db.save("doc", _rev=first, _attachments={"a.jpg": {"stub": True}, "c.jpg": inline(b"c")})
    kept = db.get("doc")["_attachments"]
    assert {name: entry["revpos"] for name, entry in kept.items()} == {"a.jpg": 1, "c.jpg": 2}
    assert db("GET", "doc/b.jpg").error == (404, "not_found")
    assert db("GET", "doc/a.jpg").body == PHOTO
    db.save("doc", {**db.get("doc"), "n": 3, "_rev": second})
    assert db("GET", "doc/a.jpg").body == PHOTO


def test_what_is_left_out_of_a_revision_is_gone_from_it(db):
    first = db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    db.save("doc", _rev=first)
    assert "_attachments" not in db.get("doc")
    assert db("GET", "doc/a.jpg").error == (404, "not_found")
    assert db("GET", "doc/a.jpg").json["reason"] == "Document is missing attachment"


@pytest.mark.parametrize("stub", [{"stub": True}, {"stub": True, "revpos": 9}])
def test_a_stub_of_nothing_is_refused(db, stub):
    first = db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    answer = db("PUT", "doc", {"_rev": first, "_attachments": {"a.jpg" if "revpos" in stub else "none": stub}})
    assert answer.error == (412, "missing_stub")
    assert db("PUT", "new", {"_attachments": {"a": {"stub": True}}}).error == (412, "missing_stub")


def test_a_replicated_stub_finds_the_nearest_ancestor(db):
    db.graft("doc", "1-a", _attachments={"a.jpg": inline(PHOTO, revpos=1)})
    db.graft("doc", "3-c", "2-b", "1-a", _attachments={"a.jpg": {"stub": True, "revpos": 1, "content_type": "image/jpeg"}})
    assert db("GET", "doc/a.jpg").body == PHOTO
    docs = [{"_id": "doc", "_rev": "9-z", "_attachments": {"a.jpg": {"stub": True, "revpos": 1}}}]
    answer = db("POST", "_bulk_docs", {"docs": docs, "new_edits": False})
    assert answer.error == (412, "missing_stub")


def test_a_replicated_attachment_keeps_the_generation_it_came_in(db):
    db.graft("doc", "3-c", "2-b", "1-a", _attachments={"a.jpg": inline(PHOTO, revpos=2)})
    assert db.get("doc")["_attachments"]["a.jpg"]["revpos"] == 2


@pytest.mark.parametrize(
    ("name", "entry", "status"),
    [
        pytest.param("a", {"content_type": "text/plain", "data": "!!!"}, 400, id="no base64"),
        pytest.param("_a", {"content_type": "text/plain", "data": HELLO}, 400, id="reserved name"),
    ],
)
def test_attachments_that_cannot_be(db, name, entry, status):
    assert db("PUT", "doc", {"_attachments": {name: entry}}).status == status
    assert db("GET", "doc").status == 404


def test_a_missing_content_type_is_bytes_of_any_kind(db):
    db.save("doc", _attachments={"a": {"data": HELLO}})
    assert db.get("doc")["_attachments"]["a"]["content_type"] == "application/octet-stream"


@pytest.mark.parametrize("name", ["a b.jpg", "door photo/正门.jpg", "a%2Fb", "a+b", "é", "x" * 200])
def test_names_may_be_any_text(db, name):
    from urllib.parse import quote

    db.save("doc", _attachments={name: inline(PHOTO)})
    assert db("GET", f"doc/{quote(name, safe='')}").body == PHOTO
    assert list(db.get("doc")["_attachments"]) == [name]


def test_a_name_may_have_slashes_in_the_path(db):
    assert db("PUT", "doc/photos/door/1.jpg", data=PHOTO, headers={"Content-Type": "image/jpeg"}).status == 201
    assert list(db.get("doc")["_attachments"]) == ["photos/door/1.jpg"]
    assert db("GET", "doc/photos/door/1.jpg").body == PHOTO


# One by one


def test_an_attachment_put_by_itself_makes_the_document_or_a_revision_of_it(db):
    answer = db("PUT", "doc/a.txt", data=b"hello", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.json["ok"], answer.json["id"]) == (201, True, "doc")
    first = answer.json["rev"]
    second = db("PUT", "doc/b.txt", data=b"more", headers={"Content-Type": "text/plain"}, rev=first).json["rev"]
    assert second.startswith("2-")
    assert {name: entry["revpos"] for name, entry in db.get("doc")["_attachments"].items()} == {"a.txt": 1, "b.txt": 2}
    third = db("PUT", "doc/a.txt", data=b"HELLO", headers={"Content-Type": "text/plain", "If-Match": f'"{second}"'}).json["rev"]
    assert db("GET", "doc/a.txt").body == b"HELLO"
    assert third.startswith("3-")


def test_an_attachment_keeps_the_members_of_its_document(db):
    first = db.save("doc", n=1)
    db("PUT", "doc/a", data=b"x", headers={"Content-Type": "a/b"}, rev=first)
    assert db.get("doc")["n"] == 1


def test_an_attachment_without_the_right_revision_is_a_conflict(db):
    db.save("doc")
    assert db("PUT", "doc/a.txt", data=b"x", headers={"Content-Type": "text/plain"}).error == (409, "conflict")
    assert db("PUT", "doc/a.txt", data=b"x", headers={"Content-Type": "text/plain"}, rev="1-unknown").status == 409
    assert db("PUT", "none/a.txt", data=b"x", headers={"Content-Type": "text/plain"}, rev="1-unknown").status == 409


def test_an_attachment_on_a_deleted_document_writes_it_anew(db):
    db.remove("doc", db.save("doc"))
    answer = db("PUT", "doc/a.txt", data=b"x", headers={"Content-Type": "text/plain"})
    assert answer.status == 201 and answer.json["rev"].startswith("3-")


def test_an_attachment_is_removed_by_a_revision(db):
    first = db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    answer = db("DELETE", "doc/a.jpg", rev=first)
    assert (answer.status, answer.json["ok"]) == (200, True)
    assert "_attachments" not in db.get("doc")
    assert db("GET", "doc/a.jpg", rev=first).status in (200, 404), "bodies of replaced revisions need not be kept"
    assert db("DELETE", "doc/none.jpg", rev=answer.json["rev"]).error == (404, "not_found")


def test_each_leaf_has_its_own(db):
    db.graft("doc", "2-z", "1-a", _attachments={"a.jpg": inline(b"z")})
    db.graft("doc", "2-b", "1-a", _attachments={"a.jpg": inline(b"b")})
    assert db("GET", "doc/a.jpg").body == b"z"
    assert db("GET", "doc/a.jpg", rev="2-b").body == b"b"


def test_an_empty_body_is_an_attachment_too(db):
    assert db("PUT", "doc/a.txt", data=b"", headers={"Content-Type": "text/plain"}).status == 201
    assert db("GET", "doc/a.txt").body == b""


def test_a_body_sent_in_chunks(db):
    pieces = (PHOTO[n : n + 1000] for n in range(0, len(PHOTO), 1000))
    assert db("PUT", "doc/a.jpg", data=pieces, headers={"Content-Type": "image/jpeg"}).status == 201
    assert db("GET", "doc/a.jpg").body == PHOTO


def test_attachments_since_a_revision(db):
    first = db.save("doc", _attachments={"a.jpg": inline(b"a")})
    db.save("doc", _rev=first, _attachments={"a.jpg": {"stub": True}, "b.jpg": inline(b"b")})
    shown = db.get("doc", atts_since=[first])["_attachments"]
    assert shown["a.jpg"]["stub"] is True
    assert base64.b64decode(shown["b.jpg"]["data"]) == b"b"
    assert "data" in db.get("doc", atts_since=["1-unknown"])["_attachments"]["a.jpg"]


def test_bulk_get_sends_stubs_or_bytes(db):
    db.save("doc", _attachments={"a.jpg": inline(b"a")})
    (result,) = db("POST", "_bulk_get", {"docs": [{"id": "doc"}]}).json["results"]
    assert result["docs"][0]["ok"]["_attachments"]["a.jpg"]["stub"] is True
    (result,) = db("POST", "_bulk_get?attachments=true", {"docs": [{"id": "doc"}]}).json["results"]
    assert base64.b64decode(result["docs"][0]["ok"]["_attachments"]["a.jpg"]["data"]) == b"a"


def test_all_docs_sends_stubs_or_bytes(db):
    db.save("doc", _attachments={"a.jpg": inline(b"a")})
    (row,) = db("GET", "_all_docs", include_docs=True).json["rows"]
    assert row["doc"]["_attachments"]["a.jpg"]["stub"] is True
    (row,) = db("GET", "_all_docs", include_docs=True, attachments=True).json["rows"]
    assert base64.b64decode(row["doc"]["_attachments"]["a.jpg"]["data"]) == b"a"


def test_a_copy_has_the_attachments_too(db):
    db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    assert db("COPY", "doc", headers={"Destination": "copy"}).status == 201
    assert db("GET", "copy/a.jpg").body == PHOTO
