"""All forms in the order of the national guideline's seven areas: how many came in today and in all, and the records that they feed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as later

from server.office import languages, shown
from server.office.counted import all_counts
from server.office.record_lists import PATHS, TITLES, area_choices, chosen_area, counted_at
from server.office.signing import OFFICE, needs, reader
from server.stores import stores
from sync.store import reading, reading_submissions
from sync.store.reading_submissions import SubmissionQuery

FIELDS_OF_WORK = {
    "monitoring": later("Monitoring and key people"),
    "entry": later("Entry and exit"),
    "reporting": later("Reporting"),
    "publicity": later("Publicity and education"),
    "environment": later("Environment"),
    "help": later("Help for people in difficulty"),
    "services": later("Community services"),
    "": later("Other forms"),
}


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/work", "work", work)


@needs(*OFFICE)
def work() -> str:
    connection, within, area = stores().session.connection(), reader().within, chosen_area()
    counts = all_counts()
    in_all = counts.submissions_by(("form",), within, area)
    today = reading_submissions.counts_by_form(connection, SubmissionQuery(within=within, area=area, since=languages.today_began()))
    held = reading_submissions.counts_by_form(connection, SubmissionQuery(within=within, area=area, state="held"))
    fields: dict[str, list[dict[str, Any]]] = {field: [] for field in FIELDS_OF_WORK}
    for document in current_forms():
        form, field = document["form"], document.get("field_of_work") or ""
        kinds = dict.fromkeys(entity["kind"] for entity in document.get("entities") or () if entity["kind"] in PATHS)
        fields[field if field in fields else ""].append(
            {
                "form": form,
                "title": document["title"],
                "today": today.get(form, 0),
                "all": in_all.get(form, 0),
                "held": held.get(form, 0),
                "records": [(PATHS[kind], TITLES[PATHS[kind]], sum(counts.by_state(kind, within, area).values())) for kind in kinds],
            }
        )
    return render_template(
        "office/work.html",
        fields=[(FIELDS_OF_WORK[field], rows) for field, rows in fields.items() if rows],
        at={"area": request.args["area"]} if area else {},
        area_choices=area_choices(),
        counted_at=counted_at(),
    )


def current_forms() -> list[dict[str, Any]]:
    """The current version of each form, by its title."""
    connection = stores().session.connection()
    found = (shown.form_document(form, version) for form, version, current in reading.form_versions(connection) if current)
    return sorted((document for document in found if document), key=lambda document: document["form"])
