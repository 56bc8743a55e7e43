"""What was done, said on the next page, with one button that takes it back (base.html draws it)."""

from __future__ import annotations

from typing import Any, cast

from flask import flash


def toast(words: str, look: str = "", undo: str = "", was_undo: bool = False, **fields: str) -> None:
    """`look`: the address where it is to be seen. `undo`: the address that takes it back, when it is sent these fields; `was_undo`: which does it again."""
    message: dict[str, Any] = {"words": words, "look": look, "undo": undo, "was_undo": was_undo, "fields": fields}
    flash(cast(str, message), "done")


def problem(words: str) -> None:
    flash(words, "problem")
