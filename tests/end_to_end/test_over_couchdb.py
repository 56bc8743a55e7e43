"""The main job once more, with Apache CouchDB as the engine behind the same origin: the phone notices nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.couchdb.databases import CouchDatabases
from tests.end_to_end import test_main_job
from tests.end_to_end.conftest import ROOT, Server
from tests.sync.couchdb.conftest import clear
from tests.sync.couchdb.faults import FaultProxy

COUCHDB_URL = os.environ.get("COUCHDB_URL_FOR_TESTS", "")  # see tests/conftest.py
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("couchdb peers couchdb"),
    pytest.mark.skipif(not COUCHDB_URL, reason="COUCHDB_URL names no CouchDB to try this on"),
]


class ServerWithCouchDB(Server):
    """Doorstep and CouchDB behind one reverse proxy."""

    def __init__(self, data: Path):
        super().__init__(data, COUCHDB_URL=COUCHDB_URL)
        self.front = FaultProxy(COUCHDB_URL, beside=f"http://127.0.0.1:{self.port}")

    @property
    def url(self) -> str:
        return self.front.origin


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    """The demo organisation, loaded into CouchDB."""
    with closing(CouchDatabases(COUCHDB_URL)) as databases:
        clear(databases)
    configured = run("couchdb", "configure", "--write", data=tmp_path / "data")
    assert configured.returncode == 0, configured.stdout
    made = ServerWithCouchDB(tmp_path / "data")
    yield made.start()
    made.stop()
    made.front.close()


def run(*arguments: str, data: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "DOORSTEP_DEMO": "1", "DOORSTEP_DATA": str(data), "COUCHDB_URL": COUCHDB_URL}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


test_over_couchdb = test_main_job.test_two_surveys_and_a_check_filled_without_server_or_network_reach_the_records_by_themselves
