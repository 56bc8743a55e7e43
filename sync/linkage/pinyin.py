"""Chinese names in letters: 何伶俐 as He Lingli, helingli, Lingli HE or hé líng lì. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

NAMES_REMEMBERED_MAX = 10_000
SYLLABLES_MAX = 4
READINGS_MAX = 2
"""Of one word: `fangan` is fang an and fan gan."""

_BEGINNING = "zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]"
_END = "iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|van|ai|ei|ao|ou|an|en|er|ia|ie|iu|in|ua|uo|ui|un|ue|ve|vn|a|o|e|i|u|v"
_ALONE = "ang|eng|ai|ei|ao|ou|an|en|er|a|o|e"
_SYLLABLES = (*(re.compile(f"(?:{_BEGINNING}){end}") for end in _END.split("|")), *(re.compile(alone) for alone in _ALONE.split("|")))
_NO_LETTERS = re.compile("[^a-z]+")


def words(text: str) -> list[str]:
    """In small letters a to z, without the marks of tones; ü is v, as on a keyboard."""
    plain = unicodedata.normalize("NFD", text.lower()).replace("u\u0308", "v")
    return _NO_LETTERS.sub(" ", "".join(character for character in plain if not unicodedata.combining(character))).split()


@lru_cache(NAMES_REMEMBERED_MAX)
def spelled(text: str) -> tuple[tuple[str, ...], ...]:
    """The syllables of a name in letters, the surname's first: each way that it may be meant. Empty where it is no pinyin of two to four syllables."""
    if len(parts := words(text)) > SYLLABLES_MAX:
        return ()
    orders = [parts, [*parts[-1:], *parts[:-1]]] if len(parts) > 1 else [parts]
    found: dict[tuple[str, ...], None] = {}
    for order in orders:
        for each in product(*(list(islice(_divided(word), READINGS_MAX)) for word in order)):
            syllables = tuple(syllable for word in each for syllable in word)
            if 2 <= len(syllables) <= SYLLABLES_MAX:
                found[syllables] = None
    return tuple(found)


def _divided(word: str, left: int = SYLLABLES_MAX) -> Iterator[tuple[str, ...]]:
    """The longest syllable first. At most `left` of them: a long word that is no pinyin at its end has a great many beginnings."""
    if not word:
        yield ()
        return
    ends = {found.end() for each in _SYLLABLES if (found := each.match(word))} if left else set()
    for end in sorted(ends, reverse=True):
        for rest in _divided(word[end:], left - 1):
            yield (word[:end], *rest)
