"""Moves a database from one engine to another, whole: every leaf with its history, its body and its attachments.

It goes as replication goes. The source's feed names each document with its leaves; the target says which of these revisions it lacks; those are
fetched with their ancestors and written as they are, under the revisions that they have. So it may run again at any time and end early at any time: what is
there already is not missing, and is not sent. How far the feed has been read is kept in the target, in a `_local` document, for a target that is made
anew has to be filled anew.

    feed        submission:1  leaves 2-b, 2-a          ─▶ the target has 2-a: 2-b is missing
    fetch       submission:1  2-b, ancestors 2-b 1-x   ─▶ with its photo, in pieces
    write       submission:1  2-b                      ─▶ the target has both leaves, and shows the same winner
    checkpoint  read up to 17-…

Then `compare` reads both from end to end, and names every document that is not the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from sync.couchdb.errors import CouchError
from sync.databases import START, Leaf, Writers
from sync.engine.attachments import gunzipped
from sync.engine.errors import Busy, EngineError, StorageFull

FEED_ROWS_MAX = 500  # read at once; a checkpoint after each
LEAVES_AT_ONCE_MAX = 50  # bodies in memory at once: 400 MB at the very most
NAMED_MAX = 50  # documents that are named when something is wrong

Document = dict[str, Any]


@dataclass(frozen=True)
class Description:
    """What a database is, besides its documents. `live` and `deleted` count them."""

    security: dict[str, Any]
    writers: Writers
    revisions_kept: int
    live: int
    deleted: int


@dataclass(frozen=True)
class Page:
    """Documents in the order of the feed, each with the revisions of its leaves."""

    rows: Sequence[tuple[str, Sequence[str]]]
    last_sequence: str


@dataclass(frozen=True)
class Content:
    """The bytes of an attachment as they are kept: `encoding` is `gzip` when they are kept compressed."""

    encoding: str | None
    chunks: Iterator[bytes]


class Replica(Protocol):
    """One engine's databases as replication needs them. `uuid` names the server."""

    uuid: str

    def names(self) -> list[str]: ...

    def describe(self, name: str) -> Description: ...

    def prepare(self, name: str, described: Description) -> None:
        """Make the database, with this security object, or put an existing one right."""
        ...

    def feed(self, name: str, since: str, limit: int) -> Page:
        """Fewer rows than `limit` mean that this is the end. A `since` that is no good any more begins at the start."""
        ...

    def missing(self, name: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Of these revisions, those that are not known here."""
        ...

    def fetch(self, name: str, wanted: Mapping[str, Sequence[str]]) -> list[Document]:
        """These revisions, where they are still there, with `_revisions`; attachments as stubs that say how they are encoded."""
        ...

    def content(self, name: str, document: Document, attachment: str) -> AbstractContextManager[Content]:
        """An attachment of a document from `fetch`."""
        ...

    def write(self, name: str, documents: Sequence[Document]) -> None:
        """As they are, under the revisions that they have; none has attachments."""
        ...

    def write_with_attachments(self, name: str, document: Document, source: Source) -> None: ...

    def leaves(self, name: str, ids: Sequence[str]) -> dict[str, list[Leaf]]:
        """All leaves of these documents, those that exist."""
        ...

    def checkpoint(self, name: str, id: str) -> dict[str, Any] | None: ...

    def keep_checkpoint(self, name: str, id: str, checkpoint: dict[str, Any]) -> None: ...


Source = Callable[[str], AbstractContextManager[Content]]
"""An attachment's bytes, by its name; may be asked again when sending broke off."""


@dataclass(frozen=True)
class Refused:
    """A document that the target does not take, or that differs there, and why."""

    database: str
    id: str
    reason: str


@dataclass(frozen=True)
class Step:
    """Progress: so many more documents of the source's feed have been seen to, so many revisions written. `earlier`: by the run before."""

    documents: int
    revisions: int
    refused: Sequence[Refused]
    earlier: bool = False


def replicate(source: Replica, target: Replica, name: str) -> Iterator[Step]:
    """Bring what the target lacks, from where an earlier run ended. The first step tells what that one had seen to. The database must be prepared."""
    id = _checkpoint_id(source, target, name)
    kept = target.checkpoint(name, id) or {"sequence": START, "documents": 0}
    since, documents = kept["sequence"], kept["documents"]
    if documents:
        yield Step(documents, 0, (), earlier=True)
    while True:
        page = source.feed(name, since, FEED_ROWS_MAX)
        written, refused = _bring(source, target, name, page)
        documents += len(page.rows)
        since = page.last_sequence
        if page.rows and not refused:  # what was refused is tried again by the next run
            target.keep_checkpoint(name, id, {"sequence": since, "documents": documents})
        yield Step(len(page.rows), written, refused)
        if len(page.rows) < FEED_ROWS_MAX:
            return


def compare(source: Replica, target: Replica, name: str) -> Iterator[Step]:
    """Read both databases and name what is not the same: leaves, deletions, bodies, attachments, and documents that only the target has."""
    since = START
    while True:
        page = source.feed(name, since, FEED_ROWS_MAX)
        ids = [id for id, _ in page.rows]
        refused: list[Refused] = []
        for first in range(0, len(ids), LEAVES_AT_ONCE_MAX):
            some = ids[first : first + LEAVES_AT_ONCE_MAX]
            here, there = source.leaves(name, some), target.leaves(name, some)
            for id in some:
                reason = difference(here.get(id, []), there.get(id, [])) or _other_content(source, target, name, here.get(id, []), there.get(id, []))
                if reason:
                    refused.append(Refused(name, id, reason))
        yield Step(len(ids), 0, refused)
        if len(page.rows) < FEED_ROWS_MAX:
            break
        since = page.last_sequence
    yield Step(0, 0, _only_there(source, target, name))


def difference(here: Sequence[Leaf], there: Sequence[Leaf]) -> str | None:
    """What is not the same, in words; attachments by their names, types and lengths only."""
    ours, theirs = {leaf.revision: leaf for leaf in here}, {leaf.revision: leaf for leaf in there}
    if ours.keys() != theirs.keys():
        missing, more = sorted(ours.keys() - theirs.keys()), sorted(theirs.keys() - ours.keys())
        return "; ".join([*(f"{each} is missing" for each in missing), *(f"{each} is there besides" for each in more)])
    for revision, leaf in ours.items():
        other = theirs[revision]
        if leaf.deleted != other.deleted:
            return f"{revision} is deleted in one only"
        if _own(leaf.document) != _own(other.document) and _own(_with_one_zero(leaf.document)) != _own(_with_one_zero(other.document)):
            return f"{revision} says something else"
        if _attachments(leaf.document) != _attachments(other.document):
            return f"{revision} has other attachments"
    return None


def _bring(source: Replica, target: Replica, name: str, page: Page) -> tuple[int, list[Refused]]:
    if not page.rows:
        return 0, []
    missing = target.missing(name, dict(page.rows))
    pairs = [(id, revision) for id, revisions in missing.items() for revision in revisions]
    written, refused = 0, []
    for first in range(0, len(pairs), LEAVES_AT_ONCE_MAX):
        wanted: dict[str, list[str]] = {}
        for id, revision in pairs[first : first + LEAVES_AT_ONCE_MAX]:
            wanted.setdefault(id, []).append(revision)
        documents = source.fetch(name, wanted)
        refused += _write(source, target, name, documents)
        written += len(documents)
    return written, refused


def _write(source: Replica, target: Replica, name: str, documents: Sequence[Document]) -> list[Refused]:
    """What the target refuses is named, and holds up nothing else. What ails the target as a whole is raised."""
    plain = [document for document in documents if not document.get("_attachments")]
    refused: list[Refused] = []
    try:
        if plain:
            target.write(name, plain)
    except (StorageFull, Busy):
        raise
    except (EngineError, CouchError):
        for document in plain:
            refused += _tried(name, document, lambda one=document: target.write(name, [one]))  # type: ignore[misc]
    for document in documents:
        if document.get("_attachments"):
            refused += _tried(name, document, lambda one=document: target.write_with_attachments(name, one, _source(source, name, one)))  # type: ignore[misc]
    return refused


def _tried(name: str, document: Document, write: Callable[[], None]) -> list[Refused]:
    try:
        write()
    except (StorageFull, Busy):
        raise
    except (EngineError, CouchError) as error:
        return [Refused(name, document["_id"], str(error))]
    return []


def _source(source: Replica, name: str, document: Document) -> Source:
    return lambda attachment: source.content(name, document, attachment)


def _other_content(source: Replica, target: Replica, name: str, here: Sequence[Leaf], there: Sequence[Leaf]) -> str | None:
    """Engines make digests of what they keep, which may be compressed. Where they differ, the content is compared."""
    theirs = {leaf.revision: leaf.document for leaf in there}
    for leaf in here:
        other = theirs[leaf.revision]
        for attachment, entry in (leaf.document.get("_attachments") or {}).items():
            if entry["digest"] == other["_attachments"][attachment]["digest"]:
                continue
            if _hash(source, name, leaf.document, attachment) != _hash(target, name, other, attachment):
                return f"{leaf.revision} has other bytes in {attachment}"
    return None


def _hash(replica: Replica, name: str, document: Document, attachment: str) -> bytes:
    digest = hashlib.sha256()
    with replica.content(name, document, attachment) as content:
        for chunk in gunzipped(content.chunks) if content.encoding == "gzip" else content.chunks:
            digest.update(chunk)
    return digest.digest()


def _only_there(source: Replica, target: Replica, name: str) -> list[Refused]:
    here, there = source.describe(name), target.describe(name)
    if (here.live, here.deleted) == (there.live, there.deleted):
        return []
    found: list[Refused] = []
    since = START
    while len(found) < NAMED_MAX:
        page = target.feed(name, since, FEED_ROWS_MAX)
        known = source.leaves(name, [id for id, _ in page.rows])
        found += [Refused(name, id, "is in the target only") for id, _ in page.rows if not known.get(id)]
        if len(page.rows) < FEED_ROWS_MAX:
            break
        since = page.last_sequence
    return found


def _own(document: Document) -> bytes:
    """The document's own members, in one order."""
    return orjson.dumps({member: value for member, value in document.items() if not member.startswith("_")}, option=orjson.OPT_SORT_KEYS)


def _with_one_zero(value: Any) -> Any:
    """The same with 0.0 for every -0.0: CouchDB keeps no sign of a zero."""
    if isinstance(value, dict):
        return {name: _with_one_zero(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_one_zero(each) for each in value]
    return 0.0 if isinstance(value, float) and value == 0 else value


def _attachments(document: Document) -> dict[str, tuple[Any, Any]]:
    return {name: (entry["content_type"], entry["length"]) for name, entry in (document.get("_attachments") or {}).items()}


def _checkpoint_id(source: Replica, target: Replica, name: str) -> str:
    return "doorstep-migrate-" + hashlib.sha256(f"{source.uuid} {target.uuid} {name}".encode()).hexdigest()[:32]
