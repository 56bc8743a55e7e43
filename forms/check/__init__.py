"""Everything that keeps a form from being published, all at once, each with its sheet, row and column.

    result = publishable(Path("survey.xlsx"))
    result.form is None          # there is an error
    result.findings[0]           # Finding("error", "survey", 12, "relevant", {"en": "No question is called so; a slip? outcom → outcome"}, "${outcom} = 1\n^")

pyxform stops at its first error and says nothing of a broken expression, an unknown function, a misspelled column or a missing translation. So the sheets are
looked at first, part by part (each file here is one part), then pyxform is asked, then our own compiler, then what is published already. What pyxform
stumbles over is left out, and the rest asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from forms import compiler, workbook, xlsform
from forms.check import beside, columns, compiled, expressions, identity, lists, names, pyxforms, records, texts, without
from forms.check.finding import Finding, finding, once_each
from forms.files import troubles
from forms.form import Form
from forms.sheets import Sheets
from forms.xform import UnreadableXForm, read_xform
from forms.xlsform import UnreadableForm

__all__ = ["FINDINGS_MAX", "Finding", "Publishable", "publishable"]

FINDINGS_MAX = 500
LEFT_OUT_TIMES_MAX = 5
NO_FILES: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True)
class Publishable:
    form: Form | None
    xform: str | None
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "error"]


def publishable(
    source: Path | str | bytes, file_type: str | None = None, catalogue: Iterable[Form] = (), files: Mapping[str, bytes] = NO_FILES, name: str = ""
) -> Publishable:
    """`catalogue`: the current form versions, among them the one before this; a published version never changes, and a property keeps its type.

    `files`: what the form names beside itself, by name. `name`: the form's file, which names a form without an id.
    """
    if isinstance(source, Path):
        file_type, name, source = file_type or source.suffix, name or source.name, source.read_bytes()
    if (trouble := workbook.look(source.encode() if isinstance(source, str) else source, file_type or "")) is not None:
        return Publishable(None, None, [Finding("error", "", None, "", trouble, key="workbook")])
    try:
        sheets = xlsform.read(source, file_type)
    except UnreadableForm as error:
        return Publishable(None, None, [pyxforms.finding_of(str(error), "error")])
    sheets, found = identity.identified(sheets, name)
    found += _of_sheets(sheets)
    form, xform, more = _compiled(sheets, files, [each for each in found if each.level == "error"])
    found += more
    if form is not None:
        found += beside.findings(form, compiled.Places(sheets), list(catalogue))
    found = once_each(found)[:FINDINGS_MAX]
    if any(each.level == "error" for each in found):
        return Publishable(None, None, found)
    return Publishable(form, xform, found)


def _of_sheets(sheets: Sheets) -> Iterator[Finding]:
    for part in (columns, names, texts, lists, expressions, records):
        yield from part.findings(sheets)


def _compiled(sheets: Sheets, given: Mapping[str, bytes], errors: list[Finding]) -> tuple[Form | None, str | None, list[Finding]]:
    """The form, where pyxform and our compiler make one of the sheets; and what they say. `errors`: what was said of the sheets already."""
    try:
        return _judged(sheets, given, errors)
    except (UnreadableForm, UnreadableXForm) as error:
        refused = _refused(sheets, str(error))
        news = _unless_said([refused], errors)
        return None, None, [*news, *_of_the_rest(sheets, given, [*errors, *news])]


def _refused(sheets: Sheets, sentence: str) -> Finding:
    return compiled.Places(sheets).named_row(pyxforms.finding_of(sentence, "error"))


def _unless_said(refused: list[Finding], errors: list[Finding]) -> list[Finding]:
    """pyxform's errors, but where we have named the row already: that was in our own words and with what is near."""
    rows, keys = {(each.sheet, each.row) for each in errors if each.row}, {each.key for each in errors}
    return [each for each in refused if (each.sheet, each.row) not in rows and not pyxforms.is_covered(each, keys)]


def _of_the_rest(sheets: Sheets, given: Mapping[str, bytes], errors: list[Finding]) -> list[Finding]:
    """What there is to say of everything else, once what is wrong is left out."""
    found: list[Finding] = []
    for _ in range(LEFT_OUT_TIMES_MAX):
        rest = without.without(sheets, errors)
        if rest is None or any(each.key in without.OF_THE_WHOLE for each in errors):
            break
        touched = {(each.sheet, each.row) for each in errors}
        try:
            more = _judged(rest, given, errors)[2]
        except (UnreadableForm, UnreadableXForm) as error:
            refused = _refused(sheets, str(error))
            if (refused.sheet, refused.row) in touched or _names_what_is_there(refused, sheets):
                break
            found += _unless_said([refused], errors)
            errors = [*errors, refused]
            continue
        return found + [each for each in more if (each.sheet, each.row) not in touched and each.key in compiled.OF_WHAT_STAYS]
    return found


def _names_what_is_there(refused: Finding, sheets: Sheets) -> bool:
    """Whether pyxform misses no more than what we left out."""
    missed = re.search(r"Could not find the name '([^']*)'|List name not in choices sheet: (\S+)", refused.message["en"])
    return missed is not None and any(
        missed[1] == row.get("name") or missed[2] == row.get("list_name") for sheet in (sheets.survey, sheets.choices) for row in sheet.rows
    )


def _judged(sheets: Sheets, given: Mapping[str, bytes], errors: list[Finding]) -> tuple[Form | None, str | None, list[Finding]]:
    """Raises UnreadableForm or UnreadableXForm where pyxform refuses."""
    warnings: list[str] = []
    xform = xlsform.compile_xform(sheets, warnings)
    questionnaire = read_xform(xform, given)
    found = [pyxforms.finding_of(warning, "warning") for warning in warnings if not pyxforms.is_noise(warning)]
    found += [finding(key, detail, "survey", None, "", level) for level, key, detail in troubles(given, questionnaire.files_named)]
    places = compiled.Places(sheets)
    judged = compiler.compile_form(questionnaire)
    told = [places.finding(trouble) for trouble in judged.findings]
    if any(each.key == "file_missing" and each.level == "error" for each in told):
        told = [each for each in told if not places.reads_a_file(each)]
    rows, cells = {(each.sheet, each.row) for each in errors if each.row}, {(each.sheet, each.row, each.column) for each in errors}
    for each in told:
        if each.key in compiled.OF_SHEETS and (each.sheet, each.row) in rows:
            continue
        if each.key in compiled.FOLLOWS and (each.sheet, each.row, each.column) in cells:
            continue
        found.append(each)
    if any(each.trouble.level == "error" for each in judged.findings):
        return None, xform, found
    form, failures = compiled.tried(questionnaire, xform, given)
    return form, xform, found + failures
