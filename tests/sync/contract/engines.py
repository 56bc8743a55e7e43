"""The servers that the contract is held against, each started when first needed and stopped at the end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import pytest
import requests

from server.app import create_app
from tests.sync.conftest import OPERATOR, LiveServer
from tests.sync.contract.client import Client, InProcess, OverHttp

PROGRAM = Path(__file__).parent.parent.parent / "clients" / "node_modules" / "pouchdb-server" / "bin" / "pouchdb-server"
COUCHDB_URL = os.environ.get("COUCHDB_URL_FOR_TESTS", "")  # see tests/conftest.py
ENGINES = ["embedded-http", "embedded-in-process", "pouchdb-server", *(["couchdb"] if COUCHDB_URL else [])]
START_SECONDS_MAX = 60


def embedded_over_http(server: LiveServer) -> Client:
    return Client(OverHttp(server.url), OPERATOR)


def embedded_in_process(server: LiveServer) -> Client:
    """The same data folder without a socket."""
    return Client(InProcess(create_app(server.settings), "/sync"), OPERATOR)


def couchdb() -> Client:
    url, credentials = address(COUCHDB_URL)
    return Client(OverHttp(url), credentials)


def address(url: str) -> tuple[str, tuple[str, str]]:
    """A URL without its credentials, and these."""
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return bare.rstrip("/"), (unquote(parts.username or ""), unquote(parts.password or ""))


class PouchdbServer:
    """The npm package over files in this folder. The operator is its admin."""

    def __init__(self, folder: Path, *options: str) -> None:
        assert PROGRAM.exists(), "The Node packages of tests/clients are missing: run `make .stamps/clients-modules`"
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        (folder / "data").mkdir(parents=True)
        config = folder / "config.json"
        config.write_text(json.dumps({"couchdb": {"uuid": "2f1c0f5c9d3b4e5e8b0c6a7d1e2f3a4b"}, "log": {"file": str(folder / "log.txt")}}))
        self._command = ["node", "--unhandled-rejections=warn", str(PROGRAM), "--port", str(port), "--dir", str(folder / "data"), "--config", str(config)]
        self._command += ["--no-stdout-logs", *options]
        self._process: subprocess.Popen | None = None
        self.stand()
        name, password = OPERATOR
        made = requests.put(f"{self.url}/_config/admins/{name}", json=password, timeout=10)
        assert made.status_code == 200, made.text

    def stand(self) -> None:
        """Start it if it is not up: some requests make it fall."""
        if self._process is not None and self._process.poll() is None:
            return
        with (self._folder / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(self._command, cwd=self._folder, stdout=output, stderr=output)
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                assert requests.get(self.url, timeout=5).status_code == 200
                return
            except requests.ConnectionError:
                assert self._process.poll() is None and time.monotonic() < until, (self._folder / "output.txt").read_text()[-2000:]
                time.sleep(0.05)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


@pytest.fixture(scope="session")
def pouchdb_server(tmp_path_factory) -> Iterator[PouchdbServer]:
    server = PouchdbServer(tmp_path_factory.mktemp("pouchdb-server") / "server")
    yield server
    server.stop()
