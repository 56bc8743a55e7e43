"""What the operator's tools ask of /sync/: cookie sign-in, lists of databases and documents, copying, purging, compacting; and what is not here."""

import time
from datetime import UTC, datetime
from http.cookies import SimpleCookie

import pytest

from server.passwords import hash_password
from server.stores import db, stores
from server.tool_sessions import SECONDS
from sync.store.models import Account
from tests.server.test_sync_api import DB, databases, device, error_of, nobody, operator, worker  # noqa: F401 fixtures

SIGN_IN = {"name": "operator", "password": "a long password"}


def cookie_of(answer):
    """The AuthSession cookie that this answer sets; None when it sets none."""
    found = SimpleCookie()
    for line in answer.headers.getlist("Set-Cookie"):
        found.load(line)
    return found.get("AuthSession")


class Tool:
    """A program that signed in and keeps its cookie itself."""

    def __init__(self, app, **sign_in):
        self.client = app.test_client(use_cookies=False)
        self.answer = self.client.post("/sync/_session", **(sign_in or {"json": SIGN_IN}))
        self.cookie = cookie_of(self.answer)

    def __call__(self, method, path, **options):
        headers = {"Cookie": f"AuthSession={self.cookie.value}"} if self.cookie else {}
        return self.client.open("/sync" + path, method=method, headers=headers, **options)


@pytest.fixture
def change_account(app):
    """change_account(active=False): changes the operator's account."""

    def change(**members):
        with app.app_context():
            account = db.session.get(Account, "operator")
            for name, value in members.items():
                setattr(account, name, value)
            db.session.commit()

    return change


# Cookie sign-in


@pytest.mark.parametrize("sign_in", [{"json": SIGN_IN}, {"data": SIGN_IN}, {"json": {"username": "operator", "password": "a long password"}}])
def test_a_tool_signs_in_once_and_then_comes_with_its_cookie(app, operator, sign_in):  # noqa: F811
    tool = Tool(app, **sign_in)
    assert tool.answer.json == {"ok": True, "name": "operator", "roles": ["_admin"]}
    assert tool("PUT", "/made").status_code == 201
    told = tool("GET", "/_session").json
    assert told["userCtx"] == {"name": "operator", "roles": ["_admin"]} and told["info"]["authenticated"] == "cookie"


def test_the_cookie_is_shown_to_no_script_no_other_site_no_other_page_and_no_eavesdropper(app, operator):  # noqa: F811
    cookie = Tool(app).cookie
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"], cookie["max-age"]) == (True, "Strict", "/sync", True, "600")
    assert "a long password" not in cookie.value and "argon2" not in cookie.value


def test_a_wrong_password_gets_no_cookie_and_too_many_are_not_even_looked_at(app, operator, settings):  # noqa: F811
    wrong = {"name": "operator", "password": "guess"}
    for _ in range(settings.sign_in_tries_per_minute):
        tool = Tool(app, json=wrong)
        assert error_of(tool.answer) == (401, "unauthorized") and tool.cookie.value == ""
    tool = Tool(app)
    assert error_of(tool.answer) == (429, "too_many_requests") and "Retry-After" in tool.answer.headers


@pytest.mark.parametrize(
    "body", [{"json": {}}, {"json": {"name": 1}}, {"json": []}, {"data": "{", "content_type": "application/json"}, {"data": {"name": "\x00"}}]
)
def test_a_sign_in_that_is_none_is_refused(app, operator, body):  # noqa: F811
    assert Tool(app, **body).answer.status_code in (400, 401)


def test_a_sign_in_of_another_kind_is_refused(app, operator):  # noqa: F811
    assert error_of(Tool(app, data="x", content_type="text/plain").answer) == (415, "bad_content_type")


def test_phones_do_not_come_in_this_way(app, operator):  # noqa: F811
    with app.app_context():
        db.session.add(
            Account(id="w1", username="he", name="He", password_hash=hash_password("a long password"), role="surveyor", created_at=datetime.now(UTC))
        )
        db.session.commit()
    assert error_of(Tool(app, json={"name": "he", "password": "a long password"}).answer) == (401, "unauthorized")


