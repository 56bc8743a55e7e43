"""What a plain client with 1, 8 and 32 connections gets: `_bulk_docs` and `_changes?include_docs`, us and pouchdb-server in turns.

    python -m benchmarks plain_requests

All connections write to, and read from, one database: the hardest case for us, who have one writer a database.
Bodies are made before the watch starts, and of the answers only what proves them whole is looked at.
"""

from __future__ import annotations

import http.client
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import orjson

from benchmarks.replication import document
from benchmarks.report import rate, spread, table, verdict
from benchmarks.servers import OURS, THEIRS, Served, both

ROUNDS = 5
CONNECTIONS = (1, 8, 32)
BATCH = 100
BATCHES = 64  # 6,400 documents written a round
PAGE = 500
PAGES = 32  # 16,000 documents read a round
HELD = 2_000


def main() -> None:
    rates: defaultdict[tuple[str, int, str], list[float]] = defaultdict(list)
    with both() as servers:
        pages = {server.name: _fill(server) for server in servers}
        for round in range(-1, ROUNDS):
            for connections in CONNECTIONS:
                for server in servers if round % 2 else reversed(servers):
                    written = write(server, f"round{round + 1}-{connections}", connections)
                    read = _read(server, pages[server.name], connections)
                    if round >= 0:  # the first one warms up
                        rates["_bulk_docs", connections, server.name].append(written)
                        rates["_changes", connections, server.name].append(read)
    rows = []
    for what, label in (("_bulk_docs", f"_bulk_docs, {BATCH} documents"), ("_changes", f"_changes?include_docs, {PAGE} rows")):
        for connections in CONNECTIONS:
            ours, theirs = rates[what, connections, OURS], rates[what, connections, THEIRS]
            ratio = statistics.median(ours) / statistics.median(theirs)
            row = [f"{label}, {connections} connection{'s' if connections > 1 else ''}", rate(ours), spread(ours), rate(theirs), spread(theirs)]
            rows.append([*row, f"{ratio:.1f}", verdict(ratio >= 1)])
    table(
        f"Plain requests: documents/s, median of {ROUNDS} rounds in turns",
        ["", OURS, "range", THEIRS, "range", "ratio", "not slower"],
        rows,
    )


def write(server: Served, database: str, connections: int) -> float:
    """Documents a second."""
    server.create(database)
    bodies = [orjson.dumps({"new_edits": False, "docs": [document(n) for n in range(start, start + BATCH)]}) for start in range(0, BATCH * BATCHES, BATCH)]
    address = f"{urlsplit(server.url).path}/{database}/_bulk_docs"
    seconds, answers = at_once(server, [("POST", address, body) for body in bodies], connections)
    assert all(answer.strip() == b"[]" for answer in answers)
    assert server.session().get(f"{server.url}/{database}/").json()["doc_count"] == BATCH * BATCHES
    return BATCH * BATCHES / seconds


def _fill(server: Served) -> list[str]:
    """A database to be read, and the sequences that its pages begin after."""
    server.create("held")
    session = server.session()
    documents = [document(n) for n in range(HELD)]
    session.post(f"{server.url}/held/_bulk_docs", data=orjson.dumps({"new_edits": False, "docs": documents}))
    starts = ["0"]
    while len(starts) < HELD // PAGE:
        starts.append(str(session.get(f"{server.url}/held/_changes?limit={PAGE}&since={starts[-1]}").json()["last_seq"]))
    return starts


def _read(server: Served, starts: list[str], connections: int) -> float:
    path = urlsplit(server.url).path
    wanted = [("GET", f"{path}/held/_changes?include_docs=true&limit={PAGE}&since={starts[n % len(starts)]}", b"") for n in range(PAGES)]
    seconds, answers = at_once(server, wanted, connections)
    assert all(answer.count(b'"submission:') >= PAGE for answer in answers)
    return PAGE * PAGES / seconds


def at_once(server: Served, wanted: Iterable[tuple[str, str, bytes]], connections: int) -> tuple[float, list[bytes]]:
    """Send these requests over so many connections, each as soon as one is free; seconds and answers."""
    queue: SimpleQueue[tuple[str, str, bytes]] = SimpleQueue()
    for request in wanted:
        queue.put(request)
    place = urlsplit(server.url).netloc

    def one_connection(_: int) -> list[bytes]:
        answers = []
        connection = http.client.HTTPConnection(place, timeout=120)
        while True:
            try:
                method, path, body = queue.get_nowait()
            except Empty:
                break
            connection.request(method, path, body, {"Content-Type": "application/json", **server.headers})
            answer = connection.getresponse()
            answers.append(answer.read())
            assert answer.status < 300, (answer.status, answers[-1][:500])
        connection.close()
        return answers

    with ThreadPoolExecutor(connections) as threads:
        started = time.perf_counter()
        found = list(threads.map(one_connection, range(connections)))
        seconds = time.perf_counter() - started
    return seconds, [answer for answers in found for answer in answers]


if __name__ == "__main__":
    main()
