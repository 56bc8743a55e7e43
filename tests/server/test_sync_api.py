"""The CouchDB API under /sync/: what replication and tools ask, answered in CouchDB's codes and words."""

import base64
import gzip
import hashlib
import time
from datetime import UTC, datetime

import orjson
import pytest

from server.passwords import hash_password
from server.stores import db, stores
from server.tokens import sign, signing_key
from sync.store.models import Account

AREA = {"members": {"names": [], "roles": ["area:g0311"]}}


class Caller:
    """Speaks JSON to /sync as one person."""

    def __init__(self, client, authorization=None):
        self.client = client
        self.headers = {"Authorization": authorization} if authorization else {}

    def __call__(self, method, path, body=None, **options):
        headers = {"Accept": "application/json", **self.headers, **options.pop("headers", {})}
        if body is not None:
            options |= {"data": orjson.dumps(body), "content_type": "application/json"}
        return self.client.open("/sync" + path, method=method, headers=headers, **options)


@pytest.fixture
def databases(app):
    with app.app_context():
        return stores().databases


@pytest.fixture
def operator(app, client):
    with app.app_context():
        db.session.add(
            Account(
                id="operator",
                username="operator",
                name="Operator",
                password_hash=hash_password("a long password"),
                role="operator",
                created_at=datetime.now(UTC),
            )
        )
        db.session.commit()
    return Caller(client, "Basic " + base64.b64encode(b"operator:a long password").decode())


@pytest.fixture
def device(client, settings):
    """Signs a phone in with these roles."""

    def signed_in(*roles, seconds=900):
        return Caller(client, "Bearer " + sign(signing_key(settings.secret), "w0042", roles, seconds))

    return signed_in


@pytest.fixture
def worker(databases, device):
    """A phone with its own database, worker-w0042, which it may write."""
    databases.create("worker-w0042", {"members": {"roles": ["worker:w0042"]}})
    return device("worker", "worker:w0042")


@pytest.fixture
def nobody(client):
    return Caller(client)


def error_of(response):
    assert response.content_type == "application/json", response.data
    return response.status_code, response.json["error"]


DB = "/worker-w0042"


# The server and its databases


def test_the_server_welcomes_with_a_lasting_uuid(nobody, databases):
    answer = nobody("GET", "/").json
    assert answer["couchdb"] == "Welcome" and len(answer["uuid"]) == 32
    assert nobody("GET", "").json["uuid"] == answer["uuid"] == databases.uuid
    assert nobody("GET", "/", headers={"Authorization": "Basic: xyz"}).status_code == 200


def test_up_and_session(nobody, device):
    assert nobody("GET", "/_up").json == {"status": "ok"}
    assert nobody("GET", "/_session").json["userCtx"] == {"name": None, "roles": []}
    assert device("worker").__call__("GET", "/_session").json["userCtx"] == {"name": "w0042", "roles": ["worker"]}
    assert error_of(nobody("PUT", "/_session"))[0] == 405


def test_info_with_and_without_a_slash(worker):
    for path in (DB, DB + "/"):
        info = worker("GET", path).json
        assert (info["db_name"], info["doc_count"], info["doc_del_count"], info["compact_running"]) == ("worker-w0042", 0, 0, False)
        assert isinstance(info["instance_start_time"], str)
        assert info["update_seq"].startswith("0-")
    assert worker("HEAD", DB).data == b""


def test_the_operator_makes_and_deletes_databases_with_any_legal_name(operator):
    for name in ("new", "a%2Fb%2Bc", "x()$-_"):
        assert operator("PUT", f"/{name}/").status_code == 201
        assert error_of(operator("PUT", f"/{name}")) == (412, "file_exists")
    assert operator("GET", "/_all_dbs").json == ["a/b+c", "new", "x()$-_"]
    assert operator("GET", "/a%2Fb%2Bc").json["db_name"] == "a/b+c"
    assert operator("DELETE", "/new/").json == {"ok": True}
    assert error_of(operator("DELETE", "/new")) == (404, "not_found")
    assert operator("GET", "/new").json == {"error": "not_found", "reason": "Database does not exist."}


@pytest.mark.parametrize("name", ["Big", "1st", "..%2F..%2Fetc", "a%00b", "caf%C3%A9", "a" * 300, "a.b"])
def test_names_that_cannot_be_a_database(operator, name):
    assert error_of(operator("PUT", f"/{name}")) == (400, "illegal_database_name")


def test_a_database_made_anew_does_not_take_sequences_of_its_former_life(operator):
    operator("PUT", "/again")
    for n in range(3):
        operator("PUT", f"/again/{n}", {})
    since = operator("GET", "/again").json["update_seq"]
    operator("DELETE", "/again")
    operator("PUT", "/again")
    operator("PUT", "/again/new", {})
    assert [row["id"] for row in operator("GET", f"/again/_changes?since={since}").json["results"]] == ["new"]


