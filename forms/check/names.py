"""The questions' names, and groups that open and close."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.check.finding import Finding, finding, nearest
from forms.sheets import Row, Sheets

# As pyxform has it: an XML name without a colon.
NAME = re.compile(r"[^\W\d][\w.\-]*")
METADATA = {
    "start", "end", "today", "deviceid", "username", "phonenumber", "email", "simserial", "subscriberid", "audit", "start-geopoint", "imei",
    "background-audio",
}  # fmt: skip
TYPES = {
    "text", "integer", "decimal", "select_one", "select_multiple", "select_one_from_file", "select_multiple_from_file", "rank", "date", "time", "dateTime",
    "geopoint", "geotrace", "geoshape", "image", "audio", "video", "file", "barcode", "range", "note", "acknowledge", "calculate", "hidden", "begin_group",
    "end_group", "begin_repeat", "end_repeat", "start", "end", "today", "deviceid", "username", "audit",
}  # fmt: skip
_SELECT = re.compile(r"(add )?(select|rank|osm|cascading)\b|(select|rank|osm|cascading)_|include\b|(begin|end)\b", re.IGNORECASE)


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
    yield from _types(sheets)
    for path, rows in paths(sheets).items():
        name = rows[0].get("name")
        for row in rows:
            if not row.get("type"):
                if name and not row.get("type"):
                    yield finding("type_missing", name, "survey", row.number, "type")
            elif not row.get("name"):
                if kind_of(row) not in METADATA and kind_of(row) != "note":
                    yield finding("name_missing", row.get("type"), "survey", row.number, "name")
            elif not NAME.fullmatch(name):
                better = re.sub(r"[^\w.\-]+", "_", name).strip("_") or "question"
                yield finding("name", f"{name} → {better if NAME.fullmatch(better) else '_' + better}", "survey", row.number, "name")
        if name and len(rows) > 1:
            for row in rows[1:]:
                yield finding("name_twice", f"{path} ({rows[0].number})", "survey", row.number, "name")


def _types(sheets: Sheets) -> Iterator[Finding]:
    """A type that nothing asks; pyxform says so without the row."""
    from pyxform.aliases import settings_header
    from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

    known = {*QUESTION_TYPE_DICT, *settings_header, "hidden", "range"}
    for row in sheets.survey.rows:
        text = " ".join(row.get("type").split())
        if not text or opens(row) or closes(row) or text in known or text.lower() in known or _SELECT.match(text):
            continue
        near = nearest(text.partition(" ")[0], TYPES)
        yield finding("type_near" if near else "type", f"{text} → {near}" if near else text, "survey", row.number, "type")


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
