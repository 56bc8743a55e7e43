"""Households, people, cases and every other kind of record as lists: the address bar is the query, the CSV is the same list without pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from werkzeug.wrappers import Response as AnyResponse

from server.office import area_tree, languages, shown
from server.office.audit import note_export
from server.office.counted import all_counts
from server.office.csv_export import csv_response
from server.office.signing import OFFICE, below, needs, reader
from server.stores import stores
from sync.store import reading
from sync.store.facets import CALL_BACK_STATES, natural
from sync.store.reading import PAGES_MAX, RecordQuery

KINDS = {
    "households": "household",
    "people": "person",
    "cases": "quarantine_case",
    "problems": "problem",
    "requests": "service_request",
    "shifts": "duty_shift",
    "premises": "premises",
    "passes": "pass",
    "visits": "visit",
}
OTHERS = ("problems", "requests", "shifts", "premises", "passes", "visits")  # those that stand behind the section Work
WITHOUT_STATES = ("people",)
WITHOUT_DOORS = ("people", "cases")
"""Lists that are not narrowed by it; counting it would walk all of a million people at each look."""
PATHS = {kind: path for path, kind in KINDS.items()}
TITLES = {
    "households": later("Households"),
    "people": later("People"),
    "cases": later("Cases"),
    "problems": later("Problems"),
    "requests": later("Service requests"),
    "shifts": later("Shifts"),
    "premises": later("Premises"),
    "passes": later("Passes"),
    "visits": later("Visits"),
}
BUILDINGS_MAX = 60
ORDERS = {"label": later("By door or name"), "newest": later("Newest change first"), "oldest": later("Oldest change first")}
ORDERS_OF = {"people": {**ORDERS, "temperature": later("Highest temperature first")}, "cases": {**ORDERS, "temperature": later("Highest temperature first")}}
EMPTY = {
    "households": later("Every door that the community knows of stands here. Doors come from the register and from surveys that were accepted."),
    "people": later("Everyone registered at a door stands here, as soon as a survey that names them is accepted."),
    "cases": later("Everyone in quarantine stands here, as soon as they are registered as returned."),
    **dict.fromkeys(OTHERS, later("None yet. They appear here as soon as a form about one is accepted.")),
}


@dataclass(frozen=True)
class Column:
    """One column of a list: its words, and a cell from a row as text. `show` is how a page draws it (list.html)."""

    name: str
    words: Any
    cell: Callable[[dict[str, Any]], str]
    show: str = "text"


def fact(row: dict[str, Any], name: str) -> Any:
    return row["body"].get("fields", {}).get(name, {}).get("value")


def said(row: dict[str, Any], name: str) -> str:
    held = row["body"].get("fields", {}).get(name)
    if not held or held.get("value") in (None, "", []):
        return ""
    return shown.value(held["value"], shown.catalogue().of_property(row["kind"], name, held.get("form")))


def asked(name: str, words: Any, show: str = "text") -> Column:
    return Column(name, words, lambda row: said(row, name), show)


LABEL = {"households": later("Door"), "people": later("Name"), "cases": later("Name"), **{path: TITLES[path] for path in OTHERS}}
AREA = Column("area", later("Area"), lambda row: shown.area_name(row["area"]))
DISPUTES = Column("disputes", later("Disputed"), lambda row: str(row["disputes"] or ""), "disputes")
UPDATED = Column("updated_at", later("Changed"), lambda row: languages.moment(row["updated_at"]))
HOME = Column("household", later("Door"), lambda row: row.get("household_label") or "", "household")
TEMPERATURE = Column("temperature", later("Temperature ℃"), lambda row: "" if row["temperature"] is None else f"{row['temperature']:.1f}", "temperature")


def state_column(words: Any) -> Column:
    return Column("state", words, lambda row: shown.state_words(row["kind"], shown.state_of(row))[2], "state")


COLUMNS = {
    "households": (
        state_column(later("State")),
        asked("member_count", later("People"), "number"),
        asked("phone", later("Telephone")),
        asked("visited_at", later("Last visit")),
        asked("needs", later("Needs")),
        DISPUTES,
        AREA,
        UPDATED,
    ),
    "people": (
        HOME,
        asked("sex", later("Sex")),
        asked("birth_year", later("Born")),
        asked("kind", later("Kind")),
        asked("phone", later("Telephone")),
        Column("health_code", later("Health code"), lambda row: said(row, "health_code"), "code"),
        TEMPERATURE,
        DISPUTES,
        AREA,
        UPDATED,
    ),
    "cases": (
        HOME,
        state_column(later("State")),
        Column("day", later("Day"), lambda row: day_of(row)),
        asked("ends_on", later("Planned end")),
        TEMPERATURE,
        asked("seal_state", later("Seal")),
        asked("guarantor_name", later("Guarantor")),
        DISPUTES,
        AREA,
        UPDATED,
    ),
    "problems": (
        state_column(later("State")),
        asked("kind", later("Kind")),
        HOME,
        asked("place", later("Place")),
        asked("owner_name", later("Taken care of by")),
        asked("due_on", later("Due")),
        asked("found_at", later("Found")),
        DISPUTES,
        AREA,
    ),
    "requests": (
        state_column(later("State")),
        asked("kind", later("Kind")),
        HOME,
        asked("urgency", later("Urgency")),
        asked("requester_name", later("Asked by")),
        asked("claimed_by", later("Taken on by")),
        asked("requested_at", later("Asked at")),
        DISPUTES,
        AREA,
    ),
    "shifts": (
        state_column(later("State")),
        asked("post", later("Post")),
        asked("checked_in_at", later("From")),
        asked("checked_out_at", later("Until")),
        asked("hours", later("Hours"), "number"),
        asked("cover_for", later("In place of")),
        DISPUTES,
        AREA,
    ),
    "premises": (
        state_column(later("State")),
        asked("kind", later("Kind")),
        asked("address", later("Address")),
        asked("contact_name", later("In charge")),
        asked("phone", later("Telephone")),
        asked("problems_note", later("What was wrong")),
        asked("inspected_at", later("Inspected")),
        DISPUTES,
        AREA,
    ),
    "passes": (
        state_column(later("State")),
        asked("kind", later("Kind")),
        HOME,
        asked("plate", later("Plate")),
        asked("valid_to", later("Valid to")),
        asked("out_at", later("Went out")),
        asked("overrun_minutes", later("Overrun, minutes"), "number"),
        DISPUTES,
        AREA,
    ),
    "visits": (
        HOME,
        state_column(later("Result")),
        asked("mode", later("How")),
        asked("attempt", later("Attempt"), "number"),
        asked("visited_at", later("When")),
        asked("call_back_at", later("Call back at")),
        AREA,
    ),
}


def day_of(row: dict[str, Any]) -> str:
    """Day 3 of 14, from the start and the planned end; blank outside them."""
    began, ends = languages.days_until(fact(row, "starts_on")), languages.days_until(fact(row, "ends_on"))
    if began is None or ends is None or began.days > 0:
        return ""
    days = (ends - began).days
    number = -began.days + 1
    return _("%(day)s of %(days)s", day=number, days=days) if number <= days else _("past its end")


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule(f"/<any({','.join(KINDS)}):path>", "records", records)
    blueprint.add_url_rule(f"/<any({','.join(KINDS)}):path>.csv", "records_csv", records_csv)


@needs(*OFFICE)
def records(path: str) -> str | AnyResponse:
    query = asked_for(path)
    connection = stores().session.connection()
    page = reading.records_page(connection, query)
    if page.number != query.page:  # a page number beyond the end leads to the last page
        return redirect(shown.page_address(page.number))
    with_doors(page.rows)
    everything = RecordQuery(kind=query.kind, within=query.within, area=query.area)
    return render_template(
        "office/records.html",
        path=path,
        title=str(TITLES[path]),
        query=query,
        page=page,
        label=LABEL[path],
        columns=COLUMNS[path],
        orders=ORDERS_OF.get(path, ORDERS),
        states=states(path, everything) if path not in WITHOUT_STATES else [],
        buildings=buildings(everything) if path not in WITHOUT_DOORS else [],
        area_choices=area_choices(),
        counted_at=counted_at() if path not in (*WITHOUT_STATES, "cases") else None,
        code_choices=[(code, shown.text(words)) for code, words in shown.catalogue().choices_of("person", "health_code").items()],
        empty=EMPTY[path],
        others=[(each, TITLES[each]) for each in OTHERS] if path in OTHERS else [],
        filtered=any(request.args.get(name) for name in ("q", "area", "building", "state", "code", "fever", "disputed")),
    )


def states(path: str, everything: RecordQuery) -> list[tuple[str, str, int]]:
    """(value in the address, words, how many) of each state that the list can be narrowed to."""
    connection, today = stores().session.connection(), languages.now().date().isoformat()
    if path == "cases":
        counted = {
            "open": reading.count(connection, replace(everything, running_on=today)),
            "over": reading.count(connection, replace(everything, over_by=today)),
            "released": reading.count(connection, replace(everything, state="released")),
        }
    else:
        counted = {state or "none": number for state, number in all_counts().by_state(everything.kind, everything.within, everything.area).items()}
        if path == "households":
            counted["again"] = sum(counted.get(state, 0) for state in CALL_BACK_STATES)
    return [(state, shown.state_words(everything.kind, None if state == "none" else state)[2], number) for state, number in counted.items()]


@needs(*OFFICE)
def records_csv(path: str) -> Response:
    query = asked_for(path)
    columns = COLUMNS[path]
    ids = reading.record_ids(stores().session.connection(), query)
    note_export(path, ids, query=request.query_string.decode("utf-8", "replace"))
    head = [str(LABEL[path]), *(str(column.words) for column in columns), _("Record id")]
    return csv_response(f"{path}-{languages.now():%Y-%m-%d-%H%M}.csv", head, csv_rows(ids, columns))


def csv_rows(ids: list[str], columns: tuple[Column, ...]) -> Iterator[list[str]]:
    batch: list[dict[str, Any]] = []
    for row in reading.records_all(stores().session.connection(), ids):
        batch.append(row)
        if len(batch) == reading.EXPORT_BATCH_ROWS:
            yield from _csv_batch(batch, columns)
            batch = []
    yield from _csv_batch(batch, columns)


def _csv_batch(batch: list[dict[str, Any]], columns: tuple[Column, ...]) -> Iterator[list[str]]:
    for row in with_doors(batch):
        yield [row["label"], *(column.cell(row) for column in columns), row["id"]]


def with_doors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row with the label of the household that it belongs to, where the reader may see it."""
    wanted = sorted({row["household"] for row in rows if row["household"]})
    labels = reading.labels(stores().session.connection(), wanted, reader().within)
    for row in rows:
        row["household_label"] = labels.get(row["household"] or "", "")
    return rows


