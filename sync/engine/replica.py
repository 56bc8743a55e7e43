"""The embedded engine as one end of replication (sync.replicate)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from sync.databases import Leaf
from sync.engine.document import Document as Stored
from sync.engine.document import Kept, on_the_wire
from sync.engine.engine import Engine
from sync.engine.errors import BadSequence, DocumentMissing
from sync.engine.wire import read_edit, read_revision
from sync.replicate import Content, Description, Document, Page, Source
from sync.revisions import Revision, history, missing


class EmbeddedReplica:
    """The databases of one folder."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.uuid = engine.uuid

    def names(self) -> list[str]:
        return self._engine.names()

    def describe(self, name: str) -> Description:
        database = self._engine.open(name)
        counts = database.info()
        return Description(database.entry.security, database.entry.writers, database.revisions_kept(), counts.live, counts.deleted)

    def prepare(self, name: str, described: Description) -> None:
        if not self._engine.create(name, described.security, described.writers):
            self._engine.set_security(name, described.security)
        database = self._engine.open(name)
        if database.entry.writers != described.writers:
            raise ValueError(f"{name} is there already, for other writers: delete it first")
        database.keep_revisions(described.revisions_kept)

    def feed(self, name: str, since: str, limit: int) -> Page:
        database = self._engine.open(name)
        try:
            after = database.sequence_after(since)
        except BadSequence:
            after = 0
        rows = database.changes(after, database.info().sequence, limit)
        last = rows[-1].sequence if rows else after
        return Page([(row.id, row.leaves) for row in rows], database.sequence_text(last))

    def missing(self, name: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        known = self._engine.open(name).get_many(list(wanted))
        lacking: dict[str, list[str]] = {}
        for id, revisions in wanted.items():
            read = [read_revision(text) for text in revisions]
            found = missing(known[id].tree, read) if id in known else read
            if found:
                lacking[id] = [str(revision) for revision in found]
        return lacking

    def fetch(self, name: str, wanted: Mapping[str, Sequence[str]]) -> list[Document]:
        known = self._engine.open(name).get_many(list(wanted))
        documents = []
        for id, stored in known.items():
            for text in wanted[id]:
                revision = read_revision(text)
                if revision in stored.leaves:  # extended since it was in the feed: it will be there again
                    path = history(stored.tree, revision)
                    documents.append({**_document(stored, revision), "_revisions": {"start": revision.generation, "ids": [each.id for each in path]}})
        return documents

    @contextmanager
    def content(self, name: str, document: Document, attachment: str) -> Iterator[Content]:
        database = self._engine.open(name)
        stored = database.get(document["_id"])
        kept = stored.leaves.get(read_revision(document["_rev"])) if stored else None
        entry = kept.entries().get(attachment) if kept else None
        if entry is None:
            raise DocumentMissing("Document is missing attachment")
        yield Content(entry.get("encoding"), database.attachment(entry, encoded=True))

    def write(self, name: str, documents: Sequence[Document]) -> None:
        limits = self._engine.limits
        self._engine.open(name).write([read_edit(document, replicated=True, limits=limits) for document in documents], replicated=True)

    def write_with_attachments(self, name: str, document: Document, source: Source) -> None:
        database = self._engine.open(name)
        with database.spool() as spool:
            following = {}
            entries: dict[str, Any] = {}
            for attachment, entry in document["_attachments"].items():
                with source(attachment) as content:
                    following[attachment] = spool.take(attachment, content.chunks, content.encoding)
                entries[attachment] = {"content_type": entry["content_type"], "revpos": entry["revpos"], "follows": True}
            edit = read_edit({**document, "_attachments": entries}, replicated=True, limits=self._engine.limits, following=following)
            database.write([edit], replicated=True)

    def leaves(self, name: str, ids: Sequence[str]) -> dict[str, list[Leaf]]:
        known = self._engine.open(name).get_many(list(ids))
        return {
            id: [Leaf(str(revision), kept.deleted, _document(stored, revision)) for revision, kept in stored.leaves.items()] for id, stored in known.items()
        }

    def checkpoint(self, name: str, id: str) -> dict[str, Any] | None:
        found = self._engine.open(name).local(f"_local/{id}")
        return orjson.loads(found[1]) if found else None

    def keep_checkpoint(self, name: str, id: str, checkpoint: dict[str, Any]) -> None:
        database = self._engine.open(name)
        found = database.local(f"_local/{id}")
        database.put_local(f"_local/{id}", found[0] if found else None, orjson.dumps(checkpoint))


def _document(stored: Stored, revision: Revision) -> Document:
    kept: Kept = stored.leaves[revision]
    document = {**orjson.loads(kept.body), "_id": stored.id, "_rev": str(revision)}
    if kept.deleted:
        document["_deleted"] = True
    if kept.attachments:
        document["_attachments"] = {name: {**on_the_wire(entry, encoding=True), "stub": True} for name, entry in kept.entries().items()}
    return document
