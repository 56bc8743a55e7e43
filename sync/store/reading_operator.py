"""What the operator's page reads: documents that are no submissions, how far the merge worker is, what waits to be published, devices."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from sync.store.models import Account, Checkpoint, Device, Outbox, Stray, table
from sync.store.reading import PAGE_ROWS, Page

DEVICES_MAX = 500
CHECKPOINTS_MAX = 500

strays = table(Stray)
checkpoints_table = table(Checkpoint)


def strays_page(connection: Connection, page: int) -> Page:
    """Documents that are no submissions, newest first, without their bodies."""
    total = connection.scalar(select(func.count()).select_from(strays)) or 0
    number = min(max(page, 1), max(1, -(-total // PAGE_ROWS)))
    columns = (strays.c.number, strays.c.database, strays.c.document_id, strays.c.revision, strays.c.reason, strays.c.received_at)
    rows = connection.execute(select(*columns).order_by(strays.c.number.desc()).limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS))
    return Page([dict(row) for row in rows.mappings()], total, number)


def stray(connection: Connection, number: int) -> dict[str, Any] | None:
    """One of them, its document as it came."""
    row = connection.execute(select(strays).where(strays.c.number == number)).mappings().first()
    return {**row, "document": orjson.loads(row["document"])} if row else None


def checkpoints(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(checkpoints_table).order_by(checkpoints_table.c.database).limit(CHECKPOINTS_MAX)).mappings()]


def outbox_length(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(table(Outbox))) or 0


def devices(connection: Connection) -> list[dict[str, Any]]:
    """Every phone that signed in, the most recently seen first."""
    device, account = table(Device), table(Account)
    columns = (device.c.id, device.c.app, device.c.created_at, device.c.last_seen_at, device.c.revoked_at, device.c.ending, account.c.name, account.c.username)
    rows = connection.execute(select(*columns).join(account, account.c.id == device.c.account).order_by(device.c.last_seen_at.desc()).limit(DEVICES_MAX))
    return [dict(row) for row in rows.mappings()]
