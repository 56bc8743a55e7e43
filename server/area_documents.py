"""The document `area:<id>` in each area's database: what the area is called, where it lies, who works there. Delivered through the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from server.accounts import AREA_DEPTH_MAX, LEVELS_WITH_RECORDS, PHONE_ROLES, AnySession, lowest_below
from server.provision import area_database
from sync.store.models import Account, Area, Assignment, Outbox

PATH_SIGN = " › "


def publish_areas(session: AnySession) -> None:
    """Queue the documents of all lowest areas, in the caller's transaction. Those that did not change cost no new revision."""
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
    for area in lowest:
        document = area_document(area, areas, workers.get(area, {}), together[areas[area].place or area])
        session.add(Outbox(database=area_database(area), document_id=document["_id"], body=orjson.dumps(document)))


def area_document(area_id: str, areas: Mapping[str, Area], workers: Mapping[str, str], of_the_place: Iterable[str] = ()) -> dict[str, Any]:
    """docs/architecture.md, Record. `workers`: id → name. `of_the_place`: the areas whose names its phones know."""
    area = areas[area_id]
    line = list(reversed([areas[each] for each in _upward(area_id, areas)]))
    return {
        "_id": f"area:{area.id}",
        "type": "area",
        "name": {"zh": area.name_zh, "en": area.name_en},
        "place": area.place or area.id,
        "path": {"zh": PATH_SIGN.join(each.name_zh for each in line), "en": PATH_SIGN.join(each.name_en for each in line)},
        "workers": dict(workers),
        "neighbours": {each: {"zh": areas[each].name_zh, "en": areas[each].name_en} for each in of_the_place if each != area_id},
    }


def _upward(area_id: str, areas: Mapping[str, Area]) -> Iterable[str]:
    current: str | None = area_id
    for _ in range(AREA_DEPTH_MAX):
        if current is None:
            return
        yield current
        current = areas[current].parent
