"""Forms that were uploaded and are not published yet, kept for a while so that nothing is lost between checking, trying and publishing.

id = keep(stores, "w0001", Upload("survey.xlsx", ".xlsx", source, {"cities.csv": b"…"}))
read(stores, id).upload
forget(stores, id)
"""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from server.stores import Stores
from sync.clock import utc_now
from sync.store.models import KeptForm, table

KEPT_HOURS_MAX = 7 * 24
KEPT_FORMS_MAX = 20
"""Of one person; beyond, the one kept longest goes."""
KEPT_BYTES_MAX = 60_000_000
"""Of one person, likewise."""
NAME_CHARACTERS_MAX = 200

_kept = table(KeptForm)


@dataclass(frozen=True)
class Upload:
    """What someone brings: a form's file as it is, and the files that the form names."""

    name: str
    source_type: str
    source: bytes = field(repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def size_bytes(self) -> int:
        return len(self.source) + sum(map(len, self.files.values()))


@dataclass(frozen=True)
class Kept:
    id: str
    account: str
    kept_at: datetime
    upload: Upload

    @property
    def until(self) -> datetime:
        return self.kept_at + timedelta(hours=KEPT_HOURS_MAX)


@dataclass(frozen=True)
class KeptName:
    """One line of the list."""

    id: str
    account: str
    name: str
    kept_at: datetime


def keep(stores: Stores, account: str, upload: Upload, now: datetime | None = None) -> str:
    """Keep this upload for KEPT_HOURS_MAX; its id cannot be guessed. What is too old, and what this person has too much of, goes."""
    now = now or utc_now()
    id = secrets.token_urlsafe(16)
    with stores.store.writing() as connection:
        connection.execute(delete(_kept).where(_kept.c.kept_at < now - timedelta(hours=KEPT_HOURS_MAX)))
        connection.execute(
            insert(_kept).values(
                id=id,
                account=account,
                name=upload.name[:NAME_CHARACTERS_MAX],
                source_type=upload.source_type,
                size_bytes=upload.size_bytes,
                kept_at=now,
                source=upload.source,
                files=_packed(upload.files),
            )
        )
        _give_up_the_oldest(connection, account, id)
    return id


def read(stores: Stores, id: str, now: datetime | None = None) -> Kept | None:
    """None when there is no such upload, or its time is over. Who may see it: the one who uploaded it, and administrators."""
    with stores.store.reading() as connection:
        row = connection.execute(select(_kept).where(_kept.c.id == id, _kept.c.kept_at >= _oldest(now))).first()
    return Kept(row.id, row.account, row.kept_at, Upload(row.name, row.source_type, row.source, _unpacked(row.files))) if row else None


def list_kept(stores: Stores, now: datetime | None = None) -> list[KeptName]:
    """Of everybody, the newest first."""
    columns = (_kept.c.id, _kept.c.account, _kept.c.name, _kept.c.kept_at)
    with stores.store.reading() as connection:
        return [KeptName(*row) for row in connection.execute(select(*columns).where(_kept.c.kept_at >= _oldest(now)).order_by(_kept.c.kept_at.desc()))]


def forget(stores: Stores, id: str) -> None:
    with stores.store.writing() as connection:
        connection.execute(delete(_kept).where(_kept.c.id == id))


def _oldest(now: datetime | None) -> datetime:
    return (now or utc_now()) - timedelta(hours=KEPT_HOURS_MAX)


def _give_up_the_oldest(connection: Connection, account: str, newest: str) -> None:
    rows = connection.execute(select(_kept.c.id, _kept.c.size_bytes).where(_kept.c.account == account).order_by(_kept.c.kept_at.desc(), _kept.c.id)).all()
    total = 0
    for number, row in enumerate(sorted(rows, key=lambda row: row.id != newest), start=1):
        total += row.size_bytes
        if row.id != newest and (number > KEPT_FORMS_MAX or total > KEPT_BYTES_MAX):
            connection.execute(delete(_kept).where(_kept.c.id == row.id))


def _packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _unpacked(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
