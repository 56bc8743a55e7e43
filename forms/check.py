"""Everything that keeps a form from being published, all at once, each with its sheet, row and column.

    result = publishable(Path("survey.xlsx"))
    result.form is None          # there is an error
    result.findings[0]           # Finding("error", "survey", 12, "relevant", {"zh": …, "en": "No question is called ${outcom}"})

pyxform stops at its first error and says nothing of a broken expression, an unknown function, a misspelled column or a missing translation; this page does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from forms import compiler, headers, layout, xlsform, xpath
from forms.files import troubles
from forms.findings import MERGE_POLICIES, PII_KINDS, sentence
from forms.form import Form, Moment
from forms.functions import FUNCTIONS
from forms.messages import Message
from forms.xform import Questionnaire, UnreadableXForm, read_xform
from forms.xlsform import Row, Sheet, Sheets, UnreadableForm

FINDINGS_MAX = 500


@dataclass(frozen=True)
class Finding:
    level: str
    """error: nothing is published; warning: worth a look."""
    sheet: str
    row: int | None
    """As in a spreadsheet: the header is row 1. None: the whole sheet."""
    column: str
    message: Message


@dataclass(frozen=True)
class Publishable:
    form: Form | None
    xform: str | None
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "error"]


def publishable(
    source: Path | str | bytes, file_type: str | None = None, catalogue: Iterable[Form] = (), files: Mapping[str, bytes] = MappingProxyType({})
) -> Publishable:
    """`catalogue`: the form versions published already; a published version never changes, and a property keeps its type.
    `files`: what the form names beside itself, by name.
    """
    try:
        sheets = xlsform.read(source, file_type)
    except UnreadableForm as error:
        return Publishable(None, None, [_pyxforms(str(error), "error")])
    findings = list(_of_sheets(sheets))
    warnings: list[str] = []
    xform: str | None = None
    form: Form | None = None
    try:
        xform = xlsform.compile_xform(sheets, warnings)
        questionnaire = read_xform(xform, files)
    except (UnreadableForm, UnreadableXForm) as error:
        findings.append(_pyxforms(str(error), "error"))
        findings += _of_expressions(sheets)
    else:
        places = _Places(sheets)
        findings += [_finding(key, detail, "survey", None, "", level) for level, key, detail in troubles(files, questionnaire.files_named)]
        compiled = compiler.compile_form(questionnaire)
        findings += [places.finding(each) for each in compiled.findings]
        if not any(each.trouble.level == "error" for each in compiled.findings):
            form, failures = _tried(questionnaire, xform, files)
            findings += failures
            findings += [finding for other in catalogue if form for finding in _beside(form, other)]
    findings += [_pyxforms(warning, "warning") for warning in warnings if not _is_noise(warning)]
    findings = list({(each.level, each.sheet, each.row, each.column, each.message["en"]): each for each in findings}.values())[:FINDINGS_MAX]
    findings.sort(key=lambda each: (each.level, list(_SHEETS).index(each.sheet) if each.sheet in _SHEETS else 9, each.row or 0))
    if any(finding.level == "error" for finding in findings):
        return Publishable(None, None, findings)
    return Publishable(form, xform, findings)


_SHEETS = ("settings", "survey", "choices", "entities")


def _finding(key: str, detail: str, sheet: str, row: int | None, column: str, level: str = "error") -> Finding:
    return Finding(level, sheet, row, column, sentence(key, detail))


def _pyxforms(text: str, level: str) -> Finding:
    """pyxform's own sentence, with the sheet and row it names."""
    row = re.search(r"\[row : (\d+)\]", text)
    sheet = re.search(r"'(survey|choices|settings|entities)' sheet|sheet: '(survey|choices|settings|entities)'", text)
    plain = re.sub(r"\[row : \d+\]\s*", "", text).strip()
    return Finding(
        level, next((name for name in (sheet.groups() if sheet else ()) if name), "survey"), int(row.group(1)) if row else None, "", sentence("pyxform", plain)
    )


def _is_noise(warning: str) -> bool:
    # Photos are made small on the phone, whatever the form says.
    return "machine-readable" in warning or "has no label" in warning or "max-pixels" in warning


# The sheets themselves

