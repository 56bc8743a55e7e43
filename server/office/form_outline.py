"""A form version's questions as an outline: what is asked, of which type, by which rules and with which choices; in the order of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from server.form_text import as_written

if TYPE_CHECKING:
    from forms.form import Form

CHOICES_SHOWN_MAX = 200
RULES = ("relevant", "required", "constraint", "calculate", "count", "default")
ALWAYS = ("true()", "yes")

Words = Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """One question or group. `rules`: which rule, its expression, and what is said where it is broken."""

    depth: int
    number: str
    """1, 1.2, 1.2.3: how people speak of it. "" for what nobody is asked."""
    name: str
    path: str
    type: str
    label: Words | None
    hint: Words | None
    guidance: Words | None
    rules: tuple[tuple[str, str, Words | None], ...]
    choices: tuple[tuple[str, Words], ...]
    choices_more: int
    choices_from: str
    """The file that the choices come from."""
    appearance: str
    ours: tuple[tuple[str, str], ...]
    """Our own columns: merge, pii, prefill, usual, save_to, and what a program fills in."""
    lines: list[Line] = field(default_factory=list)


def outline(document: Mapping[str, Any], form: Form | None) -> list[Line]:
    """The fields of a form document; with `form`, their rules too."""
    rules = {each.path: (each, form.questionnaire.root) for each in form.questionnaire.walk()} if form is not None else {}
    return _lines(document.get("fields") or (), rules, "", 0)


def count_questions(lines: Iterable[Line]) -> int:
    return sum(count_questions(line.lines) if line.type in ("group", "repeat") else line.number != "" for line in lines)


def _lines(fields: Iterable[Mapping[str, Any]], rules: Mapping[str, Any], above: str, depth: int) -> list[Line]:
    lines: list[Line] = []
    number = 0
    for each in fields:
        is_asked = each["type"] not in ("hidden", "calculate")
        number += is_asked
        mine = f"{above}{number}" if is_asked else ""
        rule, root = rules.get(each["path"], (None, ""))
        choices = each.get("choices") or ()
        lines.append(
            Line(
                depth=depth,
                number=mine,
                name=each["name"],
                path=each["path"],
                type=each["type"],
                label=each.get("label"),
                hint=each.get("hint"),
                guidance=each.get("guidance"),
                rules=_rules(rule, root),
                choices=tuple((str(choice["value"]), choice.get("label") or {}) for choice in choices[:CHOICES_SHOWN_MAX]),
                choices_more=max(0, len(choices) - CHOICES_SHOWN_MAX),
                choices_from=each.get("list") or "",
                appearance="" if each["type"] == "hidden" else each.get("appearance") or "",
                ours=_ours(each, rule),
                lines=_lines(each.get("fields") or (), rules, f"{mine}." if mine else above, depth + 1),
            )
        )
    return lines


def _rules(rule: Any, root: str) -> tuple[tuple[str, str, Words | None], ...]:
    if rule is None:
        return ()
    said = {"constraint": rule.constraint_message, "required": rule.required_message}
    found = [(name, as_written(getattr(rule, name), root), said.get(name) or None) for name in RULES if getattr(rule, name)]
    if rule.readonly:
        found.append(("readonly", "", None))
    return tuple((name, "" if expression in ALWAYS else expression, words) for name, expression, words in found)


def _ours(each: Mapping[str, Any], rule: Any) -> tuple[tuple[str, str], ...]:
    found = [(name, "yes" if each[name] is True else str(each[name])) for name in ("pii", "merge", "prefill", "usual", "preload") if each.get(name)]
    if rule is not None and rule.save_to:
        found.append(("save_to", " ".join(rule.save_to)))
    return tuple(found)
