"""A stored document: its tree and its leaves, read from and written to the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sync.revisions import EMPTY, Revision, Tree, as_lines, from_lines, leaves, parse_revision

COLUMNS = "sequence, id, revision, deleted, other_leaves, tree, attachments, body"


@dataclass(slots=True)
class Kept:
    """What is kept of a leaf. `body` is JSON without the members that begin with `_`; `attachments` by name, as JSON, or None."""

    deleted: bool
    body: bytes
    attachments: bytes | None = None

    def entries(self) -> dict[str, dict[str, Any]]:
        """By name: content_type, revpos, digest, length, the `key` of the bytes, and `encoding` and `encoded_length` of what is kept compressed."""
        return orjson.loads(self.attachments) if self.attachments else {}


@dataclass(slots=True)
class Document:
    """All of a document. `sequence` is 0 while it is new. `leaves` are in the order of winning."""

    id: str
    sequence: int
    tree: Tree
    leaves: dict[Revision, Kept]

    @property
    def winner(self) -> Revision:
        return next(iter(self.leaves))

    @property
    def deleted(self) -> bool:
        return self.leaves[self.winner].deleted

    def grow(self, tree: Tree, revision: Revision | None = None, kept: Kept | None = None) -> None:
        """Take a grown tree, whose new leaf (if it has one) is this. Bodies of what is a leaf no more are dropped."""
        known = self.leaves if revision is None or kept is None else {revision: kept} | self.leaves
        self.tree = tree
        self.leaves = {leaf: known[leaf] for leaf in leaves(tree)}


def stubs(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Attachments as the wire names them, without their bytes."""
    return {name: {**on_the_wire(entry), "stub": True} for name, entry in entries.items()}


def on_the_wire(entry: Mapping[str, Any], encoding: bool = False) -> dict[str, Any]:
    """What readers are told of an attachment; how it is encoded only when they ask."""
    ours = {"key"} if encoding else {"key", "encoding", "encoded_length"}
    return {member: value for member, value in entry.items() if member not in ours}


def load(connection: sqlite3.Connection, id: str) -> Document | None:
    """The document, whole."""
    row = connection.execute(f"SELECT {COLUMNS} FROM documents WHERE id = ?", (id,)).fetchone()  # noqa: S608 a constant
    return None if row is None else from_row(connection, row)


def from_row(connection: sqlite3.Connection, row: tuple) -> Document:
    """The document of a row of `documents`."""
    sequence, id, revision, deleted, other_leaves, tree, attachments, body = row
    winner = parse_revision(revision)
    kept = {winner: Kept(bool(deleted), body, attachments)}
    if tree is None:
        return Document(id, sequence, Tree({winner: frozenset()}, frozenset([winner] if deleted else ())), kept)
    if other_leaves:
        others = connection.execute("SELECT revision, deleted, body, attachments FROM other_leaves WHERE id = ?", (id,))
        kept |= {parse_revision(other): Kept(bool(is_deleted), its_body, its) for other, is_deleted, its_body, its in others}
    document = Document(id, sequence, EMPTY, kept)
    document.grow(from_lines(orjson.loads(tree)))
    return document


def save(connection: sqlite3.Connection, document: Document, sequence: int) -> None:
    """Write the document at this sequence, which must be higher than all before."""
    winner, *others = document.leaves
    kept = document.leaves[winner]
    tree = orjson.dumps(as_lines(document.tree)) if len(document.tree.parents) > 1 else None
    row = (sequence, document.id, str(winner), kept.deleted, len(others), tree, kept.attachments, kept.body)
    if not document.sequence:
        connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    else:
        connection.execute(
            "UPDATE documents SET sequence = ?, id = ?, revision = ?, deleted = ?, other_leaves = ?, tree = ?, attachments = ?, body = ? WHERE sequence = ?",
            (*row, document.sequence),
        )
        connection.execute("DELETE FROM other_leaves WHERE id = ?", (document.id,))
    for other in others:
        leaf = document.leaves[other]
        connection.execute("INSERT INTO other_leaves VALUES (?, ?, ?, ?, ?)", (document.id, str(other), leaf.deleted, leaf.attachments, leaf.body))
    document.sequence = sequence


def remove(connection: sqlite3.Connection, document: Document) -> None:
    """Remove all of the document: after that it has never been."""
    connection.execute("DELETE FROM documents WHERE sequence = ?", (document.sequence,))
    connection.execute("DELETE FROM other_leaves WHERE id = ?", (document.id,))


def rows_between(connection: sqlite3.Connection, after: int, last: int, limit: int, descending: bool = False) -> Iterator[tuple]:
    """Rows of `documents` in the order of change, bodies included."""
    order = "DESC" if descending else "ASC"
    return connection.execute(
        f"SELECT {COLUMNS} FROM documents WHERE sequence > ? AND sequence <= ? ORDER BY sequence {order} LIMIT ?",  # noqa: S608 constants
        (after, last, limit),
    )


def rows_of(connection: sqlite3.Connection, ids: Iterable[str]) -> Iterator[tuple]:
    for id in ids:
        row = connection.execute(f"SELECT {COLUMNS} FROM documents WHERE id = ?", (id,)).fetchone()  # noqa: S608 a constant
        if row is not None:
            yield row
