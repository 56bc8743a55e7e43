"""The operator's page: is everything arriving, merged and published, and what came that nobody understands. No names of residents."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from flask import Blueprint, render_template

from server.errors import NotFound
from server.health import heartbeat_age_seconds
from server.office.audit import note
from server.office.record_lists import page_number
from server.office.signing import ADMINISTRATOR, OPERATOR, needs
from server.stores import stores
from sync.databases import START
from sync.store import reading_operator as reading
from sync.store.reading import received_last

WAITING_COUNTED_MAX = 100
FEEDS_LOOKED_AT_MAX = 300


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/operator", "operator", operator)
    blueprint.add_url_rule("/operator/documents/<int(max=9223372036854775807):number>", "stray", stray)


@needs(OPERATOR, ADMINISTRATOR)
def operator() -> str:
    connection = stores().session.connection()
    return render_template(
        "office/operator.html",
        strays=reading.strays_page(connection, page_number()),
        feeds=feeds(reading.checkpoints(connection)),
        outbox=reading.outbox_length(connection),
        received_last=received_last(connection),
        worker_age=heartbeat_age_seconds(stores().settings),
        devices=reading.devices(connection),
        as_of=datetime.now(UTC),
    )


@needs(OPERATOR, ADMINISTRATOR)
def stray(number: int) -> str:
    found = reading.stray(stores().session.connection(), number)
    if found is None:
        raise NotFound
    text = orjson.dumps(found["document"], option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    page = render_template("office/stray.html", stray=found, text=text)
    note("view", f"document {found['database']}/{found['document_id']}")
    return page


def feeds(checkpoints: list[dict]) -> list[dict]:
    """Each worker's inbox: how far the merge worker has read it, and how many changes wait behind that. Those that wait come first."""
    read_to = {each["database"]: each for each in checkpoints}
    databases = stores().databases
    names = sorted(set(databases.names("worker-")) | set(read_to))
    rows = []
    for name in names[:FEEDS_LOOKED_AT_MAX]:
        known = read_to.get(name)
        try:
            waiting: int | None = len(databases.changes(name, known["sequence"] if known else START, WAITING_COUNTED_MAX).changes)
        except LookupError:
            waiting = None
        more = waiting == WAITING_COUNTED_MAX
        rows.append(
            {
                "database": name,
                "waiting": waiting,
                "waiting_number": waiting or 0,
                "more": more,
                "read_at": known["updated_at"] if known else None,
                "sequence": known["sequence"] if known else None,
            }
        )
    return sorted(rows, key=lambda row: (-(row["waiting"] or 0), row["database"]))