def test_a_session_ends_after_ten_minutes_without_use_and_goes_on_while_it_is_used(app, operator, moved_clock):  # noqa: F811
    began = time.time()
    tool = Tool(app)
    moved_clock(began + SECONDS / 2 - 10)
    assert cookie_of(tool("GET", "/_all_dbs")) is None, "it is not made anew at each request"
    moved_clock(began + SECONDS / 2 + 10)
    renewed = cookie_of(tool("GET", "/_all_dbs"))
    moved_clock(began + SECONDS + 10)
    assert error_of(tool("GET", "/_all_dbs")) == (401, "unauthorized")
    tool.cookie = renewed
    assert tool("GET", "/_all_dbs").status_code == 200


@pytest.mark.parametrize("change", [{"active": False}, {"password_hash": hash_password("another password")}, {"role": "administrator"}])
def test_a_closed_account_and_a_changed_password_end_the_session_at_once(app, operator, change_account, change):  # noqa: F811
    tool = Tool(app)
    assert tool("GET", "/_all_dbs").status_code == 200
    change_account(**change)
    assert error_of(tool("GET", "/_all_dbs")) == (401, "unauthorized")


def test_signing_out_takes_the_cookie_away(app, operator):  # noqa: F811
    tool = Tool(app)
    gone = cookie_of(tool("DELETE", "/_session"))
    assert gone.value == "" and gone["max-age"] == "0" and gone["path"] == "/sync"


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "x" * 5_000, "WyJvcGVyYXRvciIsICJ4Il0.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"])
def test_a_made_up_cookie_is_nobody(app, operator, value):  # noqa: F811
    client = app.test_client(use_cookies=False)
    assert client.get("/sync/_session", headers={"Cookie": f"AuthSession={value}"}).json["userCtx"]["name"] is None
    assert error_of(client.get("/sync/_all_dbs", headers={"Cookie": f"AuthSession={value}"})) == (401, "unauthorized")


def test_a_basic_password_is_hashed_once_a_minute_not_at_every_request(app, operator):  # noqa: F811
    operator("GET", "/_all_dbs")
    began = time.process_time()
    for _ in range(20):
        assert operator("GET", "/_all_dbs").status_code == 200
    assert time.process_time() - began < 20 * 0.04, "one argon2 check alone takes longer than that on average"


# Lists of databases


def test_databases_are_listed_in_pieces(operator):  # noqa: F811
    for name in ("a", "b", "c", "d"):
        operator("PUT", f"/{name}")

    def listed(query):
        return operator("GET", f"/_all_dbs?{query}").json

    assert listed('startkey="b"&endkey="c"') == ["b", "c"] == listed('start_key="b"&end_key="c"')
    assert listed('startkey="b"&endkey="d"&inclusive_end=false') == ["b", "c"]
    assert listed("limit=2&skip=1") == ["b", "c"]
    assert listed('descending=true&startkey="c"&endkey="b"') == ["c", "b"]
    assert listed('descending=true&startkey="c"&endkey="a"&inclusive_end=false') == ["c", "b"]
    assert listed("descending=true&limit=1") == ["d"]
    assert listed('key="b"') == ["b"] and listed('key="x"') == []
    assert listed("startkey=1") == ["a", "b", "c", "d"] and listed("startkey={}") == []
    assert error_of(operator("GET", "/_all_dbs?limit=x"))[0] == 400


def test_info_of_many_databases_at_once(operator):  # noqa: F811
    operator("PUT", "/a")
    operator("PUT", "/a/doc", {})
    operator("PUT", "/b")
    told = operator("GET", "/_dbs_info").json
    assert [(each["key"], each["info"]["doc_count"]) for each in told] == [("a", 1), ("b", 0)]
    assert [each["key"] for each in operator("GET", '/_dbs_info?startkey="b"').json] == ["b"]
    assert told[0]["info"] == operator("GET", "/a").json
    asked = operator("POST", "/_dbs_info", {"keys": ["b", "none", "Bad"]}).json
    assert [(each["key"], each.get("error")) for each in asked] == [("b", None), ("none", "not_found"), ("Bad", "not_found")]
    assert error_of(operator("POST", "/_dbs_info", {"keys": ["a"] * 101})) == (400, "bad_request")
    assert error_of(operator("POST", "/_dbs_info", {})) == (400, "bad_request")


