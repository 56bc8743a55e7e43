"""The first page: what needs a person, then today's true numbers, each a link to its records."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from server.office import area_tree, languages, shown
from server.office.counted import all_counts
from server.office.record_lists import area_choices, chosen_area, seen_areas
from server.office.signing import ADMINISTRATOR, OFFICE, needs, reader
from server.stores import stores
from sync.store import reading, reading_operator, reading_queue, reading_submissions
from sync.store.facets import CALL_BACK_STATES, natural
from sync.store.reading import COUNTED_ROWS_MAX, RecordQuery
from sync.store.reading_queue import COUNTED_MAX, QueueQuery
from sync.store.reading_submissions import SubmissionQuery

CASES_COUNTED_MAX = 100_000
TODAY_COUNTED_MAX = 100_000
PATHS = {"household": "households", "person": "people", "quarantine_case": "cases"}


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", "overview", overview)


@needs(*OFFICE)
def overview() -> str:
    connection, within, area = stores().session.connection(), reader().within, chosen_area()
    at = {"area": request.args["area"]} if area else {}

    def count(kind: str, most: int = COUNTED_ROWS_MAX, **filters: object) -> str | int:
        query = RecordQuery(kind=kind, within=within, area=area, **filters)  # type: ignore[arg-type]
        return at_most(reading.count(connection, query, most + 1), most)

    day = languages.now().date().isoformat()
    counts = all_counts()
    states = counts.by_state("household", within, area)
    held = reading_submissions.count(connection, SubmissionQuery(within=within, area=area, state="held"), COUNTED_ROWS_MAX + 1)
    of_today = SubmissionQuery(within=within, area=area, since=languages.today_began())
    today = at_most(reading_submissions.count(connection, of_today, TODAY_COUNTED_MAX + 1), TODAY_COUNTED_MAX)
    pairs = reading_queue.counts(connection, QueueQuery(within=within, area=area, sort="pair"))["pair"]
    waiting = [
        (
            "file-warning",
            _("Submissions held"),
            at_most(held, COUNTED_ROWS_MAX),
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
            f"{languages.number(pairs)}+" if pairs == COUNTED_MAX else pairs,
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
    rows = by_area(area)
    return render_template(
        "office/overview.html",
        waiting=[each for each in waiting if each[2]],
        households=sum(states.values()),
        surveyed=states.get("done", 0),
        call_back=sum(states.get(each, 0) for each in CALL_BACK_STATES),
        never=states.get(None, 0),
        others=sorted(((each, number) for each, number in states.items() if each not in ("done", None, *CALL_BACK_STATES)), key=lambda pair: -pair[1]),
        people=sum(counts.by_state("person", within, area).values()),
        cases=count("quarantine_case", CASES_COUNTED_MAX, running_on=day),
        cases_over=count("quarantine_case", CASES_COUNTED_MAX, over_by=day),
        today=today,
        at=at,
        by_area=rows[: area_tree.ROWS_MAX],
        areas_more=max(0, len(rows) - area_tree.ROWS_MAX),
        area_choices=area_choices(),
        counted_at=counts.said_at,
        as_of=reading.received_last(connection),
    )


def at_most(number: int, most: int) -> str | int:
    """A number as far as it was counted."""
    return f"{languages.number(most)}+" if number > most else number


def by_area(area: frozenset[str] | None) -> list[dict]:
    """Households by state, people and cases of each area that has records; of many areas, of those that they lie in."""
    counts, within = all_counts(), reader().within
    counted = {kind: counts.by_area(kind, within, area) for kind in PATHS}
    rows_of = area_tree.summed(shown.areas(), seen_areas(), request.args.get("area"), {each for found in counted.values() for each, _state in found if each})
    rows: dict[str, dict] = {}
    for kind, found in counted.items():
        for (each, state), number in found.items():
            if each is None:
                continue
            name = rows_of[each]
            row = rows.setdefault(name, {"area": name, "household": 0, "done": 0, "call_back": 0, "never": 0, "person": 0, "quarantine_case": 0})
            row[kind] += number
            if kind == "household":
                column = "done" if state == "done" else "call_back" if state in CALL_BACK_STATES else "never" if state is None else None
                if column:
                    row[column] += number
    return sorted(rows.values(), key=lambda row: natural(row["area"]))
