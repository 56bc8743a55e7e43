"""Attachments and documents in parts under /sync/: what CouchDB's replicator, PouchDB and curl ask, answered as CouchDB does."""

import base64
import gzip
import hashlib
import io

import orjson
import pytest
from werkzeug.http import parse_options_header

from server.app import create_app
from server.settings import read_settings
from server.stores import db, stores
from server.sync_api.multipart import read_parts
from server.tokens import sign, signing_key
from sync.engine.attachments import GZIP_MEMBERS_MAX
from sync.store.models import Base

PHOTO = b"\xff\xd8 a photo \x00" * 60_000  # 720 kB, three parts
TEXT = "正门 ".encode() * 40_000
GZIPPED = gzip.compress(TEXT)
DB = "/sync/worker-w0042"
JSON = {"Accept": "application/json"}


@pytest.fixture
def settings(tmp_path):
    limits = {"DOORSTEP_ATTACHMENT_BYTES_MAX": "1000000", "DOORSTEP_BODY_BYTES_MAX": "200000"}
    return read_settings({"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_SECRET": "a secret for tests that nobody else has", **limits})


@pytest.fixture
def ask(settings):
    """ask(method, path below the worker's database, …): the answer to a phone of that worker."""
    app = create_app(settings)
    with app.app_context():
        Base.metadata.create_all(db.engine)
        stores().databases.create("worker-w0042", {"members": {"roles": ["worker:w0042"]}})
    token = "Bearer " + sign(signing_key(settings.secret), "w0042", ["worker", "worker:w0042"], 900)

    def asked(method, path, data=None, headers=(), **options):
        return app.test_client().open(DB + path, method=method, data=data, headers={"Authorization": token, **dict(headers)}, **options)

    return asked


@pytest.fixture
def put(ask):
    """put(path, data, …): the new revision."""

    def written(path, data=b"", headers=(), status=201):
        answer = ask("PUT", path, data, headers)
        assert answer.status_code == status, answer.data
        return answer.json.get("rev")

    return written


@pytest.fixture
def photo(put):
    """A document with a photo; its revision."""
    return put("/p/door.jpg", PHOTO, {"Content-Type": "image/jpeg"})


def md5(content):
    return "md5-" + base64.b64encode(hashlib.md5(content).digest()).decode()


def in_parts(document, *parts, boundary="B"):
    """A body of multipart/related: the document, then (headers, bytes) of each attachment."""
    pieces = [b"--B\r\nContent-Type: application/json\r\n\r\n" + orjson.dumps(document)]
    pieces += ["".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n" + content for headers, content in parts]
    return {"data": b"\r\n--B\r\n".join(pieces) + b"\r\n--B--", "headers": {"Content-Type": f'multipart/related; boundary="{boundary}"'}}


def parts_of(answer):
    """The parts of an answer: (headers, bytes), or (headers, parts) where one is multipart itself."""
    assert answer.content_length == len(answer.data)
    return _read(answer.headers["Content-Type"], answer.data)


def _read(content_type, body):
    _, options = parse_options_header(content_type)
    found = []
    for part in read_parts([body], options["boundary"]):
        content = b"".join(part.chunks)
        nested = part.headers.get("content-type", "").startswith("multipart/")
        found.append((dict(part.headers), _read(part.headers["content-type"], content) if nested else content))
    return found


# One by one


def test_an_attachment_is_read_as_it_was_sent(ask, photo):
    answer = ask("GET", "/p/door.jpg")
    assert (answer.status_code, answer.data, answer.content_type, answer.content_length) == (200, PHOTO, "image/jpeg", len(PHOTO))
    assert answer.headers["ETag"] == f'"{md5(PHOTO)[4:]}"' and answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox") and answer.headers["X-Content-Type-Options"] == "nosniff"
    head = ask("HEAD", "/p/door.jpg")
    assert (head.data, head.content_length) == (b"", len(PHOTO))
    assert ask("GET", "/p/door.jpg", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert ask("GET", "/p/nothing").json == {"error": "not_found", "reason": "Document is missing attachment"}


@pytest.mark.parametrize(
    ("asked_for", "sent"),
    [
        ("bytes=0-0", (206, f"bytes 0-0/{len(PHOTO)}", PHOTO[:1])),
        ("bytes=262140-262150", (206, f"bytes 262140-262150/{len(PHOTO)}", PHOTO[262140:262151])),  # over the seam of two parts
        ("bytes=700000-", (206, f"bytes 700000-{len(PHOTO) - 1}/{len(PHOTO)}", PHOTO[700_000:])),
        ("bytes=-10", (206, f"bytes {len(PHOTO) - 10}-{len(PHOTO) - 1}/{len(PHOTO)}", PHOTO[-10:])),
        (f"bytes={len(PHOTO) - 1}-9999999", (206, f"bytes {len(PHOTO) - 1}-{len(PHOTO) - 1}/{len(PHOTO)}", PHOTO[-1:])),
        (f"bytes=-{len(PHOTO) + 1}", (206, f"bytes 0-{len(PHOTO) - 1}/{len(PHOTO)}", PHOTO)),
        ("bytes=x", (200, None, PHOTO)),
        ("bytes=-", (200, None, PHOTO)),
        ("lines=1-2", (200, None, PHOTO)),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 20, 2)), (200, None, PHOTO)),
    ],
)
def test_ranges(ask, photo, asked_for, sent):
    answer = ask("GET", "/p/door.jpg", headers={"Range": asked_for})
    assert (answer.status_code, answer.headers.get("Content-Range"), answer.data) == sent
    assert answer.content_length == len(sent[2])