def test_the_security_object_is_read_and_written(operator, databases):
    operator("PUT", "/db")
    assert operator("PUT", "/db/_security", AREA).json == {"ok": True}
    assert operator("GET", "/db/_security").json == AREA == databases.security("db")
    assert error_of(operator("PUT", "/db/_security", [])) == (400, "bad_request")
    assert error_of(operator("PUT", "/db/_security", {"members": {"roles": "area"}})) == (400, "bad_request")


def test_revisions_limit_commit_and_compaction(operator):
    operator("PUT", "/db")
    assert operator("GET", "/db/_revs_limit").json == 1000
    assert operator("PUT", "/db/_revs_limit", data="3").json == {"ok": True}
    rev = None
    for n in range(6):
        rev = operator("PUT", "/db/doc", {"n": n, **({"_rev": rev} if rev else {})}).json["rev"]
    revisions = operator("GET", "/db/doc?revs=true").json["_revisions"]
    assert revisions["start"] == 6 and len(revisions["ids"]) == 3
    commit = operator("POST", "/db/_ensure_full_commit", {})
    assert commit.status_code == 201 and commit.json["instance_start_time"] == operator("GET", "/db").json["instance_start_time"]
    assert operator("POST", "/db/_compact", {}).status_code == 202


# Who may


def test_who_may_read_and_write_an_area(databases, device, nobody, operator):
    databases.create("area-g0311", AREA, writers="server")
    databases.publish("area-g0311", [{"_id": "household:1"}])
    member, stranger = device("worker", "area:g0311"), device("worker", "area:g0999")
    assert member("GET", "/area-g0311/household:1").status_code == 200
    assert error_of(member("PUT", "/area-g0311/household:2", {})) == (403, "forbidden")
    assert error_of(member("POST", "/area-g0311/_bulk_docs", {"docs": []})) == (403, "forbidden")
    assert error_of(member("PUT", "/area-g0311/_security", {})) == (403, "forbidden")
    assert member("PUT", "/area-g0311/_local/checkpoint", {"last_seq": 1}).status_code == 201
    assert error_of(stranger("GET", "/area-g0311/household:1")) == (403, "forbidden")
    assert error_of(stranger("PUT", "/area-g0311/_local/checkpoint", {})) == (403, "forbidden")
    assert error_of(nobody("GET", "/area-g0311/")) == (401, "unauthorized")
    assert operator("PUT", "/area-g0311/household:2", {}).status_code == 201
    databases.set_security("area-g0311", {"members": {"roles": ["area:g0999"]}})
    assert error_of(member("GET", "/area-g0311/")) == (403, "forbidden")
    assert stranger("GET", "/area-g0311/").status_code == 200


def test_nobody_but_admins_learns_whether_a_database_exists(databases, device, nobody):
    databases.create("area-g0311", AREA)
    stranger = device("worker")
    for method, path in [("GET", "/{}/"), ("PUT", "/{}/"), ("GET", "/{}/_changes"), ("GET", "/{}/doc"), ("DELETE", "/{}")]:
        for caller, status in ((stranger, 403), (nobody, 401)):
            there, absent = caller(method, path.format("area-g0311")), caller(method, path.format("area-none"))
            assert there.status_code == absent.status_code == status
            assert there.json == absent.json
    assert error_of(device("area:g0311")("PUT", "/area-g0311/")) == (412, "file_exists")


def test_a_database_that_names_no_members_is_the_operators_alone(databases, device, operator):
    databases.create("open", {})
    assert error_of(device("worker")("GET", "/open")) == (403, "forbidden")
    assert operator("GET", "/open").status_code == 200


def test_expired_and_forged_tokens(databases, worker, device, client):
    expired = device("worker:w0042", seconds=-3600)
    assert error_of(expired("GET", DB)) == (401, "unauthorized")
    assert error_of(Caller(client, "Bearer a.b.c")("GET", DB)) == (401, "unauthorized")
    forged = sign(signing_key("another secret of thirty-two characters"), "w0042", ["worker:w0042"], 900)
    assert error_of(Caller(client, f"Bearer {forged}")("GET", DB)) == (401, "unauthorized")


def test_only_admins_write_design_documents(worker, operator):
    assert error_of(worker("PUT", DB + "/_design/x", {"views": {}})) == (403, "forbidden")
    answer = worker("POST", DB + "/_bulk_docs", {"new_edits": False, "docs": [{"_id": "_design/x", "_rev": "1-a"}, {"_id": "a", "_rev": "1-a"}]})
    assert answer.status_code == 201 and [(row["id"], row["error"]) for row in answer.json] == [("_design/x", "forbidden")]
    assert worker("GET", DB + "/a").status_code == 200
    assert operator("PUT", DB + "/_design/x", {"views": {}}).status_code == 201
    assert operator("GET", DB + "/_design%2Fx").json["_id"] == "_design/x"


# Documents


