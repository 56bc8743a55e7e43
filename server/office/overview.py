"""The first page: what needs a person, then today's true numbers, each a link to its records."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from server.office import languages, shown
from server.office.record_lists import area_choices, chosen_area
from server.office.signing import ADMINISTRATOR, OFFICE, needs, reader
from server.stores import stores
from sync.store import reading, reading_operator, reading_queue, reading_submissions
from sync.store.facets import CALL_BACK_STATES, natural
from sync.store.reading import RecordQuery
from sync.store.reading_queue import COUNTED_MAX, QueueQuery
from sync.store.reading_submissions import SubmissionQuery

PATHS = {"household": "households", "person": "people", "quarantine_case": "cases"}


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", "overview", overview)


@needs(*OFFICE)
def overview() -> str:
    connection, within, area = stores().session.connection(), reader().within, chosen_area()
    at = {"area": request.args["area"]} if area else {}

    def count(kind: str, **filters: object) -> int:
        return reading.count(connection, RecordQuery(kind=kind, within=within, area=area, **filters))  # type: ignore[arg-type]

    day = languages.now().date().isoformat()
    states = reading.counts_by(connection, RecordQuery(kind="household", within=within, area=area), "state")
    held = reading_submissions.count(connection, SubmissionQuery(within=within, area=area, state="held"))
    today = reading_submissions.count(connection, SubmissionQuery(within=within, area=area, since=languages.today_began()))
    pairs = reading_queue.counts(connection, QueueQuery(within=within, area=area, sort="pair"))["pair"]
    waiting = [
        (
            "file-warning",
            _("Submissions held"),
            held,
            shown.address("office.queue", sort="held", **at),
            _("cannot be accepted as they are: accept, return or reject"),
        ),
        *(
            (
                "git-compare",
                _("Disputed households") if kind == "household" else _("Disputed people") if kind == "person" else _("Disputed cases"),
                count(kind, disputed=True),
                shown.address("office.queue", sort="dispute", kind=kind, **at),
                _("two people saw the same thing differently"),
            )
            for kind in PATHS
        ),
        (
            "copy",
            _("Possible duplicates"),
            f"{pairs}+" if pairs == COUNTED_MAX else pairs,
            shown.address("office.queue", sort="pair", **at),
            _("records that may be one and the same"),
        ),
        (
            "thermometer",
            _("People with fever"),
            count("person", fever=True),
            shown.address("office.records", path="people", fever=1, order="temperature", **at),
            _("37.3 ℃ or more when last measured at a survey"),
        ),
        (
            "thermometer",
            _("Cases with fever"),
            count("quarantine_case", fever=True),
            shown.address("office.records", path="cases", fever=1, order="temperature", **at),
            _("37.3 ℃ or more at the last check"),
        ),
        (
            "triangle-alert",
            _("Red codes"),
            count("person", health_code="red"),
            shown.address("office.records", path="people", code="red", **at),
            _("isolate and report at once"),
        ),
        (
            "triangle-alert",
            _("Yellow codes"),
            count("person", health_code="yellow"),
            shown.address("office.records", path="people", code="yellow", **at),
            _("follow up today"),
        ),
    ]
    if reader().role == ADMINISTRATOR:
        strays = reading_operator.strays_page(connection, 1).total
        waiting.append(("server", _("Unreadable documents"), strays, shown.address("office.operator"), _("arrived from phones but are no submissions")))
    return render_template(
        "office/overview.html",
        waiting=[each for each in waiting if each[2]],
        households=sum(states.values()),
        surveyed=states.get("done", 0),
        call_back=sum(states.get(each, 0) for each in CALL_BACK_STATES),
        never=states.get(None, 0),
        others=sorted(((each, number) for each, number in states.items() if each not in ("done", None, *CALL_BACK_STATES)), key=lambda pair: -pair[1]),
        people=count("person"),
        cases=count("quarantine_case", running_on=day),
        cases_over=count("quarantine_case", over_by=day),
        today=today,
        at=at,
        by_area=by_area(area),
        area_choices=area_choices(),
        as_of=reading.received_last(connection),
    )


def by_area(area: frozenset[str] | None) -> list[dict]:
    """One row for each area that has records: households by state, people, cases."""
    connection, within = stores().session.connection(), reader().within
    rows: dict[str, dict] = {}
    for kind in PATHS:
        for (each, state), number in reading.counts_by_area(connection, RecordQuery(kind=kind, within=within, area=area), "state").items():
            if each is None:
                continue
            row = rows.setdefault(each, {"area": each, "household": 0, "done": 0, "call_back": 0, "never": 0, "person": 0, "quarantine_case": 0})
            row[kind] += number
            if kind == "household":
                column = "done" if state == "done" else "call_back" if state in CALL_BACK_STATES else "never" if state is None else None
                if column:
                    row[column] += number
    return sorted(rows.values(), key=lambda row: natural(row["area"]))
