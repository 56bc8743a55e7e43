"""Doors as they are compared: 1栋2单元311室, 一号楼 2-311 and 1 / 2 / 311 are one door. Pure."""

from __future__ import annotations

import re
import unicodedata

Door = tuple[str, str, str]

_COUNTERS = re.compile(r"(?:号楼|栋|幢|座|楼|单元|门|室|号房|房|号|户)$")
_BLANKS = re.compile(r"[\s,,。]+")
_PARTS = re.compile(r"[-—–_/#]+|号楼|栋|幢|座|单元")
_CHINESE_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_NUMBER = re.compile("[零〇一二两三四五六七八九十百]+")


def door(building: str, unit: str, room: str) -> Door:
    """(building, unit, room) as numbers where they are numbers. A room that holds all of it (`1-2-311`) is taken apart."""
    if room and not building and not unit:
        parts = [part for part in _PARTS.split(_plain(room)) if part]
        if len(parts) == 3:
            building, unit, room = parts
        elif len(parts) == 2:
            building, room = parts
    return _part(building), _part(unit), _part(room)


def _part(text: str) -> str:
    text = _CHINESE_NUMBER.sub(lambda found: str(_number(found[0])), _COUNTERS.sub("", _plain(text)))
    return text.lstrip("0") or text


def _plain(text: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text).upper())


def _number(text: str) -> int | str:
    """三 is 3, 十二 is 12, 二十 is 20, 三一一 is 311."""
    if "十" not in text and "百" not in text:
        return "".join(str(_CHINESE_DIGITS[character]) for character in text)
    total = current = 0
    for character in text:
        if character in "十百":
            total, current = total + (current or 1) * (10 if character == "十" else 100), 0
        else:
            current = _CHINESE_DIGITS[character]
    return total + current
