"""The functions a form may call: one table, each with its arguments, its result and what it makes of blanks.

The reference where engines disagree is `@getodk/xforms-engine`, which runs on the phone; what is left of deviations stands in docs/forms.md.
A blank answer is "" as text and NaN as a number, so every comparison of a blank number is false.

What needs more than the values of its arguments (`count` over rows, `if`, `position` …) is written by forms/calls.py; such a row has no `run`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from forms import conversions, geography, moments, patterns, shuffling, texts
from forms.conversions import guarded
from forms.moments import NAN


@dataclass(frozen=True)
class Function:
    arguments: tuple[str, ...]
    """What each is turned into: text, number, truth, nodes or any; a last `…text` repeats."""
    result: str
    """text, number, truth, moment (days, written as a date), nodes or any."""
    run: Callable | None = None
    """None: forms/calls.py writes it."""
    optional: int = 0
    """How many of the last arguments may be left out."""
    needs_clock: bool = False
    volatile: str = ""
    """"pinned": the phone's value came earlier than ours and is kept; "random": only the phone can know it."""


def _row(arguments: str, result: str, run: Callable | None = None, **more) -> Function:
    return Function(tuple(arguments.split()), result, run, **more)


FUNCTIONS: dict[str, Function] = {
    # truth
    "true": _row("", "truth"),
    "false": _row("", "truth"),
    "not": _row("truth", "truth"),
    "boolean": _row("truth", "truth"),
    "boolean-from-string": _row("text", "truth", lambda text: text in ("1", "true")),
    "if": _row("truth any any", "any"),
    "coalesce": _row("text text", "text"),
    "once": _row("any", "text", volatile="random"),
    "checklist": _row("number number …truth", "truth"),
    "weighted-checklist": _row("number number …any", "truth"),
    "lang": _row("text", "truth"),
    # text
    "string": _row("any", "text", optional=1),
    "concat": _row("…nodes-or-text", "text"),
    "join": _row("text …nodes-or-text", "text"),
    "substr": _row("text text text", "text", texts.substr, optional=1),
    "substring": _row("text number number", "text", texts.substring, optional=1),
    "substring-before": _row("text text", "text", texts.substring_before),
    "substring-after": _row("text text", "text", texts.substring_after),
    "contains": _row("text text", "truth", lambda text, part: part in text),
    "starts-with": _row("text text", "truth", str.startswith),
    "ends-with": _row("text text", "truth", str.endswith),
    "string-length": _row("text", "number", texts.string_length, optional=1),
    "normalize-space": _row("text", "text", texts.normalize_space, optional=1),
    "translate": _row("text text text", "text", texts.translate),
    "regex": _row("text text", "truth", patterns.found, needs_clock=True),
    "digest": _row("text text text", "text", texts.digest, optional=1),
    "base64-decode": _row("text", "text", texts.base64_decode),
    "uuid": _row("number", "text", optional=1, volatile="random"),
    "name": _row("nodes", "text", optional=1),
    "local-name": _row("nodes", "text", optional=1),
    "namespace-uri": _row("nodes", "text", optional=1),
    # choices
    "selected": _row("text text", "truth", texts.selected),
    "selected-at": _row("text text", "text", texts.selected_at),
    "count-selected": _row("text", "number", texts.count_selected),
    "jr:choice-name": _row("text text", "text"),
    "jr:itext": _row("literal", "text"),
    # numbers
    "number": _row("any", "number", optional=1),
    "int": _row("number", "number", conversions.whole),
    "round": _row("number number", "number", conversions.round_half_up, optional=1),
    "floor": _row("number", "number", conversions.floor),
    "ceiling": _row("number", "number", conversions.ceiling),
    "abs": _row("number", "number", abs),
    "pow": _row("number number", "number", conversions.power),
    "sqrt": _row("number", "number", guarded(math.sqrt)),
    "exp": _row("number", "number", guarded(math.exp, math.inf)),
    "exp10": _row("number", "number", guarded(lambda value: 10.0**value, math.inf)),
    "log": _row("number", "number", conversions.logarithm(math.log)),
    "log10": _row("number", "number", conversions.logarithm(math.log10)),
    "sin": _row("number", "number", guarded(math.sin)),
    "cos": _row("number", "number", guarded(math.cos)),
    "tan": _row("number", "number", guarded(math.tan)),
    "asin": _row("number", "number", guarded(math.asin)),
    "acos": _row("number", "number", guarded(math.acos)),
    "atan": _row("number", "number", guarded(math.atan)),
    "atan2": _row("number number", "number", conversions.atan2),
    "pi": _row("", "number", lambda: math.pi),
    "random": _row("", "number", volatile="random"),
    # rows
    "count": _row("nodes", "number"),
    "count-non-empty": _row("nodes", "number"),
    "sum": _row("nodes", "number"),
    "min": _row("…nodes-or-number", "number"),
    "max": _row("…nodes-or-number", "number"),
    "position": _row("nodes", "number", optional=1),
    "last": _row("", "number"),
    "current": _row("", "nodes"),
    "instance": _row("literal", "nodes"),
    "pulldata": _row("literal literal literal text", "text"),
    "randomize": _row("nodes number", "nodes", optional=1),
    "id": _row("text", "nodes"),
    "indexed-repeat": _row("nodes nodes number nodes number nodes number", "nodes", optional=4),
    # places
    "area": _row("nodes-or-text", "number"),
    "distance": _row("…nodes-or-text", "number"),
    "geofence": _row("text text", "truth", geography.geofence),
    # dates
    "today": _row("", "moment", volatile="pinned"),
    "now": _row("", "moment", volatile="pinned"),
    "date": _row("any", "moment"),
    "date-time": _row("any", "moment"),
    "decimal-date-time": _row("any", "number"),
    "decimal-time": _row("text", "number", moments.decimal_time, needs_clock=True),
    "format-date": _row("text text", "text", moments.format_date_time, needs_clock=True),
    "format-date-time": _row("text text", "text", moments.format_date_time, needs_clock=True),
}


