"""The functions a form may call: one table, each with its arguments, its result and what it makes of blanks.

The reference where engines disagree is `@getodk/xforms-engine`, which runs on the phone; deviations stand in docs/forms.md.
A blank answer is "" as text and NaN as a number, so every comparison of a blank number is false.
Dates count as days since 1970 in the submission's own zone; `today()` and `now()` are pinned to the submission's time.

What needs more than the values of its arguments (`count` over rows, `if`, `position` …) is written by forms/expressions.py; such a row has no `run`.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

NAN = math.nan
DAY_SECONDS = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_DAYS_MAX = 2_900_000  # year 9909: what datetime can hold


class Clock:
    """The submission's own time and zone, as expressions see it."""

    __slots__ = ("now", "now_text", "offset_days", "today", "today_text", "zone")

    def __init__(self, finished_at: datetime) -> None:
        self.zone: timezone = timezone(finished_at.utcoffset() or timedelta(0))
        local = finished_at.replace(tzinfo=self.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self.now = days_of(local)
        self.today = days_of(midnight)
        self.offset_days = self.zone.utcoffset(None).total_seconds() / DAY_SECONDS
        self.now_text = _iso(local)
        self.today_text = midnight.date().isoformat()


def days_of(moment: datetime) -> float:
    return (moment - EPOCH) / timedelta(days=1)


def _iso(local: datetime) -> str:
    return local.isoformat(timespec="milliseconds")


# Conversions (XPath's own, with ODK's dates)

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(Z|[-+]\d{2}:\d{2})?)?", re.ASCII)
LEXICAL_NUMBER = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*", re.ASCII)


def moment_of_text(text: str, clock: Clock) -> datetime | None:
    """A date or date-time as a moment in the submission's zone; None where it is neither."""
    matched = _DATE.fullmatch(text)
    if matched is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = matched.groups()
    tzinfo = clock.zone
    if zone == "Z":
        tzinfo = UTC
    elif zone:
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 14 or minutes > 59:
            return None
        tzinfo = timezone((timedelta(hours=hours, minutes=minutes)) * (-1 if zone[0] == "-" else 1))
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "0")[:6].ljust(6, "0")), tzinfo=tzinfo
        )
        return moment.astimezone(clock.zone)
    except (ValueError, OverflowError):
        return None


def days(text: str, clock: Clock) -> float:
    """A date's days since 1970, NaN where it is blank or no date."""
    moment = moment_of_text(text, clock) if text else None
    return NAN if moment is None else days_of(moment)


def number(text: str, clock: Clock) -> float:
    """XPath's number() of a text; a date counts as its days."""
    if LEXICAL_NUMBER.fullmatch(text):
        return float(text)
    return days(text, clock)


def text_of_number(value: float) -> str:
    """A blank or impossible number is "" (plain XPath says "NaN"; the phone's engine does not)."""
    if value != value:
        return ""
    if value in (math.inf, -math.inf):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else repr(float(value))


def moment_of_days(value: float, clock: Clock) -> datetime | None:
    if not -700_000 < value < YEAR_DAYS_MAX:
        return None
    return (EPOCH + timedelta(milliseconds=round(value * DAY_SECONDS * 1000))).astimezone(clock.zone)


def text_of_days(value: float, clock: Clock) -> str:
    """A moment as ODK writes it: a date where it is midnight, else a date-time with its zone."""
    moment = moment_of_days(value, clock)
    if moment is None:
        return ""
    return moment.date().isoformat() if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0) else _iso(moment)


def text_of_geopoint(value: dict | None) -> str:
    if not value:
        return ""
    return " ".join(text_of_number(float(value.get(part) or 0)) for part in ("latitude", "longitude", "altitude", "accuracy"))


def text_of_geotrace(value: tuple[dict, ...]) -> str:
    return ";".join(map(text_of_geopoint, value))


def truth_of_number(value: float) -> bool:
    return value == value and value != 0


def divide(left: float, right: float) -> float:
    if right:
        return left / right
    if left != left or right != right or not left:
        return NAN
    return math.copysign(math.inf, left) * math.copysign(1, right)


def modulo(left: float, right: float) -> float:
    return NAN if not right or right != right or math.isinf(left) else math.fmod(left, right)


# The functions themselves; a trailing `clock` is given where the row says needs_clock.


