"""What the centre's own problems say to the person who sent the submission: one file a language in words/. The forms' own: forms/messages.py."""

from __future__ import annotations

from pathlib import Path

from forms.messages import Message, spoken

MESSAGES: dict[str, Message] = spoken(Path(__file__).parent / "words", "problems")


def message(key: str) -> Message:
    return MESSAGES[key]
