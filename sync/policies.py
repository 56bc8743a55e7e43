"""What a form's `merge` column may say of a field, and what each policy makes of several values. Pure; sync/merge.py says when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import orjson

from sync.causality import Contribution, by_time

Choice = Callable[[Contribution, Sequence[Contribution]], Contribution]
"""Of the edit that stands by itself (the newest settlement, or else the oldest edit) and the frontier, the one whose value is shown."""
Combination = Callable[[Sequence[Any]], Any]


def newest(standing: Contribution, frontier: Sequence[Contribution]) -> Contribution:
    return max(frontier, key=by_time)


def first(standing: Contribution, frontier: Sequence[Contribution]) -> Contribution:
    return standing


def _union(values: Sequence[Any]) -> list[Any]:
    """Every item that was ever ticked, once, in the order of their JSON."""
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return list(dict(sorted((orjson.dumps(item), item) for item in items)).values())


def _sum(values: Sequence[Any]) -> int | float:
    """Exact in decimal (0.1 + 0.2 is 0.3), so that the order cannot matter. What is no number adds nothing."""
    total = sum((Decimal(repr(value)) for value in values if isinstance(value, int | float) and not isinstance(value, bool)), Decimal())
    return int(total) if total == total.to_integral_value() else float(total)


REVIEW = "review"
"""The policy of what a person decides: the first value stands until it is settled; any other that is reported since is a dispute, seen or not."""

CHOOSING: dict[str, Choice] = {"latest": newest, "earliest": first, REVIEW: first}
"""Policies that let one report stand for the field. Different values on the frontier are a dispute."""

OBSERVED = "observed"
"""The policy of what is asked anew at each visit, a temperature, say: the newest observation stands, also when its value is not new, and two
observations that differ are two facts, not a dispute."""

COMBINING: dict[str, Combination] = {
    "max": lambda values: max(values, key=rank),
    "min": lambda values: min(values, key=rank),
    "union": _union,
    "sum": _sum,
}
"""Policies that make one value of all that were ever accepted. The form's author has settled how; there is nothing to dispute."""

POLICIES = frozenset(CHOOSING) | frozenset(COMBINING) | {OBSERVED}
"""What a form's `merge` column may say; `latest` where it says nothing."""


def policy_of(name: str, those: Iterable[Contribution]) -> str:
    """What the newest form that has this field says."""
    last = max((each for each in those if not each.decides), key=by_time, default=None)
    return last.policies.get(name, "latest") if last else "latest"


def same(a: Any, b: Any) -> bool:
    """Equal as JSON values: True is not 1, and 1 is 1.0."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def rank(value: Any) -> tuple[int, Any]:
    """Numbers, then texts (dates among them), then anything else by its JSON: values of one field compare whatever they are."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value)
    return (1, value) if isinstance(value, str) else (2, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