def test_several_ranges_come_in_parts(ask, photo):
    answer = ask("GET", "/p/door.jpg", headers={"Range": "bytes=0-4,-5"})
    first, second = parts_of(answer)
    assert answer.status_code == 206 and answer.mimetype == "multipart/byteranges"
    assert first == ({"content-type": "image/jpeg", "content-range": f"bytes 0-4/{len(PHOTO)}"}, PHOTO[:5]) and second[1] == PHOTO[-5:]


@pytest.mark.parametrize("asked_for", [f"bytes={len(PHOTO)}-", "bytes=5-1", "bytes=-0", f"bytes=0-1,{len(PHOTO)}-"])
def test_a_range_without_bytes_is_told(ask, photo, asked_for):
    answer = ask("GET", "/p/door.jpg", headers={"Range": asked_for})
    assert answer.status_code == 416 and answer.headers["Content-Range"] == f"bytes */{len(PHOTO)}"
    assert answer.json["error"] == "requested_range_not_satisfiable"


def test_a_range_of_another_content_is_not_sent(ask, photo):
    answer = ask("GET", "/p/door.jpg", headers={"Range": "bytes=0-1", "If-Range": '"an older one"'})
    assert (answer.status_code, answer.data) == (200, PHOTO)


def test_an_empty_attachment(ask, put):
    put("/e/empty.txt", b"", {"Content-Type": "text/plain"})
    assert ask("GET", "/e/empty.txt").data == b"" and ask("GET", "/e/empty.txt", headers={"Range": "bytes=0-"}).status_code == 416
    assert ask("GET", "/e?attachments=true", headers=JSON).json["_attachments"]["empty.txt"]["data"] == ""


def test_names_may_have_slashes_and_any_letters(ask):
    answer = ask("PUT", "/n/folder/%E6%AD%A3%E9%97%A8%22.jpg", b"x")
    assert answer.status_code == 201 and answer.headers["Location"].endswith("/n/folder%2F%E6%AD%A3%E9%97%A8%22.jpg")
    assert list(ask("GET", "/n").json["_attachments"]) == ['folder/正门".jpg'] and ask("GET", "/n/folder%2F%E6%AD%A3%E9%97%A8%22.jpg").data == b"x"


def test_a_content_type_that_no_header_can_have_is_kept_all_the_same(ask):
    assert ask("PUT", "/c", json={"_attachments": {"a": {"content_type": "图片", "data": "aGk="}}}).status_code == 201
    answer = ask("GET", "/c/a")
    assert (answer.data, answer.content_type) == (b"hi", "application/octet-stream")
    (_, text), (headers, _) = parts_of(ask("GET", "/c?attachments=true"))
    assert orjson.loads(text)["_attachments"]["a"]["content_type"] == headers["content-type"] == "图片"


