"""`make bench`: every benchmark, one after another. Each prints medians of five and says what the time goes into."""

import subprocess
import sys

BENCHMARKS = ["validation", "pipeline", "replication"]

failed = [name for name in BENCHMARKS if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode]
if failed:
    sys.exit(f"These ended with an error: {', '.join(failed)}")
