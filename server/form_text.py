"""Forms as a terminal shows them: findings, the questions as an outline, what changed between two versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from forms.check import Finding
    from forms.differences import Difference
    from forms.form import Form
    from forms.questionnaire import Field

LANGUAGES = ("en", "zh")
COLOURS = {"error": "red", "warning": "yellow"}
CHOICES_SHOWN_MAX = 12
WORDS_OF_RULES = {
    "relevant": "asked when 何时问",
    "required": "required 必填",
    "constraint": "allowed when 允许",
    "calculate": "calculated 计算",
    "count": "rows 行数",
    "default": "at first 默认",
}


def findings_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """One line for the place, one for each language, and the expression with its caret."""
    for finding in findings:
        yield f"  {click.style(finding.level, fg=COLOURS.get(finding.level), bold=True)}  {click.style(place(finding), bold=True)}"
        for text in dict.fromkeys(finding.message[language] for language in LANGUAGES if language in finding.message):
            yield f"      {text}"
        for line in finding.excerpt.splitlines():
            yield click.style(f"        {line}", fg="cyan")


def place(finding: Finding) -> str:
    """survey, row 12, relevant"""
    return ", ".join(str(part) for part in (finding.sheet, f"row {finding.row}" if finding.row else "", finding.column) if part)


def counted(findings: Iterable[Finding]) -> str:
    """1 error, 2 warnings"""
    levels = [finding.level for finding in findings]
    return ", ".join(f"{number} {level}{'s' if number != 1 else ''}" for level in ("error", "warning") if (number := levels.count(level)))


def finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "level": finding.level,
        "sheet": finding.sheet,
        "row": finding.row,
        "column": finding.column,
        "key": finding.key,
        "message": finding.message,
        "excerpt": finding.excerpt,
    }


def outline(form: Form) -> Iterator[str]:
    """The questions in their order, each with its words, choices and rules."""
    yield click.style(f"{in_words(form.title)}  ({form.id} {form.version})", bold=True)
    yield f"{', '.join(form.languages)}; {sum(each.is_leaf for each in form.questionnaire.walk())} questions 个问题"
    for each in form.fields:
        yield from _field_lines(each, 1, form.questionnaire.root)


def as_written(expression: str, root: str) -> str:
    """An XForm's expression as its author wrote it: `/data/visit/outcome` was `${outcome}`, and so was ` ../outcome ` in a repeat, with blanks of pyxform's."""
    absolute = re.sub(rf" ?(?<![\w.\])])/{re.escape(root)}(?:/[\w.-]+)*/([\w.-]+) ?", r"${\1}", expression)
    return re.sub(r"(?: (?:\.\./)+(?:[\w.-]+/)*([\w.-]+) |^(?:\.\./)+(?:[\w.-]+/)*([\w.-]+) (?= ))", r"${\1\2}", absolute)


def _field_lines(each: Field, depth: int, root: str) -> Iterator[str]:
    pad = "  " * depth
    is_group = each.type in ("group", "repeat")
    sign = {"group": "▸", "repeat": "↻"}.get(each.type, "•")
    label = in_words(each.label) if each.type != "hidden" else ""
    yield f"{pad}{sign} {click.style(each.name, bold=True)}  {click.style(each.type, fg='blue')}  {label}".rstrip()
    if each.hint:
        yield click.style(f"{pad}    {in_words(each.hint)}", dim=True)
    for name, words in WORDS_OF_RULES.items():
        text = as_written(getattr(each, name), root).strip()
        if text and text not in ("false()",):
            yield f"{pad}    {words}: {'' if text == 'true()' else text}".rstrip(": ")
    if each.constraint_message:
        yield f"{pad}    “{in_words(each.constraint_message)}”"
    for choice in (each.choices or ())[:CHOICES_SHOWN_MAX]:
        yield f"{pad}    - {choice.value}  {in_words(choice.label)}"
    if len(each.choices or ()) > CHOICES_SHOWN_MAX:
        yield f"{pad}    … {len(each.choices or ()) - CHOICES_SHOWN_MAX} more 更多"
    if each.save_to:
        yield f"{pad}    → {' '.join(each.save_to)}"
    if is_group:
        for child in each.fields:
            yield from _field_lines(child, depth + 1, root)


def in_words(texts: Mapping[str, str]) -> str:
    """Every language's text, once where they are the same."""
    return " · ".join(dict.fromkeys(text for text in texts.values() if text))


def difference_lines(found: Sequence[Difference]) -> Iterator[str]:
    """! marks what leaves answers collected before without a place in the new version."""
    for each in found:
        mark = click.style("!", fg="red", bold=True) if each.orphans else " "
        colour = {"added": "green", "choice_added": "green", "removed": "red", "choice_removed": "red"}.get(each.kind)
        yield f"{mark} {click.style(each.kind, fg=colour)}{' ' * (15 - len(each.kind))} {each.message['en']}"


def difference_data(each: Difference) -> dict[str, Any]:
    return {"kind": each.kind, "path": each.path, "was": each.was, "now": each.now, "orphans": each.orphans, "message": each.message}