def test_an_attachment_of_a_replaced_revision_is_found_while_a_leaf_has_it(ask, put, photo):
    second = put("/p/note.txt?rev=" + photo, b"a note")
    third = put("/p/door.jpg?rev=" + second, b"another photo")
    put("/p/note.txt?rev=" + third, b"another note")
    assert ask("GET", f"/p/door.jpg?rev={third}").data == b"another photo"
    assert ask("GET", f"/p/door.jpg?rev={second}").status_code == 404 and ask("GET", f"/p/note.txt?rev={second}").status_code == 404


def test_what_cannot_be_written_is_refused_before_its_bytes_are_read(ask, photo):
    class Untouched(io.BytesIO):
        def read(self, *_):
            raise AssertionError("was read")

    for path, status in (("/p/x", 409), ("/p/x?rev=1-unknown", 409), ("/p/_x", 400), ("/_local/x/a", 400), ("/_design/x/a", 403)):
        assert ask("PUT", path, input_stream=Untouched(b"0123456789"), content_length=10).status_code == status


def test_a_revision_that_nobody_has_is_told_from_one_that_is_replaced(ask, put, photo):
    put("/p/note.txt?rev=" + photo, b"a note")
    assert ask("PUT", f"/p/x?rev={photo}", b"x").json == {"error": "conflict", "reason": "Document update conflict."}
    assert ask("PUT", "/p/x?rev=1-unknown", b"x").json == {"error": "not_found", "reason": "missing_rev"}


def test_if_match_names_the_revision(ask, put, photo):
    assert put("/p/note.txt", b"x", {"If-Match": f'"{photo}"'}).startswith("2-")
    assert ask("PUT", "/p/note.txt", b"x", {"If-Match": f'"{photo}"'}).status_code == 409


def test_a_digest_that_comes_along_is_checked(ask, put):
    assert ask("PUT", "/m/a", b"what came", {"Content-MD5": md5(b"what was sent")[4:]}).json["error"] == "content_md5_mismatch"
    assert ask("GET", "/m", headers=JSON).status_code == 404
    put("/m/a", b"what came", {"Content-MD5": md5(b"what came")[4:]})


def test_attachments_have_a_limit_of_their_own(ask, put):
    put("/big/a", b"x" * 1_000_000)
    for answer in (ask("PUT", "/bigger/a", b"x" * 1_000_001), ask("PUT", "/bigger/a", gzip.compress(bytes(1_000_001)), {"Content-Encoding": "gzip"})):
        assert (answer.status_code, answer.json["error"]) == (413, "attachment_too_large")
    assert ask("GET", "/bigger", headers=JSON).status_code == 404


# Compressed


