"""Lists of documents in the order of their ids: `_all_docs`, `_design_docs`, `_local_docs`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson
from flask import Response

from server.sync_api.answers import answer, raw
from server.sync_api.asked import Asked
from server.sync_api.documents import answer_shown
from server.sync_api.rendering import Shown, render, shown
from sync.engine.database import Database
from sync.engine.document import Document
from sync.engine.errors import BadDocument, TooLarge
from sync.engine.wire import DESIGN, LOCAL, wire

AFTER_ALL_TEXT = "\U0010ffff" * 4  # lists and objects sort after every text


@dataclass(frozen=True, slots=True)
class Range:
    """Which part of the list is wanted. `keys`: just these; else from `start` to `end` (None: no bound), the other way round when descending."""

    keys: list[Any] | None
    start: str | None
    end: str | None
    inclusive_end: bool
    descending: bool
    skip: int
    limit: int | None

    def within(self, prefix: str) -> Range:
        """The part of it whose ids begin so."""
        first, last = prefix, f"{prefix[:-1]}0"  # 0 comes after the slash that ends a prefix
        if self.descending:
            return replace(self, start=last if self.start is None else min(self.start, last), end=first if self.end is None else max(self.end, first))
        return replace(self, start=first if self.start is None else max(self.start, first), end=last if self.end is None else min(self.end, last))


def all_docs(asked: Asked) -> Response:
    """Live documents, or those of the keys given."""
    return _listed(asked, _range(asked), "")


def design_docs(asked: Asked) -> Response:
    """Design documents only."""
    return _listed(asked, _range(asked), DESIGN)


def local_docs(asked: Asked) -> Response:
    """Checkpoints. They are never counted."""
    wanted, database = _range(asked).within(LOCAL), asked.database
    if wanted.keys is not None:
        keys = [key for key in wanted.keys if isinstance(key, str) and key.startswith(LOCAL)][wanted.skip :][: wanted.limit]
        rows = [_local(asked, key, database.local(key)) for key in keys]
    else:
        listed = database.locals_between(wanted.start, wanted.end, wanted.inclusive_end, wanted.descending, wanted.skip, _no_more_than(wanted.limit))
        rows = [_local(asked, id, (revision, body)) for id, revision, body in listed]
    return answer({"total_rows": None, "offset": None, "rows": rows})


def _local(asked: Asked, id: str, found: tuple[int, bytes] | None) -> dict[str, Any]:
    if found is None:
        return {"key": id, "error": "not_found"}
    row: dict[str, Any] = {"id": id, "key": id, "value": {"rev": f"0-{found[0]}"}}
    return {**row, "doc": raw(asked.counted(wire(id, f"0-{found[0]}", False, found[1])))} if asked.flag("include_docs") else row


def _listed(asked: Asked, wanted: Range, prefix: str) -> Response:
    database, counts = asked.database, asked.database.info()
    show = replace(shown(asked), revs=False, revs_info=False, deleted_conflicts=False, local_seq=False, conflicts=asked.flag("conflicts"))
    head: dict[str, Any] = {"total_rows": database.live_between(prefix, f"{prefix[:-1]}0") if prefix else counts.live}
    if wanted.keys is not None:
        keys = [key for key in wanted.keys if not prefix or (isinstance(key, str) and key.startswith(prefix))]
        rows = _rows_of_keys(asked, keys[::-1] if wanted.descending else keys, show)[wanted.skip :][: wanted.limit]
        head["offset"] = None
    else:
        if prefix:
            wanted = wanted.within(prefix)
        listed, offset = database.ids_between(
            wanted.start,
            wanted.end,
            inclusive_end=wanted.inclusive_end,
            descending=wanted.descending,
            skip=wanted.skip,
            limit=_no_more_than(wanted.limit),
        )
        found = database.get_many([id for id, _ in listed]) if asked.flag("include_docs") else {}
        rows = [{"id": id, "key": id, "value": {"rev": revision}, **_document(asked, database, found.get(id), show)} for id, revision in listed]
        head["offset"] = offset
    if asked.flag("update_seq"):
        head["update_seq"] = None if wanted.keys is not None else database.sequence_text(counts.sequence)
    return answer_shown(orjson.dumps({**head, "rows": rows}), show)


def _range(asked: Asked) -> Range:
    if asked.request.method == "POST":
        asked.in_body = asked.members()
    has_keys, keys = asked.json("keys")
    has_start, start = asked.json("startkey", "start_key")
    has_end, end = asked.json("endkey", "end_key")
    has_key, key = asked.json("key")
    if has_keys:
        if has_start or has_end or has_key:
            raise BadDocument("`keys` is incompatible with `key`, `start_key` and `end_key`", "query_parse_error")
        if not isinstance(keys, list):
            raise BadDocument("`keys` member must be an array.")
        if len(keys) > asked.limits.batch_documents_max:
            raise TooLarge(f"At most {asked.limits.batch_documents_max} in one request")
    if has_key:
        start = end = key
        has_start = has_end = True
    return Range(
        keys=keys,
        start=bound(start) if has_start else None,
        end=bound(end) if has_end else None,
        inclusive_end=(asked.text("inclusive_end") != "false" and asked.in_body.get("inclusive_end") is not False) or has_key,
        descending=asked.flag("descending"),
        skip=asked.whole("skip") or 0,
        limit=asked.whole("limit"),
    )


def _rows_of_keys(asked: Asked, keys: list, show: Shown) -> list[dict[str, Any]]:
    database = asked.database
    found = database.get_many([key for key in keys if isinstance(key, str)])
    rows: list[dict[str, Any]] = []
    for key in keys:
        document = found.get(key) if isinstance(key, str) else None
        if document is None:
            rows.append({"key": key, "error": "not_found"})
            continue
        row: dict[str, Any] = {"id": key, "key": key, "value": {"rev": str(document.winner)}}
        if document.deleted:
            row["value"]["deleted"] = True
        if asked.flag("include_docs"):
            row |= {"doc": None} if document.deleted else _document(asked, database, document, show)
        rows.append(row)
    return rows


def _document(asked: Asked, database: Database, document: Document | None, show: Shown) -> dict[str, Any]:
    return {} if document is None else {"doc": raw(asked.counted(render(database, document, document.winner, show)))}


def bound(key: Any) -> str:
    """A text that sorts where this key does: null, truth values and numbers before all texts, lists and objects after."""
    if isinstance(key, str):
        return key
    return AFTER_ALL_TEXT if isinstance(key, list | dict) else ""


def _no_more_than(limit: int | None) -> int:
    return -1 if limit is None else limit
