"""A live server, or a CouchDB where `COUCHDB_URL` names one, for the official clients; and Node to run them in."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.examples import TIMES
from tests.sync.conftest import OPERATOR, live_server
from tests.sync.contract.client import Client, Database, OverHttp, new_name
from tests.sync.contract.engines import COUCHDB_URL, address

__all__ = ["live_server"]
HERE = Path(__file__).parent
NODE_SECONDS_MAX = 240 * TIMES


@dataclass(frozen=True)
class Peer:
    """A server that clients talk to as its admin."""

    url: str
    credentials: tuple[str, str]

    @property
    def client(self) -> Client:
        return Client(OverHttp(self.url), self.credentials)

    @property
    def url_with_credentials(self) -> str:
        name, password = map(requests.utils.quote, self.credentials)
        return self.url.replace("://", f"://{name}:{password}@")


@pytest.fixture(scope="session", params=["embedded", *(["couchdb"] if COUCHDB_URL else [])])
def peer(request) -> Peer:
    if request.param == "embedded":
        return Peer(request.getfixturevalue("live_server").url, OPERATOR)
    return Peer(*address(COUCHDB_URL))


@pytest.fixture
def make_database() -> Iterator[Callable[[Peer], Database]]:
    made: list[Database] = []

    def make(peer: Peer) -> Database:
        made.append(Database(peer.client, new_name()))
        assert made[-1]("PUT", q=1).status == 201
        return made[-1]

    yield make
    for database in made:
        with contextlib.suppress(requests.RequestException):
            database("DELETE")


def start_node(script: str, scenario: str, **options: object) -> subprocess.Popen:
    """PouchDB leaves a rejected promise to nobody when a connection breaks: a browser warns of it and goes on, and so must Node."""
    return subprocess.Popen(
        ["node", "--unhandled-rejections=warn", str(HERE / script), scenario, json.dumps(options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen) -> dict:
    """What the scenario found: its last line of output."""
    output, errors = process.communicate(timeout=NODE_SECONDS_MAX)
    assert process.returncode == 0, errors[-3000:]
    return json.loads(output.splitlines()[-1])


def node(script: str, scenario: str, **options: object) -> dict:
    return ended(start_node(script, scenario, **options))
