"""Section 1 of the protocol: what every answer looks like, and the errors."""

import pytest


def test_answers_are_json_with_a_newline_at_the_end(db):
    for answer in (db("GET"), db("PUT", "doc", {}), db("GET", "doc"), db("GET", "none"), db("GET", "_all_docs"), db("GET", "_changes")):
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.body.endswith(b"\n")
        assert "must-revalidate" in answer.headers["Cache-Control"]


def test_text_goes_in_and_out_as_utf_8(db):
    db.save("住户", name="何伶俐 😀")
    assert "何伶俐 😀".encode() in db("GET", "%E4%BD%8F%E6%88%B7").body


ERRORS = {
    "no JSON": ("PUT", "doc", b"{", 400, "bad_request", "invalid UTF-8 JSON"),
    "no body": ("PUT", "doc", b"", 400, "bad_request", "invalid UTF-8 JSON"),
    "no object": ("PUT", "doc", b"[]", 400, "bad_request", "Document must be a JSON object"),
    "no revision": ("PUT", "doc", b'{"_rev":"x"}', 400, "bad_request", "Invalid rev format"),
    "no revision in the URL": ("PUT", "doc?rev=1x", b"{}", 400, "bad_request", "Invalid rev format"),
    "unknown member": ("PUT", "doc", b'{"_foo":1}', 400, "doc_validation", "Bad special document member: _foo"),
    "reserved id": ("PUT", "_foo", b"{}", 400, "illegal_docid", "Only reserved document ids may start with underscore."),
    "reserved id in the body": ("POST", "", b'{"_id":"_foo"}', 400, "illegal_docid", "Only reserved document ids may start with underscore."),
    "id that is no text": ("POST", "", b'{"_id":1}', 400, "illegal_docid", "Document id must be a string"),
    "empty id": ("POST", "", b'{"_id":""}', 400, "illegal_docid", "Document id must not be empty"),
    "unknown document": ("GET", "none", None, 404, "not_found", "missing"),
    "unknown attachment": ("GET", "doc/none.txt", None, 404, "not_found", "Document is missing attachment"),
    "nothing to delete": ("DELETE", "none?rev=1-a", None, 404, "not_found", "missing"),
    "conflict": ("PUT", "doc", b"{}", 409, "conflict", "Document update conflict."),
    "unknown revision": ("GET", "doc?rev=9-x", None, 404, "not_found", "missing"),
    "bulk without documents": ("POST", "_bulk_docs", b"{}", 400, "bad_request", "POST body must include `docs` parameter."),
    "bulk get of nothing": ("POST", "_bulk_get", b"{}", 400, "bad_request", "Missing JSON list of 'docs'."),
    "difference to no revision": ("POST", "_revs_diff", b'{"doc":["x"]}', 400, "bad_request", "Invalid rev format"),
    "unknown filter": ("POST", "_changes?filter=_what", b"{}", 400, "bad_request", "unknown builtin filter name"),
}


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "reason"), ERRORS.values(), ids=ERRORS)
def test_errors_have_their_status_code_and_reason(db, method, path, body, status, code, reason):
    db.save("doc")
    answer = db(method, path, data=body, headers={"Content-Type": "application/json"})
    assert answer.error == (status, code)
    assert reason in answer.json["reason"]


def test_a_database_that_is_not_there(server):
    for method, path in [("GET", ""), ("GET", "/doc"), ("GET", "/_changes"), ("GET", "/_all_docs"), ("DELETE", "")]:
        answer = server(method, f"/contract-none{path}")
        assert answer.error == (404, "not_found")
        assert answer.json["reason"] == "Database does not exist."


@pytest.mark.parametrize("path", ["_bulk_docs", "_bulk_get", "_revs_diff", "_changes", "_all_docs", "_ensure_full_commit", "_compact"])
def test_these_need_a_body_that_says_it_is_json(db, path):
    assert db("POST", path, data=b"{}", headers={"Content-Type": "text/plain"}).error == (415, "bad_content_type")


def test_a_method_that_is_not_there(db):
    for method, path in [("PUT", "_all_docs"), ("PUT", "_bulk_docs"), ("DELETE", "_changes"), ("GET", "_revs_diff"), ("GET", "_bulk_get")]:
        answer = db(method, path)
        assert answer.error == (405, "method_not_allowed")
        assert "Allow" in answer.headers


def test_only_the_words_true_and_false_count_and_unknown_parameters_are_ignored(db):
    db.save("doc")
    assert "_revisions" not in db.get("doc", revs="1", nonsense="yes")
    assert "_revisions" in db.get("doc", revs="true")


def test_a_malformed_authorization_header_counts_as_none(server):
    assert server("GET", "/", headers={"Authorization": "Basic: xyz"}).status == 200


def test_a_wrong_password_is_401_and_json(server):
    answer = server("GET", "/_all_dbs", headers={"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="})
    assert answer.error == (401, "unauthorized")


def test_head_answers_as_get_without_the_body(db):
    db.save("doc", n=1)
    for path in ("", "doc", "_all_docs"):
        head, get = db("HEAD", path), db("GET", path)
        assert (head.status, head.body) == (get.status, b"")
    assert db("HEAD", "doc").headers["ETag"] == db("GET", "doc").headers["ETag"]
    assert db("HEAD", "none").status == 404


NO_JSON = {"too large": b'{"n":1E400}', "NaN": b'{"n":NaN}', "leading zero": b'{"n":01}', "no UTF-8": b"\xff{}", "lone surrogate": b'{"a":"\xed\xa0\x80"}'}


@pytest.mark.parametrize("text", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_refused_and_not_bent_into_shape(db, text):
    assert db("PUT", "doc", data=text, headers={"Content-Type": "application/json"}).status == 400
    assert db("GET", "doc").status == 404


def test_whole_numbers_keep_their_digits(db):
    db("PUT", "doc", data=b'{"n":9007199254740993,"m":-9223372036854775808}', headers={"Content-Type": "application/json"})
    assert b"9007199254740993" in db("GET", "doc").body
    assert b"-9223372036854775808" in db("GET", "doc").body
