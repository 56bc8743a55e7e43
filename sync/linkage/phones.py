"""Telephone numbers as they are compared: digits, without what stands before a mobile number. Pure."""

from __future__ import annotations

import re
import unicodedata

from sync.linkage.slips import one_slip

DIGITS_MIN, DIGITS_MAX = 7, 20

_ROUNDED = re.compile(r"\d[eE][+]?\d")
_NO_DIGITS = re.compile(r"\D+", re.ASCII)


def written(text: str) -> str:
    """`+86 139-7152 0648` is 13971520648; "" where there are too few digits for a number, or all are the same (00000000000), or a spreadsheet has
    rounded it (1.39715E+10)."""
    if _ROUNDED.search(text):
        return ""
    digits = _NO_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    for before in ("0086", "86", "0"):
        if len(digits) == len(before) + 11 and digits.startswith(before + "1"):
            digits = digits[len(before) :]
    return digits if DIGITS_MIN <= len(digits) <= DIGITS_MAX and len(set(digits)) > 1 else ""


def agree(left: tuple[str, ...], right: tuple[str, ...]) -> str:
    """ "same", "slip" (one digit, or two neighbours swapped), "other": the best of all pairs; "" where one has none."""
    best = ""
    for one in left:
        for other in right:
            if one == other:
                return "same"
            if one_slip(one, other):
                best = "slip"
    return best or ("other" if left and right else "")