def test_what_came_compressed_stays_so_and_everybody_can_read_it(ask, put):
    put("/g/text.txt", GZIPPED, {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    stub = {"content_type": "text/plain", "revpos": 1, "digest": md5(GZIPPED), "length": len(TEXT), "stub": True}
    assert ask("GET", "/g").json["_attachments"] == {"text.txt": stub}
    assert ask("GET", "/g?att_encoding_info=true").json["_attachments"] == {"text.txt": {**stub, "encoding": "gzip", "encoded_length": len(GZIPPED)}}
    plain, compressed = ask("GET", "/g/text.txt"), ask("GET", "/g/text.txt", headers={"Accept-Encoding": "gzip"})
    assert (plain.data, plain.content_length, plain.headers.get("Content-Encoding")) == (TEXT, len(TEXT), None)
    assert (compressed.data, compressed.content_length, compressed.headers["Content-Encoding"]) == (GZIPPED, len(GZIPPED), "gzip")
    assert plain.headers["Accept-Ranges"] == "none" and ask("GET", "/g/text.txt", headers={"Range": "bytes=0-1"}).data == TEXT
    assert base64.b64decode(ask("GET", "/g?attachments=true", headers=JSON).json["_attachments"]["text.txt"]["data"]) == TEXT
    (_, _), (headers, content) = parts_of(ask("GET", "/g?attachments=true"))
    assert (content, headers["content-encoding"], headers["content-length"]) == (GZIPPED, "gzip", str(len(GZIPPED)))


@pytest.mark.parametrize("content", [TEXT, GZIPPED[:-1], GZIPPED + b"more", b""])
def test_what_says_that_it_is_gzip_and_is_not_is_refused(ask, content):
    assert ask("PUT", "/g/a", content, {"Content-Encoding": "gzip"}).status_code == 400
    assert ask("PUT", "/g/a", content, {"Content-Encoding": "br"}).status_code == 415
    assert ask("GET", "/g", headers=JSON).status_code == 404


def test_a_gzip_of_very_many_gzips_is_refused_and_one_of_some_is_read(ask):
    assert ask("PUT", "/g/a", gzip.compress(b"x") * 3, {"Content-Encoding": "gzip"}).status_code == 201
    assert ask("GET", "/g/a").data == b"xxx"
    assert ask("PUT", "/h/a", gzip.compress(b"") * (GZIP_MEMBERS_MAX + 1), {"Content-Encoding": "gzip"}).status_code == 400
    assert ask("GET", "/h", headers=JSON).status_code == 404


# Documents in parts


def followed(content, **members):
    return {"follows": True, "content_type": "image/jpeg", "length": len(content), "digest": md5(content), **members}


def test_a_document_with_attachments_in_parts_is_written_and_read(ask):
    document = {"_revisions": {"start": 3, "ids": ["c", "b", "a"]}, "n": 1}
    document["_attachments"] = {
        "door.jpg": followed(PHOTO, revpos=2),
        "text.txt": followed(GZIPPED, revpos=3, content_type="text/plain", length=len(TEXT), encoding="gzip", encoded_length=len(GZIPPED)),
        "inline": {"data": "aGk="},
    }
    body = in_parts(document, ({}, PHOTO), ({"Content-Encoding": "gzip"}, GZIPPED))
    for _ in range(2):
        assert ask("PUT", "/d?new_edits=false", **body).json == {"ok": True, "id": "d", "rev": "3-c"}
    assert ask("GET", "/d/door.jpg").data == PHOTO and ask("GET", "/d/text.txt").data == TEXT and ask("GET", "/d/inline").data == b"hi"
    answer = ask("GET", "/d?attachments=true&revs=true")
    (headers, text), *attachments = parts_of(answer)
    assert answer.mimetype == "multipart/related" and headers == {"content-type": "application/json"}
    read = orjson.loads(text)
    assert read["_revisions"] == document["_revisions"] and read["_attachments"]["door.jpg"] == followed(PHOTO, revpos=2)
    assert [content for _, content in attachments] == [PHOTO, GZIPPED, b"hi"]
    assert attachments[0][0] == {"content-disposition": 'attachment; filename="door.jpg"', "content-type": "image/jpeg", "content-length": str(len(PHOTO))}
    # what was answered can be sent again, to another document
    again = ask("PUT", "/e?new_edits=false", answer.data, {"Content-Type": answer.headers["Content-Type"]})
    assert again.status_code == 201 and ask("GET", "/e/text.txt").data == TEXT


def test_parts_are_matched_by_their_names_or_by_their_order(ask):
    names = {"a": followed(b"A"), 'the "b"': followed(b"B"), "c": followed(b"C")}
    parts = ({"Content-Disposition": "attachment; filename=c"}, b"C"), ({"Content-Disposition": 'attachment; filename="the "b""'}, b"B"), ({}, b"A")
    assert ask("PUT", "/d", **in_parts({"_attachments": names}, *parts)).status_code == 201
    assert [ask("GET", f"/d/{name}").data for name in ("a", "the%20%22b%22", "c")] == [b"A", b"B", b"C"]


@pytest.mark.parametrize(
    ("attachments", "parts"),
    [
        ({"a": followed(b"A")}, []),
        ({"a": followed(b"A")}, [({}, b"A"), ({}, b"B")]),
        ({}, [({}, b"A")]),
        ({"a": followed(b"A")}, [({}, b"B")]),
        ({"a": followed(b"A", digest=None, length=2)}, [({}, b"A")]),
        ({"a": followed(b"A")}, [({"Content-Length": "2"}, b"A")]),
        ({"a": followed(b"A")}, [({"Content-Disposition": 'attachment; filename="z"'}, b"A")]),
        ({"a": followed(b"A", encoding="gzip", encoded_length=1)}, [({}, b"A")]),
        ({"a": followed(b"A")}, [({"Content-Encoding": "br"}, b"A")]),
        ({"a": followed(b"A", encoding=["gzip"])}, [({}, b"A")]),
        ({"a": followed(b"A", encoding="identity")}, [({"Content-Encoding": "gzip"}, b"A")]),
        ({"_a": followed(b"A")}, [({}, b"A")]),
        ({"a": followed(b"A", content_type="a\r\nb")}, [({}, b"A")]),
        ([], [({}, b"A")]),
    ],
)
def test_parts_that_do_not_fit_their_document_are_refused_and_nothing_is_written(ask, attachments, parts):
    answer = ask("PUT", "/d", **in_parts({"_attachments": attachments}, *parts))
    assert answer.status_code == 400 and answer.json["reason"]
    assert ask("GET", "/d", headers=JSON).status_code == 404


@pytest.mark.parametrize("body", [b"", b"--B\r\n\r\n{}\r\n--B", b"--B--", b"--B\r\n\r\nnot json\r\n--B--", b"--B\r\n\r\n[]\r\n--B--", b'{"n": 1}'])
def test_a_body_that_is_not_quite_multipart_is_refused(ask, body):
    assert ask("PUT", "/d", body, {"Content-Type": 'multipart/related; boundary="B"'}).status_code == 400
    assert ask("PUT", "/d", body, {"Content-Type": "multipart/related"}).status_code == 400
    assert ask("GET", "/d", headers=JSON).status_code == 404


def test_a_document_in_parts_has_the_limits_of_its_parts(ask):
    four = {f"photo {n}": followed(PHOTO) for n in range(4)}
    assert ask("PUT", "/d", **in_parts({"_attachments": four}, *[({}, PHOTO)] * 4)).status_code == 201
    large = b"x" * 1_000_001
    for body in (in_parts({"_attachments": {"a": followed(large)}}, ({}, large)), in_parts({"text": "x" * 200_000})):
        assert ask("PUT", "/e", **body).status_code == 413
    assert ask("GET", "/e", headers=JSON).status_code == 404


def test_a_stub_that_nobody_has_is_412_in_parts_too(ask):
    assert ask("PUT", "/d?new_edits=false", **in_parts({"_rev": "2-b", "_attachments": {"a": {"stub": True}}})).json["error"] == "missing_stub"


# What the reader has already


@pytest.fixture
def three(put):
    """A document of three revisions, each with one attachment more; the revisions."""
    first = put("/t/1.jpg", b"one", {"Content-Type": "image/jpeg"})
    second = put("/t/2.jpg?rev=" + first, b"two", {"Content-Type": "image/jpeg"})
    return first, second, put("/t/3.jpg?rev=" + second, b"three", {"Content-Type": "image/jpeg"})


def test_only_attachments_newer_than_what_the_reader_has_are_sent(ask, three):
    def sent(since):
        members = ask("GET", f"/t?atts_since={since}", headers=JSON).json["_attachments"]
        assert all(("data" in entry) != ("stub" in entry) for entry in members.values())
        return sorted(name for name, entry in members.items() if "data" in entry)

    first, second, third = three
    assert sent("[]") == ["1.jpg", "2.jpg", "3.jpg"] and sent(f'["{first}"]') == ["2.jpg", "3.jpg"]
    assert sent(f'["{first}","{second}","7-unknown"]') == ["3.jpg"] and sent(f'["{third}"]') == []
    assert ask("GET", "/t?atts_since=x").status_code == 400 and ask("GET", '/t?atts_since=["x"]').status_code == 400


def test_open_revisions_in_parts_as_the_replicator_asks_for_them(ask, three):
    first, _, third = three
    answer = ask("GET", f'/t?open_revs=["{third}","9-q"]&revs=true&latest=true&atts_since=["{first}"]', headers={"Accept": "multipart/mixed"})
    (headers, ((_, text), *attachments)), missing = parts_of(answer)
    assert answer.mimetype == "multipart/mixed" and headers["content-type"].startswith("multipart/related;")
    members = orjson.loads(text)["_attachments"]
    assert members["1.jpg"]["stub"] is True and members["2.jpg"]["follows"] is True
    assert sorted(content for _, content in attachments) == [b"three", b"two"]
    assert missing == ({"content-type": 'application/json; error="true"'}, b'{"missing":"9-q"}')


def test_a_document_without_attachments_to_send_is_one_json_part(ask, three):
    ((headers, text),) = parts_of(ask("GET", f'/t?open_revs=all&atts_since=["{three[2]}"]', headers={"Accept": "*/*"}))
    assert headers == {"content-type": "application/json"} and orjson.loads(text)["_attachments"]["1.jpg"]["stub"] is True


@pytest.mark.parametrize("accept", ["application/json", "application/json, */*", "application/json;q=0.5, multipart/mixed"])
def test_whoever_names_json_gets_json(ask, three, accept):
    assert [each["ok"]["_rev"] for each in ask("GET", "/t?open_revs=all", headers={"Accept": accept}).json] == [three[2]]
    assert ask("GET", "/t?attachments=true", headers={"Accept": accept}).json["_attachments"]["1.jpg"]["data"] == base64.b64encode(b"one").decode()


def test_bulk_get_in_parts_for_those_who_refuse_json(ask, three):
    wanted = {"docs": [{"id": "t", "atts_since": [three[1]]}, {"id": "nothing"}, {"id": "_x"}]}
    assert ask("POST", "/_bulk_get", json=wanted, headers={"Accept": "*/*"}).is_json
    for accept in ("multipart/mixed", "multipart/related"):
        answer = ask("POST", "/_bulk_get", json=wanted, headers={"Accept": accept})
        (headers, ((_, _), (_, photo))), missing, bad = parts_of(answer)
        assert (answer.mimetype, headers["x-doc-id"], headers["x-rev-id"], photo) == (accept, "t", three[2], b"three")
        assert orjson.loads(missing[1]) == {"id": "nothing", "rev": "undefined", "error": "not_found", "reason": "missing"}
        assert orjson.loads(bad[1])["error"] == "illegal_docid"


def test_bulk_get_sends_what_is_newer_unless_it_is_told_not_to(ask, three):
    def sent(query):
        got = ask("POST", f"/_bulk_get{query}", json={"docs": [{"id": "t", "rev": three[2], "atts_since": [three[0]]}]}, headers=JSON).json
        return sorted(name for name, entry in got["results"][0]["docs"][0]["ok"]["_attachments"].items() if "data" in entry)

    assert sent("") == sent("?attachments=true") == ["2.jpg", "3.jpg"] and sent("?attachments=false") == []


def test_attachments_in_lists_and_batches(ask, three, photo):
    def found(members):
        return {name: base64.b64decode(entry["data"]) for name, entry in members["_attachments"].items()}

    rows = ask("GET", "/_all_docs?include_docs=true&attachments=true").json["rows"]
    assert found(rows[0]["doc"]) == {"door.jpg": PHOTO} and found(rows[1]["doc"]) == {"1.jpg": b"one", "2.jpg": b"two", "3.jpg": b"three"}
    answer = ask("POST", "/_bulk_get?attachments=true", json={"docs": [{"id": "t"}, {"id": "p"}, {"id": "p"}]}, headers={"Accept-Encoding": "gzip"})
    assert [found(result["docs"][0]["ok"])[name][:3] for result, name in zip(answer.json["results"], ("1.jpg", "door.jpg", "door.jpg"), strict=True)] == [
        b"one",
        PHOTO[:3],
        PHOTO[:3],
    ]
    feed = ask("GET", "/_changes?include_docs=true&attachments=true").json["results"]
    assert {row["id"]: found(row["doc"]) for row in feed}["p"] == {"door.jpg": PHOTO}
