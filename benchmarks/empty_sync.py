"""What a sync costs when there is nothing to send or to fetch, with 1,000, 10,000 and 100,000 documents held. `python -m benchmarks empty_sync`

Aim: flat. The largest may take 1.3 times what the smallest takes, by PouchDB's own sync (both ways) and by the requests that it makes, sent bare.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import requests

from benchmarks.pouch import Pouch
from benchmarks.replication import document
from benchmarks.report import percentile, table, verdict
from benchmarks.servers import OURS, Served, doorstep

ROUNDS = 60
HELD = (1_000, 10_000, 100_000)
AT_ONCE = 5_000
AIM = 1.3


def main() -> None:
    milliseconds: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, doorstep(Path(folder)) as server, Pouch(server) as pouch:
        for held in HELD:
            _fill(server, held)
            pouch("sync", f"held{held}", OURS, f"held{held}")
        bare = {held: Bare(server, f"held{held}") for held in HELD}
        for round in range(-5, ROUNDS):
            for held in HELD:
                by_pouch = pouch("sync", f"held{held}", OURS, f"held{held}")["milliseconds"]
                by_hand = bare[held]()
                if round >= 0:  # the first few warm up
                    milliseconds["PouchDB's sync, both ways", held].append(by_pouch)
                    milliseconds["its requests, bare", held].append(by_hand)
    rows = []
    for what in ("PouchDB's sync, both ways", "its requests, bare"):
        medians = [statistics.median(milliseconds[what, held]) for held in HELD]
        ratio = max(medians) / min(medians)
        slow = percentile([value for held in HELD for value in milliseconds[what, held]], 95)
        rows.append([what, *[f"{median:.1f}" for median in medians], f"{slow:.1f}", f"{ratio:.2f}", verdict(ratio <= AIM)])
    table(
        f"Empty sync: milliseconds by documents held, median of {ROUNDS} rounds in turns",
        ["", *[f"{held:,} held" for held in HELD], "p95 of all", "most : least", f"aim {AIM}"],
        rows,
    )


class Bare:
    """What PouchDB asks when there is nothing new, over one connection."""

    def __init__(self, server: Served, name: str) -> None:
        self.session: requests.Session = server.session()
        self.url = f"{server.url}/{name}"
        self.since = self.session.get(f"{self.url}/").json()["update_seq"]
        self.session.put(f"{self.url}/_local/bare", json={"last_seq": self.since})

    def __call__(self) -> float:
        started = time.perf_counter()
        for path in ("", "_local/bare", f"_changes?style=all_docs&limit=100&since={self.since}"):
            answer = self.session.get(f"{self.url}/{path}")
            assert answer.status_code == 200
        assert answer.json()["results"] == []
        return 1000 * (time.perf_counter() - started)


def _fill(server: Served, held: int) -> None:
    assert server.engine is not None
    server.create(f"held{held}")
    for start in range(0, held, AT_ONCE):
        server.engine.publish(f"held{held}", [document(n) for n in range(start, min(held, start + AT_ONCE))])


if __name__ == "__main__":
    main()
