"""`flask doctor`: looks at every part and says in a line each what is well and what is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from server.accounts import PHONE_ROLES, areas_of
from server.health import HEARTBEAT_AGE_SECONDS_MAX, heartbeat_age_seconds
from server.phone import BUILD
from server.provision import FORMS_DATABASE, area_database, inbox_database
from server.stores import Stores
from sync.couchdb.address import Address
from sync.couchdb.connection import is_up
from sync.couchdb.errors import CouchError
from sync.engine import Engine
from sync.store.models import Account, FormVersion, Outbox, Stray
from sync.store.upgrading import newest_revision, revision

FREE_BYTES_MIN = 1_000_000_000
OUTBOX_MANY = 10_000


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    well: bool
    what: str


def examine(stores: Stores) -> list[Finding]:
    """All findings. A part that cannot be looked at is a finding too, and does not keep us from the others."""
    findings: list[Finding] = []
    for look in (_folder, _store, _databases, _worker, _people, _forms, _queues, _phone_app):
        findings += _looked(look, stores)
    return findings


def _looked(look: Callable[[Stores], Iterator[Finding]], stores: Stores) -> list[Finding]:
    try:
        return list(look(stores))
    except (SQLAlchemyError, OSError, LookupError, CouchError) as error:
        return [Finding(False, f"{(look.__doc__ or '').rstrip('.')}: {str(error).splitlines()[0]}")]


def _folder(stores: Stores) -> Iterator[Finding]:
    """The data folder."""
    data = stores.settings.data
    free = shutil.disk_usage(data).free
    yield Finding(os.access(data, os.W_OK), f"the data folder {data} can be written to")
    yield Finding(free > FREE_BYTES_MIN, f"{free / 1e9:.1f} GB are free there (1 GB or more is well)")
    open_to_others = data.stat().st_mode & 0o077
    yield Finding(not open_to_others, f"only its owner can read it (mode {data.stat().st_mode & 0o777:o})")


def _store(stores: Stores) -> Iterator[Finding]:
    """The central store."""
    with stores.store.reading() as connection:
        stands, newest = revision(connection), newest_revision()
    yield Finding(
        stands == newest, f"the central store stands at version {stands or 'none'}, this program's is {newest}" + _hint(stands == newest, "store upgrade")
    )


def _databases(stores: Stores) -> Iterator[Finding]:
    """The sync engine."""
    url = stores.settings.couchdb_url
    if url:
        yield Finding(is_up(url), f"Apache CouchDB at {Address(url)} answers, and takes our credentials")
    else:
        yield Finding(True, "the sync engine is the embedded one (no COUCHDB_URL)")
        found = cast(Engine, stores.databases).examine()
        yield Finding(not found.missing, f"every database has its file{': not ' + ', '.join(found.missing) if found.missing else ''}")
        orphans = ", ".join(f"{file} ({documents} documents)" for file, documents in found.orphans.items())
        folder = stores.settings.engine_folder
        yield Finding(
            not orphans,
            f"every file in {folder} belongs to a database{f': not {orphans}; keep them elsewhere until you know whose they were' if orphans else ''}",
        )


def _worker(stores: Stores) -> Iterator[Finding]:
    """The merge worker."""
    age = heartbeat_age_seconds(stores.settings)
    if age is None:
        yield Finding(False, "the merge worker has never run here: start it with `serve`")
    else:
        yield Finding(age <= HEARTBEAT_AGE_SECONDS_MAX, f"the merge worker was alive {age:.0f} s ago")


def _people(stores: Stores) -> Iterator[Finding]:
    """Accounts, their areas and databases."""
    session, databases = stores.session, set(stores.databases.names())
    accounts = list(session.scalars(select(Account).where(Account.active).order_by(Account.id)))
    yield Finding(any(account.role == "administrator" for account in accounts), "there is an administrator who can sign in")
    idle = []
    missing = {FORMS_DATABASE} - databases
    for account in accounts:
        if account.role not in PHONE_ROLES:
            continue
        areas = areas_of(session, account.id)
        if not areas:
            idle.append(account.username)
        if inbox_database(account.id) in databases:  # made at the first sign-in
            missing |= {area_database(area.id) for area in areas} - databases
    yield Finding(not idle, f"every surveyor and leader has an area{': not ' + ', '.join(idle) if idle else ''}")
    yield Finding(not missing, f"every database that is needed is there{': not ' + ', '.join(sorted(missing)) if missing else ''}")


def _forms(stores: Stores) -> Iterator[Finding]:
    """Forms."""
    number = stores.session.scalar(select(func.count()).select_from(FormVersion).where(FormVersion.current)) or 0
    yield Finding(number > 0, f"{number} forms are published" + _hint(number > 0, "forms publish forms/catalogue/*.md"))


def _queues(stores: Stores) -> Iterator[Finding]:
    """What waits."""
    waiting = stores.session.scalar(select(func.count()).select_from(Outbox)) or 0
    strays = stores.session.scalar(select(func.count()).select_from(Stray)) or 0
    yield Finding(waiting < OUTBOX_MANY, f"{waiting} documents wait to be published")
    yield Finding(True, f"{strays} documents in workers' databases are no submissions (the office lists them)")


def _phone_app(stores: Stores) -> Iterator[Finding]:
    """The phone app."""
    built = (BUILD / "index.html").is_file()
    yield Finding(built, f"the phone app is {'built' if built else 'not built: make build'}")


def _hint(well: bool, command: str) -> str:
    return "" if well else f": python -m flask --app wsgi {command}"
