"""Servers of CouchDB's API to try `CouchDatabases` on: the embedded engine over HTTP, pouchdb-server, and CouchDB itself where COUCHDB_URL names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from sync.couchdb.databases import CouchDatabases
from tests.sync.conftest import OPERATOR
from tests.sync.contract.engines import pouchdb_server
from tests.sync.couchdb.faults import FaultProxy

__all__ = ["pouchdb_server"]
COUCHDB_URL = os.environ.get("COUCHDB_URL_FOR_TESTS", "")  # see tests/conftest.py
PEERS = ["embedded", "pouchdb-server", *(["couchdb"] if COUCHDB_URL else [])]
# What pouchdb-server does in its own time: these tests fail there more often than not.
POUCHDB_SERVER_CANNOT = {
    "test_databases_are_made_listed_and_deleted": "a database that was deleted just now is deleted again with success",
    "test_names_that_cannot_be_are_refused_and_the_servers_own_databases_are_left_alone": "_all_dbs names a database with a slash in its name later, or never",
}
OURS = ("worker-", "area-", "media-", "forms", "t-")


@pytest.fixture(scope="session", params=PEERS)
def peer(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def peer_url(peer, request) -> str:
    """With the credentials of its admin."""
    match peer:
        case "embedded":
            return with_credentials(request.getfixturevalue("live_server").url)
        case "pouchdb-server":
            return with_credentials(request.getfixturevalue("pouchdb_server").url)
        case _:
            return COUCHDB_URL


@pytest.fixture
def databases(peer_url) -> Iterator[CouchDatabases]:
    """A CouchDatabases on a server that holds nothing of ours."""
    opened = CouchDatabases(peer_url)
    clear(opened)
    yield opened
    clear(opened)
    opened.close()


@pytest.fixture
def proxy(peer_url) -> Iterator[FaultProxy]:
    made = FaultProxy(peer_url)
    yield made
    made.close()


@pytest.fixture
def shaky(databases, proxy) -> Iterator[CouchDatabases]:
    """The same databases, reached through the proxy."""
    opened = CouchDatabases(proxy.url)
    yield opened
    opened.close()


def clear(databases: CouchDatabases) -> None:
    for name in databases.names():
        if name.startswith(OURS):
            databases.delete(name)


def with_credentials(url: str) -> str:
    name, password = (quote(each, safe="") for each in OPERATOR)
    parts = urlsplit(url)
    return f"{parts.scheme}://{name}:{password}@{parts.netloc}{parts.path}"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Tests on one server share its databases, so they run one after another."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec and "peer" in callspec.params and "couchdb" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group(f"couchdb peers {callspec.params['peer']}"))
            if callspec.params["peer"] == "pouchdb-server" and (reason := POUCHDB_SERVER_CANNOT.get(item.originalname)):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=False, raises=AssertionError))
