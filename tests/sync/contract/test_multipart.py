"""Sections 4 and 9: all leaves at once, and documents with their attachments as CouchDB's replicator fetches and sends them."""

import base64
import email.parser
import email.policy

import orjson
import pytest

from tests.sync.contract.client import grafted

PHOTO = bytes(range(256)) * 200 + b"\r\n--looks like a boundary\r\n"


def inline(content, content_type="image/jpeg"):
    return {"content_type": content_type, "data": base64.b64encode(content).decode()}


def parts(answer):
    """The parts of a multipart answer as (content type, headers, bytes)."""
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + answer.body)
    assert message.is_multipart(), answer.body[:300]
    return list(message.iter_parts())


def document_in(part):
    """The document of one part of open_revs, with the bytes of its attachments in place of `follows`."""
    if part.get_content_type() == "application/json":
        return orjson.loads(part.get_content())
    first, *others = part.iter_parts()
    document = orjson.loads(first.get_content())
    follows = [name for name, entry in document["_attachments"].items() if entry.get("follows")]
    assert [each.get_filename() for each in others] == follows
    for name, each in zip(follows, others, strict=True):
        content = each.get_content()
        assert each.get_content_type() == document["_attachments"][name]["content_type"].partition(";")[0]
        document["_attachments"][name] = content.encode() if isinstance(content, str) else content
    return document


@pytest.fixture
def leaves(db):
    """2-z wins over 2-b; 3-d is a tombstone."""
    db.graft("doc", "2-b", "1-a", n="b")
    db.graft("doc", "2-z", "1-a", n="z")
    db.graft("doc", "3-d", "2-c", "1-a", deleted=True)
    return db


def test_all_leaves_as_json(leaves):
    found = leaves.get("doc", open_revs="all", revs=True)
    assert {each["ok"]["_rev"]: each["ok"].get("_deleted", False) for each in found} == {"2-z": False, "2-b": False, "3-d": True}
    assert all(each["ok"]["_revisions"]["ids"][-1] == "a" for each in found)


def test_these_revisions_as_json(leaves):
    found = leaves.get("doc", open_revs=["2-b", "9-x"])
    assert sorted(found, key=list, reverse=True) == [{"ok": {"_id": "doc", "_rev": "2-b", "n": "b"}}, {"missing": "9-x"}]


def test_the_leaves_below_these_revisions(leaves):
    found = leaves.get("doc", open_revs=["1-a", "2-c"], latest=True)
    assert sorted(each["ok"]["_rev"] for each in found) == ["2-b", "2-z", "3-d"]


def test_all_leaves_of_nothing(db):
    assert db("GET", "none", open_revs="all").error == (404, "not_found")
    assert db.get("none", open_revs=["1-a"]) == [{"missing": "1-a"}]


@pytest.mark.parametrize("text", ["what", "{}", '["x"]', "5"], ids=["a word", "an object", "no revision", "a number"])
def test_open_revs_that_cannot_be(db, text):
    db.save("doc")
    assert db("GET", "doc", open_revs=text).status == 400


def test_leaves_as_parts(leaves):
    answer = leaves("GET", "doc", open_revs=["2-z", "9-x"], revs=True, headers={"Accept": "multipart/mixed"})
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    document, missing = parts(answer)
    assert document["Content-Type"] == "application/json"
    assert orjson.loads(document.get_content())["_rev"] == "2-z"
    assert missing["Content-Type"].replace(" ", "") == 'application/json;error="true"'
    assert orjson.loads(missing.get_content()) == {"missing": "9-x"}


def test_a_document_with_attachments_is_a_part_of_parts(db):
    db.save("doc", n=1, _attachments={"b.jpg": inline(PHOTO), "a.bin": inline(b"", "application/x")})
    revision = db.get("doc")["_rev"]
    answer = db("GET", "doc", open_revs=[revision], revs=True, latest=True, headers={"Accept": "multipart/mixed"})
    (part,) = parts(answer)
    assert part.get_content_type() == "multipart/related"
    document = document_in(part)
    assert document["_attachments"] == {"b.jpg": PHOTO, "a.bin": b""}
    assert document["_revisions"]["start"] == 1


def test_text_is_a_part_too_whether_it_is_kept_compressed_or_not(db):
    import gzip

    text = b"hello " * 1000
    db.save("doc", _attachments={"a.txt": inline(text, "text/plain")})
    answer = db("GET", "doc", open_revs="all", headers={"Accept": "multipart/mixed"})
    (part,) = parts(answer)
    head, body = part.iter_parts()
    content = body.get_payload(decode=True)
    entry = orjson.loads(head.get_content())["_attachments"]["a.txt"]
    assert entry["follows"] is True and entry["length"] == len(text)
    assert (gzip.decompress(content) if entry.get("encoding") == "gzip" else content) == text
    assert len(content) == entry.get("encoded_length", len(text))


