"""The expressions as they stand in the cells: what cannot be read, and names that nothing has. What they mean is the compiler's business."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from forms import xpath
from forms.check.columns import YES_NO
from forms.check.finding import Finding, excerpt, finding, nearest
from forms.check.names import METADATA, closes, kind_of, paths
from forms.check.translated import Translated
from forms.findings import sentence
from forms.functions import FUNCTIONS
from forms.messages import WORDS
from forms.sheets import Row, Sheets

COLUMNS = ("relevant", "required", "read_only", "constraint", "calculation", "choice_filter", "repeat_count")
TEXT_COLUMNS = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "default", "trigger", "parameters")
REFERENCE = re.compile(r"\$\{\s*([^{}$]*?)\s*\}")
# Made by others, so that nothing may be lost by a refusal here: what a form may call that is compiled away or is the phone's own
ELSEWHERE = {"pulldata", "search", "once", "jr:itext"}


# What the parser says (forms/xpath.py), so that it can be said in other languages
REASONS = {
    "not_here": "{found} does not belong here (character {at})",
    "name_at_end": "name expected, the end found (character {at})",
    "name": "name expected, {found} found (character {at})",
    "end": "end expected, {found} found (character {at})",
    "at_end": "{expected} expected, the end found (character {at})",
    "expected": "{expected} expected, {found} found (character {at})",
    "depth": "nested deeper than {limit} (character {at})",
    "operators": "more than {limit} operators in a row (character {at})",
    "length": "an expression has {limit} characters at most (character {at})",
    "variables": "variables are not supported (character {at})",
}


@functools.cache
def _reasons() -> Translated:
    return Translated(WORDS / "xpath", REASONS)


def references_out(text: str) -> str:
    """`${name}` as a name of the same length, so that places stay where they are."""
    return REFERENCE.sub(lambda found: "_ref" + "_" * (len(found[0]) - 4) if len(found[0]) >= 4 else found[0], text)


def findings(sheets: Sheets) -> Iterator[Finding]:
    where: dict[str, list[str]] = {}
    for path in paths(sheets):
        where.setdefault(path.rpartition("/")[2], []).append(path)
    known = {*where, *(kind for row in sheets.survey.rows if (kind := kind_of(row)) in METADATA)}
    for row in sheets.survey.rows:
        if closes(row):
            continue
        for column in sheets.survey.columns:
            text = row.get(column)
            if not text:
                continue
            if column.partition("::")[0] in (*COLUMNS, *TEXT_COLUMNS):
                yield from _references(row, column, text, where, known)
            if column == "calculation" and text.lower() in YES_NO - {"", "true()", "false()"}:
                # pyxform makes true() of it, which is another answer than the code.
                yield finding("unquoted", text, "survey", row.number, column, "error", excerpt(text, 0))
            if column in COLUMNS and text.lower() not in YES_NO and not (column == "repeat_count" and text.isdecimal()):
                yield from _readable(row, column, text)


def _references(row: Row, column: str, text: str, where: dict[str, list[str]], known: set[str]) -> Iterator[Finding]:
    for found in REFERENCE.finditer(text):
        if found[1].startswith("last-saved#"):
            # As a default it is left out: the form works, only the convenience is missing. Anywhere else a rule would be lost.
            level = "warning" if column == "default" else "error"
            yield finding("last_saved", found[1], "survey", row.number, column, level, excerpt(text, found.start()))
        name = found[1].removeprefix("last-saved#")
        if name not in known:
            near = nearest(name, known - {""})
            key, detail = ("reference_near", f"{name} → {near}") if near else ("reference", name)
            yield finding(key, detail, "survey", row.number, column, "error", excerpt(text, found.start()))
        elif len(where.get(name, ())) > 1:
            detail = f"{name}: {', '.join(where[name])}"
            yield finding("ambiguous", detail, "survey", row.number, column, "error", excerpt(text, found.start()))
    if (broken := re.search(r"\$(?!\{)\w|\$\{[^{}]*$|\$\{[^{}]*\$\{", text)) and column in COLUMNS:
        yield finding("reference_broken", text[broken.start() :][:40], "survey", row.number, column, "error", excerpt(text, broken.start()))


def _readable(row: Row, column: str, text: str) -> Iterator[Finding]:
    plain = references_out(text)
    if "$" in plain:
        return
    # As pyxform does: quotation marks of a word processor are plain ones.
    plain = plain.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})
    try:
        parsed = xpath.parse(plain)
    except xpath.XPathError as error:
        reasons = _reasons().message(str(error))
        message = {language: said.format(reasons[language]) for language, said in sentence("unparsable", "{0}").items()}
        yield Finding("error", "survey", row.number, column, message, excerpt(text, min(error.position, len(text))), "unparsable")
        return
    for each in xpath.walk(parsed):
        if isinstance(each, xpath.Call) and each.name not in FUNCTIONS and each.name not in ELSEWHERE:
            near = nearest(each.name, FUNCTIONS)
            at = re.search(rf"(?<![\w.-]){re.escape(each.name)}\s*\(", text)
            detail = f"{each.name}() → {near}()" if near else each.name
            yield finding("function_near" if near else "function", detail, "survey", row.number, column, "error", excerpt(text, at.start() if at else 0))
