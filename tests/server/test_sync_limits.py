"""Each limit under /sync/ that an operator may turn: one step within it is taken, one beyond gets CouchDB's error, and nothing of it is written."""

import base64
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from server.app import create_app
from server.settings import LIMITS, read_settings
from server.stores import db, stores
from server.tokens import sign, signing_key
from sync.engine.limits import DEFAULT
from sync.store.models import Base
from tests.server.test_sync_api import DB, Caller, error_of

SECRET = "a secret for tests that nobody else has"


@pytest.fixture
def limited(tmp_path):
    """limited(CONFLICTS_MAX=5): a phone with its own database, on a server with these settings."""

    def make(**limits):
        environment = {f"DOORSTEP_{name}": str(value) for name, value in limits.items()}
        settings = read_settings({"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_SECRET": SECRET, **environment})
        app = create_app(settings)
        with app.app_context():
            Base.metadata.create_all(db.engine)
            stores().databases.create("worker-w0042", {"members": {"roles": ["worker:w0042"]}})
        return Caller(app.test_client(), "Bearer " + sign(signing_key(settings.secret), "w0042", ["worker:w0042"], 900))

    return make


def push(worker, *documents):
    return worker("POST", DB + "/_bulk_docs", {"docs": list(documents), "new_edits": False})


def text_of_bytes(members, bytes_wanted):
    """The members with as much text as makes their JSON so long."""
    return {**members, "text": "x" * (bytes_wanted - len(orjson.dumps({**members, "text": ""})))}


def ids_in(worker):
    return [row["id"] for row in worker("GET", DB + "/_changes").json["results"]]


def test_a_document(limited):
    worker = limited(DOCUMENT_BYTES_MAX=2_000)
    assert worker("PUT", DB + "/a", text_of_bytes({}, 2_000)).status_code == 201
    assert error_of(worker("PUT", DB + "/b", text_of_bytes({}, 2_001))) == (413, "document_too_large")
    assert error_of(push(worker, {"_id": "ok", "_rev": "1-a"}, text_of_bytes({"_id": "c", "_rev": "1-a"}, 3_000))) == (413, "document_too_large")
    assert ids_in(worker) == ["a"]


def test_an_attachment(limited):
    worker = limited(ATTACHMENT_BYTES_MAX=1_024)
    inline = {"_attachments": {"photo": {"content_type": "image/jpeg", "data": base64.b64encode(bytes(1_025)).decode()}}}
    assert worker("PUT", DB + "/a/photo", data=bytes(1_024), content_type="image/jpeg").status_code == 201
    assert error_of(worker("PUT", DB + "/b/photo", data=bytes(1_025), content_type="image/jpeg")) == (413, "attachment_too_large")
    assert error_of(worker("PUT", DB + "/c", inline)) == (413, "attachment_too_large")
    assert ids_in(worker) == ["a"]


def test_the_attachments_of_a_document(limited):
    worker = limited(ATTACHMENTS_MAX=2)

    def with_photos(number):
        return {"_attachments": {f"photo-{n}": {"content_type": "image/jpeg", "data": ""} for n in range(number)}}

    assert worker("PUT", DB + "/a", with_photos(2)).status_code == 201
    assert worker("PUT", DB + "/b", with_photos(3)).status_code == 400
    revision = worker("GET", DB + "/a").json["_rev"]
    assert worker("PUT", DB + f"/a/one-more?rev={revision}", data=b"x", content_type="image/jpeg").status_code == 400
    assert ids_in(worker) == ["a"]


def test_an_id(limited):
    worker = limited(ID_BYTES_MAX=64)
    assert worker("PUT", DB + "/" + quote("é" * 32), {}).status_code == 201
    for answer in (
        worker("PUT", DB + "/" + quote("é" * 33), {}),
        worker("POST", DB, {"_id": "x" * 65}),
        push(worker, {"_id": "x" * 65, "_rev": "1-a"}),
        worker("PUT", DB + "/_local/" + "x" * 60, {}),
        worker("PUT", DB + "/_design/" + "x" * 60, {}),
    ):
        assert error_of(answer) == (400, "illegal_docid")
    assert error_of(worker("GET", DB + "/" + "x" * 65)) == (404, "not_found"), "reading it finds nothing"
    assert ids_in(worker) == ["é" * 32]


def test_nesting(limited):
    worker = limited(NESTING_MAX=8)

    def nested(levels):
        value = 1
        for _ in range(levels - 1):
            value = [value]
        return {"deep": value}

    assert worker("PUT", DB + "/a", nested(8)).status_code == 201
    assert error_of(worker("PUT", DB + "/b", nested(9))) == (400, "bad_request")
    assert error_of(worker("PUT", DB + "/_local/b", nested(9))) == (400, "bad_request")
    assert error_of(push(worker, {"_id": "c", "_rev": "1-a", **nested(200)})) == (400, "bad_request")
    assert ids_in(worker) == ["a"]


def test_documents_in_a_batch(limited):
    worker = limited(BATCH_DOCUMENTS_MAX=3)
    assert push(worker, *[{"_id": id, "_rev": "1-a"} for id in "abc"]).status_code == 201
    four = list("abcd")
    for answer in (
        push(worker, *[{"_id": id, "_rev": "1-b"} for id in four]),
        worker("POST", DB + "/_bulk_get", {"docs": [{"id": id} for id in four]}),
        worker("POST", DB + "/_all_docs", {"keys": four}),
        worker("POST", DB + "/_changes?filter=_doc_ids", {"doc_ids": four}),
    ):
        assert error_of(answer) == (413, "too_large")


