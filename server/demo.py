"""The demo organisation, loaded by the real way: forms are published, submissions put into the workers' inboxes, and the pipeline merges them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select

from server import demo_estate, demo_story, form_publishing
from server.accounts import add_account, add_area, assign, record_event
from server.area_documents import publish_areas
from server.errors import Conflict, Forbidden
from server.keys import household_key
from server.provision import inbox_database, provide_area, provide_forms, provide_worker
from server.stores import Stores
from sync.clock import utc_now
from sync.store.engine import Store
from sync.store.models import Account, AuditEvent, Device

BEGAN = "began loading the demo"
FIRST_FORMS = {"household_survey", "quarantine_check", "returnee_registration"}
LOADED = "loaded the demo"
LEADER = "w0010"
ASSIGNED_DAYS = 30
PASSWORD = "demo"  # noqa: S105 well known: the reason why demo mode stays on this machine
HOUSEHOLD_KEY = "00d0e0" * 10 + "d0e0"  # known to everyone, so that the demo has the same ids everywhere
CATALOGUE = Path(__file__).parent.parent / "forms" / "catalogue"
RECEIVED_SECONDS_LATER = 2

AREAS: tuple[tuple[str, str, str, str, str | None], ...] = (
    ("xn", "city", "咸宁市", "Xianning", None),
    ("xnxa", "district", "咸安区", "Xian'an District", "xn"),
    ("xnxayf", "street", "银泉街道", "Yinquan Street", "xnxa"),
    (demo_estate.COMMUNITY, "community", "桂花园社区", "Sweet Olive Garden", "xnxayf"),
    *((grid, "grid", f"第{'一二三四'[number]}网格", f"Grid {number + 1}", demo_estate.COMMUNITY) for number, grid in enumerate(demo_estate.GRIDS)),
)
SURVEYORS = ("王芳", "李志强", "张敏", "刘洋", "陈静", "杨帆", "黄丽娟", "周磊", "吴晓燕")
OTHERS: tuple[tuple[str, str, str, str, str | None], ...] = (
    (LEADER, "leader", "郑红梅", "leader", demo_estate.COMMUNITY),
    ("w0011", "admin", "徐明", "administrator", None),
    ("w0012", "operator", "何工", "operator", None),
    (demo_estate.OFFICE, "office", "社区办公室", "leader", demo_estate.COMMUNITY),
)


def load(stores: Stores, if_empty: bool, say: Callable[[str], None], now: datetime | None = None) -> None:
    """Load the organisation and two weeks of its work into an empty store. A load that was broken off is finished by the next one."""
    if not stores.settings.demo:
        raise Forbidden("The demo organisation has well-known passwords: it is loaded in demo mode only (DOORSTEP_DEMO=1).")
    if is_loaded(stores.store):
        if if_empty:
            return
        raise Conflict("The store is not empty. The demo organisation goes into an empty one: set DOORSTEP_DATA to another folder.")

    began = _began(stores)
    started = time.monotonic()
    say("Loading the demo organisation, once: people and areas …")
    moment = _found(stores, now or datetime.now(UTC)) if began is None else datetime.fromisoformat(began)
    say("  forms …")
    published = form_publishing.publish(stores, [(file.read_bytes(), file.suffix, {}) for file in sorted(CATALOGUE.glob("*.md"))], by=None)
    _tell_forms(stores, {each.form: each.version for each in published})
    story = demo_story.tell(moment, household_key(stores.store, HOUSEHOLD_KEY))
    say(f"  {len(story)} submissions …")
    _happen(stores, story, say)
    session = stores.writing_session()
    record_event(session, None, LOADED, "demo", submissions=len(story))
    session.commit()
    say(f"The demo organisation is loaded ({time.monotonic() - started:.0f} s).")


def _tell_forms(stores: Stores, versions: dict[str, str]) -> None:
    """Which forms the demo's phones have: all, but for one that was long without a network."""
    session = stores.writing_session()
    phones = list(session.scalars(select(Device).where(Device.account != demo_estate.OFFICE).order_by(Device.id)))
    for phone in phones[1:]:
        phone.forms = orjson.dumps(versions, option=orjson.OPT_SORT_KEYS)
    for phone in phones[:1]:
        phone.forms = orjson.dumps({form: versions[form] for form in sorted(FIRST_FORMS & versions.keys())})
    session.commit()