def test_tools_get_ids_to_use(nobody):  # noqa: F811
    ids = nobody("GET", "/_uuids?count=3").json["uuids"]
    assert len(set(ids)) == 3 and all(len(id) == 32 for id in ids)
    assert error_of(nobody("GET", "/_uuids?count=1001")) == (400, "bad_request")


# Copying


def test_a_document_is_copied_with_its_attachments(worker):  # noqa: F811
    worker("PUT", DB + "/a", {"n": 1, "_attachments": {"photo": {"content_type": "image/jpeg", "data": "aGk="}}})
    answer = worker("COPY", DB + "/a", headers={"Destination": "b%2Fc"})
    assert answer.status_code == 201 and answer.json["id"] == "b/c" and answer.headers["ETag"] == f'"{answer.json["rev"]}"'
    assert answer.headers["Location"].endswith("/sync/worker-w0042/b%2Fc")
    copy = worker("GET", DB + "/b%2Fc").json
    assert copy["n"] == 1 and worker("GET", DB + "/b%2Fc/photo").data == b"hi"


def test_copying_over_a_document_needs_its_revision(worker):  # noqa: F811
    for id in ("a", "b"):
        worker("PUT", DB + f"/{id}", {"is": id})
    revision = worker("GET", DB + "/b").json["_rev"]
    assert error_of(worker("COPY", DB + "/a", headers={"Destination": "b"})) == (409, "conflict")
    assert worker("COPY", DB + "/a", headers={"Destination": f"b?rev={revision}"}).json["rev"].startswith("2-")
    assert worker("GET", DB + "/b").json["is"] == "a"


def test_an_older_leaf_is_copied_by_its_revision(worker):  # noqa: F811
    for text in ("x", "y"):
        worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "c", "_rev": f"1-{text}", "is": text}], "new_edits": False})
    worker("COPY", DB + "/c?rev=1-x", headers={"Destination": "copy"})
    assert worker("GET", DB + "/copy").json["is"] == "x"


@pytest.mark.parametrize(
    ("source", "destination", "status"),
    [
        ("a", None, 400),
        ("a", "http://127.0.0.1/worker-w0042/b", 400),
        ("a", "b?rev=x", 400),
        ("a", "b?other=1", 400),
        ("a", "_b", 400),
        ("a", "%ff", 400),
        ("a", "x" * 2_000, 400),
        ("none", "b", 404),
        ("a?rev=1-zz", "b", 404),
        ("a", "_design/b", 403),
        ("a", "b?rev=1-zz", 409),
        ("a", "_local/b", 201),
    ],
)
def test_what_cannot_be_copied(worker, source, destination, status):  # noqa: F811
    worker("PUT", DB + "/a", {})
    answer = worker("COPY", DB + f"/{source}", headers={"Destination": destination} if destination else {})
    assert answer.status_code == status, answer.data


# Purging and compacting


def test_purging_over_http(operator):  # noqa: F811
    operator("PUT", "/db")
    revision = operator("PUT", "/db/a", {}).json["rev"]
    operator("PUT", "/db/b", {})
    answer = operator("POST", "/db/_purge", {"a": [revision], "b": ["9-none"]})
    assert (answer.status_code, answer.json) == (201, {"purge_seq": None, "purged": {"a": [revision], "b": []}})
    assert error_of(operator("GET", "/db/a")) == (404, "not_found")
    info = operator("GET", "/db").json
    assert (info["doc_count"], info["doc_del_count"], info["purge_seq"].partition("-")[0]) == (1, 0, "2")
    assert [row["id"] for row in operator("GET", "/db/_changes").json["results"]] == ["b"]
    assert operator("GET", "/db/_purged_infos").json == {"purged_infos": [{"id": "a", "revs": [revision]}, {"id": "b", "revs": ["9-none"]}]}
    assert operator("GET", "/db/_purged_infos_limit").json == 1000
    assert operator("PUT", "/db/_purged_infos_limit", 1).json == {"ok": True}
    assert len(operator("GET", "/db/_purged_infos").json["purged_infos"]) == 1


