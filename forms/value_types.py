"""How an answer of each type is kept: one table for the reader of JSON, for XML and for JSON Schema.

    VALUE_TYPES["geopoint"].write({"latitude": 29.84, "longitude": 114.32})  →  "29.84 114.32"
    VALUE_TYPES["geopoint"].parse("29.84 114.32")                            →  {"latitude": 29.84, "longitude": 114.32}

`parse` gives None for what is blank and the text itself where it does not fit, so that the verdict can name it. The phone has the same table in
server/pwa/src/forms/answers.ts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from forms.reading import CHOICES_MAX, FILE_NAME_CHARACTERS_MAX, NUMBER_MAX, POINTS_MAX, TEXT_CHARACTERS_MAX

GEOPOINT_PARTS = ("latitude", "longitude", "altitude", "accuracy")


@dataclass(frozen=True)
class ValueType:
    reader: str
    """read_<reader> in forms/reading.py takes it from JSON."""
    schema: dict[str, Any]
    """JSON Schema of an answer that is not null or ""; an empty list is as good as these."""
    write: Callable[[Any], str]
    """JSON → the text of an element. Raises ValueError, TypeError, AttributeError where it is no such answer."""
    parse: Callable[[str], Any]
    """The text of an element → JSON."""


# Text


def _write_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return _write_number(value)
    raise TypeError(f"{type(value).__name__} is no answer")


def _parse_text(text: str) -> Any:
    return text or None


def _write_acknowledge(value: Any) -> str:
    return "OK" if value is True else _write_text(value)


# Numbers

_INTEGER = re.compile(r"\s*[-+]?\d{1,15}\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)\s*", re.ASCII)


def _write_number(value: Any) -> str:
    """Without an exponent, which XML Schema's decimal does not know, and so that reading it gives the same number."""
    if isinstance(value, bool):
        raise TypeError("true and false are no answers")
    return value if isinstance(value, str) else format(Decimal(repr(value)), "f")


def _parse_number(text: str) -> Any:
    if text == "":
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        number = float(text)
        return text if number in (float("inf"), float("-inf")) else number
    return text


# Choices


def _write_codes(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else _write_text(value)


def _parse_codes(text: str) -> Any:
    return text.split() or None


# Places


def _write_position(value: Any) -> str:
    if not isinstance(value, dict):
        return _write_text(value)
    parts = [value.get(part) for part in GEOPOINT_PARTS]
    while parts and parts[-1] is None:
        parts.pop()
    return " ".join(_write_number(part or 0) for part in parts)


def _parse_position(text: str) -> Any:
    parts = [_parse_number(part) for part in text.split()]
    if 2 <= len(parts) <= 4 and not any(isinstance(part, str) for part in parts):
        return dict(zip(GEOPOINT_PARTS, parts, strict=False))
    return text or None


def _write_positions(value: Any) -> str:
    return ";".join(map(_write_position, value)) if isinstance(value, list) else _write_text(value)


def _parse_positions(text: str) -> Any:
    """`lat lon alt acc;lat lon alt acc`, with or without a last semicolon."""
    points = [_parse_position(point) for point in text.strip().removesuffix(";").split(";")]
    return points if all(isinstance(point, dict) for point in points) else text or None


# JSON Schema. A pattern ends in `$(?!\n)`, because Python's `$` also stands before a last line break.

_END = "$(?!\\n)"
_NO_CONTROLS = {"not": {"pattern": "[\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\uD800-\\uDFFF\\uFFFE\\uFFFF]"}}
_DAY = (
    "(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,9})?)?"
_ZONE = "(?:Z|[-+](?:0[0-9]|1[0-4]):[0-5][0-9])"
_NUMBER = {"minimum": -NUMBER_MAX, "maximum": NUMBER_MAX}

_text_schema = {"type": "string", "minLength": 1, "maxLength": TEXT_CHARACTERS_MAX, **_NO_CONTROLS}
_line_schema = {**_text_schema, "pattern": "\\S"}
_codes_schema = {"type": "array", "items": _line_schema, "maxItems": CHOICES_MAX}
_position_schema = {
    "type": "object",
    "properties": {
        "latitude": {"type": "number", "minimum": -90, "maximum": 90},
        "longitude": {"type": "number", "minimum": -180, "maximum": 180},
        "altitude": {"type": ["number", "null"], **_NUMBER},
        "accuracy": {"type": ["number", "null"], "minimum": 0, "maximum": NUMBER_MAX},
    },
    "required": ["latitude", "longitude"],
    "additionalProperties": False,
}


def _positions_schema(least: int) -> dict[str, Any]:
    return {"type": "array", "items": _position_schema, "anyOf": [{"minItems": least}, {"maxItems": 0}], "maxItems": POINTS_MAX}


_text = ValueType("text", _text_schema, _write_text, _parse_text)
_line = ValueType("one_line", _line_schema, _write_text, _parse_text)
_file_name = ValueType(
    "file_name", {**_text_schema, "maxLength": FILE_NAME_CHARACTERS_MAX, "pattern": "^[^/\\\\\r\n]*[^/\\\\\\s][^/\\\\\r\n]*" + _END}, _write_text, _parse_text
)

VALUE_TYPES = {
    "text": _text,
    "barcode": ValueType("barcode", _text_schema, _write_text, _parse_text),
    "integer": ValueType("integer", {"type": "integer", **_NUMBER}, _write_number, _parse_number),
    "decimal": ValueType("decimal", {"type": "number", **_NUMBER}, _write_number, _parse_number),
    "select_one": _line,
    "select_multiple": ValueType("select_multiple", _codes_schema, _write_codes, _parse_codes),
    "rank": ValueType("rank", {**_codes_schema, "uniqueItems": True}, _write_codes, _parse_codes),
    "date": ValueType("date", {"type": "string", "pattern": f"^{_DAY}{_END}"}, _write_text, _parse_text),
    "time": ValueType("time", {"type": "string", "pattern": f"^{_CLOCK}{_ZONE}?{_END}"}, _write_text, _parse_text),
    "dateTime": ValueType("dateTime", {"type": "string", "pattern": f"^{_DAY}T{_CLOCK}{_ZONE}{_END}"}, _write_text, _parse_text),
    "geopoint": ValueType("geopoint", _position_schema, _write_position, _parse_position),
    "geotrace": ValueType("geotrace", _positions_schema(2), _write_positions, _parse_positions),
    "geoshape": ValueType("geoshape", _positions_schema(3), _write_positions, _parse_positions),
    "image": _file_name,
    "audio": _file_name,
    "video": _file_name,
    "file": _file_name,
    "acknowledge": ValueType("acknowledge", {"enum": ["OK", True]}, _write_acknowledge, _parse_text),
}
