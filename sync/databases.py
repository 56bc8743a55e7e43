"""What the merge worker and the outbox need of any sync engine: the embedded one (sync.engine) and Apache CouchDB (sync.couchdb)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

START = "0"  # the sequence before the first change of any database
Writers = Literal["members", "server"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One newest revision of a document. `document` is its body with `_id`, `_rev` and, for a deletion, `_deleted`."""

    revision: str
    deleted: bool
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A document that changed, with all its leaves: the winner first, tombstones too. More than one leaf is a conflict."""

    id: str
    sequence: str
    leaves: Sequence[Leaf]


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes in the order of their sequences. `last_sequence` is where to go on; it is opaque text.

    `more`: there are more, though these are fewer than asked for, because they would be too many bytes at once.
    """

    changes: Sequence[Change]
    last_sequence: str
    more: bool = False


class Databases(Protocol):
    """Named databases of documents.

    Unknown names raise LookupError (`sync.engine.errors.DatabaseMissing` in the embedded engine).
    A security object has CouchDB's shape: `{"members": {"names": [], "roles": []}, "admins": {…}}`.
    """

    def names(self, prefix: str = "") -> list[str]:
        """Names of all databases that begin with `prefix`, sorted."""
        ...

    def exists(self, name: str) -> bool: ...

    def create(self, name: str, security: Mapping[str, Any], writers: Writers = "members") -> bool:
        """Make the database; False when it is there. `writers="server"`: members read only (they keep `_local`).

        An engine that makes a database in several steps (CouchDB) then finishes what a crash left undone, and puts the security object right.
        A security object that names no members shuts everybody but the server and the operator out.
        """
        ...

    def delete(self, name: str) -> bool:
        """Remove the database and all it holds; False when there was none."""
        ...

    def security(self, name: str) -> dict[str, Any]: ...

    def set_security(self, name: str, security: Mapping[str, Any]) -> None: ...

    def changes(self, name: str, since: str = START, limit: int = 500) -> Batch:
        """Changes after `since`, oldest first, at most `limit`; fewer mean that there are no more just now, unless it says `more`.

        CouchDB leaves design documents out. A `since` of another life of the database, or of another engine, starts anew; so may any other, at any time.
        """
        ...

    def publish(self, name: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """The server's own writes. The same body with the same attachments again makes no new revision; `{"_id", "_deleted": True}` deletes.

        Attachments come inline: `"_attachments": {name: {"content_type", "data": base64}}`; what is there already is not written again.

        Malformed documents raise ValueError before any is written. The embedded engine writes all or nothing; CouchDB has no transaction over
        documents, so when this raises, some may be there already. Therefore whoever publishes delivers the whole batch again until it goes through
        (sync.publish): what is there is found equal then.
        """
        ...

    def read(self, name: str, id: str) -> dict[str, Any] | None:
        """The winning revision with `_id` and `_rev`; None when there is none or it is deleted."""
        ...

    def attachment(self, name: str, id: str, attachment: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes of an attachment of the winning revision from `start` up to `stop`, piece by piece; its length and type stand in what `read` gives.

        Raises LookupError, at the first piece, when there is none.
        """
        ...

    def wait(self, timeout_seconds: float) -> set[str] | None:
        """Names of databases that changed since this thread last asked, in any process; empty when the time is up.

        None: unknown, look at all of them. It comes first, and now and then, so that a lost message costs a delay and no more.
        """
        ...

    def close(self) -> None:
        """Close files and connections. For commands and tests; a server just ends."""
        ...


def pieces_between(pieces: Iterable[bytes], start: int, stop: int | None) -> Iterator[bytes]:
    """Of the bytes that come in pieces, those from `start` up to `stop`."""
    at = 0
    for piece in pieces:
        first, last = max(start - at, 0), len(piece) if stop is None else min(stop - at, len(piece))
        if first < last:
            yield piece[first:last]
        at += len(piece)
        if stop is not None and at >= stop:
            return
