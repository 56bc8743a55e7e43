"""The two servers that are compared, each as its makers start it: ours, and pouchdb-server with its LevelDB files."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests

from server.settings import read_settings
from server.tokens import sign, signing_key
from sync.engine import Engine

ROOT = Path(__file__).parent.parent
START_SECONDS_MAX = 60
MEMBERS = {"members": {"roles": ["worker"]}}
SECRET = "only for benchmarks " * 3
POUCHDB_SERVER = ROOT / "tests" / "clients" / "node_modules" / ".bin" / "pouchdb-server"
OURS, THEIRS = "Doorstep", "pouchdb-server"


@dataclass
class Served:
    """A running server. `url` has no slash at the end; `headers` are what a client must send; `process` leads all its processes."""

    name: str
    url: str
    process: subprocess.Popen
    headers: dict[str, str] = field(default_factory=dict)
    engine: Engine | None = None  # ours: the same databases from here

    def create(self, database: str) -> None:
        if self.engine is not None:
            assert self.engine.create(database, MEMBERS)
        else:
            assert requests.put(f"{self.url}/{database}", timeout=60).status_code == 201

    def session(self) -> requests.Session:
        session = requests.Session()
        session.headers.update({"Content-Type": "application/json", **self.headers})
        return session


@contextlib.contextmanager
def doorstep(folder: Path) -> Iterator[Served]:
    """The web processes as `make run` starts them."""
    port = free_port()
    environment = {"DOORSTEP_DATA": str(folder), "DOORSTEP_SECRET": SECRET, "DOORSTEP_PORT": str(port)}
    settings = read_settings(environment)
    command = [sys.executable, "-m", "gunicorn", "--config", "python:server.gunicorn_settings", "wsgi:app"]
    with running(command, ROOT, environment, f"http://127.0.0.1:{port}/sync/_up") as process:
        token = sign(signing_key(settings.secret), "w0001", ["worker"], 7200)
        yield Served(OURS, f"http://127.0.0.1:{port}/sync", process, {"Authorization": f"Bearer {token}"}, Engine(settings.engine_folder))


@contextlib.contextmanager
def pouchdb_server(folder: Path) -> Iterator[Served]:
    """pouchdb-server from npm: PouchDB over LevelDB behind the same API. It syncs no write to disk before it answers, and asks nobody who they are."""
    if not POUCHDB_SERVER.exists():
        sys.exit("pouchdb-server is not installed: run `make bench`, or `npm ci` in tests/clients.")
    port = free_port()
    folder.mkdir(parents=True)
    command = ["node", str(POUCHDB_SERVER), "--port", str(port), "--host", "127.0.0.1", "--dir", f"{folder}/", "--no-stdout-logs", "--no-color"]
    with running(command, folder, {}, f"http://127.0.0.1:{port}/") as process:
        yield Served(THEIRS, f"http://127.0.0.1:{port}", process)


@contextlib.contextmanager
def both() -> Iterator[list[Served]]:
    """Both servers at once, over a folder that goes with them; whoever measures asks them in turns."""
    with tempfile.TemporaryDirectory() as folder, doorstep(Path(folder) / "ours") as ours, pouchdb_server(Path(folder) / "theirs") as theirs:
        yield [ours, theirs]


@contextlib.contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str], until_answers: str) -> Iterator[subprocess.Popen]:
    """The command, from when it answers at this address till the block ends."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_") and name not in ("DATABASE_URL", "COUCHDB_URL")}
    with Path(os.environ.get("BENCHMARKS_LOG", os.devnull)).open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env={**others, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                if requests.get(until_answers, timeout=5).ok:
                    break
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"This did not start: {' '.join(command)}")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
