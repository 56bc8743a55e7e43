"""One database: what can be asked of it and written to it. Every write is one transaction, on disk before it is answered."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sync.engine.attachments import PART_BYTES, Spool, gunzipped, part
from sync.engine.catalogue import Entry
from sync.engine.compaction import Compaction, is_running
from sync.engine.connections import Connections, FileGone
from sync.engine.document import Document, from_row, load, rows_between, rows_of
from sync.engine.errors import BadDocument, BadSequence, DatabaseMissing, DocumentMissing, EditConflict, TooLarge
from sync.engine.limits import Limits
from sync.engine.wake import Bells, Watch
from sync.engine.wire import Edit
from sync.engine.writing import Writing, delete_local, forget_purges, put_local
from sync.revisions import Revision


@dataclass(frozen=True, slots=True)
class Info:
    """Counts of a database; `live` are documents whose winner is no tombstone. `bytes` is the size of its file."""

    sequence: int
    live: int
    deleted: int
    bytes: int
    purge_sequence: int
    compacting: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A document's place in the changes feed. `leaves` are revisions, the winner first."""

    sequence: int
    id: str
    deleted: bool
    leaves: list[str]
    document: Document | None = None

    @property
    def body_bytes(self) -> int:
        """Of the document's leaves, when it came with them."""
        return sum(len(kept.body) for kept in self.document.leaves.values()) if self.document else 0


