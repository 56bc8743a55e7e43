"""What the pages of forms read: published versions, and which phones open which version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, or_, select

from sync.store.models import Account, Assignment, Device, FormVersion, table
from sync.store.reading import Areas

PHONES_MAX = 2_000

_versions = table(FormVersion)
_devices = table(Device)
_accounts = table(Account)
_assignments = table(Assignment)


@dataclass(frozen=True)
class Version:
    form: str
    version: str
    audience: str
    current: bool
    source_type: str
    published_at: datetime
    published_by: str | None


@dataclass(frozen=True)
class Phone:
    """A phone that is signed in. `forms`: which version of each form it opens; None when its app does not tell."""

    id: str
    worker: str
    """The account's id."""
    name: str
    """The worker's."""
    app: str | None
    last_seen_at: datetime
    forms: dict[str, str] | None


def versions(connection: Connection, form: str | None = None) -> list[Version]:
    """Every published version (of one form), the current one of each form first, then the newest."""
    columns = [_versions.c[name] for name in ("form", "version", "audience", "current", "source_type", "published_at", "published_by")]
    wanted = select(*columns).order_by(_versions.c.form, _versions.c.current.desc(), _versions.c.published_at.desc(), _versions.c.version.desc())
    rows = connection.execute(wanted if form is None else wanted.where(_versions.c.form == form))
    return [Version(*row) for row in rows]


def source(connection: Connection, form: str, version: str) -> tuple[bytes, str, str] | None:
    """(the file as it was published, its type, the XForm); None when there is no such version."""
    columns = (_versions.c.source, _versions.c.source_type, _versions.c.xform)
    row = connection.execute(select(*columns).where(_versions.c.form == form, _versions.c.version == version)).first()
    return (row.source, row.source_type, row.xform) if row else None


def phones(connection: Connection, within: Areas, now: datetime) -> list[Phone]:
    """Phones that are signed in, the last seen first; with `within`, of those who are assigned to one of these areas now."""
    wanted = (
        select(_devices.c.id, _accounts.c.id.label("worker"), _accounts.c.name, _devices.c.app, _devices.c.last_seen_at, _devices.c.forms)
        .join(_accounts, _accounts.c.id == _devices.c.account)
        .where(_devices.c.revoked_at.is_(None), _accounts.c.active)
        .order_by(_devices.c.last_seen_at.desc(), _devices.c.id)
        .limit(PHONES_MAX)
    )
    if within is not None:
        a = _assignments.c
        wanted = wanted.where(_devices.c.account.in_(select(a.account).where(a.area.in_(within), a.since <= now, or_(a.until.is_(None), a.until > now))))
    return [Phone(*row[:5], _held(row.forms)) for row in connection.execute(wanted)]


def _held(forms: bytes | None) -> dict[str, str] | None:
    told: Any = None if forms is None else orjson.loads(forms)
    return told if isinstance(told, dict) else None
