"""A form without what is wrong with it: so that pyxform, which stops at its first error, and our compiler can be asked about the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from forms.check.finding import Finding
from forms.check.names import NAME, closes, opens
from forms.sheets import Row, Sheet, Sheets

OF_THE_WHOLE = ("group_begin", "group_end", "setting_missing", "public_key", "sheet_near")
"""Nothing can be left out to mend these."""
KINDS_OF_TYPES = ("type", "type_near", "choice_list", "choice_list_near", "select_external", "usual")


def without(sheets: Sheets, errors: Iterable[Finding]) -> Sheets | None:
    """None where nothing can be left out so that the rest still says the same."""
    survey, choices = dict(_by_number(sheets.survey)), dict(_by_number(sheets.choices))
    dropped: set[str] = set()
    for each in errors:
        row = survey.get(each.row or 0) if each.sheet == "survey" else None
        if each.row == 1:
            dropped.add(each.column)
        elif each.sheet == "choices" and each.row in choices:
            del choices[each.row]
        elif row is not None and each.key in KINDS_OF_TYPES:
            survey[row.number] = replace(row, cells={**row.cells, "type": "text", "choice_filter": "", "parameters": "", "usual": ""})
        elif row is not None and each.column in row.cells and each.column not in ("name", "type"):
            survey[row.number] = replace(row, cells={column: text for column, text in row.cells.items() if column != each.column})
        elif row is not None and not opens(row) and not closes(row):
            # Something of this name stays, for whatever refers to it.
            name = row.get("name") if NAME.fullmatch(row.get("name")) and each.key not in ("name", "name_twice") else f"left_out_{row.number}"
            labels = {column: text for column, text in row.cells.items() if column.partition("::")[0] == "label"}
            survey[row.number] = replace(row, cells={**labels, "type": "text", "name": name})
        elif (each.key == "pyxform" and each.row is None) or opens(row or Row(0, {})) or closes(row or Row(0, {})):
            return None
    return replace(sheets, survey=_sheet(sheets.survey, survey, dropped), choices=_sheet(sheets.choices, choices, dropped))


def _by_number(sheet: Sheet) -> list[tuple[int, Row]]:
    return [(row.number, row) for row in sheet.rows]


def _sheet(sheet: Sheet, rows: dict[int, Row], dropped: set[str]) -> Sheet:
    kept = [replace(row, cells={column: text for column, text in row.cells.items() if column not in dropped and text}) for row in rows.values()]
    return Sheet([column for column in sheet.columns if column not in dropped], kept)