_TEXT_COLUMNS = {"label", "hint", "guidance_hint", "constraint_message", "required_message", "image", "audio", "video", "big-image"}
_PLAIN_COLUMNS = {
    "type", "name", "required", "relevant", "relevance", "constraint", "calculation", "calculate", "appearance", "default", "readonly", "read_only",
    "choice_filter", "repeat_count", "parameters", "trigger", "note", "notes", "media", "bind", "control", "body", "instance", "comment",
    *xlsform.OUR_COLUMNS,
}  # fmt: skip
_SETTING_COLUMNS = {
    "form_title", "form_id", "version", "default_language", "instance_name", "public_key", "submission_url", "style", "namespaces",
    "allow_choice_duplicates", "name", *xlsform.OUR_SETTINGS,
}  # fmt: skip
_ENTITY_COLUMNS = {"list_name", "dataset", "entity_id", "label"}
_EXPRESSION_COLUMNS = ("relevant", "relevance", "required", "constraint", "calculation", "calculate", "choice_filter", "repeat_count")
_YES_NO = {"", "yes", "no", "true", "false", "true()", "false()"}


def _base(column: str) -> str:
    return column.partition("::")[0].strip()


def _of_sheets(sheets: Sheets) -> Iterator[Finding]:
    yield from _columns(sheets)
    yield from _settings(sheets)
    yield from _translations(sheets.survey, "survey")
    yield from _translations(sheets.choices, "choices")
    lists = {row.get("list_name") for row in sheets.choices.rows}
    for row in sheets.survey.rows:
        kind, _, rest = row.get("type").partition(" ")
        if kind in ("select_one", "select_multiple", "rank"):
            name = rest.split()[0] if rest.split() else ""
            if name not in lists:
                yield _finding("choice_list", name, "survey", row.number, "type")
        codes = {choice.get("name") for choice in sheets.choices.rows if choice.get("list_name") == rest.split(" ")[0]}
        if row.get("usual") and kind in ("select_one", "select_multiple") and not set(row.get("usual").split()) <= codes:
            yield _finding("usual", row.get("usual"), "survey", row.number, "usual")
        if row.get("merge") and row.get("merge") not in MERGE_POLICIES:
            yield _finding("merge", row.get("merge"), "survey", row.number, "merge")
        if row.get("pii") and row.get("pii") not in PII_KINDS:
            yield _finding("pii", row.get("pii"), "survey", row.number, "pii")
        if row.get("prefill").lower() not in _YES_NO:
            yield _finding("prefill", row.get("prefill"), "survey", row.number, "prefill")
        if row.get("keep").lower() not in _YES_NO:
            yield _finding("keep", row.get("keep"), "survey", row.number, "keep")


def _columns(sheets: Sheets) -> Iterator[Finding]:
    for name, sheet, known in (
        ("survey", sheets.survey, _TEXT_COLUMNS | _PLAIN_COLUMNS),
        ("settings", sheets.settings, _SETTING_COLUMNS),
        ("entities", sheets.entities, _ENTITY_COLUMNS),
    ):
        for column in sheet.columns:
            takes_more = name != "survey" or _base(column) in _TEXT_COLUMNS | {"bind", "control", "body", "instance", "media"}
            if _base(column).lower() not in known or ("::" in column and not takes_more):
                yield _unknown_column(name, column, known)
    choices = {"list_name", "list name", "name", "label", "image", "audio", "video", "big-image", "media"}
    for column in sheets.choices.columns:
        # Any other column of choices may serve a choice_filter; one that is almost a known one is a slip.
        if _base(column).lower() not in choices and ("::" in column or difflib.get_close_matches(_base(column).lower(), choices, 1, 0.8)):
            yield _unknown_column("choices", column, choices)


def _unknown_column(sheet: str, column: str, known: Iterable[str]) -> Finding:
    near = difflib.get_close_matches(_base(column).lower(), sorted(known), 1, 0.7)
    return _finding("column_near" if near else "column", f"{column} → {near[0]}" if near else column, sheet, 1, column)


def _settings(sheets: Sheets) -> Iterator[Finding]:
    for column in ("form_id", "version"):
        if not sheets.setting(column):
            yield _finding("setting_missing", column, "settings", 2, column)
        elif not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", sheets.setting(column)):
            yield _finding("setting_name", f"{column} = {sheets.setting(column)}", "settings", 2, column)
    if not set((audience := sheets.setting("audience")).split()) <= {"phone", "office"}:
        yield _finding("audience", audience, "settings", 2, "audience")
    if (field := sheets.setting("field_of_work")) and field not in xlsform.FIELDS_OF_WORK:
        yield _finding("field_of_work", f"{field} → {', '.join(xlsform.FIELDS_OF_WORK)}", "settings", 2, "field_of_work")
    if (mode := sheets.setting("mode")) and mode not in xlsform.MODES:
        yield _finding("mode", mode, "settings", 2, "mode")
    if (new := sheets.setting("starts_new").lower()) not in _YES_NO:
        yield _finding("prefill", new, "settings", 2, "starts_new")


