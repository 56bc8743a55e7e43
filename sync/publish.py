"""The outbox: what a transaction made so is written with it, delivered afterwards, and delivered again when in doubt.

Delivery is idempotent (the same body makes no new revision), so a crash between any two steps costs a repetition and no more.
"""

from __future__ import annotations

import logging
import random
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, select, tuple_

from sync.databases import Databases
from sync.engine.errors import BadDocument, TooLarge
from sync.shares import Share
from sync.store import locks
from sync.store.engine import Store
from sync.store.published import contents_of
from sync.store.statements import outbox, published_in

DELIVERY_ROWS_MAX = 1_000
RETRY_SECONDS_MIN = 1.0
RETRY_SECONDS_MAX = 60.0

FORMS_DATABASE = "forms"
AREA_PREFIX = "area-"

AS_IT_STANDS = b""
"""For a body: the record of that name as the central store has it when it is delivered. A record is not kept a second time while it waits, and of
several changes only the last is read."""

_log = logging.getLogger(__name__)


def area_database(area: str) -> str:
    return AREA_PREFIX + area


def outbox_row(database: str, document_id: str, document: Mapping[str, Any] | bytes | None) -> dict[str, Any]:
    """A row to insert; `document` may be JSON already, or AS_IT_STANDS. No document: it is deleted there."""
    body = document if document is None or isinstance(document, bytes) else orjson.dumps(document)
    return {"database": database, "document_id": document_id, "body": body}


class Delivery:
    """Delivers the outbox, or the databases in it that are this worker's share. A database that refuses is left alone for a while, each time
    longer, and holds up no other; so is a single document that is refused."""

    def __init__(self, store: Store, databases: Databases, clock: Callable[[], float] = time.monotonic, share: Share | None = None):
        self._store = store
        self._databases = databases
        self._clock = clock
        self._share = share
        self._pauses: dict[str | tuple[str, str], tuple[float, float]] = {}  # database, or a document in it → (seconds, until)

    def run_once(self) -> int:
        """Deliver what waits, at most DELIVERY_ROWS_MAX rows. Returns how many were delivered."""
        now = self._clock()
        paused = [what for what, (_, until) in self._pauses.items() if until > now]
        databases, documents = [each for each in paused if isinstance(each, str)], [each for each in paused if not isinstance(each, str)]
        with self._store.reading() as connection:
            waiting = select(outbox).order_by(outbox.c.number).limit(DELIVERY_ROWS_MAX)
            if self._share is not None and len(self._share.workers) > 1:
                names = connection.execute(select(outbox.c.database).distinct()).scalars()
                waiting = waiting.where(outbox.c.database.in_([name for name in names if self._share.holds(name)]))
            if databases:
                waiting = waiting.where(outbox.c.database.not_in(databases))
            if documents:
                waiting = waiting.where(tuple_(outbox.c.database, outbox.c.document_id).not_in(documents))
            rows = connection.execute(waiting).all()
        by_database: dict[str, list[Any]] = {}
        for row in rows:
            by_database.setdefault(row.database, []).append(row)
        return sum(self._deliver(database, those) for database, those in by_database.items())

    def _deliver(self, database: str, rows: list[Any]) -> int:
        try:
            with locks.held(self._store, f"delivery to {database}") as connection:
                if connection is not None:  # another worker may have delivered them meanwhile, and newer ones after them
                    there = set(connection.execute(select(outbox.c.number).where(outbox.c.number.in_([row.number for row in rows]))).scalars())
                    rows = [row for row in rows if row.number in there]
                return self._publish(database, rows)
        except locks.HeldByAnother:
            return 0

    def _publish(self, database: str, rows: list[Any]) -> int:
        if not rows:
            return 0
        newest = self._bodies(database, {row.document_id: row.body for row in rows})
        documents = [{"_id": id, "_deleted": True} if body is None else {**orjson.loads(body), "_id": id} for id, body in newest.items()]
        if len(documents) > 1 and any(document.get("files") for document in documents):  # bytes of one form at a time
            return sum(self._publish(database, [row for row in rows if row.document_id == id]) for id in newest)
        try:
            documents = [self._with_files(document) for document in documents]
            if documents:
                self._databases.publish(database, documents)
        except (BadDocument, TooLarge) as error:  # one document is to blame, and is not to hold up the others
            ids = list(newest)
            if len(ids) > 1:
                some = set(ids[: len(ids) // 2])
                halves = [row for row in rows if row.document_id in some], [row for row in rows if row.document_id not in some]
                return sum(self._publish(database, half) for half in halves)
            return self._pause((database, ids[0]), f"{ids[0]} to {database}", error)
        except Exception as error:  # any engine's; it is told, and tried again
            return self._pause(database, f"{len(documents)} documents to {database}", error)
        self._pauses.pop(database, None)
        for id in newest:
            self._pauses.pop((database, id), None)
        with self._store.writing() as connection:
            connection.execute(delete(outbox).where(outbox.c.number == bindparam("done")), [{"done": row.number} for row in rows])
        return len(rows)

    def _bodies(self, database: str, newest: dict[str, bytes | None]) -> dict[str, bytes | None]:
        """With the records as they stand. One that is gone or lies elsewhere by now is left out: what took it away has queued a later row."""
        records = [id for id, body in newest.items() if body == AS_IT_STANDS]
        if not records:
            return newest
        with self._store.reading() as connection:
            standing = published_in(connection, database.removeprefix(AREA_PREFIX), records)
        return {id: standing.get(id, body) for id, body in newest.items() if body != AS_IT_STANDS or id in standing}

    def _with_files(self, document: dict[str, Any]) -> dict[str, Any]:
        """A form document with the files that it names: their bytes are in the central store, not in the outbox."""
        if document.get("type") != "form" or not document.get("files"):
            return document
        with self._store.reading() as connection:
            contents = contents_of(connection, {each["name"]: each["sha256"] for each in document["files"]})
        types = {each["name"]: each["type"] for each in document["files"]}
        attachments = {name: {"content_type": types[name], "data": b64encode(content).decode()} for name, content in contents.items()}
        return {**document, "_attachments": attachments}

    def _pause(self, what: str | tuple[str, str], words: str, error: Exception) -> int:
        seconds = min(RETRY_SECONDS_MAX, 2 * self._pauses.get(what, (RETRY_SECONDS_MIN / 2, 0))[0])
        self._pauses[what] = (seconds, self._clock() + seconds * random.uniform(0.8, 1.2))  # noqa: S311
        _log.warning("cannot publish %s, again in %.0f s: %s", words, seconds, error)
        return 0
