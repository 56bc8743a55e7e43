"""How two names are alike, as a level of evidence with its words: the same, by sound, in a dialect, by look, in part. Pure and symmetric."""

from __future__ import annotations

from itertools import islice, product
from math import log2
from typing import Any, NamedTuple

from sync.linkage.looks import look_alike
from sync.linkage.names import SURNAMES, Name
from sync.linkage.pinyin import words
from sync.linkage.slips import one_slip
from sync.linkage.sounds import is_chinese, readings, sound_alike
from sync.linkage.tables import table

NEAR_LETTERS_MIN = 4
SPELLINGS_MAX = 16

_WEIGHTS = table("weights")
_COMMON_GIVEN = frozenset(table("names")["common_given"].split())
_ORDER = ("same", "sound", "dialect", "look", "other")

Bits = tuple[float, float]


class Evidence(NamedTuple):
    """`key` of its words, `values` in them, and the bits for being one rather than two strangers, and rather than two of one family."""

    key: str
    values: dict[str, Any]
    bits: Bits


def names_alike(left: Name, right: Name, one_place: bool = False) -> list[Evidence]:
    """Nothing where a name is missing. In one place a rare surname says less: villages have surnames of their own."""
    if not left.text or not right.text:
        return []
    if left.shape == "other" or right.shape == "other":
        return [_parts(left, right)]
    if left.shape == "full" and right.shape == "full":
        return _full(left, right, one_place)
    return _pieces(left, right, one_place)


def _full(left: Name, right: Name, one_place: bool) -> list[Evidence]:
    if (piece := _given_only(left, right)) is not None:
        return [piece]
    surname = _alike(left.surname, right.surname, surname=True)
    rarity = _rarity(left.surname, one_place) if surname == "same" else 0.0
    given, bits = _given(left.given, right.given)
    if surname == given == "same":
        both = _sum((rarity, 0.0), _bits("surname", "same"), bits)
        return [Evidence("name_same", {"name": left.text}, both)]
    return [
        Evidence(f"surname_{surname}", _pair(left.surname, right.surname), _sum((rarity, 0.0), _bits("surname", surname))),
        Evidence(f"given_{given}", _pair(left.given, right.given), bits),
    ]


def _given(left: str, right: str) -> tuple[str, Bits]:
    """The level and its bits. What two characters have in common weighs more than what one has."""
    if len(left) != len(right):
        short, long = sorted((left, right), key=len)
        level = "part" if any(short == each for each in long) else "other"
        return level, _bits("given_of_two", level)
    of = "given_of_one" if len(left) == 1 else "given_of_two"
    levels = [_alike(one, other) for one, other in zip(left, right, strict=True)]
    worst = max(levels, key=_ORDER.index)
    if worst == "other" and len(left) == 2:
        if left == right[::-1]:
            return "swapped", _bits(of, "swapped")
        if levels[1] == "same":  # the first is the character that a generation shares
            return "half", _bits(of, "half_last")
        level = "half" if levels[0] == "same" else "other"
        return level, _bits(of, level)
    if worst in ("same", "sound") and (left in _COMMON_GIVEN or right in _COMMON_GIVEN):
        of = "given_of_two_common"
    return worst, _bits(of, worst)


def _given_only(left: Name, right: Name) -> Evidence | None:
    """伶俐 for 何伶俐: two characters that are another's whole given name were taken for a surname and a name of one character."""
    short, long = (left, right) if len(left.text) < len(right.text) else (right, left)
    if len(short.text) != 2 or len(long.given) != 2 or short.surname == long.surname:
        return None
    if short.text == long.given:
        return Evidence("given_only", _pair(left.text, right.text), _bits("piece", "given_only"))
    if all(one == other or sound_alike(one, other) == "sound" for one, other in zip(short.text, long.given, strict=True)):
        return Evidence("given_only", _pair(left.text, right.text), _bits("piece", "given_only_sound"))
    return None


