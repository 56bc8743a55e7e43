"""What people read: a language that some rows lack."""

from __future__ import annotations

from collections.abc import Iterator

from forms import headers
from forms.check.finding import Finding, finding
from forms.sheets import Row, Sheet, Sheets
from forms.xlsform import is_asked

ROWS_SAID_ONE_BY_ONE_MAX = 8
ROWS_NAMED_MAX = 20


def findings(sheets: Sheets) -> Iterator[Finding]:
    """A text that is missing in one language is shown in another, so it is a warning: worth mending, no reason not to go out."""
    yield from _translations(sheets.survey, "survey", sheets.language)
    yield from _translations(sheets.choices, "choices", sheets.language)
    labels = [column for column in sheets.survey.columns if column.partition("::")[0] == "label"]
    for row in sheets.survey.rows:
        if not is_asked(row) or row.get("calculation"):
            continue
        if not any(row.get(column) for column in [*labels, *_pictures(sheets.survey), *_hints(sheets.survey)]):
            yield finding("label_missing", row.get("name"), "survey", row.number, labels[0] if labels else "label", "warning")
    labels = [column for column in sheets.choices.columns if column.partition("::")[0] == "label"]
    bare = [row for row in sheets.choices.rows if row.get("name") and not any(row.get(column) for column in [*labels, *_pictures(sheets.choices)])]
    yield from _rows("choice_label", [(row, f"{row.get('list_name')} {row.get('name')}") for row in bare], "choices", labels[0] if labels else "label")


def _pictures(sheet: Sheet) -> list[str]:
    return [column for column in sheet.columns if column.partition("::")[0] in ("image", "audio", "video", "big-image")]


def _hints(sheet: Sheet) -> list[str]:
    return [column for column in sheet.columns if column.partition("::")[0] in ("hint", "guidance_hint")]


def _translations(sheet: Sheet, name: str, language: str) -> Iterator[Finding]:
    columns: dict[str, dict[str, str]] = {}
    for column in sheet.columns:
        base, _, named = column.partition("::")
        if base in headers.TEXTS:
            columns.setdefault(base, {}).setdefault(named or language, column)
    languages = {each for translated in columns.values() for each in translated}
    for base, translated in columns.items():
        if base in ("image", "audio", "video", "big-image") or len(languages) < 2:
            continue  # one picture serves every language
        given = [(row, [column for column in translated.values() if row.get(column)]) for row in sheet.rows]
        for missing in sorted(languages - set(translated)):
            if any(texts for _, texts in given):
                yield finding("translation", f"{base}::{missing}", name, 1, base, "warning")
        for column in translated.values():
            yield from _rows("translation", [(row, column) for row, texts in given if texts and not row.get(column)], name, column)


def _rows(key: str, rows: list[tuple[Row, str]], sheet: str, column: str) -> Iterator[Finding]:
    """One finding a row; where there are many, one for the column that names them."""
    if len(rows) <= ROWS_SAID_ONE_BY_ONE_MAX:
        for row, detail in rows:
            yield finding(key, detail, sheet, row.number, column, "warning")
        return
    numbers = ", ".join(str(row.number) for row, _ in rows[:ROWS_NAMED_MAX]) + (" …" if len(rows) > ROWS_NAMED_MAX else "")
    yield finding(f"{key}_rows", f"{column} ({len(rows)}): {numbers}", sheet, 1, column, "warning")
