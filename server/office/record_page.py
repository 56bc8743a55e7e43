"""One record's page: what is known and who said it, disputes side by side, who and what belongs with it, and what touched it when; now or as of a moment."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _

from server.errors import NotFound
from server.office import facts, languages, media, record_rulings, shown, timeline
from server.office.audit import note
from server.office.record_lists import PATHS, TITLES, said
from server.office.signing import OFFICE, needs, reader
from server.stores import stores
from sync.history import EVENTS_SHOWN, LAST, History, Page, place_of
from sync.ledger import state_of
from sync.lying import reference
from sync.merge import Record
from sync.store import reading
from sync.store.facets import facets

HIDDEN = ("household", "person")  # shown as links instead
HISTORY_AT_ONCE_MAX = 500
"""Submissions of a record up to which its history comes with its page; a longer one is fetched by the page."""


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/records/<record_id>", "record", record)
    blueprint.add_url_rule("/records/<record_id>/timeline", "record_timeline", record_timeline)


@needs(*OFFICE)
def record(record_id: str) -> str | tuple[str, int]:
    connection = stores().session.connection()
    if (left := _left(record_id)) is not None:
        return render_template("office/record_left.html", row=left, moved=left["body"]["moved"], path=PATHS.get(left["kind"], "households"))
    row, gone = _row(record_id)
    moment, problem = _asked()
    now, history = row, None
    if moment or {"show", "before"} & request.args.keys() or row["body"].get("submission_count", 0) <= HISTORY_AT_ONCE_MAX:
        history = History.of(connection, record_id)
    past = history.at((moment, LAST, "")) if moment and history else None
    if moment and past is None:
        problem, moment = _("Nothing was known of this record then. It is shown as it is now."), None
    if past is not None:
        row = _as_row(past, moment or row["updated_at"])
    fields = row["body"].get("fields") or {}
    belongs: dict[str, list[dict]] = {}
    for each in reading.linked(connection, row, reader().within):
        belongs.setdefault(each["kind"], []).append(each)
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
        said=said,
        property_name=shown.property_name,
        past=moment,
        gone=gone,
        problem=problem,
        **{**_controls(moment), **(_timeline(history, now, moment) if history else {"fetched": True})},
        **({} if moment or gone else record_rulings.parts(row)),  # nobody rules on the past
    )
    if moment:
        note("view", record_id, as_of=timeline.moment_text(moment))
    else:
        note("view", record_id)
    return (page, 400) if problem and not moment else page


@needs(*OFFICE)
def record_timeline(record_id: str) -> str:
    """More of the timeline alone: a part of the page, fetched when it is asked for."""
    row, _gone = _row(record_id)
    history = History.of(stores().session.connection(), record_id)
    page = render_template("office/record_timeline.html", row=row, property_name=shown.property_name, **_timeline(history, row, None))
    note("view", record_id)
    return page


def _left(record_id: str) -> dict[str, Any] | None:
    """A record that has left the reader's areas: they may know what their phones know, what it is called and where it lies now."""
    connection, within = stores().session.connection(), reader().within
    if within is None or reading.record(connection, record_id, within) is not None:
        return None
    row = reading.record(connection, record_id, None)
    return row if row is not None and within & set((row["body"].get("moved") or {}).get("from") or ()) else None


def _row(record_id: str) -> tuple[dict[str, Any], bool]:
    """The record as the store has it; or as it last was, where nothing that counts is left of it."""
    connection, within = stores().session.connection(), reader().within
    row = reading.record(connection, record_id, within)
    if row is not None:
        return row, False
    if reading.record(connection, record_id, None) is None:
        history = History.of(connection, record_id)
        last = history.last_known()
        if last is not None and (within is None or last.area in within):
            return _as_row(last, history.places[-1][0]), True
    raise NotFound


def _as_row(record: Record, moment: datetime) -> dict[str, Any]:
    """What pages read of a row of `records`, of one that the store does not hold."""
    fields = record.document["fields"]
    columns = {"household": reference(fields, "household"), "person": reference(fields, "person"), **facets(record.label, fields)}
    about = {"id": record.id, "kind": record.kind, "area": record.area, "label": record.label, "linked_to": record.linked_to, "disputes": record.disputes}
    return {**columns, **about, "state": state_of(record), "updated_at": moment, "body": record.document}


def _asked() -> tuple[datetime | None, str]:
    """The moment that the address asks for, or why it is none."""
    if "as_of" not in request.args or not request.args["as_of"]:
        return None, ""
    try:
        return timeline.asked_moment(request.args["as_of"]), ""
    except timeline.BadMoment as error:
        return None, str(error)


def _controls(moment: datetime | None) -> dict[str, Any]:
    """What is asked of the history: its kinds of events, and a moment."""
    return {
        "show": "",
        "shows": [(name, words) for name, (words, _only, _changes) in timeline.SHOWN.items()],
        "moment_asked": timeline.moment_text(moment)[:16] if moment else "",
        "latest": languages.now().strftime("%Y-%m-%dT%H:%M"),
    }


def _timeline(history: History, row: dict[str, Any], moment: datetime | None) -> dict[str, Any]:
    """What record_timeline.html draws."""
    show, before = request.args.get("show", ""), request.args.get("before", "")
    if show not in timeline.SHOWN:
        abort(400, _("There is no such list."))
    _words, only, changes = timeline.SHOWN[show]
    try:
        page: Page = history.page(place_of(before) if before else None, EVENTS_SHOWN, only, changes)
    except ValueError:
        abort(400, _("There is no such page."))
    times = history.moments()
    at = bisect_right(times, moment) if moment else len(times)  # how many of them had been
    return {
        "days": timeline.days(page, row, moment),
        "more": page.more,
        "lines_shown": timeline.LINES_SHOWN_MAX,
        "before": before,
        "show": show,
        "event_before": timeline.moment_text(times[at - 2]) if at > 1 else "",
        "event_after": timeline.moment_text(times[at]) if at + 1 < len(times) else "",
    }