def test_a_document_is_written_read_changed_and_deleted(worker):
    made = worker("PUT", DB + "/a", {"n": 1, "_id": "another"})
    first = made.json["rev"]
    assert made.status_code == 201 and made.json["id"] == "a" and first.startswith("1-") and made.headers["ETag"] == f'"{first}"'
    assert worker("GET", DB + "/a").json == {"_id": "a", "_rev": first, "n": 1}
    assert error_of(worker("PUT", DB + "/a", {"n": 2})) == (409, "conflict")
    assert error_of(worker("PUT", DB + "/a", {"n": 2, "_rev": "1-other"})) == (409, "conflict")
    second = worker("PUT", DB + "/a", {"n": 2, "_rev": first}).json["rev"]
    third = worker("PUT", DB + f"/a?rev={second}", {"n": 3}).json["rev"]
    fourth = worker("PUT", DB + "/a", {"n": 4}, headers={"If-Match": f'"{third}"'}).json["rev"]
    assert fourth.startswith("4-")
    assert error_of(worker("PUT", DB + f"/a?rev={third}", {"_rev": fourth})) == (400, "bad_request")
    assert error_of(worker("DELETE", DB + "/a")) == (409, "conflict")
    assert error_of(worker("DELETE", DB + f"/a?rev={first}")) == (409, "conflict")
    gone = worker("DELETE", DB + f"/a?rev={fourth}")
    assert gone.status_code == 200 and gone.json["rev"].startswith("5-")
    assert worker("GET", DB + "/a").json == {"error": "not_found", "reason": "deleted"}
    assert worker("GET", DB + f"/a?rev={gone.json['rev']}").json == {"_id": "a", "_rev": gone.json["rev"], "_deleted": True}
    assert worker("GET", DB + "/never").json == {"error": "not_found", "reason": "missing"}
    assert error_of(worker("DELETE", DB + "/a?rev=1-a")) == (404, "not_found")
    assert worker("PUT", DB + "/a", {"n": 6}).json["rev"].startswith("6-")
    info = worker("GET", DB).json
    assert (info["doc_count"], info["doc_del_count"]) == (1, 0)


def test_post_makes_an_id(worker):
    made = worker("POST", DB, {"n": 1})
    assert made.status_code == 201 and worker("GET", f"{DB}/{made.json['id']}").json["n"] == 1


def test_etag_of_a_plain_read(worker):
    rev = worker("PUT", DB + "/a", {}).json["rev"]
    assert worker("GET", DB + "/a", headers={"If-None-Match": f'"{rev}"'}).status_code == 304
    assert worker("GET", DB + "/a?conflicts=true", headers={"If-None-Match": f'"{rev}"'}).status_code == 200


@pytest.fixture
def conflict(worker):
    """Document `c`: 3-z wins over 2-y; 2-x is deleted. All come from 1-a."""
    docs = [
        {"_id": "c", "n": 3, "_rev": "3-z", "_revisions": {"start": 3, "ids": ["z", "b", "a"]}},
        {"_id": "c", "n": 2, "_revisions": {"start": 2, "ids": ["y", "a"]}},
        {"_id": "c", "_deleted": True, "_revisions": {"start": 2, "ids": ["x", "a"]}},
    ]
    assert worker("POST", DB + "/_bulk_docs", {"docs": docs, "new_edits": False}).json == []
    return worker


def test_what_a_reader_may_see_of_a_conflict(conflict):
    assert conflict("GET", DB + "/c").json == {"_id": "c", "_rev": "3-z", "n": 3}
    meta = conflict("GET", DB + "/c?meta=true&revs=true&local_seq=true").json
    assert meta["_conflicts"] == ["2-y"] and meta["_deleted_conflicts"] == ["2-x"]
    assert meta["_revisions"] == {"start": 3, "ids": ["z", "b", "a"]}
    assert meta["_revs_info"] == [{"rev": "3-z", "status": "available"}, {"rev": "2-b", "status": "missing"}, {"rev": "1-a", "status": "missing"}]
    assert conflict("GET", DB + "/c?rev=2-y").json["n"] == 2
    assert error_of(conflict("GET", DB + "/c?rev=2-b")) == (404, "not_found")
    assert error_of(conflict("GET", DB + "/c?rev=nonsense")) == (400, "bad_request")
    assert conflict("GET", DB + "/c?rev=2-b&latest=true").json["_rev"] == "3-z"
    assert "_revisions" not in conflict("GET", DB + "/c?revs=1").json


def test_open_revs(conflict):
    def opened(query):
        return [(each["ok"]["_rev"] if "ok" in each else "missing " + each["missing"]) for each in conflict("GET", f"{DB}/c?{query}").json]

    assert opened("open_revs=all") == ["3-z", "2-y", "2-x"]
    assert opened('open_revs=["2-y","9-q"]') == ["2-y", "missing 9-q"]
    assert opened('open_revs=["2-b"]&latest=true') == ["3-z"]
    assert opened('open_revs=["1-a","2-y"]&latest=true') == ["3-z", "2-y", "2-x"]
    assert error_of(conflict("GET", DB + "/c?open_revs=[")) == (400, "bad_request")
    assert error_of(conflict("GET", DB + "/c?open_revs={}")) == (400, "bad_request")
    assert error_of(conflict("GET", DB + "/none?open_revs=all")) == (404, "not_found")
    assert conflict("GET", DB + '/none?open_revs=["1-a"]').json == [{"missing": "1-a"}]


