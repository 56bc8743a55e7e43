"""Dates and times as expressions see them: days since 1970 in the submission's own zone, read and written as the engine on the phone does.

`today()` and `now()` are pinned to the submission's time, or a late sync would fail constraints. A blank date, or none at all, is NaN.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

NAN = math.nan
DAY_SECONDS = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_DAYS_MAX = 2_900_000  # year 9909: what datetime can hold
Rows = TypeVar("Rows", list, tuple)
WORK_STEPS_MAX = 2_000_000
"""How many rows, items and letters the rules of one submission may look at; far more than any real one needs, and a second's work or two."""


class TooMuchWork(Exception):
    """The rules of a form would have to look at more than WORK_STEPS_MAX rows, items and letters of this submission."""


class Clock:
    """The submission's own time and zone, as expressions see it; and the work they may still do."""

    __slots__ = ("now", "now_text", "today", "today_text", "work", "zone")

    def __init__(self, finished_at: datetime) -> None:
        self.zone: timezone = timezone(finished_at.utcoffset() or timedelta(0))
        local = finished_at.replace(tzinfo=self.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self.now = days_of(local)
        self.today = days_of(midnight)
        self.now_text = _iso(local)
        self.today_text = midnight.date().isoformat()
        self.work = WORK_STEPS_MAX

    def spend(self, steps: int) -> None:
        self.work -= steps
        if self.work < 0:
            raise TooMuchWork

    def over(self, rows: Rows) -> Rows:
        """The rows themselves, to be gone through; their number is counted as work."""
        self.work -= len(rows)
        if self.work < 0:
            raise TooMuchWork
        return rows


def days_of(moment: datetime) -> float:
    return (moment - EPOCH) / timedelta(days=1)


def same_moment(one: float, other: float) -> bool:
    """Two blank dates are equal, as two blank texts are."""
    return one == other or (one != one and other != other)


def _iso(local: datetime) -> str:
    """As the engine writes it: 09:15:02.000, and a fraction that is not nothing without its last zeros: 09:15:02.5."""
    fraction = f"{local.microsecond // 1000:03}"
    fraction = fraction.rstrip("0") or "000"
    return f"{local:%H:%M:%S}.{fraction}".join((f"{local.date().isoformat()}T", _offset(local)))


def _offset(local: datetime) -> str:
    minutes = round((local.utcoffset() or timedelta(0)).total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(Z|[-+]\d{2}:\d{2})?)?", re.ASCII)
DATE_CHARACTERS_MAX = 60


def moment_of_text(text: str, clock: Clock) -> datetime | None:
    """A date or date-time as a moment in the submission's zone, to the millisecond; None where it is neither."""
    matched = _DATE.fullmatch(text) if len(text) <= DATE_CHARACTERS_MAX else None
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
        milliseconds = int((fraction or "0")[:3].ljust(3, "0"))
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), milliseconds * 1000, tzinfo=tzinfo)
        return moment.astimezone(clock.zone)
    except (ValueError, OverflowError):
        return None


def days(text: str, clock: Clock) -> float:
    """A date's days since 1970, NaN where it is blank or no date."""
    moment = moment_of_text(text, clock) if text else None
    return NAN if moment is None else days_of(moment)


def moment_of_days(value: float, clock: Clock) -> datetime | None:
    if not -700_000 < value < YEAR_DAYS_MAX:
        return None
    return (EPOCH + timedelta(milliseconds=math.floor(value * DAY_SECONDS * 1000 + 0.5))).astimezone(clock.zone)


def to_milliseconds(value: float) -> float:
    """A number taken for a date keeps its milliseconds."""
    return math.floor(value * DAY_SECONDS * 1000 + 0.5) / (DAY_SECONDS * 1000) if -1e8 <= value <= 1e8 else NAN


def text_of_days(value: float, clock: Clock) -> str:
    """A moment as ODK writes it: a date where it is midnight, else a date-time with its zone."""
    moment = moment_of_days(value, clock)
    if moment is None:
        return ""
    return moment.date().isoformat() if (moment.hour, moment.minute, moment.second, moment.microsecond // 1000) == (0, 0, 0, 0) else _iso(moment)


def date(text: str, clock: Clock) -> float:
    """date(): also 2026-2-3."""
    matched = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(T.*)?", text, re.ASCII)
    if matched:
        text = f"{matched[1]}-{matched[2]:0>2}-{matched[3]:0>2}{matched[4] or ''}"
    return days(text, clock)


def decimal_time(text: str, clock: Clock) -> float:
    """12:00 is 0.5; a time with a zone is turned into the submission's own."""
    if not re.fullmatch(r"\d{2}:\d{2}(?::[0-5]\d(?:\.\d+)?)?(?:[-+]\d{2}:\d{2})?", text, re.ASCII):
        return NAN
    moment = moment_of_text(f"1970-01-01T{text}", clock)
    if moment is None:
        return NAN
    return (moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6) / DAY_SECONDS


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
    """Also format-date: to the phone they are one."""
    moment = moment_of_text(text, clock)
    return "" if moment is None else re.sub("%[YymnbdeaHhMS3]", lambda found: _FORMATS[found[0]](moment), pattern)
