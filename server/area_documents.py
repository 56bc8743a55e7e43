"""The document `area:<id>` in each area's database: what it is called, where it lies, who works there, who else's name its records need. Delivered through
the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from server.accounts import AREA_DEPTH_MAX, LEVELS_WITH_RECORDS, PHONE_ROLES, AnySession
from server.provision import area_database
from sync.store.models import Account, Area, AreaName, Assignment, Outbox
from sync.store.statements import parts

PATH_SIGN = " › "
AREAS_FEW_MAX = 200
"""Assignments to so many areas are asked for by area; of more, all are read."""


def publish_areas(session: AnySession, only: Collection[str] | None = None) -> None:
    """Queue the documents of all lowest areas, or of `only` these, in the caller's transaction. Those that did not change cost no new revision."""
    areas = _areas(session, only)
    wanted = [area for area in _lowest(areas) if only is None or area in only]
    workers, people = _people(session, areas)
    together: dict[str, list[str]] = {}
    for area in _lowest(areas):
        together.setdefault(_place(areas, area), []).append(area)
    told: dict[str, dict[str, str]] = {}
    for each, account, name in session.execute(select(AreaName.area, Account.id, Account.name).join(Account, Account.id == AreaName.account)):
        told.setdefault(each, {})[account] = name
    for area in wanted:
        place, here = _place(areas, area), workers.get(area, {})
        others = {id: name for id, name in sorted({**people.get(place, {}), **told.get(area, {})}.items()) if id not in here}
        document = area_document(area, areas, here, together[place], others)
        session.add(Outbox(database=area_database(area), document_id=document["_id"], body=orjson.dumps(document)))


def people_of_places(session: AnySession, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Of each of these areas, id → name of everyone who works or has worked in its place. Their words stand in each other's records, as grids are redrawn."""
    areas = _areas(session, ids)
    people = _people(session, areas)[1]
    return {area: people.get(_place(areas, area), {}) for area in ids if area in areas}


def _areas(session: AnySession, around: Collection[str] | None) -> dict[str, Any]:
    """All areas; or those `around` these: themselves, the others of their places, and what lies above."""
    rows = select(Area.id, Area.parent, Area.level, Area.place, Area.name_zh, Area.name_en)
    if around is None:
        return {row.id: row for row in session.execute(rows)}
    found = {row.id: row for some in parts(around) for row in session.execute(rows.where(Area.id.in_(some)))}
    places = {row.place for row in found.values() if row.place}
    found |= {row.id: row for some in parts(places) for row in session.execute(rows.where(Area.place.in_(some)))}
    while above := {row.parent for row in found.values() if row.parent is not None} - found.keys():
        found |= {row.id: row for some in parts(above) for row in session.execute(rows.where(Area.id.in_(some)))}
    return found


def _lowest(areas: Mapping[str, Any]) -> list[str]:
    above = {area.parent for area in areas.values()}
    return [id for id in sorted(areas) if id not in above and areas[id].level in LEVELS_WITH_RECORDS]


def _place(areas: Mapping[str, Any], area: str) -> str:
    return areas[area].place or area


def _people(session: AnySession, areas: Mapping[str, Any]) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """By area those who work there now, by place those who do or did: id → name."""
    below: dict[str, list[str]] = {}
    for area in _lowest(areas):
        for each in _upward(area, areas):
            below.setdefault(each, []).append(area)
    ever = select(Assignment.area, Assignment.until, Account.id, Account.name, Account.active).join(Account, Account.id == Assignment.account)
    ever = ever.where(Account.role.in_(sorted(PHONE_ROLES))).order_by(Account.id)
    workers: dict[str, dict[str, str]] = {}
    people: dict[str, dict[str, str]] = {}
    if len(below) <= AREAS_FEW_MAX:
        ever = ever.where(Assignment.area.in_(sorted(below)))
    for row in session.execute(ever):
        for area in below.get(row.area, ()):
            people.setdefault(_place(areas, area), {})[row.id] = row.name
            if row.until is None and row.active:
                workers.setdefault(area, {})[row.id] = row.name
    return workers, people


def area_document(
    area_id: str, areas: Mapping[str, Any], workers: Mapping[str, str], of_the_place: Iterable[str] = (), others: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """docs/architecture.md, Record. `workers`: id → name; `others`: of people who wrote in its records and do not work there. `of_the_place`: the areas
    whose names its phones know."""
    area = areas[area_id]
    line = list(reversed([areas[each] for each in _upward(area_id, areas)]))
    return {
        "_id": f"area:{area.id}",
        "type": "area",
        "name": {"zh": area.name_zh, "en": area.name_en},
        "place": area.place or area.id,
        "path": {"zh": PATH_SIGN.join(each.name_zh for each in line), "en": PATH_SIGN.join(each.name_en for each in line)},
        "workers": dict(workers),
        **({"others": dict(others)} if others else {}),
        "neighbours": {each: {"zh": areas[each].name_zh, "en": areas[each].name_en} for each in of_the_place if each != area_id},
    }


def _upward(area_id: str, areas: Mapping[str, Any]) -> Iterable[str]:
    current: str | None = area_id
    for _ in range(AREA_DEPTH_MAX):
        if current is None:
            return
        yield current
        current = areas[current].parent
