"""PouchDB in one Node process, so that starting it is not measured."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.servers import ROOT, Served


class Pouch:
    """Call it with a job of replication.mjs; it answers when the job is done."""

    def __init__(self, *servers: Served) -> None:
        options = json.dumps({server.name: {"url": server.url, "headers": server.headers} for server in servers})
        command = ["node", "--max-old-space-size=4096", str(ROOT / "benchmarks" / "replication.mjs"), options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Pouch:
        return self

    def __call__(self, *job: object) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"PouchDB ended in the middle of {job}")
        return json.loads(answer)

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