def test_deleting_the_winner_makes_another_leaf_the_winner(conflict):
    conflict("DELETE", DB + "/c?rev=3-z")
    assert conflict("GET", DB + "/c").json["_rev"] == "2-y"
    row = conflict("GET", DB + "/_changes?style=all_docs").json["results"][0]
    assert "deleted" not in row and [change["rev"][:2] for change in row["changes"]] == ["2-", "4-", "2-"]


def test_one_replicated_document_by_put(worker):
    body = {"n": 1, "_rev": "3-c", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}}
    for _ in range(2):
        answer = worker("PUT", DB + "/a?new_edits=false", body)
        assert answer.status_code == 201 and answer.json == {"ok": True, "id": "a", "rev": "3-c"}


@pytest.mark.parametrize("id", ["a/b", "a+b", "a b", "%", "50%25", "中文", "é", "a?b#c", "_design/x", "a\x00b", "😀"])
def test_odd_ids(operator, id):
    from urllib.parse import quote

    operator("PUT", "/odd")
    path = "/odd/" + quote(id, safe="")
    assert operator("PUT", path, {"n": 1}).json["id"] == id
    assert operator("GET", path).json["_id"] == id
    assert [row["id"] for row in operator("GET", "/odd/_changes").json["results"]] == [id]
    assert operator("POST", "/odd/_bulk_get", {"docs": [{"id": id}]}).json["results"][0]["docs"][0]["ok"]["n"] == 1


@pytest.mark.parametrize(
    "body, status, error, reason",
    [
        (b"", 400, "bad_request", "invalid UTF-8 JSON"),
        (b"{", 400, "bad_request", "invalid UTF-8 JSON"),
        (b'{"a":"\xff"}', 400, "bad_request", "invalid UTF-8 JSON"),
        (rb'{"a":"\ud800"}', 400, "bad_request", "invalid UTF-8 JSON"),
        (b'{"a":1E400}', 400, "bad_request", "invalid UTF-8 JSON"),
        (b'{"a":NaN}', 400, "bad_request", "invalid UTF-8 JSON"),
        (b"[]", 400, "bad_request", "Document must be a JSON object"),
        (b'{"_foo":1}', 400, "doc_validation", "Bad special document member: _foo"),
        (b'{"_rev":"x"}', 400, "bad_request", "Invalid rev format"),
        (b'{"_rev":7}', 400, "bad_request", "Invalid rev format"),
        (b'{"_deleted":1}', 400, "doc_validation", "_deleted must be a boolean"),
        (b'{"_attachments":{"a":{"data":"?"}}}', 400, "bad_request", "Invalid attachment data for a"),
        (b'{"_attachments":{"_a":{"data":""}}}', 400, "bad_request", "Attachment name '_a' starts with prohibited character '_'"),
        (b'{"_attachments":{"a":{"stub":true}}}', 412, "missing_stub", "Invalid attachment stub in a for a"),
        (b'{"a":123456789012345678901}', 400, "bad_request", "The whole number 123456789012345678901 does not fit 64 bits"),
        (b'{"a":' + b"[" * 250 + b"]" * 250 + b"}", 400, "bad_request", "The JSON is nested more than 200 levels deep"),
        (b"[" * 5000 + b"]" * 5000, 400, "bad_request", "invalid UTF-8 JSON"),
    ],
)
def test_malformed_documents_are_answered_as_couchdb_does(worker, body, status, error, reason):
    answer = worker("PUT", DB + "/a", data=body, content_type="application/json")
    assert error_of(answer) == (status, error) and answer.json["reason"].startswith(reason)


def test_numbers_that_json_keeps_are_kept(worker):
    text = b'{"big":18446744073709551615,"small":-9223372036854775808,"float":0.1,"long":"1234567890123456789012"}'
    worker("PUT", DB + "/a", data=text, content_type="application/json")
    assert worker("GET", DB + "/a").data.endswith(text[1:] + b"\n")


@pytest.mark.parametrize("id", ["_x", "_", "_local%2F", "x" * 2000])
def test_bad_ids(worker, id):
    assert error_of(worker("PUT", f"{DB}/{id}", {}))[1] == "illegal_docid"


def test_over_the_limits(worker, app, settings):
    assert error_of(worker("PUT", DB + "/a", {"text": "x" * settings.limits.document_bytes_max})) == (413, "document_too_large")
    app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = worker("POST", DB + "/_bulk_docs", {"docs": [{"text": "x" * 2000}]})
    assert error_of(answer) == (413, "too_large")


