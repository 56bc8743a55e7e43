"""`_local` documents: checkpoints of replication, read and written by whoever may read the database. They are never replicated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Response

from server.sync_api.answers import answer, answer_bytes
from server.sync_api.asked import Asked
from sync.engine.database import Database
from sync.engine.errors import BadDocument, DocumentMissing, EditConflict
from sync.engine.limits import Limits
from sync.engine.wire import as_json, check_id, wire

REVISION = re.compile(r"0-([0-9]{1,15})")


@dataclass(slots=True)
class LocalEdit:
    """A `_local` document to be written; `based_on` is the number of the revision it replaces."""

    id: str
    based_on: int | None
    deleted: bool
    body: bytes


def get(asked: Asked) -> Response:
    found = asked.database.local(check_id(asked.id))
    if found is None:
        raise DocumentMissing("missing")
    return answer_bytes(wire(asked.id, f"0-{found[0]}", False, found[1]))


def put(asked: Asked) -> Response:
    return answer_written(asked, read(asked.body(must_say_json=False), asked.limits, asked.id, asked.revision))


def answer_written(asked: Asked, edit: LocalEdit) -> Response:
    return answer({"ok": True, "id": edit.id, "rev": _done(write(asked.database, edit))}, 200 if edit.deleted else 201)


def delete(asked: Asked) -> Response:
    edit = LocalEdit(check_id(asked.id), None, True, b"{}")
    return answer({"ok": True, "id": edit.id, "rev": _done(write(asked.database, edit))})


def read(document: Any, limits: Limits, id: str | None = None, revision: str | None = None) -> LocalEdit:
    """The edit in this document. Raises BadDocument."""
    if not isinstance(document, dict):
        raise BadDocument("Document must be a JSON object")
    text = document.get("_rev", revision)
    number = None
    if text is not None:
        match = REVISION.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise BadDocument("Invalid rev format")
        number = int(match[1])
    body = as_json({name: value for name, value in document.items() if name[:1] != "_"}, limits)
    return LocalEdit(check_id(document.get("_id") if id is None else id, limits), number or None, document.get("_deleted") is True, body)


def write(database: Database, edit: LocalEdit) -> str | EditConflict:
    """Its new revision, or that somebody was first. Raises DocumentMissing when there is nothing to delete."""
    if edit.deleted:
        if not database.delete_local(edit.id):
            raise DocumentMissing("missing")
        return "0-0"
    try:
        return f"0-{database.put_local(edit.id, edit.based_on, edit.body)}"
    except EditConflict as conflict:
        return conflict


def _done(result: str | EditConflict) -> str:
    if isinstance(result, EditConflict):
        raise result
    return result
