"""Sentences that others write in English (pyxform, the parser of XPath), in every language we speak.

    sentences = Translated(WORDS / "xpath", {"variables": "variables are not supported (character {at})"})
    sentences.message("variables are not supported (character 3)")     # {"en": "variables …", "zh": "不支持变量（第3个字符）"}

A sentence is known again by the template it was made from. The translations are in a folder of forms/words, a file a language, with the same
names in braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import orjson

from forms.messages import WORDS, Message

SPOKEN = tuple(file.stem for file in sorted(WORDS.glob("*.json")))
_GAPS = {"row": r"\d+", "at": r"\d+", "rest": r"(?s:.*)"}


class Translated:
    def __init__(self, folder: Path, templates: Mapping[str, str]) -> None:
        self.translations: dict[str, dict[str, str]] = {language: {} for language in SPOKEN}
        self.translations |= {file.stem: orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))}
        self.patterns = {key: re.compile(_pattern(template)) for key, template in templates.items()}

    def message(self, text: str, shown: str = "") -> Message:
        """`shown`: the English sentence as people are to see it, where we have none of our own. What nobody has translated is said in English."""
        english = shown or text
        key, gaps = next(((key, found.groupdict()) for key, pattern in self.patterns.items() if (found := pattern.fullmatch(text))), ("", {}))
        return {language: sentences[key].format_map(gaps) if key in sentences else english for language, sentences in self.translations.items()}


def _pattern(template: str) -> str:
    written, seen = "", set()
    for literal, name, _, _ in Formatter().parse(template):
        written += re.escape(literal)
        if name is not None:
            written += f"(?P={name})" if name in seen else f"(?P<{name}>{_GAPS.get(name, '.*?')})"
            seen.add(name)
    return written
