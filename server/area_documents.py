"""The document `area:<id>` in each area's database: what it is called, where it lies, who works there, who else's name its records need. Delivered through
the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from server.accounts import AREA_DEPTH_MAX, LEVELS_WITH_RECORDS, PHONE_ROLES, AnySession, lowest_below
from server.provision import area_database
from sync.store.models import Account, Area, AreaName, Assignment, Outbox

PATH_SIGN = " › "


def publish_areas(session: AnySession, only: Collection[str] | None = None) -> None:
    """Queue the documents of all lowest areas, or of `only` these, in the caller's transaction. Those that did not change cost no new revision."""
    areas = {area.id: area for area in session.scalars(select(Area))}
    parents = {area.id: area.parent for area in areas.values()}
    workers: dict[str, dict[str, str]] = {}
    running = (
        select(Assignment.area, Account.id, Account.name)
        .join(Account, Account.id == Assignment.account)
        .where(Assignment.until.is_(None), Account.active, Account.role.in_(sorted(PHONE_ROLES)))
        .order_by(Account.id)
    )
    for assigned, account, name in session.execute(running):
        for area in lowest_below([assigned], parents):
            workers.setdefault(area, {})[account] = name
    lowest = [area for area in sorted(set(areas) - set(parents.values())) if areas[area].level in LEVELS_WITH_RECORDS]
    together: dict[str, list[str]] = {}
    for area in lowest:
        together.setdefault(areas[area].place or area, []).append(area)
    people = people_of_places(session)
    told: dict[str, dict[str, str]] = {}
    for each, account, name in session.execute(select(AreaName.area, Account.id, Account.name).join(Account, Account.id == AreaName.account)):
        told.setdefault(each, {})[account] = name
    for area in lowest:
        if only is not None and area not in only:
            continue
        place = areas[area].place or area
        here = workers.get(area, {})
        others = {id: name for id, name in sorted({**people.get(place, {}), **told.get(area, {})}.items()) if id not in here}
        document = area_document(area, areas, here, together[place], others)
        session.add(Outbox(database=area_database(area), document_id=document["_id"], body=orjson.dumps(document)))


def people_of_places(session: AnySession) -> dict[str, dict[str, str]]:
    """By place: id → name of everyone who works or has worked in one of its areas. Their words stand in each other's records, as grids are redrawn."""
    areas = {area.id: area for area in session.scalars(select(Area))}
    parents = {area.id: area.parent for area in areas.values()}
    found: dict[str, dict[str, str]] = {}
    ever = select(Assignment.area, Account.id, Account.name).join(Account, Account.id == Assignment.account).where(Account.role.in_(sorted(PHONE_ROLES)))
    below: dict[str, set[str]] = {}
    for assigned, account, name in session.execute(ever.distinct()):
        if assigned not in below:
            below[assigned] = {areas[area].place or area for area in lowest_below([assigned], parents)}
        for place in below[assigned]:
            found.setdefault(place, {})[account] = name
    return found


def area_document(
    area_id: str, areas: Mapping[str, Area], workers: Mapping[str, str], of_the_place: Iterable[str] = (), others: Mapping[str, str] | None = None
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


def _upward(area_id: str, areas: Mapping[str, Area]) -> Iterable[str]:
    current: str | None = area_id
    for _ in range(AREA_DEPTH_MAX):
        if current is None:
            return
        yield current
        current = areas[current].parent