def test_only_attachments_that_are_new_since_a_revision_follow(db):
    first = db.save("doc", _attachments={"old.jpg": inline(b"old")})
    second = db.save("doc", _rev=first, _attachments={"old.jpg": {"stub": True}, "new.jpg": inline(b"new")})
    answer = db("GET", "doc", open_revs=[second], revs=True, latest=True, atts_since=[first], headers={"Accept": "multipart/mixed"})
    document = document_in(parts(answer)[0])
    assert document["_attachments"]["new.jpg"] == b"new"
    assert document["_attachments"]["old.jpg"]["stub"] is True


def test_one_document_with_its_attachments_as_parts(db):
    db.save("doc", _attachments={"a.jpg": inline(PHOTO)})
    answer = db("GET", "doc", attachments=True, headers={"Accept": "multipart/related"})
    assert answer.headers["Content-Type"].startswith("multipart/related")
    head, body = parts(answer)
    assert orjson.loads(head.get_content())["_attachments"]["a.jpg"]["follows"] is True
    assert body.get_content() == PHOTO


# Sending


def related(document, *contents, boundary="abc123", headers=None, closing=b""):
    """A body as CouchDB's replicator sends it."""
    lines = [f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode() + orjson.dumps(document)]
    for index, content in enumerate(contents):
        head = (headers or {}).get(index, "")
        lines.append(f"\r\n--{boundary}\r\n{head}\r\n".encode() + content)
    return b"".join(lines) + f"\r\n--{boundary}--".encode() + closing


RELATED = {"Content-Type": 'multipart/related; boundary="abc123"'}


def following(content, content_type="image/jpeg", **more):
    return {"follows": True, "content_type": content_type, "length": len(content), **more}


def test_a_document_is_written_with_its_attachments_as_parts(db):
    document = grafted("doc", ["2-b", "1-a"], n=1, _attachments={"b.jpg": following(PHOTO, revpos=2), "a.bin": following(b"second")})
    answer = db("PUT", "doc", data=related(document, PHOTO, b"second"), headers=RELATED, new_edits=False)
    assert (answer.status, answer.json) == (201, {"ok": True, "id": "doc", "rev": "2-b"})
    assert db("GET", "doc/b.jpg").body == PHOTO
    assert db("GET", "doc/a.bin").body == b"second"
    assert db.get("doc")["_attachments"]["b.jpg"]["revpos"] == 2
    again = db("PUT", "doc", data=related(document, PHOTO, b"second"), headers=RELATED, new_edits=False)
    assert again.status == 201 and again.json["rev"] == "2-b"


def test_an_edit_is_written_with_its_attachments_as_parts(db):
    first = db.save("doc", _attachments={"old.jpg": inline(b"old")})
    document = {"_rev": first, "_attachments": {"old.jpg": {"stub": True}, "new.jpg": following(PHOTO)}}
    answer = db("PUT", "doc", data=related(document, PHOTO, closing=b"\r\n"), headers=RELATED)
    assert answer.status == 201 and answer.json["rev"].startswith("2-")
    assert db("GET", "doc/new.jpg").body == PHOTO and db("GET", "doc/old.jpg").body == b"old"


def test_a_body_of_parts_sent_in_chunks(db):
    body = related({"_attachments": {"a.jpg": following(PHOTO)}}, PHOTO)
    assert db("PUT", "doc", data=(body[n : n + 777] for n in range(0, len(body), 777)), headers=RELATED).status == 201
    assert db("GET", "doc/a.jpg").body == PHOTO


def test_a_compressed_attachment_is_taken_and_given_as_what_it_is(db):
    import gzip

    text = b"hello " * 1000
    packed = gzip.compress(text, mtime=0)
    entry = {"follows": True, "content_type": "text/plain", "length": len(text), "encoding": "gzip", "encoded_length": len(packed), "revpos": 1}
    body = related(grafted("doc", ["1-a"], _attachments={"a.txt": entry}), packed)
    assert db("PUT", "doc", data=body, headers=RELATED, new_edits=False).status == 201
    assert db("GET", "doc/a.txt", headers={"Accept-Encoding": "identity"}).body == text
    assert db.get("doc")["_attachments"]["a.txt"]["length"] == len(text)


def test_a_stub_of_nothing_among_parts_is_refused(db):
    document = grafted("doc", ["2-b", "1-a"], _attachments={"old.jpg": {"stub": True, "revpos": 1}, "new.jpg": following(b"new")})
    assert db("PUT", "doc", data=related(document, b"new"), headers=RELATED, new_edits=False).error == (412, "missing_stub")
    assert db("GET", "doc").status == 404


def test_a_wrong_digest_of_a_part_is_refused(db):
    wrong = base64.b64encode(bytes(16)).decode()
    document = {"_attachments": {"a.jpg": following(b"aaa", digest=f"md5-{wrong}")}}
    answer = db("PUT", "doc", data=related(document, b"aaa"), headers=RELATED)
    assert 400 <= answer.status < 600
    assert db("GET", "doc").status == 404
