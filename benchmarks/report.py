"""What the benchmarks print: tables that one can read, medians with the spread beside them."""

from __future__ import annotations

import os
import platform
import statistics
import unicodedata
from collections.abc import Sequence


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The first column to the left, figures to the right."""
    columns = [max(map(_width, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}")
    for row in [head, ["─" * width for width in columns], *rows]:
        print("  " + "  ".join(_padded(cell, width, column > 0) for column, (cell, width) in enumerate(zip(row, columns, strict=True))).rstrip())


def rate(values: Sequence[float]) -> str:
    """Median of so many a second."""
    return f"{statistics.median(values):,.0f}"


def spread(values: Sequence[float], format: str = ",.0f") -> str:
    return f"{min(values):{format}} to {max(values):{format}}"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, load {load:.1f} when this began, {platform.system()}, Python {platform.python_version()}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int, right: bool) -> str:
    blank = " " * (width - _width(text))
    return blank + text if right else text + blank
