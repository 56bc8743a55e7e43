"""The same tests over every engine. What one cannot do is in cannot.py, and is then expected to fail: nothing is skipped."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.sync.contract import engines
from tests.sync.contract.cannot import CANNOT
from tests.sync.contract.client import ANSWER_SECONDS_MAX, Client, Database, new_name
from tests.sync.contract.engines import ENGINES, pouchdb_server

__all__ = ["pouchdb_server"]
HOPELESS_SECONDS_MAX = 0.7  # some requests are never answered
FAILURES = (AssertionError, KeyError, IndexError, ValueError, TypeError, StopIteration, requests.RequestException)


@pytest.fixture(scope="session", params=ENGINES)
def engine(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def server(engine, request) -> Client:
    """The engine's server, asked by its admin."""
    match engine:
        case "embedded-http":
            return engines.embedded_over_http(request.getfixturevalue("live_server"))
        case "embedded-in-process":
            return engines.embedded_in_process(request.getfixturevalue("live_server"))
        case "pouchdb-server":
            return Client(engines.OverHttp(request.getfixturevalue("pouchdb_server").url), engines.OPERATOR)
        case _:
            return engines.couchdb()


@pytest.fixture(autouse=True)
def standing(request) -> None:
    """An implementation that fell over in one test is up again in the next; what it cannot do anyway is not waited for long."""
    if "server" in request.fixturenames and request.getfixturevalue("engine") == "pouchdb-server":
        request.getfixturevalue("pouchdb_server").stand()
        transport = request.getfixturevalue("server").transport
        transport.seconds_max = HOPELESS_SECONDS_MAX if request.node.get_closest_marker("xfail") else ANSWER_SECONDS_MAX


@pytest.fixture
def make_database(server, standing) -> Iterator[Callable[..., Database]]:
    """Makes databases under names that nobody has used, and removes them afterwards."""
    made: list[Database] = []

    def make(name: str | None = None) -> Database:
        database = Database(server, name or new_name())
        made.append(database)
        assert database("PUT", q=1).status == 201, "one shard, as Doorstep makes them on CouchDB: its feed is in one order"
        return database

    yield make
    for database in made:
        with contextlib.suppress(requests.RequestException):
            database("DELETE")


@pytest.fixture
def db(make_database) -> Database:
    return make_database()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    for item in items:
        engine = engine_of(item)
        if not engine or "contract" not in item.path.parts:
            continue
        item.add_marker(pytest.mark.xdist_group(f"contract {engine}"))
        cannot = CANNOT[family(engine)]
        reason = cannot.get(item.originalname) or cannot.get(without_engine(item))
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=FAILURES))


def engine_of(item) -> str:
    """The engine that a test is for; `holder` is one behind the seam `Databases`."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return params.get("engine") or params.get("holder") or ""


def without_engine(item) -> str:
    """`test_x[example]`, whichever engine it is run on."""
    example = item.callspec.id.replace(engine_of(item), "").strip("-")
    return f"{item.originalname}[{example}]"


def family(engine: str) -> str:
    return next(name for name in CANNOT if engine.removeprefix("couchdb-api-of-").startswith(name))