def round_half_up(value: float, places: float = 0) -> float:
    if value != value or math.isinf(value) or places != places or abs(places) > 300:
        return value if places == places else NAN
    factor = 10.0 ** int(places)
    return math.copysign(math.floor(abs(value) * factor + 0.5) / factor, value)


def whole(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.trunc(value))


def floor(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.floor(value))


def ceiling(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.ceil(value))


def power(base: float, exponent: float) -> float:
    try:
        result = math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return NAN
    return result


def _guarded(function: Callable[..., float]) -> Callable[..., float]:
    def run(*arguments: float) -> float:
        try:
            return function(*arguments)
        except (ValueError, OverflowError, ZeroDivisionError):
            return NAN

    return run


def substr(text: str, start: float, end: float = NAN) -> str:
    length = len(text)
    first = 0 if start != start else int(max(-length, min(length, start)))
    last = length if end != end else int(max(-length, min(length, end)))
    first, last = first + length if first < 0 else first, last + length if last < 0 else last
    return text[max(0, first) : max(0, last)]


def substring(text: str, start: float, length: float | None = None) -> str:
    first = round_half_up(start)
    last = math.inf if length is None else first + round_half_up(length)
    return "".join(letter for position, letter in enumerate(text, 1) if first <= position < last)


def substring_before(text: str, mark: str) -> str:
    return text.partition(mark)[0] if mark and mark in text else ""


def substring_after(text: str, mark: str) -> str:
    return text.partition(mark)[2] if mark else text


def translate(text: str, letters: str, replacements: str) -> str:
    table: dict[int, str] = {}
    for position, letter in enumerate(letters):
        table.setdefault(ord(letter), replacements[position] if position < len(replacements) else "")
    return text.translate(table)


def regex(text: str, pattern: str) -> bool:
    """As a browser: found anywhere unless anchored, `$` is the very end, \\d and \\w are ASCII."""
    return pattern_of(pattern).search(text) is not None


_PATTERNS: dict[str, re.Pattern[str]] = {}


def pattern_of(pattern: str) -> re.Pattern[str]:
    known = _PATTERNS.get(pattern)
    if known is None:
        # `$` outside a class is the end of the text, not a place before a last newline.
        python = re.sub(r"(\\.)|(\[(?:\\.|[^\]\\])*\])|(\$)", lambda found: found.group(1) or found.group(2) or r"\Z", pattern)
        known = _PATTERNS[pattern] = re.compile(python, re.ASCII)
    return known


def selected(codes: str, code: str) -> bool:
    return code.strip() in codes.split()


def selected_at(codes: str, position: float) -> str:
    listed = codes.split()
    return listed[int(position)] if 0 <= position < len(listed) else ""


def count_selected(codes: str) -> float:
    return float(len(codes.split()))


def date(text: str, clock: Clock) -> float:
    matched = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(T.*)?", text, re.ASCII)
    if matched:
        text = f"{matched[1]}-{matched[2]:0>2}-{matched[3]:0>2}{matched[4] or ''}"
    return days(text, clock)


def decimal_time(text: str) -> float:
    matched = re.fullmatch(r"(\d{2}):(\d{2})(?::([0-5]\d))?(\.\d+)?(?:Z|[-+]\d{2}:\d{2})?", text, re.ASCII)
    if matched is None or int(matched[1]) > 23 or int(matched[2]) > 59:
        return NAN
    return (int(matched[1]) * 3600 + int(matched[2]) * 60 + int(matched[3] or 0) + float(matched[4] or 0)) / DAY_SECONDS


_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORMATS: dict[str, Callable[[datetime], str]] = {
    "%Y": lambda moment: f"{moment.year:04}",
    "%y": lambda moment: f"{moment.year % 100:02}",
    "%m": lambda moment: f"{moment.month:02}",
    "%n": lambda moment: str(moment.month),
    "%b": lambda moment: _MONTHS[moment.month],
    "%d": lambda moment: f"{moment.day:02}",
    "%e": lambda moment: str(moment.day),
    "%a": lambda moment: _WEEKDAYS[moment.weekday()],
    "%H": lambda moment: f"{moment.hour:02}",
    "%h": lambda moment: str(moment.hour),
    "%M": lambda moment: f"{moment.minute:02}",
    "%S": lambda moment: f"{moment.second:02}",
    "%3": lambda moment: f"{moment.microsecond // 1000:03}",
}


def format_date_time(text: str, pattern: str, clock: Clock) -> str:
    moment = moment_of_text(text, clock)
    if moment is None:
        return ""
    return re.sub(r"%.", lambda found: _FORMATS[found[0]](moment) if found[0] in _FORMATS else found[0], pattern)