def _pieces(left: Name, right: Name, one_place: bool) -> list[Evidence]:
    """At least one is only a piece: a surname (老李, 王大爷) or a given name (小芳). What both say is compared, and nothing else."""
    found = []
    if left.surname and right.surname:
        alike = _alike(left.surname, right.surname, surname=True)
        if alike == "other":
            found.append(Evidence("piece_surname_other", _pair(left.text, right.text), _bits("piece", "surname_other")))
        else:
            rarity = (_rarity(left.surname, one_place), 0.0) if alike == "same" else _bits("surname", alike)
            found.append(Evidence("surname_only", _pair(left.text, right.text), _sum(rarity, _bits("piece", "surname_only"))))
    elif left.given and right.given:
        end = min(len(left.given), len(right.given))
        alike = max((_alike(one, other) for one, other in zip(left.given[-end:], right.given[-end:], strict=True)), key=_ORDER.index)
        level = {"same": "nickname", "sound": "nickname_sound"}.get(alike, "nickname_other")
        found.append(Evidence("nickname_other" if level == "nickname_other" else "nickname", _pair(left.text, right.text), _bits("piece", level)))
    return found


def _parts(left: Name, right: Name) -> Evidence:
    """Names that are not Chinese: the same parts in any order; each part at most a slip apart; one part in common. Pinyin is how a Chinese name sounds."""
    ours, theirs = left.parts or (left.text.lower(),), right.parts or (right.text.lower(),)
    values = _pair(left.text, right.text)
    if ours == theirs:
        return (
            Evidence("name_same", {"name": left.text}, _bits("parts", "same"))
            if left.text == right.text
            else Evidence("name_order", values, _bits("parts", "order"))
        )
    if left.shape == right.shape and _letters(left.text) == _letters(right.text) != "":
        return Evidence("name_order", values, _bits("parts", "order"))  # helingli and He Ling Li
    if len(ours) == len(theirs) and all(_near(one, other) for one, other in zip(ours, theirs, strict=True)):
        return Evidence("name_near", values, _bits("parts", "near"))
    for full, other in ((left, right), (right, left)):
        if full.shape == "full" and _is_spelling(other.text, full):
            return Evidence("name_near", values, _bits("parts", "spelled_of_one" if len(full.given) == 1 else "spelled"))
    if set(ours) & set(theirs):
        return Evidence("name_one_part", values, _bits("parts", "one"))
    return Evidence("name_other", values, _bits("parts", "other"))


def _near(left: str, right: str) -> bool:
    if left == right:
        return True
    if len(left) == len(right) and all(one == other or sound_alike(one, other) for one, other in zip(left, right, strict=True)):
        return True
    return min(len(left), len(right)) >= NEAR_LETTERS_MIN and one_slip(left, right)


def _letters(text: str) -> str:
    """Of a name in letters alone."""
    return "" if any(is_chinese(character) for character in text) else "".join(words(text))


def _is_spelling(letters: str, full: Name) -> bool:
    """He Lingli and Lingli He are how 何伶俐 sounds."""
    plain = "".join(words(letters))
    surname = [tuple(dict.fromkeys((*readings(each, surname=True), *readings(each)))) for each in full.surname]
    given = [readings(each) for each in full.given]
    return bool(plain) and any(plain == "".join(each) for order in (surname + given, given + surname) for each in islice(product(*order), SPELLINGS_MAX))


def _alike(left: str, right: str, surname: bool = False) -> str:
    """Of two characters (or two surnames of two): same, sound, dialect, look or other."""
    if left == right:
        return "same"
    if len(left) != 1 or len(right) != 1:
        whole = len(left) == len(right) and all(one == other or sound_alike(one, other) == "sound" for one, other in zip(left, right, strict=True))
        return "sound" if whole else "other"
    return sound_alike(left, right, surname) or ("look" if look_alike(left, right) else "other")


def _rarity(surname: str, one_place: bool) -> float:
    """How much it says that both are called that: 3.8 bits of 王, 12 of a surname that is not in the table."""
    per_10000 = SURNAMES.get(surname, 1)
    return round(min(_WEIGHTS["surname_bits_max_in_one_place" if one_place else "surname_bits_max"], log2(10_000 / per_10000)), 1)


def _pair(left: str, right: str) -> dict[str, Any]:
    return {"left": left, "right": right}


def _bits(of: str, level: str) -> Bits:
    stranger, relative = _WEIGHTS[of][level]
    return stranger, relative


def _sum(*each: Bits) -> Bits:
    return sum(bits[0] for bits in each), sum(bits[1] for bits in each)
