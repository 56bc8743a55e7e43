"""The changes feed with all leaves and their bodies: what the merge worker reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sync.couchdb.connection import Connection, segment
from sync.couchdb.errors import CouchError
from sync.databases import START, Batch, Change, Leaf
from sync.engine.errors import TooLarge
from sync.revisions import NotARevision, parse_revision

PAGE_BYTES_MAX = 32 * 1024 * 1024  # of an answer; in memory it becomes some times more
ONE_BYTES_MAX = 256 * 1024 * 1024  # of a single document: CouchDB takes 8 MB unless told otherwise
FEWER = 8  # times fewer rows are asked for when an answer is too large
CONFLICTS_PER_REQUEST_MAX = 50  # documents whose leaves are fetched at once
DESIGN = "_design/"


def read_changes(connection: Connection, name: str, since: str, limit: int, bytes_max: int = PAGE_BYTES_MAX) -> Batch:
    """Changes after `since`; design documents are passed over. A `since` that CouchDB cannot read is as none: everything is read again.

    A batch of fewer than `limit` changes means that there are no more, so where design documents leave gaps it reads on. Where the documents are
    large, fewer are asked for, and the batch says `more`.
    """
    changes: list[Change] = []
    while True:
        wanted = limit - len(changes)
        answer, asked = _page(connection, name, since, wanted, bytes_max)
        rows = answer["results"]
        changes += _with_leaves(connection, name, [row for row in rows if not row["id"].startswith(DESIGN)])
        since = as_text(answer["last_seq"])
        if len(rows) == asked < wanted:
            return Batch(changes, since, more=True)
        if len(rows) < wanted or len(changes) == limit:
            return Batch(changes, since)


def _page(connection: Connection, name: str, since: str, limit: int, bytes_max: int) -> tuple[Any, int]:
    """An answer that is not too large, or of one row; and how many rows were asked for."""
    parameters = {"style": "all_docs", "include_docs": "true"}
    path = f"/{segment(name)}/_changes"
    while True:
        try:
            answer = connection.get_if_small(path, parameters | {"since": since, "limit": str(limit)}, bytes_max if limit > 1 else ONE_BYTES_MAX)
        except CouchError as error:
            if since == START or error.status != 400:  # nothing else that we ask can be malformed
                raise
            since = START
            continue
        if answer is not None:
            return answer, limit
        if limit == 1:
            raise TooLarge(f"A document of {name} after {since} is larger than {ONE_BYTES_MAX} bytes", "document_too_large")
        limit = max(1, limit // FEWER)


def _with_leaves(connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Change]:
    """One leaf came with the row; where there are more, or it changed meanwhile, they are fetched."""
    single: dict[str, list[Leaf]] = {}
    for row in rows:
        document = row.get("doc")
        if len(row["changes"]) == 1 and document and document.get("_rev") == row["changes"][0]["rev"]:
            single[row["id"]] = [leaf(document)]
    several = {row["id"]: [each["rev"] for each in row["changes"]] for row in rows if row["id"] not in single}
    fetched: dict[str, list[Leaf]] = {}
    for some in batched(several.items(), CONFLICTS_PER_REQUEST_MAX):
        fetched |= _fetched(connection, name, [{"id": id, "rev": revision} for id, revisions in some for revision in revisions])
    found = single | fetched
    # What is not to be had any more has changed since, or was purged: its row will come again, or is gone.
    return [Change(row["id"], as_text(row["seq"]), found[row["id"]]) for row in rows if found.get(row["id"])]


def leaves_of(connection: Connection, name: str, ids: Sequence[str]) -> dict[str, list[Leaf]]:
    """All leaves of these documents, the winner first, tombstones too."""
    return _fetched(connection, name, [{"id": id} for id in ids])


def _fetched(connection: Connection, name: str, wanted: Sequence[Mapping[str, str]]) -> dict[str, list[Leaf]]:
    found: dict[str, list[Leaf]] = {}
    for result in connection.post(f"/{segment(name)}/_bulk_get", {"docs": wanted})["results"]:
        found.setdefault(result["id"], []).extend(leaf(each["ok"]) for each in result["docs"] if "ok" in each)
    return {id: sorted(leaves, key=winning, reverse=True) for id, leaves in found.items() if leaves}


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """`itertools.batched`, which Python 3.11 has not."""
    source = iter(items)
    while some := list(islice(source, size)):
        yield some


def leaf(document: dict[str, Any]) -> Leaf:
    return Leaf(document["_rev"], document.get("_deleted") is True, document)


def winning(leaf: Leaf) -> tuple[bool, int, bytes]:
    """The winner has the greatest: live before deleted, then by generation, then by the bytes of the id."""
    try:
        revision = parse_revision(leaf.revision)
    except NotARevision:
        return (not leaf.deleted, 0, leaf.revision.encode())
    return (not leaf.deleted, revision.generation, revision.id.encode())


def as_text(sequence: object) -> str:
    """Sequences are opaque: text, or a number in servers other than CouchDB."""
    return sequence if isinstance(sequence, str) else str(sequence)
