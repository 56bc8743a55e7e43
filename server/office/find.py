"""Finding a person or a door by a whole identity number or telephone. The number is posted, so that it stands in no address, history or log; it is looked up by
the keys that linkage keeps anyway (sync/linkage/keys.py), so it stands in no other index either."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from server.office.audit import note
from server.office.record_lists import with_doors
from server.office.signing import OFFICE, needs, reader, safe_next
from server.office.toasts import problem
from server.stores import stores
from sync.linkage import id_numbers, phones
from sync.linkage.keys import of_phone, of_whole_id_number
from sync.store import linkage_statements, reading

NUMBER_CHARACTERS_MAX = 60
ID_NUMBER_CHARACTERS_MIN = 15
FOUND_MAX = 50


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/find", "find", find, methods=["POST"])
    blueprint.add_app_template_global(lambda text: bool(keys_of(text)), "is_number")


@needs(*OFFICE)
def find() -> Response | str:
    """The record that has this number; of several a list of them."""
    keys = keys_of(request.form.get("number", "")[:NUMBER_CHARACTERS_MAX])
    back = safe_next(request.form.get("back")) or url_for("office.records", path="people")
    if not keys:
        problem(_("That is no whole identity number and no whole telephone number."))
        return redirect(back)
    rows = with_doors(having(keys))
    note("find", "by number", found=[row["id"] for row in rows])
    if not rows:
        problem(_("Nobody that you may see has this number."))
        return redirect(back)
    if len(rows) == 1:
        return redirect(url_for("office.record", record_id=rows[0]["id"]))
    return render_template("office/found.html", rows=rows, back=back)


def keys_of(text: str) -> list[str]:
    """The key that records with this number have: as an identity number, else as a telephone. None: it is neither."""
    number = id_numbers.written(text)
    digits = phones.written(text)
    if len(number) >= ID_NUMBER_CHARACTERS_MIN:
        return [of_whole_id_number(number)]
    return [of_phone(digits)] if digits else []


def having(keys: list[str]) -> list[dict[str, Any]]:
    """The records that the reader may see under these keys; for those that are one with another, that other. People before doors."""
    connection, within = stores().session.connection(), reader().within
    ids = dict.fromkeys(id for key in keys for id in linkage_statements.members(connection, key)[:FOUND_MAX])
    rows: dict[str, dict[str, Any]] = {}
    for id in ids:
        row = reading.record(connection, id, within)
        if row is not None and row["linked_to"]:
            row = reading.record(connection, row["linked_to"], within) or row
        if row is not None:
            rows[row["id"]] = row
    return sorted(rows.values(), key=lambda row: (row["kind"] != "person", row["label"], row["id"]))
