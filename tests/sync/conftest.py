"""A live server for tests of the sync engine: gunicorn with two processes over a data folder of its own, and PouchDB in Node to talk to it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from server.app import create_app
from server.passwords import hash_password
from server.settings import read_settings
from server.stores import db
from server.tokens import sign, signing_key
from sync.engine import Engine
from sync.store.models import Account, Base

ROOT = Path(__file__).parent.parent.parent
START_SECONDS_MAX = 30
OPERATOR = ("operator", "a long password")


class LiveServer:
    """The web processes alone, without the merge worker. `databases` is the same folder seen from this process."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {"DOORSTEP_DATA": str(folder), "DOORSTEP_SECRET": "a secret for tests that nobody else has", "DOORSTEP_PORT": str(self.port)}
        self.settings = read_settings(self.environment)
        app = create_app(self.settings)
        with app.app_context():
            Base.metadata.create_all(db.engine)
            account = Account(id="operator", username=OPERATOR[0], name="Operator", password_hash=hash_password(OPERATOR[1]), role="operator")
            account.created_at = datetime.now(UTC)
            db.session.add(account)
            db.session.commit()
        self.url = f"http://127.0.0.1:{self.port}/sync"
        self.databases = Engine(self.settings.engine_folder)
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "16"]
        command += [
            "--worker-class",
            "server.web_worker.PatientWorker",
            "--no-control-socket",
            "--limit-request-line",
            "8190",
            "--keep-alive",  # as in server/gunicorn_settings.py: CouchDB's replicator takes it ill when a connection is closed as it sends
            "15",
            "--log-level",
            "warning",
            "--graceful-timeout",
            "3",
            "server.app:create_app()",
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self.environment})
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                assert requests.get(self.url + "/_up", timeout=5).status_code == 200
                assert self.process.poll() is None, "another process answers at this port"
                return
            except (requests.ConnectionError, requests.Timeout):
                assert self.process.poll() is None and time.monotonic() < until, "the server did not start"
                time.sleep(0.05)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(15)

    def token(self, *roles: str, name: str = "w0042") -> str:
        return sign(signing_key(self.settings.secret), name, roles, 900)

    def pouchdb(self, scenario: str, **options: object) -> dict:
        """Run a scenario of pouchdb/scenarios.mjs to its end; what it found."""
        process = self.start_pouchdb(scenario, **options)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors[-3000:]
        return json.loads(output.splitlines()[-1])

    def start_pouchdb(self, scenario: str, **options: object) -> subprocess.Popen:
        arguments = json.dumps({"url": self.url, **options})
        command = ["node", str(Path(__file__).parent / "pouchdb" / "scenarios.mjs"), scenario, arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="session")
def live_server(tmp_path_factory) -> Iterator[LiveServer]:
    assert shutil.which("node"), "Node is needed for these tests; see README.md"
    server = LiveServer(tmp_path_factory.mktemp("live"))
    yield server
    server.stop()
