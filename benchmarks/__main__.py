"""`make bench`: every benchmark, one after another; `python -m benchmarks storm replication` only these. Each says whether its aim was met."""

import importlib.util
import subprocess
import sys
import time

from benchmarks.report import machine

BENCHMARKS = [
    "validation",
    "feed_to_records",
    "merge_workers",
    "replication",
    "plain_requests",
    "empty_sync",
    "idle_feeds",
    "storm",
    "forms_on_phone",
    "linkage",
]

wanted = sys.argv[1:] or BENCHMARKS
unknown = [name for name in wanted if importlib.util.find_spec(f"benchmarks.{name}") is None]
if unknown:
    sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.")
print(machine())
failed = []
for name in wanted:
    started = time.monotonic()
    print(f"\n── {name} {'─' * (70 - len(name))}", flush=True)
    if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
        failed.append(name)
    print(f"\n  {time.monotonic() - started:.0f} s", flush=True)
if failed:
    sys.exit(f"These ended with an error: {', '.join(failed)}")
