"""A stored document as the wire shows it: the revision asked for, with what the query adds (`revs`, `conflicts`, `attachments` …)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from server.sync_api.asked import Asked
from server.sync_api.pieces import Inlay
from sync.engine.attachments import base64_of
from sync.engine.database import Database
from sync.engine.document import Document, on_the_wire
from sync.engine.errors import BadDocument
from sync.engine.wire import read_revision, wire
from sync.revisions import Revision, conflicts, deleted_conflicts, history


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader wants to see besides the document's own members.

    `attachments`: their bytes, of those that are newer than the newest ancestor in `since`. They stand in the text as base64, or `follow` it
    in parts of their own; with an `inlay` the text has its marks in their places.
    """

    revs: bool = False
    revs_info: bool = False
    conflicts: bool = False
    deleted_conflicts: bool = False
    local_seq: bool = False
    attachments: bool = False
    encoding_info: bool = False
    since: frozenset[Revision] = frozenset()
    follow: bool = False
    inlay: Inlay | None = None

    def of_a_named_revision(self) -> Shown:
        """What concerns the document as a whole is not told of a revision that was named, as in CouchDB."""
        return replace(self, revs_info=False, conflicts=False, deleted_conflicts=False, local_seq=False)

    @property
    def plain(self) -> bool:
        """Nothing that may change while the revision stays: such an answer may be remembered by it."""
        return not (self.revs or self.revs_info or self.conflicts or self.deleted_conflicts or self.local_seq)


def shown(asked: Asked) -> Shown:
    meta = asked.flag("meta")
    has_since, since = asked.json("atts_since")
    return Shown(
        revs=asked.flag("revs"),
        revs_info=meta or asked.flag("revs_info"),
        conflicts=meta or asked.flag("conflicts"),
        deleted_conflicts=meta or asked.flag("deleted_conflicts"),
        local_seq=asked.flag("local_seq"),
        attachments=asked.flag("attachments") or has_since,
        encoding_info=asked.flag("att_encoding_info"),
        since=read_since(since) if has_since else frozenset(),
        inlay=Inlay(asked.database) if asked.flag("attachments") or has_since else None,
    )


def read_since(listed: Any) -> frozenset[Revision]:
    """The revisions in `atts_since`, whose attachments the reader has. Raises BadDocument."""
    if not isinstance(listed, list):
        raise BadDocument("atts_since must be a JSON list of revisions")
    return frozenset(read_revision(text) for text in listed)


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
        whole = wanted_attachments(document, revision, show)
        members = {name: _member(database, entry, show, name in whole) for name, entry in kept.entries().items()}
        extra.append(("_attachments", orjson.dumps(members)))
    return wire(document.id, revision, kept.deleted, kept.body, extra)


def wanted_attachments(document: Document, revision: Revision, show: Shown) -> dict[str, dict[str, Any]]:
    """Those attachments of the leaf whose bytes are shown, by name: the newer ones, where the reader has an ancestor."""
    if not show.attachments:
        return {}
    held = next((each.generation for each in history(document.tree, revision) if each in show.since), 0) if show.since else 0
    return {name: entry for name, entry in document.leaves[revision].entries().items() if entry["revpos"] > held}


def _status(document: Document, revision: Revision) -> str:
    kept = document.leaves.get(revision)
    return "missing" if kept is None else "deleted" if kept.deleted else "available"


def _member(database: Database, entry: Mapping[str, Any], show: Shown, whole: bool) -> dict[str, Any]:
    """An attachment in `_attachments`."""
    members = on_the_wire(entry, show.encoding_info or show.follow)
    if not whole:
        return {**members, "stub": True}
    if show.follow:
        return {**members, "follows": True}
    del members["length"]
    return {**members, "data": show.inlay.place(entry) if show.inlay else b"".join(base64_of(database.attachment(entry))).decode()}
