"""The feed of databases, for the operator's tools: which were created, updated and deleted."""

from __future__ import annotations

import time
from collections.abc import Generator

import orjson
from flask import Response

from server import parent
from server.pause import Pause
from server.sync_api.answers import answer_bytes
from server.sync_api.asked import Asked
from server.sync_api.changes_forms import FORMS, Form
from server.sync_api.waiting import Patience, kind_of, patience_of, waiting_answer
from sync.engine import Engine
from sync.engine.updates import Update

ROWS_MAX = 10_000  # in one answer, or told at once
GATHERING_SECONDS = 0.5  # after a bell: a database that is written to all the time is told of this often


def feed(asked: Asked) -> Response:
    kind = kind_of(asked)
    form, engine = FORMS[kind](), asked.engine
    since = asked.request.headers.get("Last-Event-ID") or asked.text("since")
    after = 0 if since is None else engine.updates.sequence_after(since)
    limit = asked.whole("limit")
    if kind != "normal":
        return waiting_answer(asked, _news(engine, after, limit, form, patience_of(asked)), form.content_type)
    engine.updates.bring_up_to_date()
    rows = engine.updates.after(after, ROWS_MAX if limit is None else min(limit, ROWS_MAX))
    pieces = [form.opening, *(_row(engine, form, row) for row in rows), _end(engine, form, rows[-1].sequence if rows else after)]
    return answer_bytes(b"".join(pieces).removesuffix(b"\n"))


def _news(engine: Engine, after: int, limit: int | None, form: Form, patience: Patience) -> Generator[bytes | Pause, None, None]:
    yield form.opening
    left = limit
    with engine.watch() as watch:
        while True:
            watch.wait(0)
            engine.updates.bring_up_to_date()
            rows = engine.updates.after(after, ROWS_MAX if left is None else min(left, ROWS_MAX))
            for row in rows:
                after = row.sequence
                yield _row(engine, form, row)
            if rows:
                patience.begin_anew()
            if left is not None:
                left -= len(rows)
            if (rows and not form.stays) or (left == 0 and form.stays) or patience.is_over:
                break
            yield patience.pause(watch, form.heartbeat)
            if not parent.stopping.is_set():
                yield Pause(time.monotonic() + GATHERING_SECONDS)
    yield _end(engine, form, after)


def _row(engine: Engine, form: Form, update: Update) -> bytes:
    sequence = engine.updates.sequence_text(update.sequence)
    return b"".join(form.row(sequence, iter([orjson.dumps({"db_name": update.name, "type": update.type, "seq": sequence})])))


def _end(engine: Engine, form: Form, reached: int) -> bytes:
    return form.end(engine.updates.sequence_text(reached), len(engine.updates.after(reached, ROWS_MAX)))
