"""One write transaction: edits become revisions, revisions grow trees, and every document that changed moves to a new sequence."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from sync.engine.attachments import is_kept, keep
from sync.engine.document import Document, Kept, load, remove, save
from sync.engine.errors import BadDocument, EditConflict, MissingStub, TooLarge
from sync.engine.limits import Limits
from sync.engine.wire import Arrived, Copied, Edit, Stub, canonical, read_edit
from sync.revisions import EMPTY, REVISIONS_KEPT, Refused, Revision, edit_extends, merge, new_revision, stem, without_leaves

Attachments = Mapping[str, Arrived | Stub | Copied]


class Writing:
    """The state of one transaction. Call `replicate`, `edit` or `publish` for each document, then `finish`."""

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self._sequence, self._live, self._deleted, self._revisions_kept = connection.execute(
            "SELECT sequence, live, deleted, revisions_kept FROM state"
        ).fetchone()
        self._dropped_bytes = 0
        self._open: dict[str, Document] = {}
        self._changed: dict[str, Document] = {}

    def replicate(self, edit: Edit) -> Revision:
        """Merge a revision that was made elsewhere. It is never refused for being late; a known one changes nothing."""
        document = self._document(edit.id)
        revision = edit.path[0]
        is_new = revision not in document.tree
        tree = merge(document.tree, edit.path, edit.deleted)
        if tree is document.tree:
            return revision
        tree = stem(tree, self._revisions_kept)
        if is_new:
            source = next((document.leaves[ancestor] for ancestor in edit.path[1:] if ancestor in document.leaves), None)
            document_leaf = Kept(edit.deleted, edit.body, self._keep(edit, source, None))
            self._grow(document, tree, revision, document_leaf)
        elif tree.parents != document.tree.parents:
            self._grow(document, tree)
        return revision

    def edit(self, edit: Edit) -> Revision:
        """An interactive edit. Raises EditConflict, MissingStub."""
        document = self._document(edit.id)
        try:
            parent = edit_extends(document.tree, edit.path[0] if edit.path else None, edit.deleted)
        except Refused:
            raise EditConflict from None
        return self._extend(document, parent, edit)

    def publish(self, wanted: Mapping[str, Any]) -> None:
        """The server's own write: whatever is there is overwritten, unless it says the same already."""
        edit = read_edit({name: value for name, value in wanted.items() if name != "_rev"}, replicated=False, limits=self._limits)
        document = self._document(edit.id)
        if document.leaves:
            kept = document.leaves[document.winner]
            if edit.deleted and kept.deleted:
                return
            if not kept.deleted:
                edit.attachments = _unchanged_as_stubs(edit.attachments, kept.entries())
            if not edit.deleted and not kept.deleted and canonical(kept.body) == canonical(edit.body) and _are_kept(edit.attachments, kept.entries()):
                return
        elif edit.deleted:
            return
        self._extend(document, document.winner if document.leaves else None, edit)

    def purge(self, id: str, revisions: Sequence[Revision]) -> list[Revision]:
        """Remove these leaves, with all that only they come from; those that were leaves. A document without leaves is gone."""
        document = self._document(id)
        removed = [leaf for leaf in document.leaves if leaf in revisions]
        if removed:
            before = dict(document.leaves)
            self._count(document, -1)
            document.grow(without_leaves(document.tree, removed))
            self._count(document, +1)
            self._let_go(before, document)
            self._changed[id] = document
        self._connection.execute("UPDATE state SET purge_sequence = purge_sequence + 1")
        self._connection.execute("INSERT INTO purges SELECT purge_sequence, ?, ? FROM state", (id, orjson.dumps([str(revision) for revision in revisions])))
        forget_purges(self._connection)
        return removed

    def finish(self) -> bool:
        """Write what changed; whether anything did."""
        for document in self._changed.values():
            self._sequence += 1
            if document.leaves:
                save(self._connection, document, self._sequence)
            else:
                remove(self._connection, document)
        if self._changed:
            self._connection.execute(
                "UPDATE state SET sequence = ?, live = ?, deleted = ?, dropped_bytes = dropped_bytes + ?",
                (self._sequence, self._live, self._deleted, self._dropped_bytes),
            )
        return bool(self._changed)

    def _document(self, id: str) -> Document:
        if id not in self._open:
            self._open[id] = load(self._connection, id) or Document(id, 0, EMPTY, {})
        return self._open[id]

    def _extend(self, document: Document, parent: Revision | None, edit: Edit) -> Revision:
        attachments = self._keep(edit, document.leaves[parent] if parent else None, parent.generation + 1 if parent else 1)
        marks = orjson.dumps({name: entry["digest"] for name, entry in orjson.loads(attachments).items()}, option=orjson.OPT_SORT_KEYS) if attachments else b""
        revision = new_revision(parent, edit.deleted, canonical(edit.body), marks)
        if revision in document.tree:
            raise EditConflict  # the very edit is there already, and somebody went on from it
        path = [revision, parent] if parent else [revision]
        tree = stem(merge(document.tree, path, edit.deleted), self._revisions_kept)
        self._grow(document, tree, revision, Kept(edit.deleted, edit.body, attachments))
        return revision

    def _grow(self, document: Document, *grown: Any) -> None:
        before, revisions_before = document.leaves, len(document.tree.parents)
        self._count(document, -1)
        document.grow(*grown)
        self._count(document, +1)
        self._let_go(before, document)
        if len(document.leaves) > max(self._limits.conflicts_max, len(before)):  # settling them stays possible
            raise TooLarge(f"{document.id[:200]} has {self._limits.conflicts_max} conflicting revisions already: settle some first", "too_many_conflicts")
        if len(document.tree.parents) > max(self._limits.tree_revisions_max, revisions_before):
            raise TooLarge(f"{document.id[:200]} has {self._limits.tree_revisions_max} known revisions already", "too_many_revisions")
        self._changed[document.id] = document

    def _let_go(self, before: Mapping[Revision, Kept], document: Document) -> None:
        """Count the bytes of attachments that these leaves named and none does now. Another document may name them still."""
        gone = [kept for leaf, kept in before.items() if kept.attachments and leaf not in document.leaves]
        if gone:
            named = {entry["key"] for kept in document.leaves.values() for entry in kept.entries().values()}
            let_go = {entry["key"]: entry.get("encoded_length", entry["length"]) for kept in gone for entry in kept.entries().values()}
            self._dropped_bytes += sum(bytes for key, bytes in let_go.items() if key not in named)

    def _count(self, document: Document, step: int) -> None:
        if not document.leaves:
            return
        if document.deleted:
            self._deleted += step
        else:
            self._live += step

    def _keep(self, edit: Edit, source: Kept | None, generation: int | None) -> bytes | None:
        """Keep the bytes that came, find those that are stubs in `source`; the entries as JSON. `generation` is that of an interactive edit."""
        if not edit.attachments:
            return None
        if len(edit.attachments) > self._limits.attachments_max:
            raise BadDocument(f"A document has at most {self._limits.attachments_max} attachments")
        known = source.entries() if source else {}
        entries: dict[str, dict[str, Any]] = {}
        for name, attachment in edit.attachments.items():
            match attachment:
                case Arrived():
                    keep(self._connection, attachment.upload)
                    revpos = generation or attachment.revpos or edit.path[0].generation
                    entries[name] = attachment.upload.entry(attachment.content_type, revpos)
                case Stub():
                    if name not in known or attachment.revpos not in (None, known[name]["revpos"]):
                        raise MissingStub(edit.id, name)
                    entries[name] = known[name]
                case Copied(entry):
                    if not is_kept(self._connection, entry["key"]):  # collected this very moment
                        raise MissingStub(edit.id, name)
                    entries[name] = entry
        return orjson.dumps(entries)