class Database:
    """A database of one life; once it is deleted, everything raises DatabaseMissing."""

    def __init__(self, entry: Entry, connections: Connections, bells: Bells, limits: Limits) -> None:
        self.entry = entry
        self.limits = limits
        self.name = entry.name
        self._connections = connections
        self._bells = bells

    # Sequences on the wire: the number and the life, so that one from another life is not taken for a place in this

    def sequence_text(self, sequence: int) -> str:
        return f"{sequence}-{self.entry.life}"

    def sequence_after(self, since: str) -> int:
        """The number in `since`; 0 for one of another life, or from beyond the end (a file put back from a backup). Raises BadSequence."""
        text = since.strip('"')
        if text == "now":
            return self.info().sequence
        sequence, life = _read_sequence(text)
        return sequence if life in ("", self.entry.life) and sequence <= self.info().sequence else 0

    def is_beyond(self, since: str) -> bool:
        """Whether this place of ours lies beyond the end: then the file has gone back since. Raises BadSequence."""
        sequence, life = _read_sequence(since)
        return life == self.entry.life and sequence > self.info().sequence

    # Reading

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one moment."""
        try:
            with self._connections.reading(self.entry.path) as connection:
                yield connection
        except FileGone:
            raise DatabaseMissing(self.name) from None

    def info(self) -> Info:
        with self.reading() as connection:
            sequence, live, deleted, purge_sequence = connection.execute("SELECT sequence, live, deleted, purge_sequence FROM state").fetchone()
        size = self.entry.path.stat().st_size if self.entry.path.exists() else 0
        return Info(sequence, live, deleted, size, purge_sequence, is_running(self.entry.path))

    def get(self, id: str) -> Document | None:
        with self.reading() as connection:
            return load(connection, id)

    def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """Those of these documents that exist."""
        with self.reading() as connection:
            return {row[1]: from_row(connection, row) for row in rows_of(connection, dict.fromkeys(ids))}

    def changes(
        self, after: int, last: int, limit: int, *, descending: bool = False, bodies: bool = False, all_leaves: bool = True, bytes_max: int | None = None
    ) -> list[Row]:
        """Rows of the feed after one sequence up to another; with bodies no more than reach `bytes_max`."""
        with self.reading() as connection:
            if bodies:
                found, size = [], 0
                for row in rows_between(connection, after, last, limit, descending):
                    found.append(_row(from_row(connection, row)))
                    size += found[-1].body_bytes
                    if bytes_max is not None and size >= bytes_max:
                        break
                return found
            order = "DESC" if descending else "ASC"
            rows = connection.execute(
                "SELECT sequence, id, revision, deleted, other_leaves FROM documents"  # noqa: S608 constants
                f" WHERE sequence > ? AND sequence <= ? ORDER BY sequence {order} LIMIT ?",
                (after, last, limit),
            ).fetchall()
            return [
                Row(sequence, id, bool(deleted), [revision]) if not (others and all_leaves) else _row(load(connection, id))  # type: ignore[arg-type]
                for sequence, id, revision, deleted, others in rows
            ]

    def changes_of(self, ids: Sequence[str], after: int, last: int) -> list[Row]:
        """Rows of these documents only, oldest first."""
        rows = [_row(document) for document in self.get_many(ids).values() if after < document.sequence <= last]
        return sorted(rows, key=lambda row: row.sequence)

    def pending(self, after: int) -> int:
        """How many documents changed after this sequence."""
        with self.reading() as connection:
            return connection.execute("SELECT count(*) FROM documents INDEXED BY documents_in_order WHERE sequence > ?", (after,)).fetchone()[0]

    def ids_between(
        self, start: str | None, end: str | None, *, inclusive_end: bool = True, descending: bool = False, skip: int = 0, limit: int = -1
    ) -> tuple[list[tuple[str, str]], int]:
        """Live documents in the order of their ids' bytes: (id, winning revision), and how many lie before the first."""
        low, high = (end, start) if descending else (start, end)
        where, values = ["deleted = 0"], []
        if low is not None:
            where.append("id >= ?" if not descending or inclusive_end else "id > ?")
            values.append(low)
        if high is not None:
            where.append("id <= ?" if descending or inclusive_end else "id < ?")
            values.append(high)
        order = "DESC" if descending else "ASC"
        with self.reading() as connection:
            rows = connection.execute(
                f"SELECT id, revision FROM documents WHERE {' AND '.join(where)} ORDER BY id {order} LIMIT ? OFFSET ?",  # noqa: S608 constants
                (*values, limit, skip),
            ).fetchall()
            before = 0
            if start is not None:
                beyond = ">" if descending else "<"
                before = connection.execute(f"SELECT count(*) FROM documents WHERE deleted = 0 AND id {beyond} ?", (start,)).fetchone()[0]  # noqa: S608
        return rows, before + skip

    def live_between(self, first: str | None, last: str | None) -> int:
        """How many live documents have ids from the first on, and before the last."""
        with self.reading() as connection:
            return connection.execute(
                "SELECT count(*) FROM documents WHERE deleted = 0 AND id >= ? AND (? IS NULL OR id < ?)", (first or "", last, last)
            ).fetchone()[0]

    def attachment(self, entry: Mapping[str, Any], *, encoded: bool = False) -> Iterator[bytes]:
        """The content of the attachment that a leaf names so, or the bytes as they are kept. Raises DocumentMissing, also in the middle.

        Each part is read in a moment of its own: a slow reader holds back neither writers nor the end of the log. What is read may be
        collected meanwhile, when the document is written anew; whoever reads then fails, and asks again.
        """
        compressed = entry.get("encoding") is not None
        kept = self.attachment_range(entry["key"], 0, entry["encoded_length"] if compressed else entry["length"])
        return gunzipped(kept) if compressed and not encoded else kept

    def attachment_range(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """Of the bytes as they are kept, those from `start` up to `stop`."""
        while start < stop:
            number, skipped = divmod(start, PART_BYTES)
            with self.reading() as connection:
                piece = part(connection, key, number)[skipped : skipped + stop - start]
            if not piece:
                raise DocumentMissing("Document is missing attachment")
            yield piece
            start += len(piece)

    def attachment_bytes(self, key: str) -> bytes:
        """The bytes as they are kept, whole, of an attachment known to be small."""
        with self.reading() as connection:
            return b"".join(bytes for (bytes,) in connection.execute("SELECT bytes FROM attachments WHERE key = ? ORDER BY part", (key,)))

    def spool(self) -> Spool:
        """Where attachments of one request wait to be written."""
        return Spool(self.entry.path.parent, self.limits)

    # Writing

    def write(self, edits: Sequence[Edit], replicated: bool) -> list[Revision | EditConflict]:
        """Take these edits in one transaction; for each its revision, or that it came too late. Raises MissingStub, StorageFull: nothing is written then."""

        def apply(work: Writing) -> list[Revision | EditConflict]:
            return [work.replicate(edit) if replicated else _tried(work, edit) for edit in edits]

        return self._write(apply)

    def publish(self, wanted: Sequence[Mapping[str, Any]]) -> None:
        def apply(work: Writing) -> None:
            for document in wanted:
                work.publish(document)

        self._write(apply)

    def _write(self, apply: Callable[[Writing], Any]) -> Any:
        with self._writing() as connection:
            work = Writing(connection, self.limits)
            result = apply(work)
            changed = work.finish()
        if changed:
            self._bells.ring(self.name)
        return result

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connections.writing(self.entry.path) as connection:
                yield connection
        except FileGone:
            raise DatabaseMissing(self.name) from None

    def purge(self, wanted: Mapping[str, Sequence[Revision]]) -> dict[str, list[Revision]]:
        """Remove these leaves of these documents as if they had never been; those that were there. Nobody else is told."""

        def apply(work: Writing) -> dict[str, list[Revision]]:
            return {id: work.purge(id, revisions) for id, revisions in wanted.items()}

        return self._write(apply)

    def purges(self) -> list[tuple[str, list[str]]]:
        """The last purges that were asked for: (id, revisions)."""
        with self.reading() as connection:
            return [(id, orjson.loads(revisions)) for id, revisions in connection.execute("SELECT id, revisions FROM purges ORDER BY sequence")]

    def purges_kept(self) -> int:
        with self.reading() as connection:
            return connection.execute("SELECT purges_kept FROM state").fetchone()[0]

    def keep_purges(self, limit: int) -> None:
        with self._writing() as connection:
            connection.execute("UPDATE state SET purges_kept = ?", (limit,))
            forget_purges(connection)

    def begin_compaction(self) -> Callable[[], None] | None:
        """What does it; None when one is running already."""
        compaction = Compaction.begin(self.entry.path)
        return None if compaction is None else lambda: compaction.run(self._connections)

    def revisions_kept(self) -> int:
        with self.reading() as connection:
            return connection.execute("SELECT revisions_kept FROM state").fetchone()[0]

    def keep_revisions(self, limit: int) -> None:
        if limit < 1:
            raise BadDocument("_revs_limit must be a positive number")
        with self._writing() as connection:
            connection.execute("UPDATE state SET revisions_kept = ?", (limit,))

    # `_local` documents

    def local(self, id: str) -> tuple[int, bytes] | None:
        """Number and body."""
        with self.reading() as connection:
            return connection.execute("SELECT revision, body FROM local_documents WHERE id = ?", (id,)).fetchone()

    def locals_between(
        self, start: str | None, end: str | None, inclusive_end: bool = True, descending: bool = False, skip: int = 0, limit: int = -1
    ) -> list[tuple[str, int, bytes]]:
        """In the order of their ids: (id, number, body)."""
        from_start, to_end = ("<=", ">") if descending else (">=", "<")
        order, closed = "DESC" if descending else "ASC", "=" if inclusive_end else ""
        with self.reading() as connection:
            return connection.execute(
                "SELECT id, revision, body FROM local_documents"  # noqa: S608 constants
                f" WHERE (? IS NULL OR id {from_start} ?) AND (? IS NULL OR id {to_end}{closed} ?) ORDER BY id {order} LIMIT ? OFFSET ?",
                (start, start, end, end, limit, skip),
            ).fetchall()

    def put_local(self, id: str, based_on: int | None, body: bytes) -> int:
        if len(body) > self.limits.local_bytes_max:
            raise TooLarge(id[:200], "document_too_large")
        with self._writing() as connection:
            return put_local(connection, id, based_on, body, self.limits.local_documents_max)

    def delete_local(self, id: str) -> bool:
        with self._writing() as connection:
            return delete_local(connection, id)

    # Waiting

    def watch(self) -> contextlib.AbstractContextManager[Watch]:
        """Hear of every change from now on: watch first, then look, then wait, and none is missed."""
        return self._bells.watch(self.name)


def _read_sequence(text: str) -> tuple[int, str]:
    number, _, life = text.partition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise BadSequence
    return int(number), life


def _tried(work: Writing, edit: Edit) -> Revision | EditConflict:
    try:
        return work.edit(edit)
    except EditConflict as conflict:
        return conflict


def _row(document: Document) -> Row:
    return Row(document.sequence, document.id, document.deleted, [str(leaf) for leaf in document.leaves], document)
