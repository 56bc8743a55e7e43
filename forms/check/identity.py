"""What a form is called: its id and its version, taken from elsewhere where the settings do not say them as they are kept here.

ODK and Kobo name a form by its file and make a version when it is deployed, so that other people's settings often have neither. A version taken from the
content is the same for the same form and another one for every change: publishing twice changes nothing, and nothing can be overwritten.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import replace

from forms.check.finding import Finding, finding
from forms.sheets import Row, Sheet, Sheets

CHARACTERS_MAX = 64
NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{CHARACTERS_MAX}}}")
VERSION_CHARACTERS = 8


def identified(sheets: Sheets, file_name: str) -> tuple[Sheets, list[Finding]]:
    """The sheets with a form_id and a version that can be kept, and a warning for each that was made."""
    found: list[Finding] = []
    said = {column: sheets.setting(column) for column in ("form_id", "version")}
    form_id, version = said["form_id"], said["version"]
    if not NAME.fullmatch(form_id):
        title = next((sheets.setting(column) for column in sheets.settings.columns if column.partition("::")[0] == "form_title" and sheets.setting(column)), "")
        stem = re.sub(r"\.[A-Za-z]{2,4}$", "", file_name)
        made = next((plain for text in (form_id, stem, title) if (plain := _plain(text))), "")
        found.append(_said("form_id", form_id, made))
        form_id = made or form_id
    if not NAME.fullmatch(version):
        made = _plain(version) or _of_content(sheets)
        found.append(_said("version", version, made))
        version = made
    if not found:
        return sheets, found
    first = sheets.settings.rows[0] if sheets.settings.rows else Row(2, {})
    row = replace(first, cells={**first.cells, "form_id": form_id, "version": version})
    columns = [*sheets.settings.columns, *(column for column in ("form_id", "version") if column not in sheets.settings.columns)]
    return replace(sheets, settings=Sheet(columns, [row, *sheets.settings.rows[1:]])), found


def _said(column: str, was: str, made: str) -> Finding:
    if not made:
        return finding("setting_missing", column, "settings", 2, column)
    if was:
        return finding("setting_made_plain", f"{column}: {was} → {made}", "settings", 2, column, "warning")
    return finding("setting_made", f"{column} = {made}", "settings", 2, column, "warning")


def _plain(text: str) -> str:
    """`Étude ménage (v2)` → `Etude_menage_v2`: what is left when only what a name may have is kept."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", ascii_).strip("_.-")[:CHARACTERS_MAX]


def _of_content(sheets: Sheets) -> str:
    rows = [
        [row.cells for row in sheet.rows]
        for sheet in (sheets.survey, sheets.choices, sheets.settings, sheets.entities, *([sheets.schedule] if sheets.schedule.rows else []))
    ]
    digest = hashlib.sha256(json.dumps(rows, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return digest[:VERSION_CHARACTERS]