@pytest.mark.parametrize("body", [{"a": "1-a"}, {"a": ["x"]}, {"a": [1]}, [], {"a": None}])
def test_a_malformed_purge_is_refused(operator, body):  # noqa: F811
    operator("PUT", "/db")
    assert error_of(operator("POST", "/db/_purge", body)) == (400, "bad_request")


def test_compacting_is_seen_to_run_and_to_end(operator, app):  # noqa: F811
    operator("PUT", "/db")
    revision = operator("PUT", "/db/a/photo", None, data=b"x" * 3_000_000, headers={"Content-Type": "image/jpeg"}).json["rev"]
    operator("DELETE", f"/db/a?rev={revision}")
    before = operator("GET", "/db").json["sizes"]["file"]
    assert operator("POST", "/db/_compact", {}).status_code == 202
    until = time.monotonic() + 20
    while operator("GET", "/db").json["compact_running"] and time.monotonic() < until:
        time.sleep(0.02)
    with app.app_context():
        path = stores().databases.open("db").entry.path
    assert path.stat().st_size < before or before < 3_000_000, "the space went back to the disk, or was in the log only"
    assert operator("GET", "/db").json["compact_running"] is False


# Lists of documents


def test_design_documents_and_checkpoints_have_lists_of_their_own(operator):  # noqa: F811
    operator("PUT", "/db")
    for id in ("_design/x", "_design%2Fy", "A", "b", "_local/one", "_local%2Ftwo"):
        assert operator("PUT", f"/db/{id}", {"n": 1}).status_code == 201

    def ids(path, body=None):
        return [row.get("id", row["key"]) for row in operator("POST" if body else "GET", f"/db/{path}", body).json["rows"]]

    assert ids("_design_docs") == ["_design/x", "_design/y"] == ids("_design_docs?descending=true")[::-1]
    assert ids('_design_docs?startkey="_design/y"') == ["_design/y"] and ids("_design_docs?limit=1&skip=1") == ["_design/y"]
    assert operator("GET", "/db/_design_docs").json["total_rows"] == 2
    assert ids("_design_docs", {"keys": ["_design/x", "A", "_design/none"]}) == ["_design/x", "_design/none"]
    assert ids("_local_docs") == ["_local/one", "_local/two"] == ids("_local_docs?descending=true")[::-1]
    assert ids('_local_docs?startkey="_local/p"') == ["_local/two"]
    assert operator("GET", "/db/_local_docs?include_docs=true&limit=1").json["rows"][0]["doc"] == {"_id": "_local/one", "_rev": "0-1", "n": 1}
    assert operator("POST", "/db/_local_docs", {"keys": ["_local/one", "b", "_local/none"]}).json["rows"][1] == {"key": "_local/none", "error": "not_found"}
    assert ids("_all_docs") == ["A", "_design/x", "_design/y", "b"], "checkpoints are in no other list"


def test_the_parameters_of_a_list_may_stand_in_the_body(worker):  # noqa: F811
    for id in "abc":
        worker("PUT", DB + f"/{id}", {"is": id})
    rows = worker("POST", DB + "/_all_docs", {"startkey": "b", "limit": 1, "include_docs": True}).json["rows"]
    assert [row["doc"]["is"] for row in rows] == ["b"]
    assert [row["id"] for row in worker("POST", DB + "/_all_docs", {"descending": True, "endkey": "a", "inclusive_end": False}).json["rows"]] == ["c", "b"]
    assert error_of(worker("POST", DB + "/_all_docs", {"limit": "x"})) == (400, "query_parse_error")
    assert error_of(worker("POST", DB + "/_all_docs", {"limit": {}})) == (400, "query_parse_error")