def test_a_full_disk_is_507_and_nothing_of_the_batch_is_there(worker, databases):
    path = databases.open("worker-w0042").entry.path
    with databases._connections.writing(path) as connection:  # the same connection serves the next request
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 5}")
    docs = [{"_id": f"d{n}", "_rev": "1-a", "text": "x" * 3000} for n in range(50)]
    answer = worker("POST", DB + "/_bulk_docs", {"docs": docs, "new_edits": False})
    assert error_of(answer) == (507, "insufficient_storage") and int(answer.headers["Retry-After"]) > 0
    assert worker("GET", DB).json["doc_count"] == 0
    assert worker("POST", DB + "/_bulk_docs", {"docs": docs, "new_edits": False}).json == [], "there is room again, and the phone still has them"


def test_wrong_methods_paths_and_content_types(worker, operator):
    assert error_of(worker("PATCH", DB)) == (405, "method_not_allowed")
    assert error_of(worker("GET", DB + "/_bulk_docs")) == (405, "method_not_allowed")
    assert worker("GET", DB + "/_bulk_docs").json["reason"] == "Only POST allowed"
    assert error_of(worker("OPTIONS", DB)) == (405, "method_not_allowed")
    assert error_of(worker("POST", DB + "/_bulk_docs", data="{}", content_type="text/plain")) == (415, "bad_content_type")
    assert error_of(worker("POST", DB + "/_find", {})) == (501, "not_implemented")
    assert error_of(worker("GET", DB + "/_design/x/_view/y")) == (501, "not_implemented")
    assert error_of(worker("GET", DB + "/_changes?feed=other")) == (400, "bad_request")
    assert error_of(worker("GET", DB + "/_changes?filter=app/mine")) == (404, "not_found")
    assert error_of(worker("GET", DB + "/%ff")) == (400, "bad_request")
    assert error_of(operator("GET", "/_nothing")) == (404, "not_found")


# Bulk


def test_bulk_docs_makes_new_revisions_and_reports_each(worker):
    rev = worker("PUT", DB + "/a", {}).json["rev"]
    answer = worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "a"}, {"_id": "a", "_rev": rev, "n": 1}, {"n": 2}, {"_id": "b"}, {"_id": "b"}]})
    assert answer.status_code == 201
    assert [row.get("error", "ok") for row in answer.json] == ["conflict", "ok", "ok", "ok", "conflict"]
    assert answer.json[1]["rev"].startswith("2-")


def test_a_malformed_document_fails_the_whole_batch_and_nothing_is_written(worker):
    for bad in ({"_id": "_x"}, {"_id": 3}, {"_foo": 1}, [], {"_id": "s", "_attachments": {"a": {"stub": True}}}):
        assert worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "good"}, bad]}).status_code in (400, 412)
    assert error_of(worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "x"}], "new_edits": False})) == (400, "bad_request")
    assert worker("POST", DB + "/_bulk_docs", {}).json["reason"] == "POST body must include `docs` parameter."
    assert error_of(worker("POST", DB + "/_bulk_docs", {"docs": {}})) == (400, "bad_request")
    assert worker("GET", DB).json["doc_count"] == 0


def test_a_batch_sent_twice_changes_nothing_the_second_time(conflict):
    before = conflict("GET", DB).json["update_seq"]
    again = {"docs": [{"_id": "c", "n": 99, "_revisions": {"start": 3, "ids": ["z", "b", "a"]}}], "new_edits": False}
    assert conflict("POST", DB + "/_bulk_docs", again).json == []
    assert conflict("GET", DB).json["update_seq"] == before and conflict("GET", DB + "/c").json["n"] == 3


def test_revs_diff(conflict):
    asked = {"c": ["1-a", "2-b", "3-z", "4-new", "2-other"], "none": ["1-a"], "empty": []}
    assert conflict("POST", DB + "/_revs_diff", asked).json == {
        "c": {"missing": ["2-other", "4-new"], "possible_ancestors": ["3-z", "2-y", "2-x"]},
        "none": {"missing": ["1-a"]},
    }
    assert conflict("POST", DB + "/_missing_revs", {"c": ["1-a", "7-q"]}).json == {"missing_revs": {"c": ["7-q"]}}
    for bad in ({"c": ["x"]}, {"c": "1-a"}, {"c": [1]}, []):
        assert error_of(conflict("POST", DB + "/_revs_diff", bad)) == (400, "bad_request")


