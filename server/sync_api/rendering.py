"""A stored document as the wire shows it: the revision asked for, with what the query adds (`revs`, `conflicts`, `attachments` …)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import orjson

from server.sync_api.asked import Asked
from sync.engine.database import Database
from sync.engine.document import Document, stubs
from sync.engine.wire import wire
from sync.revisions import Revision, conflicts, deleted_conflicts, history


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader wants to see besides the document's own members."""

    revs: bool = False
    revs_info: bool = False
    conflicts: bool = False
    deleted_conflicts: bool = False
    local_seq: bool = False
    attachments: bool = False

    @property
    def plain(self) -> bool:
        """Nothing that may change while the revision stays: such an answer may be remembered by it."""
        return not (self.revs or self.revs_info or self.conflicts or self.deleted_conflicts or self.local_seq)


def shown(asked: Asked) -> Shown:
    meta = asked.flag("meta")
    return Shown(
        revs=asked.flag("revs"),
        revs_info=meta or asked.flag("revs_info"),
        conflicts=meta or asked.flag("conflicts"),
        deleted_conflicts=meta or asked.flag("deleted_conflicts"),
        local_seq=asked.flag("local_seq"),
        attachments=asked.flag("attachments"),
    )


def render(database: Database, document: Document, revision: Revision, show: Shown) -> bytes:
    """This leaf of the document as JSON."""
    kept = document.leaves[revision]
    extra: list[tuple[str, bytes]] = []
    if show.revs:
        extra.append(("_revisions", orjson.dumps({"start": revision.generation, "ids": [each.id for each in history(document.tree, revision)]})))
    if show.revs_info:
        extra.append(("_revs_info", orjson.dumps([{"rev": str(each), "status": _status(document, each)} for each in history(document.tree, revision)])))
    if show.conflicts and (others := conflicts(document.tree)):
        extra.append(("_conflicts", orjson.dumps([str(other) for other in others])))
    if show.deleted_conflicts and (others := deleted_conflicts(document.tree)):
        extra.append(("_deleted_conflicts", orjson.dumps([str(other) for other in others])))
    if show.local_seq:
        extra.append(("_local_seq", orjson.dumps(database.sequence_text(document.sequence))))
    if kept.attachments:
        extra.append(("_attachments", orjson.dumps(_attachments(database, kept.entries(), show.attachments))))
    return wire(document.id, revision, kept.deleted, kept.body, extra)


def _status(document: Document, revision: Revision) -> str:
    kept = document.leaves.get(revision)
    return "missing" if kept is None else "deleted" if kept.deleted else "available"


def _attachments(database: Database, entries: dict[str, dict[str, Any]], whole: bool) -> dict[str, dict[str, Any]]:
    found = stubs(entries)
    if whole:
        for name, entry in found.items():
            del entry["stub"]
            entry["data"] = base64.b64encode(database.attachment_bytes(entries[name]["key"])).decode()
    return found
