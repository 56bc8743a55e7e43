"""Why, in words: one file a language in sync/words, part `linkage`. Values stand in braces: `{left}`, `{right}`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from forms.messages import Message, spoken

WORDS: dict[str, Message] = spoken(Path(__file__).parent.parent / "words", "linkage")


def in_words(reasons: Iterable[tuple[str, dict[str, Any]]], language: str) -> list[str]:
    """Each reason as a phrase, in the order given."""
    return [WORDS[key].get(language, WORDS[key]["en"]).format_map(values) for key, values in reasons]
