"""The questions' names, and groups that open and close."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.check.finding import Finding, finding
from forms.sheets import Row, Sheets

# As pyxform has it: an XML name without a colon.
NAME = re.compile(r"[^\W\d][\w.\-]*")
METADATA = {
    "start", "end", "today", "deviceid", "username", "phonenumber", "email", "simserial", "subscriberid", "audit", "start-geopoint", "imei",
    "background-audio",
}  # fmt: skip
_OPENS = {"begin": "group"}


def kind_of(row: Row) -> str:
    """`begin group`, `Begin_Group` → `begin_group`; of a select the command alone: `select_one`."""
    return "_".join(row.get("type").lower().split())


def opens(row: Row) -> str | None:
    """`group`, `repeat` or `loop` that this row begins."""
    matched = re.fullmatch(r"begin_?(?:looped_)?(group|repeat|loop)(?:_over_.*)?", kind_of(row))
    return matched[1] if matched else None


def closes(row: Row) -> str | None:
    matched = re.fullmatch(r"end_?(group|repeat|loop)", kind_of(row))
    return matched[1] if matched else None


def paths(sheets: Sheets) -> dict[str, list[Row]]:
    """Every row by its path, /members/name; of a name that stands twice in one group, both rows."""
    found: dict[str, list[Row]] = {}
    stack: list[str] = []
    for row in sheets.survey.rows:
        if closes(row):
            stack = stack[:-1]
            continue
        found.setdefault("/" + "/".join([*stack, row.get("name") or kind_of(row)]), []).append(row)
        if opens(row):
            stack.append(row.get("name"))
    return found


def findings(sheets: Sheets) -> Iterator[Finding]:
    yield from _groups(sheets)
    for path, rows in paths(sheets).items():
        name = rows[0].get("name")
        for row in rows:
            if not row.get("type"):
                if name and not row.get("type"):
                    yield finding("type_missing", name, "survey", row.number, "type")
            elif not row.get("name"):
                if kind_of(row) not in METADATA and not (kind_of(row) in ("note", "begin_group") and not row.get("name")):
                    yield finding("name_missing", row.get("type"), "survey", row.number, "name")
            elif not NAME.fullmatch(name):
                better = re.sub(r"[^\w.\-]+", "_", name).strip("_") or "question"
                yield finding("name", f"{name} → {better if NAME.fullmatch(better) else '_' + better}", "survey", row.number, "name")
        if name and len(rows) > 1:
            for row in rows[1:]:
                yield finding("name_twice", f"{path} ({rows[0].number})", "survey", row.number, "name")


def _groups(sheets: Sheets) -> Iterator[Finding]:
    stack: list[tuple[str, Row]] = []
    for row in sheets.survey.rows:
        if opened := opens(row):
            stack.append((opened, row))
        elif closed := closes(row):
            if not stack or stack[-1][0] != closed:
                detail = f"{row.get('type')}; {stack[-1][1].get('type')} {stack[-1][1].get('name')} ({stack[-1][1].number})" if stack else row.get("type")
                yield finding("group_end", detail, "survey", row.number, "type")
                return  # after the first that does not fit, the others say nothing
            stack.pop()
    for _, row in stack:
        yield finding("group_begin", f"{row.get('type')} {row.get('name')}", "survey", row.number, "type")
