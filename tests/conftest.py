"""Fixtures for all tests: an app over a data folder of its own."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

import pytest
import time_machine

from server.app import create_app
from server.settings import Settings, read_settings
from sync.store.models import Base
from tests.stores import STORES, MigratedFile, Postgresql

EXAMPLE_BYTES_IN_A_NAME_MAX = 40
EXAMPLE_CHARACTERS_IN_A_NAME_MAX = 300
SECRET = "a secret for tests that nobody else has"
# The CouchDB that tests may use. Servers that tests start inherit the environment, and only those that should use it are told of it.
if "COUCHDB_URL" in os.environ:
    os.environ["COUCHDB_URL_FOR_TESTS"] = os.environ.pop("COUCHDB_URL")


def pytest_configure():
    """A run that a shell has put into the background ignores Ctrl-C, and so would the commands that tests start and interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_SECRET": SECRET})


@pytest.fixture
def app(settings):
    """An app with empty stores, outside demo mode."""
    app = create_app(settings)
    with app.app_context():
        from server.stores import db

        Base.metadata.create_all(db.engine)
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def moved_clock():
    """moved_clock(seconds since 1970): from now on it is that time in this process, standing still."""
    travels = []

    def move(to: float) -> None:
        travels.append(time_machine.travel(to, tick=False))
        travels[-1].start()

    yield move
    for travel in reversed(travels):
        travel.stop()


LONG = ("test_any_history", "test_kill", "test_main_job", "test_one_record_of_many", "test_orders", "test_crashes", "test_engine_kill")
"""Modules whose tests take longest: begun first, so that no process works on one of them alone when the others have ended."""


def pytest_collection_modifyitems(items):
    """What imports `examples` tries many of them: `make test-long` picks these."""
    for item in items:
        if hasattr(item.module, "examples"):
            item.add_marker(pytest.mark.property)
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_make_parametrize_id(val):
    """A file as an example has no place in a test's name: a workbook has the moment in it, and all processes of a run must collect the same names."""
    if isinstance(val, bytes) and len(val) > EXAMPLE_BYTES_IN_A_NAME_MAX:
        return "file"
    return f"{val[:40]}… {len(val)} characters" if isinstance(val, str) and len(val) > EXAMPLE_CHARACTERS_IN_A_NAME_MAX else None


@pytest.fixture(scope="session")
def playwright():
    """One for all browsers of this process: each would be a process of its own, and only one may be at work."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def postgresql_server():
    server = Postgresql()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgresql(postgresql_server):
    """Makes databases in a real PostgreSQL of these tests' own; their URLs."""
    return postgresql_server.new


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    return MigratedFile(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(params=STORES)
def empty_store(request, tmp_path):
    """Makes URLs of empty stores at the newest migration; the test runs on SQLite and on PostgreSQL. `empty_store(folder)`: where SQLite keeps it."""
    if request.param == "sqlite":
        migrated_file = request.getfixturevalue("migrated_file")
        numbers = itertools.count(1)
        yield lambda folder=None: migrated_file.copy(folder or tmp_path / f"store{next(numbers)}")
        return
    server, lent = request.getfixturevalue("postgresql_server"), []

    def lend(folder=None) -> str:
        lent.append(server.migrated())
        return lent[-1]

    yield lend
    for url in lent:
        server.take_back(url)