def test_a_checkpoint_that_is_posted_is_one(worker):  # noqa: F811
    assert worker("POST", DB, {"_id": "_local/x", "n": 1}).json == {"ok": True, "id": "_local/x", "rev": "0-1"}
    assert worker("GET", DB + "/_changes").json["results"] == [] and worker("GET", DB + "/_local/x").json["n"] == 1


def test_a_batch_is_written_before_it_is_answered(worker):  # noqa: F811
    assert worker("PUT", DB + "/a?batch=ok", {"n": 1}).status_code == 202
    assert worker("GET", DB + "/a").json["n"] == 1
    assert error_of(worker("PUT", DB + "/a?batch=ok", {"n": 2})) == (409, "conflict"), "nobody is told a lie about it"


def test_latest_gives_the_winner_and_deleted_the_tombstone(worker):  # noqa: F811
    for text in ("x", "y"):
        worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "c", "_rev": f"1-{text}", "is": text}], "new_edits": False})
    assert worker("GET", DB + "/c?rev=1-x&latest=true").json["is"] == "y"
    worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "gone", "_rev": "1-a", "_deleted": True}], "new_edits": False})
    assert worker("GET", DB + "/gone?rev=1-a&latest=true").json == {"error": "not_found", "reason": "deleted"}
    assert worker("GET", DB + "/gone?deleted=true").json["_deleted"] is True
    assert worker("GET", DB + "/gone?rev=1-a").json["_deleted"] is True


def test_what_is_told_of_the_document_is_not_told_of_a_revision_that_is_named(worker):  # noqa: F811
    for text in ("x", "y"):
        worker("POST", DB + "/_bulk_docs", {"docs": [{"_id": "c", "_rev": f"1-{text}"}], "new_edits": False})
    assert worker("GET", DB + "/c?conflicts=true").json["_conflicts"] == ["1-x"]
    assert "_conflicts" not in worker("GET", DB + "/c?conflicts=true&rev=1-y").json


@pytest.mark.parametrize("tag", ['"%s"', "%s", 'W/"%s"', '"other", "%s"', "*"])
def test_a_document_that_has_not_changed_is_not_sent_again(worker, tag):  # noqa: F811
    revision = worker("PUT", DB + "/a", {}).json["rev"]
    assert worker("GET", DB + "/a", headers={"If-None-Match": tag.replace("%s", revision)}).status_code == 304
    assert worker("GET", DB + "/a", headers={"If-None-Match": '"1-other"'}).status_code == 200


@pytest.mark.parametrize("tag", ['"%s"', "%s"])
def test_the_revision_may_stand_in_a_header(worker, tag):  # noqa: F811
    revision = worker("PUT", DB + "/a", {}).json["rev"]
    tag = {"If-Match": tag.replace("%s", revision)}
    assert worker("PUT", DB + "/a", {"n": 1}, headers=tag).status_code == 201
    assert error_of(worker("PUT", DB + "/a", {"n": 2}, headers=tag)) == (409, "conflict")
    assert error_of(worker("PUT", DB + "/a?rev=1-other", {"n": 2}, headers=tag)) == (400, "bad_request")
    assert error_of(worker("DELETE", DB + "/a", headers={"If-Match": '"x"'})) == (400, "bad_request")


# What is not here


@pytest.mark.parametrize(
    "path",
    [
        "/_replicate",
        "/_scheduler/jobs",
        "/_scheduler",
        "/_active_tasks",
        "/_node/_local/_config",
        "/_membership",
        DB + "/_find",
        DB + "/_shards",
        DB + "/_all_docs/queries",
        DB + "/_compact/views",
    ],
)
def test_what_this_server_does_not_do_is_said_in_a_sentence(operator, databases, path):  # noqa: F811
    for method in ("GET", "POST"):
        answer = operator(method, path, {} if method == "POST" else None)
        assert error_of(answer) == (501, "not_implemented") and answer.json["reason"].endswith(".")
