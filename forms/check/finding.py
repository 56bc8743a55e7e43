"""One thing to say about a form, where it stands in the sheets, and how a place in an expression is shown."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from forms.findings import sentence
from forms.messages import Message

SHEETS = ("settings", "survey", "choices", "entities", "schedule")
EXCERPT_CHARACTERS_MAX = 100
NEAR_AT_LEAST = 0.7


@dataclass(frozen=True)
class Finding:
    level: str
    """error: nothing is published; warning: worth a look."""
    sheet: str
    row: int | None
    """As in a spreadsheet: the header is row 1. None: the whole sheet."""
    column: str
    message: Message
    excerpt: str = ""
    """Two lines for a fixed-width letter: the expression, and a caret under the place. May be empty."""
    key: str = ""
    """Which kind of finding it is: the key of its sentence in forms/words."""


def finding(key: str, detail: str, sheet: str, row: int | None, column: str, level: str = "error", excerpt: str = "") -> Finding:
    return Finding(level, sheet, row, column, sentence(key, detail), excerpt, key)


def nearest(name: str, known: Iterable[str], at_least: float = NEAR_AT_LEAST) -> str | None:
    """The known name that this one is probably a slip of."""
    by_plain = {each.lower(): each for each in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_plain, 1, at_least)
    return by_plain[near[0]] if near else None


def excerpt(text: str, position: int) -> str:
    """The text in one line, cut around `position`, and a caret below it; Chinese takes two columns, and so does what stands under it."""
    line = "".join(" " if character.isspace() else character for character in text)
    start = max(0, min(position - EXCERPT_CHARACTERS_MAX // 2, len(line) - EXCERPT_CHARACTERS_MAX))
    shown = line[start : start + EXCERPT_CHARACTERS_MAX]
    before, after = "… " if start else "", " …" if start + EXCERPT_CHARACTERS_MAX < len(line) else ""
    below = "".join("\u3000" if unicodedata.east_asian_width(character) in "WF" else " " for character in before + shown[: position - start])
    return f"{before}{shown}{after}\n{below}^"


def once_each(findings: Iterable[Finding]) -> list[Finding]:
    """Without what was said twice, errors first, then as the sheets go."""
    single = {(each.level, each.sheet, each.row, each.column, each.message["en"]): each for each in findings}.values()
    # Where a row has several, they stay in the order in which they were found.
    return sorted(single, key=lambda each: (each.level, SHEETS.index(each.sheet) if each.sheet in SHEETS else len(SHEETS), each.row or 0))
