"""How two dates of birth are alike: years slip by one, their digits get swapped, and half of the old know theirs by the lunar calendar. Pure, symmetric."""

from __future__ import annotations

from datetime import date

CALENDAR_DAYS_MIN, CALENDAR_DAYS_MAX = 17, 53
"""By so many days a date of the lunar calendar comes before the same day by the sun, written with the same figures."""

CALENDAR_MONTHS_MAX = 2


def births_alike(left: str, right: str) -> str:
    """The level of evidence, see weights.json, born; "" where one is missing. Dates as in Profile.born; 1 January stands for a day that nobody knew."""
    if not left or not right:
        return ""
    year, other_year = int(left[:4]), int(right[:4])
    both_days = len(left) == len(right) == 10
    known = both_days and left[5:] != "01-01" and right[5:] != "01-01"
    if known and left == right:
        return "day"
    if known and left[5:] == right[5:]:
        is_slip = abs(year - other_year) == 1
        return "year_slip_same_day" if is_slip else "digits_same_day" if _is_digit_slip(left[:4], right[:4]) else "other"
    if known and year == other_year and _is_day_slip(left[5:], right[5:]):
        return "day_slip"
    if known and _is_calendar(left, right):
        return "calendar"
    if year == other_year:
        return "year_day_other" if known or _months_apart(left, right) > CALENDAR_MONTHS_MAX else "year"
    if known:  # another year and another day: nobody errs in both
        return "other"
    if abs(year - other_year) == 1:
        return "year_slip"
    return "digits" if _is_digit_slip(left[:4], right[:4]) else "other"


def _is_calendar(left: str, right: str) -> bool:
    one, other = _day(left), _day(right)
    return one is not None and other is not None and CALENDAR_DAYS_MIN <= abs((one - other).days) <= CALENDAR_DAYS_MAX


def _months_apart(left: str, right: str) -> int:
    """0 where one does not say the month."""
    one, other = ("" if text[5:] == "01-01" else text[5:7] for text in (left, right))
    return abs(int(one) - int(other)) if one and other else 0


def _is_day_slip(left: str, right: str) -> bool:
    """03-05 and 05-03, or one digit another."""
    return left == right[3:] + "-" + right[:2] or sum(one != other for one, other in zip(left, right, strict=True)) == 1


def _is_digit_slip(left: str, right: str) -> bool:
    """1957 and 1975, one of the last two digits another, or ten years apart."""
    return abs(int(left) - int(right)) == 10 or (left[:2] == right[:2] and (left[2:] == right[:1:-1] or (left[2] == right[2]) != (left[3] == right[3])))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
