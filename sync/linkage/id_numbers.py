"""Resident identity numbers (GB 11643-1999): region, date of birth, sequence (odd: male), check digit. Pure.

A number whose check digit fits was hardly ever mistyped: a single wrong digit and a swap of neighbours never fit. So of two numbers that
both fit and differ, each belongs to somebody; one that does not fit and is one slip from one that does is probably that one.
"""

from __future__ import annotations

import re
import unicodedata

from sync.linkage.slips import one_slip

CHARACTERS_MAX = 24

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_RESIDENT = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII)
_OLD = re.compile(r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}", re.ASCII)
_ROUNDED = re.compile(r"\d[eE][+]\d")
_STRANGE = re.compile(r"[^0-9A-Z*]+")


def written(text: str) -> str:
    """Without blanks and hyphens, in capitals; a number of 15 digits, as before 1999, as the one of 18 that it became. "" where digits are hidden (`*`)
    or a spreadsheet has rounded it (4.29901E+17)."""
    if _ROUNDED.search(text):
        return ""
    number = _STRANGE.sub("", unicodedata.normalize("NFKC", text).upper())[:CHARACTERS_MAX]
    if "*" in number or len(number) < 6 or len(set(number)) < 3:
        return ""
    if _OLD.fullmatch(number):
        number = number[:6] + "19" + number[6:]
        return number + check_digit(number)
    return number


def check_digit(first_17: str) -> str:
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True)) % 11]


def fits(number: str) -> bool:
    """A resident identity number whose date can be and whose check digit fits."""
    return bool(_RESIDENT.fullmatch(number)) and check_digit(number[:17]) == number[17]


def born(number: str) -> str:
    """`1975-03-02` of a number that fits, otherwise ""."""
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}" if fits(number) else ""


def sex(number: str) -> str:
    """ "1" male, "2" female, of a number that fits, otherwise ""."""
    return ("2", "1")[int(number[16]) % 2] if fits(number) else ""


def agree(left: str, right: str) -> str:
    """ "same"; "slip": one of them does not fit and is one slip from the other; "two": both fit and differ; "other"; "" where one is empty."""
    if not left or not right:
        return ""
    if left == right:
        return "same" if fits(left) or not left.isdigit() else "alike"
    left_fits, right_fits = fits(left), fits(right)
    if left_fits and right_fits:
        return "two"
    return "slip" if one_slip(left, right) else "other"
