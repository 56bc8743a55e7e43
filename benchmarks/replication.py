"""PouchDB pushes and pulls 2,000 documents of 1.5 kB, to and from us and pouchdb-server in turns. `python -m benchmarks replication`

PouchDB keeps its documents in memory, so that its own disk is not measured. Aim: 1.5 times the rate of pouchdb-server, each way.
"""

from __future__ import annotations

import statistics
from collections import defaultdict

import orjson

from benchmarks.pouch import Pouch
from benchmarks.report import rate, spread, table, verdict
from benchmarks.servers import OURS, THEIRS, Served, both

ROUNDS = 7
DOCUMENTS = 2_000
BATCHES = (100, 500)  # PouchDB's default, and a larger one
AIM = 1.5


def document(n: int) -> dict:
    return {"_id": f"submission:{n:08}", "_rev": "1-a", "type": "submission", "n": n, "text": "住" * 100 + "x" * 1100}


def main() -> None:
    rates: defaultdict[tuple[str, int, str], list[float]] = defaultdict(list)
    with both() as servers, Pouch(*servers) as pouch:
        pouch("fill", "source", DOCUMENTS)
        for server in servers:  # both have been asked before the watch starts
            one_round(pouch, server, f"warm-{server.name}".lower(), 100)
        for round in range(ROUNDS):
            for batch_size in BATCHES:
                for server in servers if round % 2 else reversed(servers):
                    push, pull = one_round(pouch, server, f"round{round}-{batch_size}", batch_size)
                    rates["push", batch_size, server.name].append(DOCUMENTS / push)
                    rates["pull", batch_size, server.name].append(DOCUMENTS / pull)
    rows = []
    for way, batch_size in [(way, batch_size) for batch_size in BATCHES for way in ("push", "pull")]:
        ours, theirs = rates[way, batch_size, OURS], rates[way, batch_size, THEIRS]
        ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
        rows.append([f"PouchDB {way}, batches of {batch_size}", rate(ours), spread(ours), rate(theirs), spread(theirs), f"{ratio:.2f}", verdict(ratio >= AIM)])
    size = len(orjson.dumps(document(1)))
    table(
        f"Replication: {DOCUMENTS:,} documents of {size:,} bytes, documents/s, median of {ROUNDS} rounds in turns",
        ["", OURS, "range", THEIRS, "range", "ratio", f"aim {AIM}"],
        rows,
    )


def one_round(pouch: Pouch, server: Served, name: str, batch_size: int) -> tuple[float, float]:
    """Seconds of a push and of a pull. Each goes into an empty database and is counted."""
    server.create(name)
    pushed = pouch("push", "source", server.name, name, batch_size)
    into = f"into-{server.name}-{name}"
    pulled = pouch("pull", into, server.name, name, batch_size)
    assert pushed["written"] == pulled["written"] == DOCUMENTS, (pushed, pulled)
    pouch("forget", into)
    return pushed["milliseconds"] / 1000, pulled["milliseconds"] / 1000


if __name__ == "__main__":
    main()
