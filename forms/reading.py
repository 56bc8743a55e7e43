"""What a form's generated source calls: one reader for each type of answer, and what settling and counting need.

A reader never raises: whatever is wrong is told to `wrong(at, suffix, rule, sentence)` and reads as blank. A blank is absent, null, "" or [].
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date as calendar_date
from typing import Any

from forms import functions, nodes
from forms.conversions import LEXICAL_NUMBER, whole
from forms.moments import NAN, TooMuchWork

TEXT_CHARACTERS_MAX = 10_000
REPEAT_ROWS_MAX = 500
CHOICES_MAX = 200
POINTS_MAX = 10_000
"""In one line or area."""
NUMBER_MAX = 1e15
CALCULATED_CHARACTERS_MAX = 100_000
ROWS_MAX = 10_000
"""In one submission, in all repeats together."""
FILE_NAME_CHARACTERS_MAX = 255
UNKNOWN_NAMED_MAX = 20

Wrong = Callable[[str, str, str, str], None]

# What cannot stand in XML 1.0, lone surrogates included: such a text could never be exchanged.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_NAMES = re.compile(r"[/\\\r\n]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[-+](?:0\d|1[0-4]):[0-5]\d)?", re.ASCII)
_DATE_TIME_ZONE = re.compile(r"(?:Z|[-+](?:0\d|1[0-4]):[0-5]\d)", re.ASCII)


def read_text(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    if type(value) is str:
        if len(value) <= TEXT_CHARACTERS_MAX and (value.isprintable() or not _NOT_TEXT.search(value)):
            return value
        wrong(at, suffix, "type", "text_too_long" if len(value) > TEXT_CHARACTERS_MAX else "text_characters")
    elif value is not None:
        wrong(at, suffix, "type", "text")
    return ""


def read_one_line(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    """A code or a file's name: as text, without blanks around it."""
    return read_text(value, at, suffix, wrong).strip() if value is not None else ""


def read_integer(value: object, at: str, suffix: str, wrong: Wrong) -> float:
    if type(value) is int and -NUMBER_MAX <= value <= NUMBER_MAX:
        return value
    if type(value) is float and value.is_integer() and abs(value) <= NUMBER_MAX:
        return int(value)
    if value is not None and value != "":
        wrong(at, suffix, "type", "integer")
    return NAN


def read_decimal(value: object, at: str, suffix: str, wrong: Wrong) -> float:
    if (type(value) is float or type(value) is int) and -NUMBER_MAX <= value <= NUMBER_MAX:
        return value
    if value is not None and value != "":
        wrong(at, suffix, "type", "decimal")
    return NAN


def read_calculated_number(value: object, at: str, suffix: str, wrong: Wrong) -> float:
    """A calculation may come as the text the engine wrote; whatever it is, we calculate it again."""
    if type(value) is str and len(value) < 40 and LEXICAL_NUMBER.fullmatch(value):
        value = float(value)
    if (type(value) is float or type(value) is int) and -NUMBER_MAX <= value <= NUMBER_MAX:
        return int(value) if value == int(value) else value
    return NAN


def read_select_multiple(value: object, at: str, suffix: str, wrong: Wrong, sentence: str = "select_multiple") -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if type(value) is not list or not all(type(code) is str and code and not code.isspace() and len(code) <= TEXT_CHARACTERS_MAX for code in value):
        wrong(at, suffix, "type", sentence)
        return ()
    if len(value) > CHOICES_MAX:
        wrong(at, suffix, "type", "too_many_choices")
        return ()
    if any(_NOT_TEXT.search(code) for code in value):
        wrong(at, suffix, "type", "text_characters")
        return ()
    return tuple(dict.fromkeys(value))


def read_rank(value: object, at: str, suffix: str, wrong: Wrong) -> tuple[str, ...]:
    codes = read_select_multiple(value, at, suffix, wrong, "rank")
    if type(value) is list and len(codes) < len(value) and codes:
        wrong(at, suffix, "choice", "rank_twice")
        return ()
    return codes


