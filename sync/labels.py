"""What a record is called, and the text it is found by: names also by pinyin and its initials. Pure.

A label is a name, not a sentence: a door as it stands in the stairwell, a person as written. It is the same in every language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

LABEL_CHARACTERS_MAX = 120
SEARCH_CHARACTERS_MAX = 600
NAMES_REMEMBERED_MAX = 20_000
SHORT_NAME_CHARACTERS_MAX = 6

Fields = Mapping[str, Mapping[str, Any]]

_PLAIN = re.compile(r"[0-9A-Za-z]{1,4}")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def label_of(kind: str, id: str, fields: Fields, given: str | None = None) -> str:
    """`1栋 2单元 311` of a household or a visit; otherwise its name, what the form called it, or the first characters of its key."""
    text = _door(fields) if kind in ("household", "visit") else ""
    return (text or _text(fields.get("name")) or given or id.partition(":")[2][:8])[:LABEL_CHARACTERS_MAX]


def search_text(label: str, fields: Fields) -> str:
    """Lower-case words: the label, a door also as `1-2-311`, every name with its pinyin and initials, every telephone number."""
    words = dict.fromkeys(label.lower().split())
    door = [part for part in map(_text, map(fields.get, ("building", "unit", "room"))) if part]
    if len(door) > 1:
        words["-".join(door).lower()] = None
    for name, entry in fields.items():
        if name == "name" or name.endswith("_name"):
            value = _text(entry)
            words.update(dict.fromkeys([value.lower(), *pinyin(value)] if value else ()))
        elif name == "phone" or name.endswith("_phone"):
            words[_text(entry)] = None
    if not door:
        words.update(dict.fromkeys(pinyin(label)))
    return " ".join(word for word in words if word)[:SEARCH_CHARACTERS_MAX]


def _door(fields: Fields) -> str:
    building, unit, room, ordinal = map(_text, map(fields.get, ("building", "unit", "room", "ordinal")))
    parts = [_with(building, "栋"), _with(unit, "单元"), room]
    if ordinal not in ("", "1") and any(parts):
        parts.append(f"({ordinal})")
    return " ".join(part for part in parts if part)


def _with(part: str, counter: str) -> str:
    """`1` is called `1栋`; `三组` is called as it was written."""
    return part + counter if _PLAIN.fullmatch(part) else part


def _text(entry: Mapping[str, Any] | None) -> str:
    value = entry["value"] if entry is not None else None
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


@lru_cache(NAMES_REMEMBERED_MAX)
def pinyin(name: str) -> tuple[str, ...]:
    """("helingli", "hll") for 何伶俐; nothing for a name without Chinese characters."""
    if not _CHINESE.search(name):
        return ()
    syllables = [syllable.lower().strip() for syllable in _syllables(name)]
    return "".join(syllables).replace(" ", ""), "".join(syllable[0] for syllable in syllables if syllable)


def _syllables(name: str) -> list[str]:
    """As pypinyin reads it. It looks for phrases, in which a character may be read otherwise (重庆); where none is in the name, as in nearly every
    one, each character is read by itself, and is remembered: an eighth of the time."""
    from pypinyin import lazy_pinyin  # 65 MB of memory: only where a Chinese name is indexed
    from pypinyin.constants import PHRASES_DICT

    parts = (name[first:end] for first in range(len(name)) for end in range(first + 2, len(name) + 1))
    if len(name) > SHORT_NAME_CHARACTERS_MAX or not all(_CHINESE.match(character) for character in name) or any(part in PHRASES_DICT for part in parts):
        return list(lazy_pinyin(name))
    return [_syllable(character) for character in name]


@lru_cache(NAMES_REMEMBERED_MAX)
def _syllable(character: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(character))