def _translations(sheet: Sheet, name: str) -> Iterator[Finding]:
    columns: dict[str, list[str]] = {}
    for column in sheet.columns:
        if "::" in column and _base(column) in _TEXT_COLUMNS:
            columns.setdefault(_base(column), []).append(column)
    languages = {headers.language_code(column.partition("::")[2]) for translated in columns.values() for column in translated}
    for base, translated in columns.items():
        for missing in sorted(languages - {headers.language_code(column.partition("::")[2]) for column in translated}):
            yield _finding("translation", f"{base}::{missing}", name, 1, base)
        for row in sheet.rows:
            given = [column for column in translated if row.get(column)]
            for column in translated:
                if given and not row.get(column):
                    yield _finding("translation", column, name, row.number, column)


def _of_expressions(sheets: Sheets) -> Iterator[Finding]:
    """Where pyxform gives no XForm to compile: what can be seen of the expressions in the sheet alone."""
    names = {row.get("name") for row in sheets.survey.rows}
    for row in sheets.survey.rows:
        for column in _EXPRESSION_COLUMNS:
            text = row.get(column)
            if not text or (column == "required" and text.lower() in _YES_NO):
                continue
            for reference in re.findall(r"\$\{\s*([^}]*?)\s*\}", text):
                if reference.removeprefix("last-saved#") not in names:
                    yield _finding("reference", reference, "survey", row.number, column)
            try:
                parsed = xpath.parse(re.sub(r"\$\{[^}]*\}", "x", text))
            except xpath.XPathError as error:
                yield _finding("unparsable", f"{error}: {text}", "survey", row.number, column)
                continue
            for each in xpath.walk(parsed):
                if isinstance(each, xpath.Call) and each.name not in FUNCTIONS:
                    yield _finding("function", each.name, "survey", row.number, column)


# The compiled form


class _Places:
    """Where a field of the XForm stands in the sheets."""

    def __init__(self, sheets: Sheets) -> None:
        self.sheets = sheets
        self.rows: dict[str, Row] = {}
        stack: list[str] = []
        for row in sheets.survey.rows:
            kind = re.sub(r"[\s_]+", "_", row.get("type").lower())
            if kind.startswith("end_"):
                stack = stack[:-1]
                continue
            path = "/" + "/".join([*stack, row.get("name")])
            self.rows[path] = row
            if kind.startswith("begin_"):
                stack.append(row.get("name"))

    def finding(self, found: layout.Finding) -> Finding:
        aliases = {"relevant": ("relevant", "relevance"), "calculation": ("calculation", "calculate")}.get(found.column, (found.column,))
        row = self.rows.get(found.path)
        column = next((alias for alias in aliases if row is not None and row.get(alias)), found.column)
        sheet = "entities" if found.column == "entity_id" else "survey"
        return Finding(found.trouble.level, sheet, row.number if row else None, column, sentence(found.trouble.key, found.trouble.detail))


def _tried(questionnaire: Questionnaire, xform: str, files: Mapping[str, bytes]) -> tuple[Form | None, list[Finding]]:
    """A form that cannot be made, or fails on no answers at all, is none to publish."""
    now = datetime(2026, 2, 3, 9, 15, 2, tzinfo=UTC)
    try:
        form = Form(questionnaire, xform, files)
        form.judge({}, Moment(now, now))
    except Exception as error:  # whatever it is, it must be known before a phone has the form
        return None, [_finding("fails", f"{type(error).__name__}: {error}", "survey", None, "")]
    return form, []


def _beside(form: Form, other: Form) -> Iterator[Finding]:
    if (form.id, form.version) == (other.id, other.version):
        if form.xform != other.xform:
            yield _finding("published", f"{form.id} {form.version}", "settings", 2, "version")
        return
    theirs = {(entity.kind, name): path for entity in other.entities for name, path in entity.properties.items()}
    types, other_types = ({each.path: each.value_type for each in one.questionnaire.walk()} for one in (form, other))
    for entity in form.entities:
        for name, path in entity.properties.items():
            if (known := theirs.get((entity.kind, name))) and _family(types[path]) != _family(other_types[known]):
                yield _finding(
                    "property_type",
                    f"{entity.kind}#{name}: {types[path]}; {other.id} {other.version}: {other_types[known]}",
                    "survey",
                    None,
                    "save_to",
                    "warning",
                )


def _family(value_type: str) -> str:
    return {"integer": "number", "decimal": "number", "select_one": "text", "acknowledge": "text"}.get(value_type, value_type)
