"""How many examples a property test tries: `make test-long` tries ten times as many as `make test`."""

import os

TIMES = int(os.environ.get("EXAMPLES_TIMES", "1"))


def examples(number: int) -> int:
    return number * TIMES
