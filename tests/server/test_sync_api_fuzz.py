"""No request can make a 500 by its content, whatever it holds: every answer is JSON with CouchDB's kinds of status."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.app import create_app
from server.passwords import hash_password
from server.settings import read_settings
from server.stores import db, stores
from server.sync_api.dispatch import ABSENT, ROUTES, SERVER_ABSENT
from server.tokens import sign, signing_key
from sync.engine.catalogue import is_name
from sync.store.models import Account, Base
from tests.examples import examples

NAME = "worker-w0042"
SECRET = "a secret for tests that nobody else has"
ENDPOINTS = ["", "_bulk_docs", "_bulk_get", "_revs_diff", "_missing_revs", "_changes", "_all_docs", "_local/x", "_security", "_revs_limit", "_design/x", "doc"]
ENDPOINTS += ["doc/photo", "_ensure_full_commit", "_design/x/_view/y", "_find", "_local/x/y", "%", "%ff", "//", "_changes/", "doc//x", "."]
METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "COPY"]
PARAMETERS = ["rev", "revs", "open_revs", "latest", "since", "limit", "skip", "startkey", "endkey", "key", "keys", "filter", "doc_ids", "heartbeat", "style"]
PARAMETERS += ["new_edits", "conflicts", "meta", "attachments", "include_docs", "descending", "att_encoding_info", "atts_since", "inclusive_end", "feed"]

revisions = st.sampled_from(["1-a", "2-b", "2-c", "3-d", "0-1", "0-0", "x", "", "-", "1-", "9999999999999999999-a", "1-a\x00", "٣-a"]) | st.text(max_size=5)
ids = st.sampled_from(["doc", "other", "_local/x", "_design/x", "_design/", "_x", "", "a/b", "\x00", "é", "x" * 1100]) | st.text(max_size=5)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | revisions | ids
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=8)
attachments = st.dictionaries(
    ids,
    st.fixed_dictionaries(
        {},
        optional={
            "stub": st.booleans() | values,
            "follows": st.booleans(),
            "data": st.sampled_from(["", "aGk=", "?", "aGk"]) | values,
            "revpos": st.integers(-1, 3) | values,
            "content_type": st.sampled_from(["text/plain", "a\r\nb: c", "é"]) | values,
        },
    ),
    max_size=3,
)
histories = st.fixed_dictionaries({}, optional={"start": st.integers(-1, 4) | values, "ids": st.lists(st.sampled_from("abcd"), max_size=4) | values})
documents = (
    st.fixed_dictionaries(
        {},
        optional={
            "_id": ids | values,
            "_rev": revisions | values,
            "_revisions": histories | values,
            "_deleted": st.booleans() | values,
            "_attachments": attachments | values,
            "_foo": values,
            "n": values,
        },
    )
    | values
)
bodies = (
    documents
    | st.fixed_dictionaries(
        {},
        optional={
            "docs": st.lists(documents | st.fixed_dictionaries({"id": ids, "rev": revisions}), max_size=4) | values,
            "new_edits": st.booleans() | values,
            "keys": st.lists(ids, max_size=3) | values,
            "doc_ids": st.lists(ids, max_size=3) | values,
            "selector": values,
        },
    )
    | st.dictionaries(ids, st.lists(revisions, max_size=3) | values, max_size=3)
)


def as_bytes(value):
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return b'{"a":123456789012345678901234567890}'


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app = create_app(
        read_settings({"DOORSTEP_DATA": str(tmp_path_factory.mktemp("fuzz")), "DOORSTEP_SECRET": SECRET, "DOORSTEP_SIGN_IN_TRIES_PER_MINUTE": "10000"})
    )
    app.testing = True  # what is not foreseen comes out as an exception here
    with app.app_context():
        Base.metadata.create_all(db.engine)
        account = {"username": "operator", "name": "O", "role": "operator", "password_hash": hash_password("a long password"), "created_at": datetime.now(UTC)}
        db.session.add(Account(id="operator", **account))
        db.session.commit()
        stores().databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})
    return app


@pytest.fixture(scope="module")
def call(app):
    """As the phone whose database it is, or, `as_operator`, with every right there is."""
    client = app.test_client(use_cookies=False)
    phone = "Bearer " + sign(signing_key(SECRET), "w0042", ["worker:w0042"], 9000)
    operator = "Basic " + base64.b64encode(b"operator:a long password").decode()

    def call(method, path, query, body, content_type="application/json", headers=(), as_operator=False, root=f"/sync/{NAME}/"):
        answer = client.open(
            root + path + ("?" + query if query else ""),
            method=method,
            data=body,
            content_type=content_type,
            headers={"Authorization": operator if as_operator else phone, **dict(headers)},
        )
        assert answer.status_code < 500 or answer.status_code in (501, 503), (answer.status_code, answer.data)
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.content_type == "application/json", answer.data
            assert set(answer.json) == {"error", "reason"} and answer.json["error"] != "internal_server_error"
        return answer

    return call


many = settings(
    max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
)


@many
@given(
    method=st.sampled_from(METHODS), endpoint=st.sampled_from(ENDPOINTS), query=st.dictionaries(st.sampled_from(PARAMETERS), values, max_size=3), body=bodies
)
@example(method="GET", endpoint="doc", query={"open_revs": [{}]}, body=None)
@example(method="POST", endpoint="_all_docs", query={}, body={"keys": [[], {}, None, 1]})
def test_any_json_to_any_endpoint(call, method, endpoint, query, body):
    query = {name: value if isinstance(value, str) else as_bytes(value).decode() for name, value in query.items() if name != "feed"}
    call(method, endpoint, "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items()), as_bytes(body))


@many
@given(docs=st.lists(documents, max_size=6), new_edits=st.booleans())
def test_any_documents_in_a_batch_and_the_feed_stays_readable(call, docs, new_edits):
    call("POST", "_bulk_docs", "", as_bytes({"docs": docs, "new_edits": new_edits}))
    feed = call("GET", "_changes", "style=all_docs&include_docs=true&conflicts=true&attachments=true&limit=50&descending=true", None).json
    asked = [{"id": row["id"], "rev": change["rev"]} for row in feed["results"] for change in row["changes"]]
    got = call("POST", "_bulk_get", "revs=true&latest=true&attachments=true", orjson.dumps({"docs": asked})).json["results"]
    assert all("ok" in doc for result in got for doc in result["docs"]), "what the feed names can be read"


@many
@given(body=st.binary(max_size=60), content_type=st.sampled_from(["application/json", "text/plain", "", "multipart/related; boundary=x", "a/b; charset=\xff"]))
def test_any_bytes_as_a_body(call, body, content_type):
    for path in ("_bulk_docs", "doc", "_local/x", "_changes?filter=_doc_ids", "_revs_diff", "doc/photo"):
        for method in ("PUT", "POST"):
            call(method, path, "", body, content_type)


@many
@given(path=st.text(max_size=12), raw=st.binary(max_size=8))
def test_any_path(call, path, raw):
    for method in ("GET", "PUT", "DELETE"):
        call(method, quote(path), "", b"{}")
        call(method, quote(raw), "", b"{}")


@many
@given(
    name=st.sampled_from(["Authorization", "If-Match", "If-None-Match", "Range", "Content-Length", "Accept"]),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20),
)
def test_any_header(call, name, value):
    call("PUT", "headers/photo", "", b"photo")
    for path in ("headers", "headers/photo", "_changes"):
        try:
            call("GET", path, "", None, headers=[(name, value)])
        except ValueError:
            assert name == "Content-Length"
    scheme = base64.b64encode(value.encode()).decode()
    call("GET", "headers", "", None, headers=[("Authorization", f"Bearer {scheme}")])


# Every route there is, also those that only the operator may ask: a route that is added is tried without anybody thinking of it

names = st.sampled_from([NAME, "made", "a/b", "Bad", "..", "_users", "x" * 300, "", "\x00", "é"])
paths = st.sampled_from(sorted({route.path for route in ROUTES} | {f"/{name}" for name in SERVER_ABSENT} | {f"/{{db}}/{name}" for name in ABSENT}))
in_paths = st.sampled_from(["doc", "_design/x", "_local/x", "a/b", "\x00", "x" * 1100, "", "é", "%", "..", "photo"]) | st.text(max_size=5)
texts_of_parameters = st.sampled_from(
    ["", "true", "false", "0", "1", "-1", "1e9", "999999999999999999999", "now", "all", "null", "[]", "{}", '["1-a"]', '"a"', "x", "٣"]
)
headers = st.dictionaries(
    st.sampled_from(
        ["Destination", "If-Match", "If-None-Match", "Accept", "Accept-Encoding", "Range", "Last-Event-ID", "Cookie", "Content-Encoding", "Expect"]
    ),
    st.sampled_from(["", "*", '"1-a"', "1-a", "x?rev=1-a", "/a", "bytes=0-1", "bytes=5-1", "multipart/mixed", "a;q=x", "gzip", "AuthSession=a.b.c", "é"]),
    max_size=2,
)
content_types = st.sampled_from(
    ["application/json"] * 6 + ["application/x-www-form-urlencoded", "multipart/related; boundary=x", "multipart/form-data", "text/plain", ""]
)


@many
@given(
    path=paths,
    method=st.sampled_from(METHODS),
    name=names,
    id=in_paths,
    attachment=in_paths,
    query=st.dictionaries(st.sampled_from([*PARAMETERS, "batch", "count", "deleted", "timeout", "update_seq"]), texts_of_parameters | values, max_size=3),
    body=bodies | st.sampled_from([1, 1000, "x", {"keys": ["made", 1]}, {"name": "operator", "password": 1}, {"doc": ["1-a"]}, {"members": {"roles": ["x"]}}]),
    headers=headers,
    content_type=content_types,
    as_operator=st.booleans(),
)
@example("/{db}/{id}", "COPY", NAME, "doc", "", {}, None, {"Destination": "x?rev=%ff"}, "application/json", True)
@example("/_all_dbs", "GET", NAME, "", "", {"startkey": "[1"}, None, {}, "", True)
@example("/_session", "POST", NAME, "", "", {}, {"name": "\ud800"}, {}, "application/json", True)
def test_every_route_with_anything(call, app, path, method, name, id, attachment, query, body, headers, content_type, as_operator):
    quoted = {"db": quote(name, safe=""), "id": quote(id, safe="/"), "attachment": quote(attachment, safe="/")}
    texts = {key: value if isinstance(value, str) else as_bytes(value).decode() for key, value in query.items()}
    if texts.get("feed") not in (None, "normal"):
        texts["timeout"], texts["feed"] = "1", "longpoll"
        texts.pop("heartbeat", None)
    spelled = "&".join(f"{key}={quote(value, safe='')}" for key, value in texts.items())
    call(method, path.format(**quoted)[1:], spelled, as_bytes(body), content_type, headers.items(), as_operator, root="/sync/")
    with app.app_context():
        stores().databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})  # the operator may have deleted it


# Names cannot leave the data folder

TRICKS = [
    "..",
    "../x",
    "../../etc/passwd",
    "a/../../x",
    "/etc/passwd",
    "./a",
    "a/./b",
    "a\\..\\x",
    "a\x00",
    "a%2F..%2Fx",
    "~root",
    "catalogue.sqlite",
    "wake",
    ".",
    "a" * 5_000,
]
TRICKS += ["c:x", "con", "a\n", "a/", "//a", "a//b", "here-1", "tending.lock", "%2e%2e%2fx", "..%c0%afx", "ａ", "a~b", "a.sqlite-wal"]


@pytest.mark.parametrize("trick", TRICKS)
def test_names_cannot_leave_the_data_folder(call, app, trick):
    folder = app.extensions["doorstep.settings"].engine_folder
    outside = {path for path in folder.parent.rglob("*") if folder not in path.parents}
    before = {path.name for path in folder.iterdir()}
    for path in (quote(trick, safe=""), quote(trick), trick.encode().hex(), quote(quote(trick, safe=""), safe="")):
        for method, below in (("PUT", ""), ("GET", ""), ("PUT", "/doc"), ("PUT", "/_security"), ("POST", "/_compact"), ("DELETE", "")):
            call(method, path + below, "", b"{}", as_operator=True, root="/sync/")
    made = {path for path in folder.parent.rglob("*") if folder not in path.parents and not path.name.startswith("sign-in-tries.sqlite")}
    assert made <= outside
    left = {path.name for path in folder.iterdir()} - before
    assert not left, "what was made was removed again, and lay in the folder"


@given(st.text(max_size=300))
def test_the_file_of_any_name_lies_in_the_folder(name):
    assert not is_name(name) or (Path("/folder") / f"{quote(name, safe='')}~0.sqlite").resolve().parent == Path("/folder")
