"""Functions of texts and of codes in a text, cut and counted as JavaScript does: a character beyond U+FFFF is two."""

from __future__ import annotations

import base64
import hashlib
import math
import re

_XML_BLANKS = " \t\r\n"


def _wide(text: str) -> bool:
    return not text.isascii() and max(text) > "\uffff"


def _units(text: str) -> list[str]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return [raw[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(raw), 2)]


def _whole_text(units: list[str]) -> str:
    """Half a character is none that could be kept."""
    return "".join(units).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def string_length(text: str) -> float:
    return float(len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2)


def substr(text: str, start: str, end: str | None = None) -> str:
    """Positions are read as JavaScript's parseInt does: 1.7 is 1, and what is no number gives nothing."""
    first, last = _whole_number(start), math.inf if end is None else _whole_number(end)
    if first != first or last != last:
        return ""
    if _wide(text):
        units = _units(text)
        return _whole_text(units[slice(*_from_to(len(units), first, last))])
    return text[slice(*_from_to(len(text), first, last))]


def _whole_number(text: str) -> float:
    matched = re.match(r"\s*([-+]?\d{1,15})", text, re.ASCII)
    return float(matched[1]) if matched else math.nan


def _from_to(length: int, start: float, end: float) -> tuple[int, int]:
    first, last = (int(max(-length, min(length, each))) for each in (start, end))
    first, last = first + length if first < 0 else first, last + length if last < 0 else last
    return max(0, first), max(0, last)


def substring(text: str, start: float, length: float | None = None) -> str:
    if _wide(text):
        return _whole_text(list(_substring(_units(text), start, length)))
    return "".join(_substring(text, start, length))


def _substring(letters: str | list[str], start: float, length: float | None) -> str | list[str]:
    if start != start or start == math.inf or (length is not None and length != length):
        return letters[:0]
    first = -math.inf if start == -math.inf else math.floor(start + 0.5) - 1
    last = (
        len(letters)
        if length is None
        else math.nan
        if math.isinf(first) and math.isinf(length)
        else first + (length if math.isinf(length) else math.floor(length + 0.5))
    )
    # As JavaScript's substring: what is below nothing is nothing, and the smaller of the two comes first.
    at, to = (0 if each != each else int(max(0, min(len(letters), each))) for each in (first, last))
    return letters[min(at, to) : max(at, to)]


def substring_before(text: str, mark: str) -> str:
    return text.partition(mark)[0] if mark and mark in text else ""


def substring_after(text: str, mark: str) -> str:
    return text.partition(mark)[2] if mark else text


def translate(text: str, letters: str, replacements: str) -> str:
    if _wide(text) or _wide(letters) or _wide(replacements):
        return _whole_text([part for unit in _units(text) for part in _translated(unit, _units(letters), _units(replacements))])
    table: dict[int, str] = {}
    for position, letter in enumerate(letters):
        table.setdefault(ord(letter), replacements[position] if position < len(replacements) else "")
    return text.translate(table)


def _translated(unit: str, letters: list[str], replacements: list[str]) -> list[str]:
    if unit not in letters:
        return [unit]
    at = letters.index(unit)
    return [replacements[at]] if at < len(replacements) else []


def normalize_space(text: str) -> str:
    """Blanks at the ends go, and two or more become one; a single tab or line end stays (so it is on the phone)."""
    return re.sub(r"[ \t\r\n]{2,}", " ", text.strip(_XML_BLANKS))


def digest(text: str, algorithm: str, encoding: str = "base64") -> str:
    known = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
    if algorithm not in known or encoding not in ("base64", "hex"):
        return ""
    raw = hashlib.new(known[algorithm], text.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return raw.hex() if encoding == "hex" else base64.b64encode(raw).decode()


def base64_decode(text: str) -> str:
    bare = re.sub(r"[ \t\n\f\r]", "", text)
    if len(bare) % 4 == 0:
        bare = re.sub("={1,2}$", "", bare)
    if len(bare) % 4 == 1 or not re.fullmatch("[A-Za-z0-9+/]*", bare):
        return ""
    return base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("utf-8", "replace").removeprefix("\ufeff")


# Choices


def codes_of(text: str) -> list[str]:
    """The codes of a select_multiple as text; of nothing it is one blank code (so it is on the phone)."""
    return (text.split() or [""]) if text.isascii() else re.split("[ \t\r\n]+", text.strip(_XML_BLANKS))


def selected(codes: str, code: str) -> bool:
    return code.strip(_XML_BLANKS) in codes_of(codes)


def selected_at(codes: str, position: str) -> str:
    at, listed = _whole_number(position), codes_of(codes)
    return listed[int(at)] if 0 <= at < len(listed) else ""


def count_selected(codes: str) -> float:
    return float(len(codes_of(codes))) if codes.strip(_XML_BLANKS) else 0.0
