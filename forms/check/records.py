"""The sheet entities: which records a form writes. ODK's own way of saying it is read as far as it means the same here."""

from __future__ import annotations

from collections.abc import Iterator

from forms.check.finding import Finding, finding
from forms.sheets import Sheets


def findings(sheets: Sheets) -> Iterator[Finding]:
    for row in sheets.entities.rows:
        kind = row.get("list_name")
        if not kind:
            yield finding("entity_kind", "", "entities", row.number, "list_name")
        elif not row.get("entity_id"):
            yield finding("entity_id_missing", kind, "entities", row.number, "entity_id")
        for column in ("create_if", "update_if", "repeat"):
            if row.get(column):
                yield finding("entity_not_used", column, "entities", row.number, column, "warning")
        for column in sheets.entities.columns:
            if column.partition("::")[0] == "label" and "(" in row.get(column).replace("${", "") and "concat(" in row.get(column):
                yield finding("entity_label", row.get(column), "entities", row.number, column)
