"""Everything in a database, as one can compare it: every document, every leaf, its history, body and attachments."""

from __future__ import annotations

from typing import Any

from tests.sync.contract.client import Database

BATCH_DOCUMENTS = 500


def contents(database: Database, histories: bool = True) -> dict[str, dict[str, Any]]:
    """{id: {"winner": rev, "deleted": bool, "leaves": {rev: leaf}}}. Digests of attachments are left out: CouchDB compresses text first."""
    found: dict[str, dict[str, Any]] = {}
    rows = database.changes(style="all_docs")["results"]
    for start in range(0, len(rows), BATCH_DOCUMENTS):
        page = rows[start : start + BATCH_DOCUMENTS]
        wanted = [{"id": row["id"], "rev": change["rev"]} for row in page for change in row["changes"]]
        answer = database("POST", "_bulk_get?revs=true&attachments=true", {"docs": wanted})
        assert answer.status == 200, answer
        for row in page:
            found[row["id"]] = {"winner": row["changes"][0]["rev"], "deleted": row.get("deleted", False), "leaves": {}}
        for result in answer.json["results"]:
            for each in result["docs"]:
                document = each["ok"]
                found[result["id"]]["leaves"][document["_rev"]] = leaf(document, histories)
    return found


def leaf(document: dict[str, Any], histories: bool = True) -> dict[str, Any]:
    """One revision: members, history, and of each attachment its type and its bytes (as base64). Not `revpos`: PouchDB counts that in a way of its own."""
    shown = {name: value for name, value in document.items() if name not in ("_attachments", "_revisions")}
    attachments = document.get("_attachments", {})
    shown["_attachments"] = {name: [entry["content_type"], entry["data"]] for name, entry in attachments.items()}
    if histories:
        shown["_revisions"] = document["_revisions"]
    return shown
