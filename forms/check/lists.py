"""Choice lists: the sheet choices against the questions that choose from it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms import headers, xpath
from forms.check.expressions import references_out
from forms.check.finding import Finding, excerpt, finding, nearest
from forms.sheets import Row, Sheets

FILE_ENDINGS = (".csv", ".xml", ".geojson")
SELECTS = {
    "select_one": "select_one", "select1": "select_one", "select_multiple": "select_multiple", "rank": "rank",
    "select_one_from_file": "select_one", "select_multiple_from_file": "select_multiple",
}  # fmt: skip


_FROM = r"(\s+prompt)?(\s+(from|using))?\b(?![\s_]*(from[\s_]file|external))"
# Before the underscores came, a select was written in words.
_WRITTEN = {
    re.compile(rf"^(add\s+)?select[\s_]+one{_FROM}", re.IGNORECASE): "select_one",
    re.compile(rf"^(add\s+)?select[\s_]+(multiple|all[\s_]that[\s_]apply){_FROM}", re.IGNORECASE): "select_multiple",
}


def select_of(row: Row) -> tuple[str, str] | None:
    """(`select_one`, `yes_no`) of a row that chooses from a list or a file."""
    text = row.get("type")
    for pattern, command in _WRITTEN.items():
        text = pattern.sub(command, text)
    command, _, rest = text.partition(" ")
    kind = SELECTS.get(command.lower())
    return (kind, rest.split()[0]) if kind and rest.split() else None


def findings(sheets: Sheets) -> Iterator[Finding]:
    lists: dict[str, list[Row]] = {}
    for choice in sheets.choices.rows:
        if choice.get("list_name"):
            lists.setdefault(choice.get("list_name"), []).append(choice)
    codes = {name: [row.get("name") for row in rows] for name, rows in lists.items()}
    used: dict[str, set[str]] = {}
    for row in sheets.survey.rows:
        if row.get("type").lower().startswith("select_one_external"):
            yield finding("select_external", row.get("name"), "survey", row.number, "type")
        if (chosen := select_of(row)) is None:
            continue
        kind, name = chosen
        used.setdefault(name, set()).add(kind)
        is_file = name.lower().endswith(FILE_ENDINGS)
        if not is_file and name not in lists and not name.startswith("${"):
            near = nearest(name, lists)
            yield finding("choice_list_near" if near else "choice_list", f"{name} → {near}" if near else name, "survey", row.number, "type")
            continue
        if row.get("usual") and not is_file and not set(row.get("usual").split()) <= set(codes.get(name, ())):
            yield finding("usual", row.get("usual"), "survey", row.number, "usual")
        if re.fullmatch(r"[\w.-]+", row.get("default")) and row.get("default") not in codes.get(name, [row.get("default")]):
            yield finding("default_choice", f"{row.get('default')} ({name})", "survey", row.number, "default")
        if not is_file and name in lists:
            yield from _filter(row, name, lists[name], sheets)
    yield from _codes(sheets, lists, used)
    text = " ".join(cell for row in sheets.survey.rows for cell in row.cells.values())
    for name, rows in lists.items():
        if name not in used and not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text):
            yield finding("choice_list_unused", name, "choices", rows[0].number, "list_name", "warning")


def _codes(sheets: Sheets, lists: dict[str, list[Row]], used: dict[str, set[str]]) -> Iterator[Finding]:
    may_repeat = sheets.setting("allow_choice_duplicates").lower() in ("yes", "true")
    for name, rows in lists.items():
        seen: dict[str, Row] = {}
        for row in rows:
            code = row.get("name")
            if not code:
                yield finding("choice_code_missing", name, "choices", row.number, "name")
                continue
            if code in seen and not may_repeat:
                yield finding("choice_twice", f"{name} {code} ({seen[code].number})", "choices", row.number, "name")
            seen.setdefault(code, row)
            if re.search(r"\s", code):
                several = bool(used.get(name, set()) & {"select_multiple", "rank"})
                plain = re.sub(r"\s+", "_", code)
                yield finding("choice_blank", f"{code} → {plain}", "choices", row.number, "name", "error" if several else "warning")
    for row in sheets.choices.rows:
        if not row.get("list_name") and row.get("name"):
            yield finding("list_name_missing", row.get("name"), "choices", row.number, "list_name", "warning")


def _filter(row: Row, name: str, choices: list[Row], sheets: Sheets) -> Iterator[Finding]:
    """A column that a choice_filter names and the sheet choices does not have: nothing would ever be chosen."""
    text = row.get("choice_filter")
    if not text:
        return
    try:
        parsed = xpath.parse(references_out(text))
    except xpath.XPathError:
        return  # said where expressions are looked at
    choices = [Row(choice.number, {**choice.cells, "label": "label"}) for choice in choices]
    known = [*(column for column in sheets.choices.columns if "::" not in column), *headers.TEXTS]
    for each in xpath.walk(parsed):
        match each:
            case xpath.Path(None, False, (xpath.Step("child", column), *_)) if column not in known and not column.startswith("_ref"):
                near = nearest(column, known)
                at = re.search(rf"(?<![\w.$-]){re.escape(column)}(?![\w.-])", text)
                detail = f"{column} → {near}" if near else column
                yield finding("filter_column", detail, "survey", row.number, "choice_filter", "error", excerpt(text, at.start() if at else 0))
            case xpath.Path(None, False, (xpath.Step("child", column), *_)) if column in known and not any(choice.get(column) for choice in choices):
                at = re.search(rf"(?<![\w.$-]){re.escape(column)}(?![\w.-])", text)
                detail = f"{column} ({name})"
                yield finding("filter_blank", detail, "survey", row.number, "choice_filter", "error", excerpt(text, at.start() if at else 0))