def asked_for(path: str) -> RecordQuery:
    """The query that the address asks for; a value that means nothing is 400, never silently ignored."""
    arguments = request.args
    order, state, today = arguments.get("order") or "label", arguments.get("state", "")[:40], languages.now().date().isoformat()
    if order not in ORDERS_OF.get(path, ORDERS):
        abort(400, _("There is no such order."))
    return RecordQuery(
        kind=KINDS[path],
        within=reader().within,
        search=arguments.get("q", "")[: reading.SEARCH_CHARACTERS_MAX],
        area=chosen_area(),
        building=arguments.get("building", "")[:40],
        state="" if path == "cases" and state in ("open", "over") else state,
        running_on=today if path == "cases" and state == "open" else "",
        over_by=today if path == "cases" and state == "over" else "",
        health_code=arguments.get("code", "")[:40],
        fever=arguments.get("fever") == "1",
        disputed=arguments.get("disputed") == "1",
        order=order,
        page=page_number(),
    )


def page_number() -> int:
    asked_page = request.args.get("page") or "1"
    if not (asked_page.isascii() and asked_page.isdigit()) or not 1 <= int(asked_page[:9]) <= PAGES_MAX:
        abort(400, _("There is no such page."))
    return int(asked_page)


def chosen_area() -> frozenset[str] | None:
    """The area in the address and all below it; an area that the reader may not see is as unknown as one that is not there."""
    area = request.args.get("area")
    if not area:
        return None
    if area not in shown.areas() or (reader().within is not None and area not in (reader().within or ())):
        abort(400, _("There is no such area."))
    return below(shown.areas(), {area})


def counted_at() -> datetime | None:
    """The moment that the numbers beside filters are of, where it is past."""
    return all_counts().said_at


def seen_areas() -> frozenset[str]:
    areas, within = shown.areas(), reader().within
    return frozenset(areas) if within is None else within & areas.keys()


def area_choices() -> list[tuple[str, str]]:
    """(id, indented name) of the areas the reader may choose, as the tree stands; of thousands those that fit, and what lies in the chosen one."""
    choices = area_tree.offered(shown.areas(), seen_areas(), request.args.get("area"))
    return [(each, "　" * depth + shown.area_name(each)) for each, depth in choices]


def buildings(everything: RecordQuery) -> list[str]:
    return sorted(all_counts().buildings(everything.kind, everything.within, everything.area), key=natural)[:BUILDINGS_MAX]