def is_loaded(store: Store) -> bool:
    """Whether there is nothing to load any more: the demo is in, or other people are."""
    with store.reading() as connection:
        people = connection.scalar(select(func.count()).select_from(Account)) or 0
        events = set(connection.scalars(select(AuditEvent.action).where(AuditEvent.action.in_([BEGAN, LOADED]))))
    return LOADED in events or (people > 0 and BEGAN not in events)


def _found(stores: Stores, moment: datetime) -> datetime:
    """Areas, accounts, phones and their databases; and the moment that the story is told from, so that a second try tells the same one."""
    session = stores.writing_session()
    for area, level, zh, en, above in AREAS:
        add_area(session, area, level, zh, en, above)
    since = utc_now() - timedelta(days=ASSIGNED_DAYS)
    surveyors = {worker: building for building, workers in demo_estate.SURVEYORS_OF.items() for worker in workers}
    for number, ((worker, building), name) in enumerate(zip(sorted(surveyors.items()), SURVEYORS, strict=True), 1):
        account = add_account(session, f"surveyor{number}", name, "surveyor", PASSWORD, account_id=worker)
        assign(session, account, demo_estate.GRIDS[int(building) - 1], since)
    for worker, username, name, role, assigned in OTHERS:
        account = add_account(session, username, name, role, None if worker == demo_estate.OFFICE else PASSWORD, account_id=worker)
        if assigned is not None:
            assign(session, account, assigned, since)
    workers = [*sorted(surveyors), LEADER, demo_estate.OFFICE]
    for worker in workers:
        session.add(Device(id=demo_estate.device_of(worker), account=worker, app=demo_estate.APP, created_at=since, last_seen_at=utc_now()))
    provide_forms(stores.databases)
    for worker in workers:
        provide_worker(stores.databases, worker)
    for grid in demo_estate.GRIDS:
        provide_area(stores.databases, grid)
    publish_areas(session)
    record_event(session, None, BEGAN, "demo", now=moment.isoformat())
    session.commit()
    return moment


def _happen(stores: Stores, story: list[tuple[str, dict[str, Any]]], say: Callable[[str], None]) -> None:
    """Day by day: into the workers' inboxes, where their phones would put them, and merged, received in the evening of that day."""
    from sync.pipeline import Pipeline  # compiles forms: slow to import

    received = utc_now()
    pipeline = Pipeline(stores.store, stores.databases, now=lambda: received)
    merged = 0
    for _, day in groupby(story, key=lambda each: each[1]["finished_at"][:10]):
        documents = list(day)
        finished = datetime.fromisoformat(documents[-1][1]["finished_at"]).astimezone(UTC).replace(tzinfo=None)
        received = min(finished + timedelta(seconds=RECEIVED_SECONDS_LATER), utc_now())
        by_worker: dict[str, list[dict[str, Any]]] = {}
        for worker, document in documents:
            by_worker.setdefault(worker, []).append(document)
        for worker, several in by_worker.items():
            stores.databases.publish(inbox_database(worker), several)
        while pipeline.run_once():
            pass
        merged += len(documents)
        say(f"  {merged} of {len(story)}: {documents[0][1]['finished_at'][:10]}")


def _began(stores: Stores) -> str | None:
    """The moment that a load which was broken off told the story from."""
    detail = stores.session.scalar(select(AuditEvent.detail).where(AuditEvent.action == BEGAN))
    return None if detail is None else orjson.loads(detail)["now"]
