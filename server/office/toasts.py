"""What was done, said on the next page, with one button that takes it back (base.html draws it)."""

from __future__ import annotations

from typing import Any, cast

from flask import flash

TURNED = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that turn the direction of all that follows: in a name they would turn the sentence."""


def toast(words: str, look: str = "", undo: str = "", was_undo: bool = False, **fields: str) -> None:
    """`look`: the address where it is to be seen. `undo`: the address that takes it back, when it is sent these fields; `was_undo`: which does it again."""
    message: dict[str, Any] = {"words": words.translate(TURNED), "look": look, "undo": undo, "was_undo": was_undo, "fields": fields}
    flash(cast(str, message), "done")


def problem(words: str) -> None:
    flash(words.translate(TURNED), "problem")
