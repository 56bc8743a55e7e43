"""The changes feed with all leaves and their bodies: what the merge worker reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sync.couchdb.connection import Connection, segment
from sync.couchdb.errors import CouchError
from sync.databases import START, Batch, Change, Leaf
from sync.revisions import NotARevision, parse_revision

CONFLICTS_PER_REQUEST_MAX = 50  # documents whose leaves are fetched at once
DESIGN = "_design/"


def read_changes(connection: Connection, name: str, since: str, limit: int) -> Batch:
    """Changes after `since`; design documents are passed over. A `since` that CouchDB cannot read is as none: everything is read again.

    A batch of fewer than `limit` changes means that there are no more, so where design documents leave gaps it reads on.
    """
    changes: list[Change] = []
    while True:
        wanted = limit - len(changes)
        answer = _page(connection, name, since, wanted)
        rows = answer["results"]
        changes += _with_leaves(connection, name, [row for row in rows if not row["id"].startswith(DESIGN)])
        since = as_text(answer["last_seq"])
        if len(rows) < wanted or len(changes) == limit:
            return Batch(changes, since)


def _page(connection: Connection, name: str, since: str, limit: int) -> Any:
    parameters = {"style": "all_docs", "include_docs": "true", "limit": limit}
    path = f"/{segment(name)}/_changes"
    try:
        return connection.get(path, parameters | {"since": since})
    except CouchError as error:
        if since == START or error.status != 400:  # nothing else that we ask can be malformed
            raise
        return connection.get(path, parameters | {"since": START})


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