def test_bulk_get_is_compressed_for_who_reads_that(worker):
    worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": f"d{number}", "name": "何伶俐"} for number in range(100)]})
    asked = {"docs": [{"id": f"d{number}"} for number in range(100)]}
    plain = worker("POST", DB + "/_bulk_get", asked)
    small = worker("POST", DB + "/_bulk_get", asked, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 4
    assert int(small.headers["Content-Length"]) == len(small.data)


def test_bulk_get_answers_in_the_order_asked(conflict):
    asked = {"docs": [{"id": "none"}, {"id": "c", "rev": "1-a"}, {"id": "c", "rev": "2-y"}, {"id": "c"}, {"id": "c", "rev": "x"}, {"id": "_x"}, {}, 3]}
    results = conflict("POST", DB + "/_bulk_get?revs=true&latest=true", asked).json["results"]
    assert len(results) == len(asked["docs"])
    assert results[0]["docs"] == [{"error": {"id": "none", "rev": "undefined", "error": "not_found", "reason": "missing"}}]
    assert [doc["ok"]["_rev"] for doc in results[1]["docs"]] == ["3-z", "2-y", "2-x"]
    assert results[2]["docs"][0]["ok"] == {"_id": "c", "_rev": "2-y", "n": 2, "_revisions": {"start": 2, "ids": ["y", "a"]}}
    assert [doc["ok"]["_rev"] for doc in results[3]["docs"]] == ["3-z", "2-y", "2-x"]
    assert [result["docs"][0]["error"]["error"] for result in results[4:]] == ["bad_request", "illegal_docid", "illegal_docid", "illegal_docid"]
    plain = conflict("POST", DB + "/_bulk_get", {"docs": [{"id": "c", "rev": "1-a"}]}).json["results"]
    assert plain[0]["docs"][0]["error"]["reason"] == "missing"
    assert error_of(conflict("POST", DB + "/_bulk_get", {})) == (400, "bad_request")
    assert error_of(conflict("POST", DB + "/_bulk_get?rev=1-a", {"docs": []})) == (400, "bad_request")


def test_all_docs(worker):
    worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": id} for id in ("b", "a", "é", "B", "c")]})
    worker("DELETE", DB + "/c?rev=" + worker("GET", DB + "/c").json["_rev"])

    def ids(query=""):
        return [row.get("id", row.get("error")) for row in worker("GET", f"{DB}/_all_docs?{query}").json["rows"]]

    assert ids() == ["B", "a", "b", "é"]
    assert ids("descending=true") == ["é", "b", "a", "B"]
    assert ids('startkey="a"&endkey="b"') == ["a", "b"]
    assert ids('startkey="b"&endkey="a"&descending=true') == ["b", "a"]
    assert ids('startkey="a"&endkey="b"&inclusive_end=false') == ["a"]
    assert ids('startkey="b"&endkey="a"&descending=true&inclusive_end=false') == ["b"]
    assert ids('key="a"') == ["a"]
    assert ids("skip=1&limit=2") == ["a", "b"] and ids("limit=0") == []
    assert ids("startkey=7") == ["B", "a", "b", "é"] and ids("startkey={}") == [] and ids("endkey=7") == []
    whole = worker("GET", DB + "/_all_docs?include_docs=true&update_seq=true").json
    assert whole["total_rows"] == 4 and whole["offset"] == 0 and whole["rows"][0]["doc"]["_id"] == "B" and "update_seq" in whole
    rows = worker("POST", DB + "/_all_docs?include_docs=true", {"keys": ["c", "none", "a"]}).json["rows"]
    assert rows[0]["value"]["deleted"] is True and rows[0]["doc"] is None
    assert rows[1] == {"key": "none", "error": "not_found"} and rows[2]["doc"]["_id"] == "a"
    assert error_of(worker("GET", DB + '/_all_docs?keys=["a"]&key="a"')) == (400, "query_parse_error")
    assert error_of(worker("GET", DB + "/_all_docs?limit=x")) == (400, "query_parse_error")
    assert error_of(worker("GET", DB + "/_all_docs?key=x")) == (400, "bad_request")


# Checkpoints


def test_local_documents(worker):
    path = DB + "/_local/1k.JM_9A%3D%3D"
    assert error_of(worker("GET", path)) == (404, "not_found")
    first = worker("PUT", path, {"last_seq": 1})
    assert first.status_code == 201 and first.json == {"ok": True, "id": "_local/1k.JM_9A==", "rev": "0-1"}
    assert worker("GET", path).json == {"_id": "_local/1k.JM_9A==", "_rev": "0-1", "last_seq": 1}
    assert error_of(worker("PUT", path, {"last_seq": 2})) == (409, "conflict")
    assert worker("PUT", path, {"last_seq": 2, "_rev": "0-1"}).json["rev"] == "0-2"
    assert error_of(worker("PUT", path, {"_rev": "1-x"})) == (400, "bad_request")
    assert worker("GET", DB + "/_local%2F1k.JM_9A%3D%3D").json["last_seq"] == 2
    assert worker("GET", DB + "/_changes").json["results"] == [] and worker("GET", DB).json["doc_count"] == 0
    assert worker("DELETE", path + "?rev=0-2").json["rev"] == "0-0"
    assert error_of(worker("DELETE", path)) == (404, "not_found")
    assert error_of(worker("PUT", DB + "/_local/x/photo", data=b"x")) == (400, "bad_request")
    assert error_of(worker("PUT", DB + "/_local/x", {"text": "x" * 200_000})) == (413, "document_too_large")
    bulk = worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "_local/y", "n": 1}, {"_id": "z"}]}).json
    assert [row["id"] for row in bulk] == ["_local/y", "z"] and worker("GET", DB + "/_local/y").json["n"] == 1


