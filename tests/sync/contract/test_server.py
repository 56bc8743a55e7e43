"""Section 3: the server and its databases."""

import re
import time

import pytest

from tests.sync.contract.client import Database, new_name

DB_UPDATES_SECONDS_MAX = 10


def test_the_welcome_names_a_uuid_that_stays(server):
    welcome = server("GET", "/").json
    assert re.fullmatch("[0-9a-f]{32}", welcome["uuid"])
    assert welcome["couchdb"] == "Welcome"
    assert welcome["version"].startswith("3.")
    assert isinstance(welcome["features"], list) and isinstance(welcome["vendor"]["name"], str)
    assert server("GET", "/").json["uuid"] == welcome["uuid"]
    assert server.without_credentials()("GET", "/").status == 200


def test_up(server):
    answer = server("GET", "/_up")
    assert (answer.status, answer.json["status"]) == (200, "ok")


def test_info_has_what_replicators_ask_for(db):
    db.save("a")
    db.remove("b", db.save("b"))
    db.save("_local/checkpoint", n=1)
    for path in ("", "/"):
        info = db.client("GET", db.path + path).json
        assert (info["db_name"], info["doc_count"], info["doc_del_count"], info["compact_running"]) == (db.name, 1, 1, False)
        assert int(str(info["update_seq"]).partition("-")[0]) == 3
        assert re.fullmatch("[0-9]+", info["instance_start_time"])
        assert {"file", "external", "active"} <= set(info["sizes"])
        assert isinstance(info["disk_format_version"], int)
        assert {"purge_seq", "cluster", "props"} <= set(info)


def test_a_new_database_is_empty(db):
    info = db("GET").json
    assert (info["doc_count"], info["doc_del_count"]) == (0, 0)
    feed = db.changes()
    assert (feed["results"], feed["pending"]) == ([], 0)
    assert str(feed["last_seq"]).partition("-")[0] == str(info["update_seq"]).partition("-")[0] == "0"


def test_a_database_is_made_and_removed_once(server):
    db = Database(server, new_name())
    made = db("PUT")
    assert (made.status, made.json) == (201, {"ok": True})
    assert made.headers["Location"].endswith(db.path)
    assert db("PUT").error == (412, "file_exists")
    assert db("PUT").json["reason"] == "The database could not be created, the file already exists."
    assert db.name in server("GET", "/_all_dbs").json
    gone = db("DELETE")
    assert (gone.status, gone.json) == (200, {"ok": True})
    assert db("DELETE").error == (404, "not_found")
    assert db.name not in server("GET", "/_all_dbs").json


def test_pouchdb_makes_databases_with_a_slash_at_the_end(server):
    path = f"/{new_name()}/"
    assert server("GET", path).error == (404, "not_found")
    assert server("PUT", path).status == 201
    assert server("PUT", path).status == 412
    assert server("DELETE", path).status == 200


@pytest.mark.parametrize("ending", ["_$()+-", "/below", "0"])
def test_names_may_hold_these(make_database, ending):
    db = make_database(new_name() + ending)
    assert db("GET").json["db_name"] == db.name
    assert db.save("doc")


@pytest.mark.parametrize("name", ["Capital", "1st", "a.b", "a%20b", "caf%C3%A9", "..%2F..%2Fetc"])
def test_names_may_not_be_these(server, name):
    answer = server("PUT", f"/{name}")
    assert answer.error == (400, "illegal_database_name")
    assert "Only lowercase characters (a-z)" in answer.json["reason"]


def test_all_dbs_is_for_admins(server):
    assert server("GET", "/_all_dbs").json == sorted(server("GET", "/_all_dbs").json)
    assert server.without_credentials()("GET", "/_all_dbs").error == (401, "unauthorized")


def test_dbs_info_tells_of_several_databases(server, make_database):
    one, two = make_database(), make_database()
    two.save("doc")
    answer = server("POST", "/_dbs_info", {"keys": [one.name, two.name, "contract-none"]})
    assert answer.status == 200
    first, second, none = answer.json
    assert (first["key"], first["info"]["db_name"], first["info"]["doc_count"]) == (one.name, one.name, 0)
    assert second["info"]["doc_count"] == 1
    assert none == {"key": "contract-none", "error": "not_found"}
    assert server.without_credentials()("POST", "/_dbs_info", {"keys": [one.name]}).error == (401, "unauthorized")


def test_ensure_full_commit_names_the_same_start_as_the_info(db):
    for body in (None, b"", b"{}"):
        answer = db("POST", "_ensure_full_commit", data=body, headers={"Content-Type": "application/json"})
        assert answer.status == 201
        assert answer.json == {"ok": True, "instance_start_time": db("GET").json["instance_start_time"]}


def test_compaction_is_accepted_and_ends(db):
    db.save("doc")
    answer = db("POST", "_compact", {})
    assert (answer.status, answer.json) == (202, {"ok": True})


def test_the_number_of_revisions_kept_is_read_and_set(db):
    assert db("GET", "_revs_limit").json == 1000
    assert db("PUT", "_revs_limit", 3).json == {"ok": True}
    assert db("GET", "_revs_limit").json == 3


def test_what_is_no_number_of_revisions_is_a_bad_request(db):
    for wrong in (b"0", b"-1", b'"3"', b"null", b"1.5"):
        assert db("PUT", "_revs_limit", data=wrong).status == 400, wrong
    assert db("GET", "_revs_limit").json == 1000


