"""The server's own writes, in bulk: what is there already is left alone, what someone wrote meanwhile is read again and overwritten.

CouchDB has no transaction over documents: when this fails half-way, some are written. The outbox delivers the whole batch again, and what was
written is then found equal, so nothing is lost, and nothing is written twice.
"""

from __future__ import annotations

import base64
import hashlib
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from sync.couchdb.connection import Connection, segment
from sync.couchdb.errors import CouchError
from sync.engine.errors import BadDocument, TooLarge
from sync.engine.wire import read_edit

BATCH_SIZE_MAX = 500  # documents in one request
CONFLICT_TRIES_MAX = 5
CONFLICT_SECONDS = 0.02  # before it is read again; doubled at each try

Document = Mapping[str, Any]


def publish(connection: Connection, name: str, documents: Sequence[Document]) -> None:
    """Raises CouchError with the id of what was refused; CouchUnavailable, DatabaseMissing, BadDocument (then nothing was written), TooLarge."""
    wanted = {document["_id"]: document for document in documents if read_edit(dict(document), replicated=False)}  # malformed: refused before any is sent
    ids = list(wanted)
    for first in range(0, len(ids), BATCH_SIZE_MAX):
        _publish_batch(connection, name, {id: wanted[id] for id in ids[first : first + BATCH_SIZE_MAX]})


def _publish_batch(connection: Connection, name: str, wanted: Mapping[str, Document]) -> None:
    waiting = wanted
    for tries in range(CONFLICT_TRIES_MAX):
        if tries:  # in a cluster the other's write may not be everywhere yet
            time.sleep(CONFLICT_SECONDS * 2**tries * random.uniform(0.5, 1.0))  # noqa: S311
        edits = to_write(waiting.values(), _current(connection, name, waiting))
        if not edits:
            return
        late = _write(connection, name, edits)
        if not late:
            return
        waiting = {id: wanted[id] for id in late}
    raise CouchError(f"publishing {next(iter(waiting))} to {name}", 409, "conflict", f"someone else wrote it {CONFLICT_TRIES_MAX} times meanwhile")


def to_write(wanted: Iterable[Document], current: Mapping[str, Document]) -> list[dict[str, Any]]:
    """Edits that make the documents say what is wanted. `current`: winners by id, tombstones too; an id that is not in it was never there."""
    edits = []
    for document in wanted:
        members = {member: value for member, value in document.items() if member != "_rev"}
        found = current.get(document["_id"])
        is_live = found is not None and not found.get("_deleted")
        if document.get("_deleted"):
            if not is_live:
                continue
        elif found is not None and is_live:
            attachments = _attachments(document, found)
            if _says(found) == _says(document) and attachments.keys() == found.get("_attachments", {}).keys() and all(map(_is_stub, attachments.values())):
                continue
            if attachments:
                members["_attachments"] = attachments
        if found is not None and is_live:  # without a revision the edit goes on from the tombstone
            members["_rev"] = found["_rev"]
        edits.append(members)
    return edits


def _attachments(wanted: Document, found: Document) -> dict[str, Any]:
    """Those that are there already as stubs: their bytes are not sent again, and no phone fetches them anew.

    The digest of what CouchDB compressed is not that of the content: there the length must do. Whoever publishes says the content's digest in
    the body, as form documents do (`files`), so that another file of the same length is another body.
    """
    given = wanted.get("_attachments") or {}
    there = found.get("_attachments") or {}
    return {name: _stub(there[name]) if name in there and _is_same(entry, there[name]) else entry for name, entry in given.items()}


def _stub(kept: Mapping[str, Any]) -> dict[str, Any]:
    """With its digest: pouchdb-server finds the bytes by it."""
    return {member: kept[member] for member in ("content_type", "revpos", "digest", "length") if member in kept} | {"stub": True}


def _is_same(given: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    if _is_stub(given):
        return True
    content = base64.b64decode(given["data"])
    if given.get("content_type") != kept.get("content_type") or len(content) != kept.get("length"):
        return False
    digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    return "encoding" in kept or kept.get("digest") == f"md5-{digest}"


def _is_stub(entry: Mapping[str, Any]) -> bool:
    return entry.get("stub") is True


def _says(document: Document) -> bytes:
    """The document's own members, in one order: equal documents give equal bytes."""
    return orjson.dumps({member: value for member, value in document.items() if not member.startswith("_")}, option=orjson.OPT_SORT_KEYS)


def _current(connection: Connection, name: str, ids: Iterable[str]) -> dict[str, Document]:
    answer = connection.post(f"/{segment(name)}/_all_docs", {"keys": list(ids)}, {"include_docs": "true", "att_encoding_info": "true"})
    found: dict[str, Document] = {}
    for row in answer["rows"]:
        if (row.get("value") or {}).get("deleted"):
            found[row["id"]] = {"_id": row["id"], "_rev": row["value"]["rev"], "_deleted": True}
        elif row.get("doc"):
            found[row["id"]] = row["doc"]
    return found


def _write(connection: Connection, name: str, edits: Sequence[dict[str, Any]]) -> list[str]:
    """Ids of those that came too late. A request that is too large is cut in halves."""
    try:
        answer = connection.post(f"/{segment(name)}/_bulk_docs", {"docs": edits})
    except CouchError as error:
        if error.status == 413 and len(edits) > 1:
            middle = len(edits) // 2
            return _write(connection, name, edits[:middle]) + _write(connection, name, edits[middle:])
        raise _about(name, edits, error) from None
    late = []
    for edit, result in zip(edits, answer, strict=True):
        if result.get("error") == "conflict":
            late.append(edit["_id"])
        elif "error" in result:
            raise CouchError(f"publishing {edit['_id']} to {name}", 403 if result["error"] == "forbidden" else 500, result["error"], result.get("reason", ""))
    return late


def _about(name: str, edits: Sequence[Document], error: CouchError) -> Exception:
    """The same refusal with the document's name, where it can be only one."""
    if error.status == 413:
        return TooLarge(f"{edits[0]['_id']} is too large for {name}: {error.reason}", "document_too_large")
    if error.status == 400 and len(edits) == 1:
        return BadDocument(f"{edits[0]['_id']}: {error.reason}", error.code)
    return error


__all__ = ["publish", "to_write"]
