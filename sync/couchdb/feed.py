"""The changes feed with all leaves and their bodies: what the merge worker reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.couchdb.connection import Connection, segment
from sync.couchdb.errors import CouchError
from sync.databases import START, Batch, Change, Leaf
from sync.revisions import NotARevision, parse_revision

LEAVES_PER_REQUEST_MAX = 100  # documents in conflict whose leaves are fetched at once
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
    several = [row["id"] for row in rows if row["id"] not in single]
    fetched: dict[str, list[Leaf]] = {}
    for first in range(0, len(several), LEAVES_PER_REQUEST_MAX):
        fetched |= leaves_of(connection, name, several[first : first + LEAVES_PER_REQUEST_MAX])
    found = single | fetched
    # A document without leaves was purged since; it has no row any more.
    return [Change(row["id"], as_text(row["seq"]), found[row["id"]]) for row in rows if found.get(row["id"])]


def leaves_of(connection: Connection, name: str, ids: Sequence[str], revisions: bool = False) -> dict[str, list[Leaf]]:
    """All leaves of these documents, the winner first, tombstones too. `revisions`: with their histories."""
    answer = connection.post(f"/{segment(name)}/_bulk_get", {"docs": [{"id": id} for id in ids]}, {"revs": "true"} if revisions else None)
    found: dict[str, list[Leaf]] = {}
    for result in answer["results"]:
        leaves = [leaf(each["ok"]) for each in result["docs"] if "ok" in each]
        found[result["id"]] = sorted(leaves, key=winning, reverse=True)
    return found


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
