"""One record's page: what is known and who said it, disputes side by side, who and what belongs with it, what it was made of."""

from __future__ import annotations

from flask import Blueprint, render_template

from server.errors import NotFound
from server.office import facts, media, shown
from server.office.audit import note
from server.office.record_lists import PATHS, TITLES, said
from server.office.signing import OFFICE, needs, reader
from server.stores import stores
from sync.store import reading

HIDDEN = ("household", "person")  # shown as links instead


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/records/<record_id>", "record", record)


@needs(*OFFICE)
def record(record_id: str) -> str:
    connection = stores().session.connection()
    row = reading.record(connection, record_id, reader().within)
    if row is None:
        raise NotFound
    fields = row["body"].get("fields") or {}
    belongs: dict[str, list[dict]] = {}
    for each in reading.linked(connection, row, reader().within):
        belongs.setdefault(each["kind"], []).append(each)
    history = reading.submissions_of(connection, record_id)
    groups = facts.groups(row["kind"], fields, shown.catalogue(), HIDDEN)
    page = render_template(
        "office/record.html",
        row=row,
        path=PATHS.get(row["kind"], "households"),
        list_title=str(TITLES[PATHS.get(row["kind"], "households")]),
        kinds=shown.KINDS,
        groups=groups,
        files=media.of_facts(fact for group in groups for fact in group.facts),
        disputes=facts.disputes(row["kind"], fields, shown.catalogue()),
        belongs=belongs,
        history=history,
        said=said,
        property_name=shown.property_name,
    )
    note("view", record_id)
    return page
