"""What can be ruled about one record on its own page: settling disputes in place, what it is one with, linking it with another, moving it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for

from server.office import shown
from server.office.queue_items import settling
from server.office.record_lists import area_choices
from server.office.rulings import why_not_mine
from server.office.signing import reader
from server.stores import stores
from sync import rulings
from sync.lying import LIE_WITH
from sync.store import reading, reading_queue
from sync.store.reading import RecordQuery

FOUND_MAX = 10


@dataclass(frozen=True)
class Pairing:
    """What stands about this record and another one: `one`, `apart` or `refuted`; who said so; the click that undoing takes back."""

    other: str
    label: str
    area: str | None
    state: str
    by: str
    at: datetime
    click: str
    why_not: str


def parts(row: Mapping[str, Any]) -> dict[str, Any]:
    """What record_rulings.html needs."""
    connection = stores().session.connection()
    members = [each for each in row["body"].get("members") or () if each != row["id"]]
    stands_for = row["linked_to"]
    wished = request.args.get("link", "").strip()[: reading.SEARCH_CHARACTERS_MAX]
    is_mine = why_not_mine([row["id"]]) == ""
    can_rule = is_mine and not stands_for
    can_move = row["kind"] in LIE_WITH and can_rule
    return {
        "settling": settling(row) if can_rule else [],
        "lies_elsewhere": "" if is_mine else shown.area_name(row["area"]),
        "here": url_for("office.record", record_id=row["id"]),
        "stands_for": (stands_for, reading.labels(connection, [stands_for], None).get(stands_for, stands_for)) if stands_for else None,
        "pairings": pairings(row["id"], members),
        "can_link": row["kind"] in LIE_WITH and can_rule,
        "wished": wished,
        "found": _found(row, wished, {row["id"], *members}) if wished else None,
        "last": rulings.last_ruling(connection, row["id"]),
        "move_to": [(id, words) for id, words in lowest_areas() if id != row["area"]] if can_move else [],
        "moved_from": (row["body"].get("moved") or {}).get("from") or [],
    }


def pairings(record: str, members: list[str]) -> list[Pairing]:
    """Everything that stands about this record, or about those that it stands for, and another."""
    connection = stores().session.connection()
    found = reading_queue.pairings_of(connection, [record, *members])
    labels = reading.labels(connection, [each[side] for each in found for side in ("lesser", "greater")], reader().within)
    told = []
    for each in found:
        other = each["greater"] if each["lesser"] == record else each["lesser"]
        why_not = why_not_mine([each["lesser"], each["greater"]])
        told.append(Pairing(other, labels.get(other, ""), each["area"], each["state"], each["by"], each["at"], each["click"], why_not or ""))
    return told


def _found(row: Mapping[str, Any], wished: str, without: set[str]) -> list[dict[str, Any]]:
    query = RecordQuery(kind=row["kind"], within=reader().within, search=wished)
    page = reading.records_page(stores().session.connection(), query)
    return [each for each in page.rows if each["id"] not in without][:FOUND_MAX]


def lowest_areas() -> list[tuple[str, str]]:
    """Where a record can lie: the reader's areas that have none below them, or records of their own."""
    above = {area["parent"] for area in shown.areas().values()}
    return [(id, words) for id, words in area_choices() if id not in above]