# Several values


def total(values: list[float]) -> float:
    """sum(): NaN as soon as one is blank, and of nothing (plain XPath says 0 of nothing; the engine on the phone says NaN).

    One after the other, as the phone adds: Python's own sum() rounds otherwise.
    """
    result = 0.0
    for value in values:
        result += value
    return result if values else NAN


def smallest(values: list[float]) -> float:
    return min(values) if values and all(value == value for value in values) else NAN


def largest(values: list[float]) -> float:
    return max(values) if values and all(value == value for value in values) else NAN


def joined(glue: str, texts: list[str], clock: moments.Clock) -> str:
    text = glue.join(texts)
    clock.spend(len(text) >> 4)
    return text


def at_least_at_most(least: float, most: float, met: list[bool]) -> bool:
    """checklist()"""
    if most == -1 and least < 1:
        return True
    return least <= sum(met) and (most == -1 or not any(met) or not sum(met) > most)  # a most that is none is no bound; none met are never too many


def weighed(least: float, most: float, pairs: list[tuple[list[bool], list[float]]]) -> bool:
    """weighted-checklist(): each pair is what is met and what it weighs, a value or one for each node."""
    if most == -1 and least < 1:
        return True
    satisfied = 0.0
    for met, weights in pairs:
        for at, weight in enumerate(weights):
            if at >= len(met):
                return False
            if met[at]:
                satisfied += weight
                if most != -1 and satisfied > most:
                    return False
    return satisfied >= least


RUNTIME: dict[str, Callable] = {
    each.__name__: each
    for each in (
        conversions.number, conversions.number_of_answer, conversions.text_of_number, conversions.text_of_decimal, conversions.text_of_number_function,
        conversions.text_of_geopoint, conversions.text_of_geotrace, conversions.truth_of_number, conversions.divide, conversions.modulo, moments.days,
        moments.date, moments.same_moment, moments.text_of_days, moments.to_milliseconds, shuffling.shuffled, geography.area, geography.distance, total,
        smallest, largest,
        joined, at_least_at_most, weighed,
    )
}  # fmt: skip
"""What the generated source calls by its own name, beside the table."""
