"""A name taken apart: surname and given name, or what little of it somebody wrote down (老李, 王大爷, 小芳). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sync.linkage.sounds import folded, is_chinese, readings
from sync.linkage.tables import table

NAMES_REMEMBERED_MAX = 60_000
TITLE_CHARACTERS = 2
"""Of a title after a whole name: 王芳姨 may be a name, 王芳阿姨 is none."""
NAME_CHARACTERS_MAX = 4

_NAMES = table("names")
SURNAMES: dict[str, int] = _NAMES["surnames_per_10000"]
_SURNAMES_OF_TWO = frozenset(_NAMES["surnames_of_two"].split())
_TITLES: dict[str, str] = _NAMES["titles"]
_OLD = frozenset(_NAMES["titles_of_the_old"].split())


@dataclass(frozen=True, slots=True)
class Name:
    """`shape`: "full" (surname and given name), "surname" (老李, 王大爷, 李某), "given" (小芳, 婷婷: `given` is what is known of it), "other" (阿依古丽·买买提,
    Smith: `parts` in alphabetical order, since their order gets swapped). `sex` and `old` where the title says it."""

    text: str
    shape: str
    surname: str = ""
    given: str = ""
    parts: tuple[str, ...] = ()
    sex: str = ""
    old: bool = False


@lru_cache(NAMES_REMEMBERED_MAX)
def name(text: str) -> Name:
    """Of a name as profile.written gives it."""
    if not text:
        return Name("", "")
    if "·" in text or not all(is_chinese(character) for character in text):
        parts = sorted(part.lower() for part in text.replace("·", " ").replace(",", " ").split())
        return Name(text, "other", parts=tuple(parts))
    surname, rest = _surname(text)
    if rest in _TITLES and (surname in SURNAMES or len(surname) == 2):
        return Name(text, "surname", surname, sex=_TITLES[rest], old=rest in _OLD)
    if len(text) in (2, 3) and text[0] in "老小" and text[1:] in SURNAMES | dict.fromkeys(_SURNAMES_OF_TWO):
        return Name(text, "surname", text[1:], text[1:] if text[0] == "小" else "")
    if len(text) in (2, 3) and text[0] in "小阿":
        return Name(text, "given", given=text[1:])
    if len(text) == 1:
        return Name(text, "surname", text, text)
    if len(text) == 2 and text[0] == text[1]:
        return Name(text, "given", given=text)
    return Name(text, "full", surname, rest)


def without_title(text: str) -> str:
    """何伶俐 of 何伶俐女士. 何女士 stays: without its title it would be a name of one character, and the title says more."""
    before, title = text[:-TITLE_CHARACTERS], text[-TITLE_CHARACTERS:]
    is_whole = 2 <= len(before) <= NAME_CHARACTERS_MAX and before not in _SURNAMES_OF_TWO
    return before if is_whole and title in _TITLES and all(is_chinese(character) for character in before) else text


def _surname(text: str) -> tuple[str, str]:
    if text[:2] in _SURNAMES_OF_TWO and len(text) > 2:
        return text[:2], text[2:]
    return text[:1], text[1:]


@lru_cache(NAMES_REMEMBERED_MAX)
def syllables(text: str) -> tuple[tuple[str, ...], ...]:
    """For each character of a Chinese name the folded syllables it may be heard as, the surname's as a surname."""
    taken = name(text)
    of_surname = len(taken.surname) if taken.shape == "full" else 0
    return tuple(
        tuple(dict.fromkeys(folded(each) for each in readings(character, surname=at < of_surname and of_surname == 1))) for at, character in enumerate(text)
    )
