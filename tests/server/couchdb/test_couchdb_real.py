"""`couchdb configure` and `couchdb doctor` against the Apache CouchDB that COUCHDB_URL names when the tests run. What they change there is put back."""

import os
import secrets
import time
from collections.abc import Iterator

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.server.couchdb.pretended import ADMINS_ONLY
from tests.server.couchdb.test_couchdb_commands import unsafe

COUCHDB_URL = os.environ.get("COUCHDB_URL_FOR_TESTS", "")  # see tests/conftest.py
pytestmark = [pytest.mark.skipif(not COUCHDB_URL, reason="COUCHDB_URL names no CouchDB to try this on"), pytest.mark.xdist_group("settings of CouchDB")]

STARTS_SECONDS = 10  # at the fourth start of its HTTP server within these, CouchDB ends the node


def ask(method: str, path: str, body: object = None) -> requests.Response:
    """Tried again when CouchDB's HTTP server is just starting anew."""
    with requests.Session() as session:
        session.mount("http", HTTPAdapter(max_retries=Retry(connect=5, backoff_factor=0.2)))
        return session.request(method, COUCHDB_URL + path, json=body, timeout=30)


class RealCouchDB:
    """The CouchDB of COUCHDB_URL. What a test changes is put back: settings by `set`, databases by `make`."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str], str | None] = {}
        self._made: list[str] = []

    def set(self, section: str, key: str, value: str | None) -> None:
        path = f"/_node/_local/_config/{section}/{key}"
        found = ask("GET", path)
        self._before.setdefault((section, key), found.json() if found.status_code == 200 else None)
        answer = ask("DELETE", path) if value is None else ask("PUT", path, value)
        assert answer.status_code in (200, 404), answer.text

    def make(self, name: str, security: object) -> None:
        self._made.append(name)
        assert ask("PUT", f"/{name}").status_code in (201, 202)
        assert ask("PUT", f"/{name}/_security", security).status_code == 200

    def put_back(self) -> None:
        for name in self._made:
            ask("DELETE", f"/{name}")
        for (section, key), value in dict(self._before).items():
            self.set(section, key, value)


@pytest.fixture(scope="module")
def as_before() -> Iterator[None]:
    """Every node's settings are put back when the last of these tests has ended. (`_global_changes` stays, if it was not there.)"""

    def settings() -> dict[tuple[str, str, str], str]:
        nodes = ask("GET", "/_membership").json()["all_nodes"]
        configs = {node: ask("GET", f"/_node/{node}/_config").json() for node in nodes}
        return {(node, section, key): value for node in nodes for section, values in configs[node].items() for key, value in values.items()}

    before = settings()
    yield
    time.sleep(STARTS_SECONDS)
    now = settings()
    for place in sorted(
        place for place in now.keys() | before.keys() if now.get(place) != before.get(place)
    ):  # of [chttpd] the server_options last: then the handlers of before are in force
        node, section, key = place
        path = f"/_node/{node}/_config/{section}/{key}"
        answer = ask("PUT", path, before[place]) if place in before else ask("DELETE", path)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def real(at, as_before) -> Iterator[RealCouchDB]:
    """Configured, as an operator would."""
    code, said = at(COUCHDB_URL, "couchdb configure --write")
    assert code == 0, said
    couchdb = RealCouchDB()
    yield couchdb
    couchdb.put_back()


def about(said: str, *words: str) -> list[str]:
    """The FAIL lines that hold one of these words: other tests may have left databases of their own at the same CouchDB."""
    return [line for line in unsafe(said) if any(word in line for word in words)]


def test_a_real_couchdb_that_was_configured_is_as_doorstep_needs_it(at, real):
    _, said = at(COUCHDB_URL, "couchdb doctor")
    assert "ok   every setting is as Doorstep needs it" in said
    assert "ok   a token of ours is believed; one that has run out, never ends or was made for another is not" in said
    assert "ok   _users, _replicator, _global_changes are there, for administrators only" in said


@pytest.mark.parametrize(
    ("section", "key", "value", "told"),
    [
        ("chttpd", "enable_cors", "true", "[chttpd] enable_cors is true"),
        ("fabric", "changes_duration", None, "[fabric] changes_duration is not set"),
        ("couchdb", "users_db_security_editable", "true", "[couchdb] users_db_security_editable is true"),
        ("chttpd", "max_http_request_size", "100000000", "[chttpd] max_http_request_size is 100000000"),
        ("jwt_auth", "required_claims", '{iss, "doorstep"}', "a token that has run out is believed."),
        ("jwt_auth", "required_claims", "exp", "a token that was made for another service (iss) is believed."),
        ("jwt_keys", "hmac:of-another", "aGVsbG8=", "that Doorstep did not make (hmac:of-another)"),
        ("chttpd", "admin_only_all_dbs", "false", "[chttpd] admin_only_all_dbs is false"),
    ],
)
def test_what_is_unsafe_at_a_real_couchdb_is_named(at, real, section, key, value, told):
    real.set(section, key, value)
    code, said = at(COUCHDB_URL, "couchdb doctor")
    assert code == 1 and about(said, told), said


def test_rights_at_a_real_couchdb_are_put_right(at, real):
    area, inbox, other = (f"{kind}-d{secrets.token_hex(4)}" for kind in ("area", "worker", "other"))
    real.make(area, {})
    real.make(inbox, {"members": {"roles": ["worker:somebody-else"]}})
    real.make(other, ADMINS_ONLY)
    said = at(COUCHDB_URL, "couchdb doctor")[1]
    assert len(about(said, area)) == 2 and len(about(said, inbox)) == 1 and about(said, other) == []
    assert at(COUCHDB_URL, "couchdb configure --write")[0] == 0
    assert about(at(COUCHDB_URL, "couchdb doctor")[1], area, inbox) == []
    assert ask("GET", f"/{inbox}/_security").json()["members"]["roles"] == [inbox.replace("-", ":", 1)]
    assert ask("GET", f"/{area}/_design/guard").status_code == 200


def test_reconfiguring_a_real_couchdb_cuts_no_waiting_phone_off(at, real):
    name = f"media-d{secrets.token_hex(4)}"
    real.make(name, ADMINS_ONLY)
    with requests.get(f"{COUCHDB_URL}/{name}/_changes?feed=longpoll&heartbeat=500", stream=True, timeout=30) as waiting:
        real.set("chttpd", "authentication_handlers", "{chttpd_auth, cookie_authentication_handler}, {chttpd_auth, default_authentication_handler}")
        assert at(COUCHDB_URL, "couchdb configure --write")[0] == 0
        assert ask("PUT", f"/{name}/news", {}).status_code in (201, 202)
        assert b'"news"' in waiting.raw.read(), "the question that was open before is answered after"