def read_file_name(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    if type(value) is str and (len(value) > FILE_NAME_CHARACTERS_MAX or _NOT_IN_NAMES.search(value)):
        wrong(at, suffix, "type", "file_name")
        return ""
    return read_one_line(value, at, suffix, wrong)


def read_barcode(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    return read_text(value, at, suffix, wrong)


def read_date(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    if value is None or value == "":
        return ""
    if type(value) is str and _DATE.fullmatch(value) and _is_day(value):
        return value
    wrong(at, suffix, "type", "date")
    return ""


def read_time(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    if value is None or value == "":
        return ""
    if type(value) is str and len(value) < 40 and _TIME.fullmatch(value):
        return value
    wrong(at, suffix, "type", "time")
    return ""


def read_dateTime(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    if value is None or value == "":
        return ""
    if type(value) is str and len(value) < 40:
        day, mark, time = value.partition("T")
        if mark and _DATE.fullmatch(day) and _is_day(day) and _TIME.fullmatch(time) and _DATE_TIME_ZONE.search(time):
            return value
    wrong(at, suffix, "type", "dateTime")
    return ""


def read_geopoint(value: object, at: str, suffix: str, wrong: Wrong) -> dict | None:
    if value is None or value == "":
        return None
    if type(value) is dict and value.keys() <= {"latitude", "longitude", "altitude", "accuracy"}:
        parts = {name: part for name in ("latitude", "longitude", "altitude", "accuracy") if (part := value.get(name)) is not None}
        if all(type(part) in (int, float) and -NUMBER_MAX <= part <= NUMBER_MAX for part in parts.values()):
            latitude, longitude = parts.get("latitude"), parts.get("longitude")
            if latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180 and parts.get("accuracy", 0) >= 0:
                return parts
    wrong(at, suffix, "type", "geopoint")
    return None


def read_geotrace(value: object, at: str, suffix: str, wrong: Wrong, sentence: str = "geotrace", least: int = 2) -> tuple[dict, ...]:
    """A line of two positions at least; an area of three, whose last may be its first again."""
    if value is None or value == "" or value == []:
        return ()
    bad: list[str] = []
    points: list[dict | None] = []
    if type(value) is list and len(value) <= POINTS_MAX:
        points = [read_geopoint(point, at, suffix, lambda *_: bad.append("")) for point in value]
    if len(points) < least or bad or None in points:
        wrong(at, suffix, "type", sentence)
        return ()
    return tuple(point for point in points if point is not None)


def read_geoshape(value: object, at: str, suffix: str, wrong: Wrong) -> tuple[dict, ...]:
    return read_geotrace(value, at, suffix, wrong, "geoshape", 3)


def read_acknowledge(value: object, at: str, suffix: str, wrong: Wrong) -> str:
    if value is None or value == "":
        return ""
    if value == "OK" or value is True:
        return "OK"
    wrong(at, suffix, "type", "acknowledge")
    return ""


def read_rows(value: object, up: Any, at: str, suffix: str, read_row: Callable, wrong: Wrong) -> list:
    if value is None or value == "":
        return []
    if type(value) is not list:
        wrong(at, suffix, "type", "repeat")
        return []
    if len(value) > REPEAT_ROWS_MAX:
        wrong(at, suffix, "count", "too_many_rows")
        return []
    root = up
    while root.up is not None:
        root = root.up
    root.rows += len(value)
    if root.rows > ROWS_MAX:
        wrong(at, suffix, "count", "too_many_rows")
        return []
    path = f"{at}{suffix}/"
    return [read_row(raw, up, f"{path}{index}", index, wrong) for index, raw in enumerate(value)]


def no_group(value: object, at: str, wrong: Wrong) -> dict:
    if value is not None and value != "":
        wrong(at, "", "type", "group")
    return {}


def no_answer(value: object, at: str, suffix: str, wrong: Wrong) -> None:
    """A note has no answer."""
    if value is not None and value != "":
        wrong(at, suffix, "unknown", "unknown")


def ignore(_at: str, _suffix: str, _rule: str, _sentence: str) -> None:
    """In place of `wrong`, where a wrong answer is as good as none."""


def unknown(raw: dict, known: set[str], at: str, wrong: Wrong) -> None:
    for name in [name for name in raw if name not in known][:UNKNOWN_NAMED_MAX]:
        wrong(at, "/" + printable(str(name)), "unknown", "unknown")


def printable(name: str) -> str:
    """A name from outside, short and harmless enough to stand in a path; a slash in it is written ~1."""
    return _NOT_TEXT.sub("�", name[:100]).replace("/", "~1")


def _is_day(text: str) -> bool:
    try:
        calendar_date.fromisoformat(text)
    except ValueError:
        return False
    return True


# Settling: the submitted value of a calculation, and what we make of it

_SAME_ENOUGH = 1e-9


def calculated_text(given: str, calculated: str, at: str, suffix: str, volatile: str, remark: Callable) -> str:
    if len(calculated) > CALCULATED_CHARACTERS_MAX:
        raise TooMuchWork
    if given == calculated or (given and (volatile == "random" or (volatile and calculated))):
        return given
    if given:
        remark(at, suffix, "calculate")
    return calculated


def calculated_number(given: float, calculated: float, at: str, suffix: str, volatile: str, remark: Callable) -> float:
    if math.isinf(calculated) or abs(calculated) > NUMBER_MAX:
        calculated = NAN
    if given == given:
        if volatile == "random" or (volatile and calculated == calculated) or math.isclose(given, calculated, rel_tol=_SAME_ENOUGH, abs_tol=_SAME_ENOUGH):
            return given
        remark(at, suffix, "calculate")
    return int(calculated) if calculated == calculated and calculated == int(calculated) else calculated


def calculated_integer(given: float, calculated: float, at: str, suffix: str, volatile: str, remark: Callable) -> float:
    return calculated_number(given, whole(calculated), at, suffix, volatile, remark)


def calculated_choices(given: tuple[str, ...], calculated: str, at: str, suffix: str, volatile: str, remark: Callable) -> tuple[str, ...]:
    if given and (volatile == "random" or given == tuple(calculated.split())):
        return given
    if given:
        remark(at, suffix, "calculate")
    return tuple(calculated.split())


def calculated_places(given, calculated: str, at: str, suffix: str, volatile: str, remark: Callable, value_type: str):
    """A position, line or area that is calculated: from its text."""
    readers: dict[str, Callable] = {"geopoint": read_geopoint, "geotrace": read_geotrace, "geoshape": read_geoshape}
    read = readers[value_type]
    points = [_point_of(text) for text in calculated.split(";") if text.strip()]
    found = read((points[0] if len(points) == 1 else None) if value_type == "geopoint" else points, at, suffix, ignore)
    if given and (volatile == "random" or (volatile and found) or _same_places(given, found)):
        return given
    if given:
        remark(at, suffix, "calculate")
    return found


def _point_of(text: str) -> dict | None:
    parts = text.split()
    if not 2 <= len(parts) <= 4 or not all(LEXICAL_NUMBER.fullmatch(part) for part in parts):
        return None
    return dict(zip(("latitude", "longitude", "altitude", "accuracy"), map(float, parts), strict=False))


def _same_places(given, found) -> bool:
    """What is not said of a point is nothing."""
    first, second = ([each] if isinstance(each, dict) else list(each or ()) for each in (given, found))
    names = ("latitude", "longitude", "altitude", "accuracy")
    return len(first) == len(second) and all(
        math.isclose(one.get(name) or 0, other.get(name) or 0, rel_tol=_SAME_ENOUGH, abs_tol=_SAME_ENOUGH)
        for one, other in zip(first, second, strict=True)
        for name in names
    )


# Counting and choosing among rows


def distinct(rows) -> list:
    return list({id(row): row for row in rows}.values())


def row_at(rows: list, position: float) -> list:
    """Between two rows there is none."""
    return [rows[int(position) - 1]] if 1 <= position <= len(rows) and position == int(position) else []


def is_closed(points: tuple[dict, ...]) -> bool:
    """The phone keeps no area that does not end where it began."""
    return len(points) > 3 and all(points[0][name] == points[-1][name] for name in ("latitude", "longitude"))


def in_range(value: float, start: float | None, end: float | None, step: float | None) -> bool:
    """From start to end by whole steps, up or down; a computer's thirds of a step are forgiven."""
    if start is None or end is None:
        return True
    if not min(start, end) <= value <= max(start, end):
        return False
    steps = (value - start) / step if step else 0.0
    return math.isclose(steps, round(steps), abs_tol=1e-6)


def expected_rows(count: float) -> int:
    return max(0, int(count)) if count == count and abs(count) <= NUMBER_MAX else 0


NAMES: dict[str, Callable] = {
    **{
        each.__name__: each
        for each in (
            read_text, read_one_line, read_integer, read_decimal, read_calculated_number, read_select_multiple, read_rank, read_barcode, read_file_name,
            read_date, read_time, read_dateTime, read_geopoint, read_geotrace, read_geoshape, read_acknowledge, read_rows, no_group, no_answer, ignore,
            unknown, calculated_text, calculated_number, calculated_integer, calculated_choices, calculated_places, distinct, row_at, in_range,
            is_closed, expected_rows,
        )
    },
    **functions.RUNTIME,
    **nodes.RUNTIME,
}  # fmt: skip
"""What the generated source may call."""
