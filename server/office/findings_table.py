"""The findings of the publish check laid over the sheets they are about: for each sheet the rows that have one, as they look in the spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

KEY_COLUMNS = {"survey": ("type", "name", "label"), "choices": ("list_name", "name", "label"), "entities": ("list_name", "entity_id", "label")}
HEADER_ROW = 1
CELL_CHARACTERS_MAX = 400
SHEETS = ("settings", "survey", "choices", "entities", "schedule")


@dataclass(frozen=True)
class Cell:
    column: str
    text: str
    level: str
    """error, warning, or "" where nothing is found."""
    is_key: bool


@dataclass(frozen=True)
class FoundRow:
    number: int
    cells: list[Cell]
    findings: list[Any]


@dataclass(frozen=True)
class FoundSheet:
    """`findings`: about the sheet as a whole, or of a sheet that cannot be shown. `columns`: those of `rows`' cells."""

    name: str
    columns: list[str]
    findings: list[Any] = field(default_factory=list)
    rows: list[FoundRow] = field(default_factory=list)


def laid_over(sheets: Any, findings: Iterable[Any]) -> list[FoundSheet]:
    """`sheets`: forms.xlsform.Sheets, or None where the file cannot be read. Errors and warnings of one row stand together, errors first."""
    of_sheet: dict[str, list[Any]] = {}
    for finding in findings:
        of_sheet.setdefault(finding.sheet, []).append(finding)
    names = sorted(of_sheet, key=lambda name: (SHEETS.index(name) if name in SHEETS else -1 if not name else len(SHEETS), name))
    return [_sheet(name, getattr(sheets, name, None) if name in SHEETS else None, of_sheet[name]) for name in names]


def _sheet(name: str, sheet: Any, findings: Sequence[Any]) -> FoundSheet:
    contents = {row.number: row.cells for row in sheet.rows} if sheet is not None else {}
    by_row: dict[int, list[Any]] = {}
    whole = []
    for finding in findings:
        shown = sheet is not None and finding.row is not None and (finding.row == HEADER_ROW or finding.row in contents)
        if shown:
            by_row.setdefault(finding.row, []).append(finding)
        else:
            whole.append(finding)
    columns = _columns(name, sheet, by_row)
    rows = [_row(number, name, columns, contents.get(number), by_row[number]) for number in sorted(by_row)]
    return FoundSheet(name, columns, whole, rows)


def _columns(name: str, sheet: Any, by_row: dict[int, list[Any]]) -> list[str]:
    """Those one knows a row by and those with a finding, in the order of the sheet. The settings are few: all."""
    if sheet is None or not by_row:
        return []
    found = {finding.column for findings in by_row.values() for finding in findings if finding.column}
    wanted = [column for column in sheet.columns if name == "settings" or _is_key(name, column) or column in found]
    return wanted + sorted(found - set(wanted))  # a column that should be there and is not stands at the end


def _row(number: int, sheet: str, columns: list[str], cells: dict[str, str] | None, findings: list[Any]) -> FoundRow:
    findings = sorted(findings, key=lambda finding: finding.level)
    levels = {finding.column: finding.level for finding in reversed(findings)}
    texts = {column: column for column in columns} if cells is None else cells
    return FoundRow(number, [Cell(column, _short(texts.get(column, "")), levels.get(column, ""), _is_key(sheet, column)) for column in columns], findings)


def _is_key(sheet: str, column: str) -> bool:
    return column.partition("::")[0] in KEY_COLUMNS.get(sheet, ())


def _short(text: str) -> str:
    return text if len(text) <= CELL_CHARACTERS_MAX else text[:CELL_CHARACTERS_MAX] + "…"