# Changes


def test_each_document_has_one_row_at_its_newest_sequence(conflict):
    conflict("PUT", DB + "/a", {"n": 1})
    first = conflict("GET", DB + "/_changes").json
    assert next((row["id"], row["changes"]) for row in first["results"]) == ("c", [{"rev": "3-z"}])
    assert [row["id"] for row in first["results"]] == ["c", "a"] and first["pending"] == 0
    assert first["last_seq"] == first["results"][-1]["seq"] == conflict("GET", DB).json["update_seq"]
    conflict("POST", DB + "/_bulk_docs", {"docs": [{"_id": "c", "_rev": "1-loses"}], "new_edits": False})
    after = conflict("GET", DB + f"/_changes?since={first['last_seq']}&style=all_docs").json["results"]
    assert [change["rev"] for change in after[0]["changes"]] == ["3-z", "2-y", "1-loses", "2-x"]
    assert [row["id"] for row in conflict("GET", DB + "/_changes").json["results"]] == ["a", "c"]


def test_parameters_of_changes(worker):
    worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": f"d{n}", "n": n} for n in range(5)]})

    def changes(query, **options):
        return worker("GET", f"{DB}/_changes?{query}", **options).json

    page = changes("limit=2")
    assert [row["id"] for row in page["results"]] == ["d0", "d1"] and page["pending"] == 3
    assert [row["id"] for row in changes(f"since={page['last_seq']}")["results"]] == ["d2", "d3", "d4"]
    assert [row["id"] for row in changes(f'since="{page["last_seq"]}"')["results"]] == ["d2", "d3", "d4"]
    assert changes("since=now")["results"] == [] and changes('since="now"')["results"] == []
    assert len(changes("since=0")["results"]) == 5 == len(changes("since=0-life")["results"])
    assert changes("limit=0") | {"last_seq": 0} == {"results": [], "last_seq": 0, "pending": 5}
    assert [row["id"] for row in changes("descending=true&limit=2")["results"]] == ["d4", "d3"]
    assert changes("include_docs=true")["results"][3]["doc"]["n"] == 3
    assert error_of(worker("GET", DB + "/_changes?since=rubbish")) == (400, "bad_request")
    filtered = worker("POST", DB + "/_changes?filter=_doc_ids", {"doc_ids": ["d3", "d1", "none"]}).json
    assert [row["id"] for row in filtered["results"]] == ["d1", "d3"] and filtered["last_seq"] == worker("GET", DB).json["update_seq"]
    nothing = worker("POST", DB + "/_changes?filter=_doc_ids", {"doc_ids": ["none"]}).json
    assert nothing["results"] == [] and nothing["last_seq"] == filtered["last_seq"]
    assert error_of(worker("POST", DB + "/_changes?filter=_doc_ids", {"doc_ids": "d3"})) == (400, "bad_request")


def test_a_long_feed_comes_in_pages_and_whole(worker, databases):
    databases.publish("worker-w0042", [{"_id": f"d{n:05}"} for n in range(2500)])
    for query, expected in (("", 2500), ("&limit=2100", 2100), ("&limit=1000", 1000), ("&limit=9999", 2500)):
        rows = worker("GET", DB + f"/_changes?style=all_docs{query}").json
        assert [row["id"] for row in rows["results"]] == [f"d{n:05}" for n in range(expected)]
        assert rows["last_seq"] == rows["results"][-1]["seq"] and rows["pending"] == 2500 - expected
    backwards = worker("GET", DB + "/_changes?descending=true").json["results"]
    assert [row["id"] for row in backwards] == [f"d{n:05}" for n in reversed(range(2500))]


def test_deleted_documents_in_changes(worker):
    rev = worker("PUT", DB + "/a", {}).json["rev"]
    worker("PUT", DB + "/a", {"_rev": rev, "_deleted": True, "why": "moved"})
    row = worker("GET", DB + "/_changes?include_docs=true").json["results"][0]
    assert row["deleted"] is True and row["doc"]["_deleted"] is True and row["doc"]["why"] == "moved"


def test_longpoll_answers_at_once_when_there_is_news_and_waits_otherwise(worker):
    worker("PUT", DB + "/a", {})
    assert len(worker("GET", DB + "/_changes?feed=longpoll").json["results"]) == 1
    started = time.monotonic()
    answer = worker("GET", DB + "/_changes?feed=longpoll&since=now&timeout=300").json
    assert 0.25 < time.monotonic() - started < 5
    assert answer["results"] == [] and answer["last_seq"] == worker("GET", DB).json["update_seq"]


