"""The sheets' columns, and what may stand in a cell of ours and of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forms import headers, xlsform
from forms.check.finding import Finding, finding, nearest
from forms.check.names import kind_of
from forms.findings import MERGE_POLICIES, PII_KINDS
from forms.sheets import Sheets

TAKES_MORE = ("bind", "control", "body", "instance", "media")
SURVEY = {
    "type", "name", "required", "relevant", "constraint", "calculation", "appearance", "default", "read_only", "choice_filter", "repeat_count",
    "parameters", "trigger", "autoplay", "rows", "disabled", "intent", "no_app_error_string", "noapperrorstring",
    "note", "notes", "comment", "comments", "hxl", "tags",
    *headers.TEXTS, *TAKES_MORE, *xlsform.OUR_COLUMNS,
}  # fmt: skip
CHOICES = {"list_name", "name", "label", "image", "audio", "video", "big-image", "media"}
SETTINGS = {
    "form_title", "form_id", "version", "default_language", "instance_name", "public_key", "submission_url", "style", "namespaces",
    "allow_choice_duplicates", "name", "auto_send", "auto_delete", "client_editable", "sms_keyword", "prefix", "delimiter", "omit_instanceid",
    "instance_id", "clean_text_values", "attribute", "id_string", *xlsform.OUR_SETTINGS,
}  # fmt: skip
ENTITIES = {"list_name", "entity_id", "label", "create_if", "update_if", "repeat"}
# Columns that other tools keep for themselves: Kobo's $kuid and kobo--score, a sheet's own remarks _old
OF_OTHER_TOOLS = re.compile(r"[$_#].*|(kobo|sms|hxl|compact)[-_]+.*|hxl.*|.*\btranslation notes?\b.*", re.IGNORECASE)
NOT_USED_SETTINGS = ("submission_url", "auto_send", "auto_delete", "sms_keyword", "client_editable")
NEAR_COLUMN_AT_LEAST = 0.75
YES_NO = {"", "yes", "no", "true", "false", "true()", "false()"}
AUDIENCES = ("phone", "office")


def findings(sheets: Sheets) -> Iterator[Finding]:
    yield from _columns(sheets)
    yield from _settings(sheets)
    for row in sheets.survey.rows:
        if row.get("merge") and row.get("merge") not in MERGE_POLICIES:
            yield finding("merge", _or_near(row.get("merge"), MERGE_POLICIES), "survey", row.number, "merge")
        if row.get("pii") and row.get("pii") not in PII_KINDS:
            yield finding("pii", _or_near(row.get("pii"), PII_KINDS), "survey", row.number, "pii")
        if row.get("prefill").lower() not in YES_NO:
            yield finding("prefill", row.get("prefill"), "survey", row.number, "prefill")
        if row.get("keep").lower() not in YES_NO:
            yield finding("keep", row.get("keep"), "survey", row.number, "keep")
        if kind_of(row) == "calculate" and not row.get("calculation") and not row.get("default"):
            yield finding("calculation_missing", row.get("name"), "survey", row.number, "calculation")


def _or_near(value: str, known: Iterable[str]) -> str:
    near = nearest(value, known)
    return f"{value} → {near}" if near else f"{value} ({', '.join(known)})"


def _columns(sheets: Sheets) -> Iterator[Finding]:
    for name, sheet, known in (
        ("survey", sheets.survey, SURVEY),
        ("settings", sheets.settings, SETTINGS),
        ("entities", sheets.entities, ENTITIES),
        ("schedule", sheets.schedule, {"label", *xlsform.SLOT_COLUMNS}),
    ):
        for column in sheet.columns:
            base, colons, _ = column.partition("::")
            translatable = base in headers.TEXTS or base in TAKES_MORE or (name != "survey" and base in ("form_title", "label"))
            if OF_OTHER_TOOLS.fullmatch(column) or (base in known and (not colons or translatable)):
                continue
            yield _unknown(name, column, known)
    for column in sheets.choices.columns:
        # Any other column of choices may serve a choice_filter; one that is almost a known one is a slip.
        base, colons, _ = column.partition("::")
        if base.lower() not in CHOICES and not OF_OTHER_TOOLS.fullmatch(column) and (colons or nearest(base, CHOICES, 0.8)):
            yield _unknown("choices", column, CHOICES)
    for name, sheet in (("survey", sheets.survey), ("choices", sheets.choices)):
        for column in sheet.columns:
            if column.partition("::")[0] in headers.TEXTS and column.count("::") > 1:
                yield finding("column_languages", column, name, 1, column)


def _unknown(sheet: str, column: str, known: Iterable[str]) -> Finding:
    base = column.partition("::")[0]
    near = nearest(base, {*known, *headers.ALIASES.get(sheet, {})}, NEAR_COLUMN_AT_LEAST)
    near = headers.ALIASES.get(sheet, {}).get(near or "", near)
    # A slip would silently lose a rule; what nobody knows is the author's own remark, and is left out.
    if near and near != base:
        return finding("column_near", f"{column} → {near}", sheet, 1, column)
    return finding("column", column, sheet, 1, column, "warning")


def _settings(sheets: Sheets) -> Iterator[Finding]:
    said = sheets.setting
    if not set(said("audience").split()) <= set(AUDIENCES):
        yield finding("audience", said("audience"), "settings", 2, "audience")
    if (field := said("field_of_work")) and field not in xlsform.FIELDS_OF_WORK:
        yield finding("field_of_work", f"{field} → {', '.join(xlsform.FIELDS_OF_WORK)}", "settings", 2, "field_of_work")
    if said("mode") and said("mode") not in xlsform.MODES:
        yield finding("mode", said("mode"), "settings", 2, "mode")
    if said("starts_new").lower() not in YES_NO:
        yield finding("yes_no", said("starts_new"), "settings", 2, "starts_new")
    if said("public_key"):
        yield finding("public_key", "", "settings", 2, "public_key")
    for column in NOT_USED_SETTINGS:
        if said(column):
            yield finding("setting_not_used", column, "settings", 2, column, "warning")
    language = said("default_language")
    known = {column.partition("::")[2] for sheet in (sheets.survey, sheets.choices) for column in sheet.columns if column.partition("::")[0] in headers.TEXTS}
    known.discard("")
    has_bare = any(column in headers.TEXTS for sheet in (sheets.survey, sheets.choices) for column in sheet.columns)
    if language and known and not has_bare and headers.language_code(language) not in known:
        yield finding("default_language", f"{language} ({', '.join(sorted(known))})", "settings", 2, "default_language")
    if len(sheets.settings.rows) > 1:
        yield finding("settings_rows", "", "settings", sheets.settings.rows[1].number, "", "warning")
    known_sheets = {"survey", "choices", "settings", "entities", "schedule", "external_choices", "osm"}
    for name in sheets.names:
        if name.lower() not in known_sheets and not name.startswith("_") and (near := nearest(name, known_sheets, 0.8)):
            yield finding("sheet_near", f"{name} → {near}", name, None, "", "warning" if near in {each.lower() for each in sheets.names} else "error")
