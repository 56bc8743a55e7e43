"""A value that a person typed in the office, checked by the type of the question that asks for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forms import reading
from forms.value_types import VALUE_TYPES
from server.office.questions import Question

TYPED_HERE = ("text", "barcode", "integer", "decimal", "date", "time", "select_one", "select_multiple")
"""Others (places, photos, moments with a zone) are chosen from what the phones said."""
TEXTS = ("text", "barcode")


class WrongValue(ValueError):
    """What was typed is no answer to the question. `type`: what it should have been."""

    def __init__(self, type: str):
        super().__init__(type)
        self.type = type


def comment(text: str) -> str:
    """A comment as it was written: browsers send each end of a line as two characters and count it as one."""
    return text.replace("\r\n", "\n").strip()


def can_be_typed(question: Question | None) -> bool:
    return question is not None and question.type in TYPED_HERE and (question.type not in ("select_one", "select_multiple") or bool(question.choices))


def read_typed(question: Question | None, texts: Sequence[str]) -> Any:
    """The value as records keep it; raises WrongValue. `texts`: what the form sent, more than one for select_multiple."""
    if question is None or not can_be_typed(question):
        raise WrongValue(question.type if question else "")
    said = [text.strip() for text in texts if text.strip()]
    if not said:
        raise WrongValue(question.type)
    if question.choices and question.type.startswith("select"):
        if any(code not in question.choices for code in said) or (question.type == "select_one" and len(said) > 1):
            raise WrongValue(question.type)
        return said if question.type == "select_multiple" else said[0]
    kept = VALUE_TYPES[question.type]
    value = said[0] if question.type in TEXTS else kept.parse(said[0])
    problems: list[str] = []
    getattr(reading, f"read_{kept.reader}")(value, "", "", lambda _at, _suffix, _rule, sentence: problems.append(sentence))
    if problems:
        raise WrongValue(question.type)
    return value
