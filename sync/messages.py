"""What the centre's own problems say to the person who sent the submission: one file a language in words/. The forms' own: forms/messages.py."""

from __future__ import annotations

from pathlib import Path

from forms.messages import Message, spoken

WORDS = Path(__file__).parent / "words"
MESSAGES: dict[str, Message] = spoken(WORDS, "problems")
REASONS_ALIKE: dict[str, Message] = spoken(WORDS, "linkage")
"""Why two records may be one (sync/linkage/compare.py); {name} stands for a value of the reason."""


def message(key: str) -> Message:
    return MESSAGES[key]
