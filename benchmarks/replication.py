"""How fast documents go in and out: PouchDB push and pull, the raw API, and a sync with nothing to do. `python -m benchmarks.replication`"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
import requests

from server.settings import read_settings
from server.tokens import sign, signing_key
from sync.engine import Engine

ROOT = Path(__file__).parent.parent
ROUNDS = 5
DOCUMENTS = 2_000
BATCH_DOCUMENTS = 500
HELD = (1_000, 20_000)
MEMBERS = {"members": {"roles": ["worker"]}}


class Pouch:
    """PouchDB in one Node process, so that starting it is not measured."""

    def __init__(self, url: str, token: str, batch_size: int) -> None:
        options = json.dumps({"url": url, "token": token, "batch_size": batch_size})
        command = ["node", str(ROOT / "benchmarks" / "replication.mjs"), options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, *job: object) -> dict:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, str, Engine]]:
    """The web processes as `make run` starts them: address, a token, and the same databases from here."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"DOORSTEP_DATA": str(folder), "DOORSTEP_SECRET": "only for benchmarks " * 3, "DOORSTEP_PORT": str(port)}
    settings = read_settings(environment)
    command = [sys.executable, "-m", "gunicorn", "--config", "python:server.gunicorn_settings", "server.app:create_app()"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
    try:
        url = f"http://127.0.0.1:{port}/sync"
        until = time.monotonic() + 30
        while True:
            try:
                requests.get(f"{url}/_up", timeout=5)
                break
            except requests.ConnectionError:
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit("The server did not start.")
                time.sleep(0.05)
        yield url, sign(signing_key(settings.secret), "w0001", ["worker"], 3600), Engine(settings.engine_folder)
    finally:
        process.terminate()
        process.wait()


def document(n: int) -> dict:
    return {"_id": f"submission:{n:08}", "_rev": "1-a", "type": "submission", "n": n, "text": "住" * 100 + "x" * 1100}


def median_rate(count: int, act: Callable[[int], float]) -> str:
    """Documents a second: median of the rounds, slowest and fastest."""
    rates = sorted(count / act(round) for round in range(ROUNDS))
    return f"{statistics.median(rates):9,.0f} documents/s   ({rates[0]:,.0f} to {rates[-1]:,.0f})"


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> None:
    size = len(orjson.dumps(document(1)))
    print(f"Documents of {size:,} bytes; medians of {ROUNDS}; web processes as in `make run`")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (url, token, engine):
        session = requests.Session()
        session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        raw(url, session, engine)
        for batch_size in (100, BATCH_DOCUMENTS):
            pouch = Pouch(url, token, batch_size)
            replication(pouch, engine, batch_size)
            pouch.end()
        pouch = Pouch(url, token, BATCH_DOCUMENTS)
        for held in HELD:
            empty_sync(pouch, url, session, engine, held)
        pouch.end()


def raw(url: str, session: requests.Session, engine: Engine) -> None:
    """One client that does nothing but send and receive."""

    def write(round: int) -> float:
        name = f"raw{round}"
        engine.create(name, MEMBERS)
        bodies = [
            orjson.dumps({"new_edits": False, "docs": [document(n) for n in range(start, start + BATCH_DOCUMENTS)]})
            for start in range(0, DOCUMENTS, BATCH_DOCUMENTS)
        ]

        def send() -> None:
            for body in bodies:
                assert session.post(f"{url}/{name}/_bulk_docs", data=body).content == b"[]\n"

        return seconds(send)

    def read(round: int) -> float:
        def receive() -> None:
            since, found = "0", 0
            while found < DOCUMENTS:
                answer = orjson.loads(session.get(f"{url}/raw{round}/_changes?include_docs=true&limit={BATCH_DOCUMENTS}&since={since}").content)
                found += len(answer["results"])
                since = answer["last_seq"]

        return seconds(receive)

    def read_inside(round: int) -> float:
        def receive() -> None:
            since, found = "0", 0
            while found < DOCUMENTS:
                batch = engine.changes(f"raw{round}", since, BATCH_DOCUMENTS)
                found += len(batch.changes)
                since = batch.last_sequence

        return seconds(receive)

    print(f"_bulk_docs, batches of {BATCH_DOCUMENTS}         {median_rate(DOCUMENTS, write)}")
    print(f"_changes?include_docs, limit {BATCH_DOCUMENTS}   {median_rate(DOCUMENTS, read)}")
    print(f"changes as the merge worker reads {median_rate(DOCUMENTS, read_inside)}")


def replication(pouch: Pouch, engine: Engine, batch_size: int) -> None:
    """PouchDB with the memory adapter."""

    def push(round: int) -> float:
        name = f"pouch{batch_size}-{round}"
        engine.create(name, MEMBERS)
        pouch("fill", name, DOCUMENTS)
        result = pouch("push", name)
        assert result["written"] == DOCUMENTS and engine.open(name).info().live == DOCUMENTS
        return result["milliseconds"] / 1000

    def pull(round: int) -> float:
        result = pouch("pull", f"pouch{batch_size}-{round}", f"into{batch_size}-{round}")
        assert result["written"] == DOCUMENTS
        return result["milliseconds"] / 1000

    print(f"PouchDB push {DOCUMENTS:,}, batches of {batch_size} {median_rate(DOCUMENTS, push)}")
    print(f"PouchDB pull {DOCUMENTS:,}, batches of {batch_size} {median_rate(DOCUMENTS, pull)}")


def empty_sync(pouch: Pouch, url: str, session: requests.Session, engine: Engine, held: int) -> None:
    """What a sync costs when there is nothing to send or to fetch."""
    name = f"held{held}"
    engine.create(name, MEMBERS)
    for start in range(0, held, BATCH_DOCUMENTS):
        engine.publish(name, [document(n) for n in range(start, start + BATCH_DOCUMENTS)])
    pouch("pull", name, name)
    pouch("pull", name, name)
    pulls = statistics.median(pouch("pull", name, name)["milliseconds"] for _ in range(4 * ROUNDS))
    since = session.get(f"{url}/{name}/").json()["update_seq"]
    changes = statistics.median(seconds(lambda: session.get(f"{url}/{name}/_changes?style=all_docs&limit=100&since={since}")) for _ in range(100))
    print(f"empty pull with {held:6,} documents held   {pulls:5.1f} ms with PouchDB; its request for changes {changes * 1000:.2f} ms")


if __name__ == "__main__":
    main()