def test_the_security_object_is_read_and_set(db):
    security = {"admins": {"names": [], "roles": []}, "members": {"names": ["何"], "roles": ["area:g0311"]}}
    assert db("PUT", "_security", security).json == {"ok": True}
    assert db("GET", "_security").json == security


def test_what_is_no_security_object_is_a_bad_request(db):
    for wrong in ([], {"members": {"roles": "area:g0311"}}, {"members": {"roles": [1]}}):
        assert db("PUT", "_security", wrong).status == 400, wrong


def test_members_are_told_from_strangers(db, server):
    db("PUT", "_security", {"admins": {"names": [], "roles": []}, "members": {"names": [], "roles": ["nobody"]}})
    nobody = Database(server.without_credentials(), db.name)
    for method, path in [("GET", ""), ("GET", "doc"), ("PUT", "doc"), ("GET", "_changes"), ("GET", "_security"), ("GET", "_local/x")]:
        answer = nobody(method, path, {} if method == "PUT" else None)
        assert answer.error == (401, "unauthorized")
        assert answer.json["reason"] == "You are not authorized to access this db."


def test_the_session_says_who_one_is(server):
    answer = server("GET", "/_session").json
    assert answer["ok"] is True
    assert answer["userCtx"]["name"] == server.credentials[0]
    assert answer["userCtx"]["roles"] == ["_admin"]
    nobody = server.without_credentials()("GET", "/_session").json
    assert nobody["userCtx"]["name"] is None


def test_tools_sign_in_by_cookie(server, db):
    name, password = server.credentials
    nobody = server.without_credentials()
    answer = nobody("POST", "/_session", {"name": name, "password": password})
    assert (answer.status, answer.json["ok"]) == (200, True)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("AuthSession=") and "HttpOnly" in cookie
    sent = {"Cookie": cookie.partition(";")[0]}
    assert nobody("GET", "/_session", headers=sent).json["userCtx"]["name"] == name
    assert nobody("PUT", f"{db.path}/doc", {}, headers=sent).status == 201
    assert "AuthSession=;" in nobody("DELETE", "/_session", headers=sent).headers["Set-Cookie"]


def test_the_cookie_says_when_it_expires_in_both_ways(server):
    """Some clients know only one of the two."""
    name, password = server.credentials
    cookie = server.without_credentials()("POST", "/_session", {"name": name, "password": password}).headers["Set-Cookie"]
    assert "Max-Age=" in cookie and "Expires=" in cookie


def test_tools_sign_in_with_a_web_form_too(server):
    name, password = server.credentials
    text = f"name={name}&password={password.replace(' ', '+')}".encode()
    answer = server.without_credentials()("POST", "/_session", data=text, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 200 and "AuthSession" in answer.headers["Set-Cookie"]


def test_a_wrong_password_does_not_sign_in(server):
    answer = server.without_credentials()("POST", "/_session", {"name": "nobody-at-all", "password": "wrong"})
    assert answer.error == (401, "unauthorized")
    assert answer.json["reason"] == "Name or password is incorrect."


def test_the_feed_of_all_databases_tells_of_each_that_changed(server, make_database):
    since = server("GET", "/_db_updates").json["last_seq"]
    db = make_database()
    db.save("doc")
    until = time.monotonic() + DB_UPDATES_SECONDS_MAX
    seen: set[str] = set()
    while not seen and time.monotonic() < until:
        feed = server("GET", "/_db_updates", feed="longpoll", since=since, timeout=1000).json
        since = feed["last_seq"]
        seen = {row["type"] for row in feed["results"] if row["db_name"] == db.name}
    assert seen and seen <= {"created", "updated"}


def test_design_documents_are_kept_as_they_come(db):
    db.save("_design/app", views={"all": {"map": "function (doc) { emit(doc._id) }"}})
    assert db.get("_design/app")["views"]
    assert db("GET", "_design%2Fapp").status in (200, 301), "CouchDB shows the way"
    assert "_design/app" in [row["id"] for row in db("GET", "_all_docs").json["rows"]]
    assert db.changed() == ["_design/app"]


def test_design_documents_are_listed(db):
    db.save("_design/app")
    db.save("doc")
    assert [row["id"] for row in db("GET", "_design_docs").json["rows"]] == ["_design/app"]


def test_purge_forgets_a_revision_as_if_it_had_never_been(db):
    revision = db.save("doc")
    db.save("stays")
    answer = db("POST", "_purge", {"doc": [revision, "5-unknown"], "none": ["1-a"]})
    assert answer.status == 201
    assert answer.json["purged"]["doc"] == [revision]
    assert answer.json["purged"]["none"] == []
    assert "purge_seq" in answer.json
    assert db("GET", "doc").reason == (404, "missing")
    assert db.changed() == ["stays"]
    assert db("GET").json["doc_count"] == 1
    assert db("POST", "_revs_diff", {"doc": [revision]}).json == {"doc": {"missing": [revision]}}


def test_purging_one_leaf_leaves_the_other(db):
    db.graft("doc", "2-b", "1-a", n=1)
    db.graft("doc", "2-c", "1-a", n=2)
    assert db("POST", "_purge", {"doc": ["2-c"]}).json["purged"] == {"doc": ["2-c"]}
    assert db.get("doc", conflicts=True)["_rev"] == "2-b"
    assert db.leaves("doc") == ["2-b"]


def test_an_inner_revision_cannot_be_purged(db):
    db.graft("doc", "2-b", "1-a")
    assert db("POST", "_purge", {"doc": ["1-a"]}).json["purged"] == {"doc": []}
    assert db.leaves("doc") == ["2-b"]
