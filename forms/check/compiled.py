"""What the compiler says of the form that pyxform made, told by sheet, row and column again; and whether the form runs at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from forms import layout
from forms.check.expressions import COLUMNS as EXPRESSIONS
from forms.check.finding import Finding, excerpt, finding
from forms.check.names import paths
from forms.form import Form, Moment
from forms.sheets import Row, Sheets
from forms.xform import Questionnaire

OF_SHEETS = ("unparsable", "function", "reference")
"""What the sheets were asked already (forms/check/expressions.py), with a caret."""
OF_WHAT_STAYS = (
    "cycle", "outside_repeat", "predicate_absolute", "group_value", "note_value", "unresolved", "unresolved_name", "arguments", "pattern", "pattern_slow",
    "always_true", "position", "list_column", "save_to_kind", "save_to_scope", "save_to_twice", "save_to_group", "save_to_name", "not_nodes",
)  # fmt: skip
"""What still holds of a form that something was left out of."""
FOLLOWS = ("unresolved", "unresolved_name", "list_column", "entity_id")
"""What may only follow from another error in the same cell."""


class Places:
    """Where a field of the XForm stands in the sheets."""

    def __init__(self, sheets: Sheets) -> None:
        self.entities = sheets.entities.rows
        self.instance_name = sheets.setting("instance_name")
        self.rows: dict[str, Row] = {path: rows[0] for path, rows in paths(sheets).items()}
        self.rows |= {f"slot {number}": row for number, row in enumerate(sheets.schedule.rows)}

    def reads_a_file(self, found: Finding) -> bool:
        """Whether this says no more than that a list, whose file is missing, is not there."""
        row = next((row for row in self.rows.values() if row.number == found.row), None)
        if found.key not in ("unresolved", "instance", "list_column", "unresolved_name") or row is None:
            return False
        return "instance(" in row.get(found.column) or "pulldata(" in row.get(found.column) or found.column == "choice_filter"

    def named_row(self, found: Finding) -> Finding:
        """pyxform's finding with the row of the question that it names, where it says no row."""
        if found.row is None and (parameter := re.search(r"Parameter ([\w-]+)", found.message["en"])):
            rows = [row for row in self.rows.values() if f"{parameter[1]}=" in row.get("parameters").replace(" ", "")]
            return replace(found, row=rows[0].number, column="parameters") if rows else found
        names = re.findall(r"'([\w.\-]+)'", found.message["en"]) if found.row is None else []
        rows = [row for row in self.rows.values() if row.get("name") in names]
        return replace(found, row=rows[0].number) if len(rows) == 1 else found

    def row(self, path: str) -> int | None:
        return self.rows[path].number if path in self.rows else None

    def finding(self, found: layout.Finding) -> Finding:
        row = self.rows.get(found.path)
        if found.column == "entity_id":
            row = next((each for each in self.entities if found.trouble.detail.startswith(f"{each.get('list_name')}: ")), None)
        sheet = "entities" if found.column == "entity_id" else "schedule" if found.path.startswith("slot ") else "survey"
        text = row.get(found.column) if row else ""
        key = "unresolved_name" if found.trouble.key == "unresolved" and re.fullmatch(r"[\w.-]+", found.trouble.detail) else found.trouble.key
        if found.path == "/meta/instanceName":
            shown = _shown(self.instance_name, found.trouble.detail)
            return finding(key, found.trouble.detail, "settings", 2, "instance_name", found.trouble.level, shown)
        return finding(
            key,
            found.trouble.detail,
            sheet,
            row.number if row else None,
            found.column,
            found.trouble.level,
            _shown(text, found.trouble.detail) if found.column in EXPRESSIONS else "",
        )


def _shown(text: str, detail: str) -> str:
    """The cell with a caret under what the compiler names: the question, the function, the path."""
    words = [re.escape(word) for word in reversed(re.findall(r"[^\W\d][\w.\-]*", detail))]
    patterns = [re.escape(detail)] if detail else []
    patterns += [rf"\$\{{\s*{word}\s*\}}" for word in words] + [rf"(?<![\w.-]){word}(?![\w.-])" for word in words]
    at = next((found for pattern in patterns if (found := re.search(pattern, text))), None)
    return excerpt(text, at.start()) if at else ""


def tried(questionnaire: Questionnaire, xform: str, files: Mapping[str, bytes]) -> tuple[Form | None, list[Finding]]:
    """A form that cannot be made, or fails on no answers at all, is none to publish."""
    now = datetime(2026, 2, 3, 9, 15, 2, tzinfo=UTC)
    try:
        form = Form(questionnaire, xform, files)
        form.judge({}, Moment(now, now))
    except Exception as error:  # whatever it is, it must be known before a phone has the form
        return None, [finding("fails", f"{type(error).__name__}: {error}", "survey", None, "")]
    return form, []
