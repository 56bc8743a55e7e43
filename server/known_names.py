"""Whose names an area's phones know beside those who work in its place: those whose words its records show. See docs/decisions/0123.

A record carries ids, never names. Who is of the same place is named in `area:<id>` anyway (server/area_documents.py); strangers and the office come
to stand in a record by a ruling or a decision of the office only: so their names are looked for then, and merging knows nothing of names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from server.accounts import AnySession
from server.area_documents import people_of_places, publish_areas
from server.stores import stores
from sync.store import ruling_statements, statements
from sync.store.models import Account, AreaName, Record, table
from sync.store.statements import parts


def tell_names(ids: Collection[str]) -> None:
    """After a ruling or a decision that touched these records: their areas' phones get the names that they lack, where there are any."""
    new = _lacking(stores().session, ids)
    if not new:
        return
    session = stores().writing_session()
    rows = [{"area": area, "account": account} for area, account in sorted(new)]
    statements.put(session.connection(), table(AreaName), rows, ("area", "account"), update_existing=False)
    publish_areas(session, {area for area, _account in new})
    session.commit()


def _lacking(session: AnySession, ids: Collection[str]) -> set[tuple[str, str]]:
    """(area, account) of everyone whose words a record shows in an area that does not name them yet."""
    shown = ruling_statements.shown_also(session.connection(), ids)
    found: set[tuple[str, str]] = set()
    for some in parts(ids):
        for id, area, body in session.execute(select(Record.id, Record.area, Record.body).where(Record.id.in_(some))):
            writers = writers_of(orjson.loads(body))
            found |= {(each, writer) for each in {area, *shown.get(id, ())} for writer in writers}
    if not found:
        return found
    named = people_of_places(session, {area for area, _ in found})
    accounts = set(session.scalars(select(Account.id).where(Account.id.in_({account for _, account in found}))))
    found = {(area, account) for area, account in found if area in named and account in accounts and account not in named[area]}
    told = select(AreaName.area, AreaName.account).where(AreaName.area.in_({area for area, _ in found}))
    return found - {(area, account) for area, account in session.execute(told)}


def writers_of(document: Mapping[str, Any]) -> set[str]:
    """The accounts whose words a record's document shows."""
    fields = (document.get("fields") or {}).values()
    said = [each for field in fields for each in (field, *(field.get("disputed") or ()))]
    return {worker for each in (*said, *(document.get("submissions") or ())) if (worker := each.get("worker"))}
