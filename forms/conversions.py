"""Numbers as text and text as numbers, the way JavaScript writes and reads them, and the arithmetic of XPath."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

from forms.moments import NAN, Clock, days

LEXICAL_NUMBER = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*", re.ASCII)
_OTHER_NUMBER = re.compile(r"([-+]?Infinity)|0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+", re.ASCII)
NUMBER_CHARACTERS_MAX = 1_000
EXACT_MAX = 2**53


def number(text: str, clock: Clock) -> float:
    """XPath's number() of a text; a date counts as its days, and nothing but blanks as 0 (so it is on the phone)."""
    if LEXICAL_NUMBER.fullmatch(text):
        return float(text)
    if not text or len(text) > NUMBER_CHARACTERS_MAX:
        return NAN
    found = days(text, clock)
    if found == found:
        return found
    bare = text.strip()
    if not bare:
        return 0.0
    if not (other := _OTHER_NUMBER.fullmatch(bare)):
        return NAN
    try:
        return float(bare) if other[1] else float(int(bare, 0))
    except OverflowError:
        return math.inf


def text_of_number_function(text: str, clock: Clock) -> str:
    """number() of a text, as text again: of a date it is the whole days."""
    value = number(text, clock)
    return text_of_number(value) if LEXICAL_NUMBER.fullmatch(text) or days(text, clock) != value else text_of_number(float(math.floor(value)))


def number_of_answer(text: str, clock: Clock) -> float:
    """As number(), but an answer of nothing but blanks is no number."""
    return number(text, clock) if text and not text.isspace() else NAN


def text_of_number(value: float) -> str:
    """As JavaScript writes it. A blank or impossible number is "" (plain XPath says "NaN"; the phone's engine does not)."""
    if value != value:
        return ""
    if value in (math.inf, -math.inf):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < EXACT_MAX:
        return str(int(value))
    mantissa, _, exponent = repr(float(value)).partition("e")
    if not exponent and abs(value) < EXACT_MAX:
        return mantissa
    sign = "-" if mantissa[0] == "-" else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = fraction.rstrip("0")
    digits, point = (whole + fraction).lstrip("0"), len(whole) + int(exponent or 0) - (len(whole + fraction) - len((whole + fraction).lstrip("0")))
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    return f"{sign}{digits[0]}{'.' + digits[1:] if len(digits) > 1 else ''}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def text_of_decimal(value: float) -> str:
    """The answer to a decimal question as the phone keeps it: always with a point, never with an exponent."""
    if value != value:
        return ""
    text = repr(float(value))
    return format(Decimal(text), "f") if "e" in text else text


def text_of_geopoint(value: dict | None) -> str:
    """As the phone keeps it: what is missing before an accuracy is 0.0, what is missing at the end is not there."""
    if not value or not (value["latitude"] or value["longitude"]):
        return ""
    parts = [value.get(part) for part in ("latitude", "longitude", "altitude", "accuracy")]
    while parts[-1] is None:
        parts.pop()
    return " ".join(text_of_decimal(part or 0) for part in parts)


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


# Numbers


def round_half_up(value: float, places: float = 0) -> float:
    if value != value or places != places:
        return NAN
    factor = 10.0 ** min(places, 309) if places < 309 else math.inf
    if factor in (0, math.inf):
        return NAN
    shifted = abs(value) * factor
    return math.copysign((shifted if math.isinf(shifted) else math.floor(shifted + 0.5)) / factor, value)


def whole(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.trunc(value))


def floor(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.floor(value))


def ceiling(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.ceil(value))


def power(base: float, exponent: float) -> float:
    if base != base or exponent != exponent or (abs(base) == 1 and math.isinf(exponent)):
        return NAN
    if base == 0 and exponent < 0:
        is_odd = not math.isinf(exponent) and exponent == math.trunc(exponent) and math.fmod(exponent, 2) != 0
        return math.copysign(math.inf, base) if is_odd else math.inf
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and math.fmod(exponent, 2) != 0 else math.inf
    except ValueError:
        return NAN


def logarithm(run: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: -math.inf if value == 0 else run(value) if value > 0 else NAN


def guarded(function: Callable[..., float], overflow: float = NAN) -> Callable[..., float]:
    def run(*arguments: float) -> float:
        try:
            return function(*arguments)
        except OverflowError:
            return overflow
        except (ValueError, ZeroDivisionError):
            return NAN

    return run


def atan2(y: float, x: float) -> float:
    return math.atan2(y, x) if y == y and x == x else NAN
