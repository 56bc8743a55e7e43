"""The same matrix on the Apache CouchDB that COUCHDB_URL names: who may what there, with our tokens, security objects and guard.

`couchdb_answer` is the table of what CouchDB answers otherwise than the embedded engine.
"""

import os
from functools import cached_property
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import orjson
import pytest
import requests

from server.app import create_app
from server.provision import area_role, security_for, worker_role
from server.settings import read_settings
from sync.couchdb.databases import CouchDatabases
from tests.server.callers import SECRET, credentials
from tests.server.rights import DATABASES, EVERYBODY, LEVELS, ROWS, Row, numbers, request_for, right_answer

COUCHDB_URL = os.environ.get("COUCHDB_URL_FOR_TESTS", "")  # see tests/conftest.py
pytestmark = [pytest.mark.skipif(not COUCHDB_URL, reason="COUCHDB_URL names no CouchDB to try this on"), pytest.mark.xdist_group("settings of CouchDB")]
PREFIX = "matrix-"  # before the names of the table: other tests use the same CouchDB


class CouchServer:
    """A CouchDB behind the same `ask`, `provide` and `state_of` as tests/server/callers.py."""

    def __init__(self):
        parts = urlsplit(COUCHDB_URL)
        self.url = f"{parts.scheme}://{parts.hostname}:{parts.port}"
        self.admin = (unquote(parts.username), unquote(parts.password))
        self.databases = CouchDatabases(COUCHDB_URL)
        self.http = requests.Session()
        self.http.trust_env = False

    def ask(self, who, method, path, body="", headers=()):
        sent = {"Content-Type": "application/json", "Accept": "application/json", **self.credentials(who), **dict(headers)}
        path = path if path.startswith("/_") or path == "/" else f"/{PREFIX}{path[1:]}"
        auth = self.admin if who == "operator" else None
        self.http.cookies.clear()
        if (method, path) == ("POST", "/_session"):
            body = orjson.dumps({"name": self.admin[0], "password": self.admin[1]}).decode()
        answer = self.http.request(method, self.url + path, data=body.encode() if isinstance(body, str) else body, headers=sent, auth=auth, timeout=30)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json") and method != "HEAD"
        return SimpleNamespace(
            status_code=answer.status_code, data=answer.content, text=answer.text, headers=answer.headers, json=answer.json() if is_json else {}
        )

    def credentials(self, who):
        return {} if who == "operator" else self.cookie if who == "operator by cookie" else credentials(who)

    @cached_property
    def cookie(self):
        answer = requests.post(self.url + "/_session", json={"name": self.admin[0], "password": self.admin[1]}, timeout=30)
        return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}

    def provide(self):
        self.databases.close()
        self.databases = CouchDatabases(COUCHDB_URL)  # the one before remembers for a minute what it has made
        for name, role, writers in (
            ("forms", "worker", "server"),
            ("area-g1", area_role("g1"), "server"),
            ("worker-w1", worker_role("w1"), "members"),
            ("media-w1", worker_role("w1"), "members"),
        ):
            self.databases.create(PREFIX + name, security_for(role), writers)
        self.databases.delete(PREFIX + "area-none")

    def state_of(self, name):
        info = self.ask("operator", "GET", f"/{name}").json
        return info.get("update_seq", "").partition("-")[0], self.ask("operator", "GET", f"/{name}/_security").data


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("couch-matrix")
    app = create_app(read_settings({"DOORSTEP_DATA": str(folder), "DOORSTEP_SECRET": SECRET, "COUCHDB_URL": COUCHDB_URL}))
    configured = app.test_cli_runner().invoke(args=["couchdb", "configure", "--write"])
    assert configured.exit_code == 0, configured.output
    couch = CouchServer()
    couch.provide()
    yield couch
    for name in DATABASES:
        couch.databases.delete(PREFIX + name)
    couch.databases.close()


# Where CouchDB's answer is another one than ours, each with its reason. Two let somebody see more than RIGHTS says: members may list checkpoints and
# purges, and whoever holds our signing key is whatever the token says. Nobody writes more.
FORGED = ("token of another key", "token without signature", "token cut and pasted", "token of an unknown kid")
SERVER_ADMINS = ("/_all_dbs", "/_dbs_info", "/_db_updates", "/{db}/_purge", "/{db}/_purged_infos_limit")
DATABASE_ADMINS = ("/{db}/_compact", "/{db}/_view_cleanup")
CONFIGURATION = (("PUT", "/{db}/_security"), ("PUT", "/{db}/_revs_limit"))
FREE_TO_NOBODY = (("GET", "/_up"), ("POST", "/_session"))
FOR_MEMBERS = ("/{db}/_local_docs", "/{db}/_purged_infos")


def couchdb_answer(row: Row, who: str, right: str, is_there: bool) -> int:
    if who in FORGED:
        return 400  # "Bad HMAC", "Unknown kid": the phone takes it as 401 (server/pwa/src/data/session.ts)
    if who == "token expired":
        return 401
    if who == "token with _admin in it":
        return couchdb_answer(row, "operator", "all", is_there)  # it believes what our own key has signed; we never sign that (server/tokens.py)
    if who == "nobody":
        return row.good if (row.method, row.path) in FREE_TO_NOBODY else 401  # require_valid_user_except_for_up
    is_operator = right == "all"
    if row.needs == "free":
        return row.good
    if row.path == "/{db}" and row.method in ("PUT", "DELETE") and not is_operator:
        return 401  # "You are not a server admin."
    if row.path in SERVER_ADMINS and not is_operator:
        return 401
    if row.needs == "made":
        return right_answer(row, who, right, is_there)
    if row.is_of_a_database and not is_there:
        return 404  # to everybody who is known, so that a client can tell; names are no secret there
    if row.path in DATABASE_ADMINS and right in ("read", "write"):
        return 401
    if (row.method, row.path) in CONFIGURATION and right in ("read", "write"):
        return 500  # "no_majority": each node refused it
    if row.path == "/{db}/_bulk_docs" and right == "read":
        return 201  # each document alone is "forbidden" by the guard
    if row.path in FOR_MEMBERS and right in ("read", "write"):
        return 200  # every member may list the others' checkpoints
    return right_answer(row, who, right, is_there)


def has_what_it_needs(row: Row, right: str) -> bool:
    return row.needs in ("free", "made") or LEVELS.index(right) >= LEVELS.index(row.needs)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
def test_everybody_gets_the_one_right_answer(server, row: Row):
    wrong = []
    for who, rights in EVERYBODY.items():
        for name in DATABASES if row.is_of_a_database else DATABASES[:1]:
            is_there = name != "area-none" or not row.is_of_a_database
            path, body = request_for(server, row, name)
            before = server.state_of(name)
            answer = server.ask(who, row.method, path, body, headers=[("Destination", f"copy-{next(numbers)}")] if row.method == "COPY" else [])
            right = couchdb_answer(row, who, rights[name], is_there)
            if answer.status_code != right:
                wrong.append(f"{who}: {row.method} {path} → {answer.status_code}, should be {right}: {answer.text[:100]}")
            if answer.status_code >= 400 or not has_what_it_needs(row, rights[name]):
                assert server.state_of(name) == before or who == "token with _admin in it", f"{who}: {row.method} {path} changed something all the same"
            if row.path == "/{db}" and answer.status_code in (200, 201):
                server.provide()
    assert not wrong, "\n".join(wrong)
