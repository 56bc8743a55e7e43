"""How Chinese characters sound, without tones, and what dialects make of it. Pure.

Folding says which syllables people mix up: n and l, zh and z, ch and c, sh and s, -n and -ng, and h and f (湖南 is heard as fulan). Folded
syllables are no pinyin, only names of what sounds alike in some dialect.
"""

from __future__ import annotations

from functools import lru_cache

from sync.linkage.tables import table

CHARACTERS_REMEMBERED_MAX = 30_000

_NAMES = table("names")
_SURNAME_READINGS = {character: tuple(text.split()) for character, text in _NAMES["surname_readings"].items()}
_READINGS = {character: tuple(text.split()) for character, text in _NAMES["readings"].items()}
_F_AS_H = {"fa": "hua", "fo": "huo", "fei": "hui", "fan": "huan", "fen": "hun", "fang": "huang", "feng": "hong", "fu": "hu"}


@lru_cache(CHARACTERS_REMEMBERED_MAX)
def readings(character: str, surname: bool = False) -> tuple[str, ...]:
    """Syllables without tones, the usual one first: ("shan", "dan", "chan") for the surname 单. A character that is not Chinese stands for itself."""
    if surname and character in _SURNAME_READINGS:
        return _SURNAME_READINGS[character]
    if character in _READINGS:
        return _READINGS[character]
    if not is_chinese(character):
        return (character.lower(),)
    from pypinyin import Style, pinyin  # 65 MB of memory: only where a Chinese name is compared

    return (pinyin(character, style=Style.NORMAL, errors=lambda _: character)[0][0],)


@lru_cache(CHARACTERS_REMEMBERED_MAX)
def folded(syllable: str) -> str:
    """`zhong` → `zong`, `niang` → `lian`, `feng` → `hong`: one name for all that sounds alike in some dialect."""
    syllable = _F_AS_H.get(syllable, syllable)
    for before, after in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l")):
        if syllable.startswith(before):
            syllable = after + syllable[len(before) :]
            break
    return syllable[:-1] if syllable.endswith(("ang", "eng", "ing")) else syllable


def sound_alike(left: str, right: str, surname: bool = False) -> str:
    """ "sound": some reading is the same; "dialect": the same in some dialect; "" otherwise."""
    ours, theirs = readings(left, surname), readings(right, surname)
    if any(each in theirs for each in ours):
        return "sound"
    dialect = {folded(each) for each in theirs}
    return "dialect" if any(folded(each) in dialect for each in ours) else ""


def is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or "\U00020000" <= character <= "\U0003ffff"