def _unchanged_as_stubs(attachments: Attachments, entries: Mapping[str, Mapping[str, Any]]) -> Attachments:
    """Bytes that are there already stay where they are, so that no phone fetches them anew."""

    def is_kept(name: str, given: Arrived | Stub | Copied) -> bool:
        known = entries.get(name)
        return isinstance(given, Arrived) and known is not None and (given.upload.key, given.content_type) == (known["key"], known["content_type"])

    return {name: Stub() if is_kept(name, given) else given for name, given in attachments.items()}


def _are_kept(attachments: Attachments, entries: Mapping[str, Mapping[str, Any]]) -> bool:
    return attachments.keys() == entries.keys() and all(isinstance(given, Stub) for given in attachments.values())


def forget_purges(connection: sqlite3.Connection) -> None:
    """Keep no more purges than the database is told to."""
    connection.execute("DELETE FROM purges WHERE sequence <= (SELECT purge_sequence - purges_kept FROM state)")


# `_local` documents: outside of trees and sequences, one number for a revision


def put_local(connection: sqlite3.Connection, id: str, based_on: int | None, body: bytes, kept_max: int) -> int:
    """Write it; its new number. Raises EditConflict when `based_on` is not the number that is kept."""
    row = connection.execute("SELECT revision FROM local_documents WHERE id = ?", (id,)).fetchone()
    if (row[0] if row else None) != based_on:
        raise EditConflict
    revision = (based_on or 0) + 1
    connection.execute("DELETE FROM local_documents WHERE id = ?", (id,))
    connection.execute("INSERT INTO local_documents (id, revision, body) VALUES (?, ?, ?)", (id, revision, body))
    if row is None:
        connection.execute(
            "DELETE FROM local_documents WHERE written <= (SELECT written FROM local_documents ORDER BY written DESC LIMIT 1 OFFSET ?)",
            (kept_max,),
        )
    return revision


def delete_local(connection: sqlite3.Connection, id: str) -> bool:
    return bool(connection.execute("DELETE FROM local_documents WHERE id = ?", (id,)).rowcount)


__all__ = ["REVISIONS_KEPT", "Writing", "delete_local", "put_local"]