def test_more_open_feeds_than_there_is_room_for(worker, app):
    from threading import BoundedSemaphore

    places = app.extensions["doorstep.feeds"] = BoundedSemaphore(1)
    waiting = worker("GET", DB + "/_changes?feed=longpoll&timeout=5000&heartbeat=500", buffered=False)
    refused = worker("GET", DB + "/_changes?feed=longpoll")
    assert error_of(refused)[0] == 503 and int(refused.headers["Retry-After"]) > 0
    assert worker("GET", DB + "/_changes?feed=normal").status_code == 200
    waiting.close()
    assert places.acquire(blocking=False)


# Attachments


def test_attachments_inline_and_one_by_one(worker):
    photo = b"\xff\xd8 a photo \x00" * 50_000
    digest = "md5-" + base64.b64encode(hashlib.md5(photo).digest()).decode()
    inline = {"content_type": "image/jpeg", "data": base64.b64encode(photo).decode()}
    rev = worker("PUT", DB + "/p", {"n": 1, "_attachments": {"door.jpg": inline}}).json["rev"]
    stub = {"content_type": "image/jpeg", "revpos": 1, "digest": digest, "length": len(photo), "stub": True}
    assert worker("GET", DB + "/p").json["_attachments"] == {"door.jpg": stub}
    assert worker("GET", DB + "/p?attachments=true").json["_attachments"]["door.jpg"]["data"] == inline["data"]
    read = worker("GET", DB + "/p/door.jpg")
    assert read.data == photo and read.content_type == "image/jpeg" and read.headers["X-Content-Type-Options"] == "nosniff"
    assert worker("GET", DB + "/p/door.jpg", headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    part = worker("GET", DB + "/p/door.jpg", headers={"Range": "bytes=2-8"})
    assert part.status_code == 206 and part.data == photo[2:9]
    assert worker("GET", DB + "/p/door.jpg", headers={"Range": f"bytes={len(photo)}-"}).status_code == 416
    second = worker("PUT", DB + "/p", {"_rev": rev, "n": 2, "_attachments": {"door.jpg": stub}}).json["rev"]
    assert worker("GET", DB + "/p/door.jpg").data == photo
    third = worker("PUT", DB + f"/p/folder/note.txt?rev={second}", data=b"", content_type="text/plain").json["rev"]
    assert worker("GET", DB + "/p/folder/note.txt").data == b"" and worker("GET", DB + "/p").json["n"] == 2
    assert worker("GET", DB + "/p").json["_attachments"]["folder/note.txt"]["revpos"] == 3
    assert error_of(worker("PUT", DB + "/p/x", data=b"x")) == (409, "conflict")
    fourth = worker("DELETE", DB + f"/p/door.jpg?rev={third}")
    assert fourth.status_code == 200 and error_of(worker("GET", DB + "/p/door.jpg")) == (404, "not_found")
    assert error_of(worker("DELETE", DB + f"/p/door.jpg?rev={fourth.json['rev']}")) == (404, "not_found")
    assert worker("PUT", DB + "/new/a.bin", data=b"abc").status_code == 201
    assert worker("GET", DB + "/new/a.bin").content_type == "application/octet-stream"


def test_replicated_attachments(worker):
    def push(doc):
        return worker("POST", DB + "/_bulk_docs", {"docs": [doc], "new_edits": False})

    first = {"a": {"content_type": "text/plain", "data": base64.b64encode(b"hi").decode(), "revpos": 1}}
    assert push({"_id": "p", "_rev": "1-a", "_attachments": first}).json == []
    stub = {"a": {"stub": True, "revpos": 1}}
    assert push({"_id": "p", "_revisions": {"start": 2, "ids": ["b", "a"]}, "_attachments": stub}).json == []
    assert worker("GET", DB + "/p/a?rev=2-b").data == b"hi"
    assert error_of(push({"_id": "q", "_rev": "2-x", "_attachments": stub})) == (412, "missing_stub")
    got = worker("POST", DB + "/_bulk_get?attachments=true", {"docs": [{"id": "p"}]}).json["results"][0]["docs"][0]["ok"]
    assert base64.b64decode(got["_attachments"]["a"]["data"]) == b"hi"


def test_a_content_type_cannot_smuggle_a_header(worker):
    bad = {"a": {"content_type": "text/html\r\nSet-Cookie: x=1", "data": ""}}
    assert error_of(worker("PUT", DB + "/p", {"_attachments": bad})) == (400, "bad_request")


def test_behind_a_proxy_under_a_path_of_its_own(databases, client, settings):
    databases.create("odd/name", {"members": {"roles": ["worker"]}})
    headers = {"Authorization": "Bearer " + sign(signing_key(settings.secret), "w0042", ["worker"], 900)}
    for raw_path in ("/prefix/sync/odd%2Fname/", "/sync/odd%2Fname/", ""):  # passed on whole, stripped by the proxy, or not passed on at all
        answer = client.get("/sync/odd%2Fname/", base_url="http://x/prefix", headers=headers, environ_overrides={"RAW_URI": raw_path, "REQUEST_URI": raw_path})
        assert answer.status_code == (200 if raw_path else 403), answer.data
