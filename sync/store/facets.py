"""What lists filter and sort records by, taken from a merged record: pure, written beside `records.body` whenever it changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sync.labels import pinyin
from sync.store.harm import FEVER_CELSIUS as FEVER_CELSIUS
from sync.store.harm import harm

CALL_BACK_STATES = ("call_back", "nobody_home", "no_respondent", "unsafe_no_access")
"""Results of a visit after which somebody must come again: the column `again` of the household survey."""

DIGITS_WIDTH = 6
_DIGITS = re.compile(r"[0-9]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FACET_CHARACTERS_MAX = 40


def facets(label: str, fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The columns `sort`, `building`, `health_code`, `temperature`, `ends_on` (a day), `harm` of a record with this label and these published fields."""
    return {
        "sort": in_order(label, fields),
        "building": _text(fields, "building"),
        "health_code": _text(fields, "health_code"),
        "temperature": _number(fields, "temperature"),
        "ends_on": _day(fields, "ends_on"),
        "harm": harm(fields),
    }


def in_order(label: str, fields: Mapping[str, Mapping[str, Any]]) -> str:
    """Doors as people count, people as they are called: by pinyin."""
    spoken = pinyin(label) if isinstance(_value(fields, "name"), str) else ()
    return f"{spoken[0]} {natural(label)}" if spoken else natural(label)


def natural(label: str) -> str:
    """Sorts as people count, whatever the database: natural("2栋 311") < natural("10栋 101")."""
    return _DIGITS.sub(lambda digits: digits.group().zfill(DIGITS_WIDTH), label)


def _value(fields: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    entry = fields.get(name)
    return None if entry is None else entry["value"]


def _text(fields: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    value = _value(fields, name)
    return str(value)[:FACET_CHARACTERS_MAX] if isinstance(value, str | int) and value != "" else None


def _number(fields: Mapping[str, Mapping[str, Any]], name: str) -> float | None:
    value = _value(fields, name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _day(fields: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    value = _value(fields, name)
    return value[:10] if isinstance(value, str) and _DAY.match(value) else None