def format_date(text: str, pattern: str, clock: Clock) -> str:
    """Only the date's parts; the time's stand as they are."""
    moment = moment_of_text(text, clock)
    if moment is None:
        return ""
    return re.sub(r"%[Yymnbdea]", lambda found: _FORMATS[found[0]](moment), pattern)


def digest(text: str, algorithm: str, encoding: str = "base64") -> str:
    known = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
    if algorithm not in known or encoding not in ("base64", "hex"):
        return ""
    raw = hashlib.new(known[algorithm], text.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return raw.hex() if encoding == "hex" else base64.b64encode(raw).decode()


def base64_decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def total(values: list[float]) -> float:
    """sum(): NaN as soon as one is blank, and of nothing (plain XPath says 0 of nothing; the engine on the phone says NaN)."""
    return math.fsum(values) if values and all(value == value for value in values) else NAN


def smallest(values: list[float]) -> float:
    return min(values) if values and all(value == value for value in values) else NAN


def largest(values: list[float]) -> float:
    return max(values) if values and all(value == value for value in values) else NAN


@dataclass(frozen=True)
class Function:
    arguments: tuple[str, ...]
    """What each is turned into: text, number, truth, nodes or any; a last `…text` repeats."""
    result: str
    """text, number, truth, moment (days, written as a date) or nodes."""
    run: Callable | None = None
    """None: forms/expressions.py writes it."""
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
    # text
    "string": _row("any", "text", optional=1),
    "concat": _row("…nodes-or-text", "text"),
    "join": _row("text …nodes-or-text", "text"),
    "substr": _row("text number number", "text", substr, optional=1),
    "substring": _row("text number number", "text", substring, optional=1),
    "substring-before": _row("text text", "text", substring_before),
    "substring-after": _row("text text", "text", substring_after),
    "contains": _row("text text", "truth", lambda text, part: part in text),
    "starts-with": _row("text text", "truth", str.startswith),
    "ends-with": _row("text text", "truth", str.endswith),
    "string-length": _row("text", "number", lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2, optional=1),
    "normalize-space": _row("text", "text", lambda text: " ".join(text.split()), optional=1),
    "translate": _row("text text text", "text", translate),
    "regex": _row("text text", "truth", regex),
    "digest": _row("text text text", "text", digest, optional=1),
    "base64-decode": _row("text", "text", base64_decode),
    "uuid": _row("number", "text", optional=1, volatile="random"),
    # choices
    "selected": _row("text text", "truth", selected),
    "selected-at": _row("text number", "text", selected_at),
    "count-selected": _row("text", "number", count_selected),
    "jr:choice-name": _row("text text", "text"),
    # numbers
    "number": _row("any", "number", optional=1),
    "int": _row("number", "number", whole),
    "round": _row("number number", "number", round_half_up, optional=1),
    "floor": _row("number", "number", floor),
    "ceiling": _row("number", "number", ceiling),
    "abs": _row("number", "number", abs),
    "pow": _row("number number", "number", power),
    "sqrt": _row("number", "number", _guarded(math.sqrt)),
    "exp": _row("number", "number", _guarded(math.exp)),
    "exp10": _row("number", "number", _guarded(lambda value: 10.0**value)),
    "log": _row("number", "number", _guarded(math.log)),
    "log10": _row("number", "number", _guarded(math.log10)),
    "sin": _row("number", "number", _guarded(math.sin)),
    "cos": _row("number", "number", _guarded(math.cos)),
    "tan": _row("number", "number", _guarded(math.tan)),
    "asin": _row("number", "number", _guarded(math.asin)),
    "acos": _row("number", "number", _guarded(math.acos)),
    "atan": _row("number", "number", _guarded(math.atan)),
    "atan2": _row("number number", "number", _guarded(math.atan2)),
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
    "indexed-repeat": _row("nodes nodes number nodes number nodes number", "nodes", optional=4),
    # dates
    "today": _row("", "moment", volatile="pinned"),
    "now": _row("", "moment", volatile="pinned"),
    "date": _row("any", "moment"),
    "date-time": _row("any", "moment"),
    "decimal-date-time": _row("any", "number"),
    "decimal-time": _row("text", "number", decimal_time),
    "format-date": _row("text text", "text", format_date, needs_clock=True),
    "format-date-time": _row("text text", "text", format_date_time, needs_clock=True),
}