def test_documents_compared_at_once(limited):
    worker = limited(COMPARED_DOCUMENTS_MAX=2)
    for path in ("/_revs_diff", "/_missing_revs"):
        assert worker("POST", DB + path, {"a": ["1-a"], "b": ["1-a"]}).status_code == 200
        assert error_of(worker("POST", DB + path, {id: ["1-a"] for id in "abc"})) == (413, "too_large")
        assert error_of(worker("POST", DB + path, {"a": ["1-a", "1-b", "1-c"]})) == (413, "too_large")


def test_revisions_of_one_document_in_a_request(limited):
    worker = limited(REVISIONS_OF_ONE_MAX=3)
    four = [f"1-{letter}" for letter in "abcd"]
    assert push(worker, *[{"_id": "d", "_rev": revision} for revision in four[:3]]).status_code == 201
    assert error_of(push(worker, *[{"_id": "d", "_rev": revision} for revision in four])) == (413, "too_large")
    assert error_of(worker("POST", DB + "/_bulk_get", {"docs": [{"id": "d", "rev": revision} for revision in four]})) == (413, "too_large")
    assert worker("GET", DB + "/d?conflicts=true").json["_conflicts"] == ["1-b", "1-a"]


def test_revisions_in_one_history(limited):
    worker = limited(HISTORY_LENGTH_MAX=1_000)

    def with_history(length):
        return {"_id": f"long-{length}", "_revisions": {"start": length, "ids": [f"r{n}" for n in range(length)]}}

    assert push(worker, with_history(1_000)).status_code == 201
    assert error_of(push(worker, with_history(1_001))) == (400, "doc_validation")


def test_conflicts_of_one_document_and_settling_them_stays_possible(limited):
    worker = limited(CONFLICTS_MAX=3)
    assert push(worker, *[{"_id": "d", "_rev": f"1-{letter}"} for letter in "abc"]).status_code == 201
    assert error_of(push(worker, {"_id": "d", "_rev": "1-d"})) == (413, "too_many_conflicts")
    assert worker("DELETE", DB + "/d?rev=1-a").status_code == 200
    assert push(worker, {"_id": "d", "_revisions": {"start": 2, "ids": ["x", "b"]}}).status_code == 201, "a leaf may go on"
    assert push(worker, {"_id": "other", "_rev": "1-a"}).status_code == 201, "other documents are not touched by it"


def test_known_revisions_of_one_document(limited):
    worker = limited(TREE_REVISIONS_MAX=1_000)

    def line(name, length):
        return {"_id": "d", "_revisions": {"start": length, "ids": [f"{name}{n}" for n in range(length)]}}

    assert push(worker, line("a", 600), line("b", 400)).status_code == 201
    assert error_of(push(worker, line("c", 1))) == (413, "too_many_revisions")
    assert worker("GET", DB + "/d?conflicts=true").json["_conflicts"] == ["400-b0"]


def test_a_checkpoint_and_how_many_there_are(limited):
    worker = limited(LOCAL_BYTES_MAX=1_024, LOCAL_DOCUMENTS_MAX=10)
    assert worker("PUT", DB + "/_local/a", text_of_bytes({}, 1_024)).status_code == 201
    assert error_of(worker("PUT", DB + "/_local/b", text_of_bytes({}, 1_025))) == (413, "document_too_large")
    for n in range(10):
        assert worker("PUT", DB + f"/_local/{n}", {}).status_code == 201
    assert worker("GET", DB + "/_local/a").status_code == 404, "the one longest not written is forgotten"
    assert worker("GET", DB + "/_local/0").status_code == 200


def test_what_one_answer_holds(limited):
    worker = limited(ANSWER_BYTES_MAX=10_000)
    assert push(worker, *[{"_id": str(n), "_rev": "1-a", "text": "x" * 1_000} for n in range(10)]).status_code == 201
    asked = [{"id": str(n), "rev": "1-a"} for n in range(10)]
    assert worker("POST", DB + "/_bulk_get", {"docs": asked[:9]}).status_code == 200
    for answer in (
        worker("POST", DB + "/_bulk_get", {"docs": asked}),
        worker("GET", DB + "/_all_docs?include_docs=true"),
        worker("POST", DB + "/_all_docs?include_docs=true", {"keys": ["1"] * 11}),
    ):
        assert error_of(answer) == (413, "too_large")


def test_a_body(limited):
    worker = limited(BODY_BYTES_MAX=5_000)
    assert worker("PUT", DB + "/a", text_of_bytes({}, 4_900)).status_code == 201
    assert error_of(worker("PUT", DB + "/b", text_of_bytes({}, 5_100))) == (413, "too_large")
    assert ids_in(worker) == ["a"]


def test_every_limit_has_its_test_here():
    tested = {name.upper() for name in LIMITS}
    source = Path(__file__).read_text(encoding="utf-8")
    assert tested == {name for name in tested if f"{name}=" in source}
    assert all(getattr(DEFAULT, name) >= least for name, (_, least, _) in LIMITS.items())


def test_the_limits_as_they_are_delivered_hold_at_their_own_size(limited):
    """500 conflicts, 500 revisions of one document in a request, 10,000 revisions in a tree: no smaller model of them."""
    worker = limited()
    leaves = [{"_id": "d", "_rev": f"1-{n:04}"} for n in range(DEFAULT.conflicts_max + 1)]
    assert error_of(push(worker, *leaves)) == (413, "too_large"), "501 revisions of one document"
    assert push(worker, *leaves[:-1]).status_code == 201
    assert error_of(push(worker, leaves[-1])) == (413, "too_many_conflicts")
    lines = [{"_id": "t", "_revisions": {"start": 1_000, "ids": [f"{letter}{n}" for n in range(1_000)]}} for letter in "abcdefghij"]
    assert push(worker, *lines).status_code == 201
    assert error_of(push(worker, {"_id": "t", "_rev": "1-new"})) == (413, "too_many_revisions")
