"""The official nano client: what its users do every day."""

import pytest

from tests.clients.conftest import node
from tests.sync.contract.client import new_name

pytestmark = pytest.mark.xdist_group("clients")


BY_COOKIE = {
    "couchdb": {"signed_in": True, "by_cookie": 2},
    "embedded": {"signed_in": False, "by_cookie": 401},
}  # ours may only travel by HTTPS outside of demo mode, and nano keeps to that


def test_everyday_calls(peer, request):
    name, password = peer.credentials
    found = node("nano.mjs", "everyday", url=peer.url_with_credentials, bare=peer.url, database=new_name(), name=name, password=password)
    assert found == {
        "created": True,
        "again": [412, "file_exists"],
        "listed": True,
        "conflict": [409, "conflict"],
        "second": "2-",
        "n": 2,
        "known": 2,
        "old": [404, "not_found"],
        "etag": True,
        "bulk": ["ok", "ok", "conflict"],
        "all": ["a", "b"],
        "fetched": ["a", "not_found"],
        "revs": 1,
        "bulk_got": "a",
        "changes": 2,
        "heard": ["a", "b", "doc"],
        "bytes": "hello",
        "data": "aGVsbG8=",
        "part": [0, 1, 2, 255],
        "parts": True,
        "removed": True,
        "gone": [404, "not_found"],
        "docs": 3,
        "deleted": 1,
        "compacted": True,
        "session": ["_admin"],
        **BY_COOKIE[request.node.callspec.params["peer"]],
        "uuid": 32,
        "destroyed": True,
    }


def test_following_a_database(peer, make_database):
    found = node("nano.mjs", "followed", url=peer.url_with_credentials, database=make_database(peer).name)
    assert sorted(found["seen"]) == ["x", "y", "z"]
