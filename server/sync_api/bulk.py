"""Many documents at once: what replication pushes and pulls with."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import orjson
from flask import Response

from server.sync_api import local
from server.sync_api.answers import answer, compressed, raw
from server.sync_api.asked import Asked
from server.sync_api.documents import answer_shown, opened
from server.sync_api.in_parts import MIXED, RELATED, Answered, answer_mixed, not_found, of_document, refuses_json
from server.sync_api.pieces import Inlay
from server.sync_api.rendering import Shown, read_since, render, shown
from sync.engine.document import Document
from sync.engine.errors import BadDocument, EditConflict, TooLarge
from sync.engine.wire import DESIGN, LOCAL, check_id, read_edit, read_revision
from sync.revisions import Revision, missing, possible_ancestors


def bulk_docs(asked: Asked) -> Response:
    """Write documents. A malformed one fails them all, and nothing is written; a late edit fails alone."""
    members, limits = asked.members(), asked.limits
    if "docs" not in members:
        raise BadDocument("POST body must include `docs` parameter.")
    listed = _list(members["docs"], "`docs` parameter must be an array.", limits.batch_documents_max)
    if not isinstance(members.get("new_edits", True), bool):
        raise BadDocument("`new_edits` parameter must be a boolean.")
    replicated = members.get("new_edits") is False
    edits = []
    for index, document in enumerate(listed):
        listed[index] = None  # what is read is let go: photos come as text and are kept as bytes, never all of them as both
        if isinstance(document, dict) and "_id" not in document and not replicated:
            document = {**document, "_id": uuid.uuid4().hex}
        is_local = isinstance(document, dict) and str(document.get("_id", "")).startswith(LOCAL)
        edits.append(local.read(document, limits) if is_local else read_edit(document, replicated, limits=limits))
    _refuse_too_many_of_one(asked, [edit.id for edit in edits])
    refused = {index for index, edit in enumerate(edits) if edit.id.startswith(DESIGN) and not asked.is_admin}
    taken = [edit for index, edit in enumerate(edits) if index not in refused and not isinstance(edit, local.LocalEdit)]
    results = iter(asked.database.write(taken, replicated))
    answers: list[dict[str, Any]] = []
    for index, edit in enumerate(edits):
        if index in refused:
            answers.append({"id": edit.id, **_revision(edit), "error": "forbidden", "reason": "You are not a db or server admin."})
            continue
        result = local.write(asked.database, edit) if isinstance(edit, local.LocalEdit) else next(results)
        if isinstance(result, EditConflict):
            answers.append({"id": edit.id, "error": "conflict", "reason": result.reason})
        elif not replicated:
            answers.append({"ok": True, "id": edit.id, "rev": str(result)})
    return answer(answers, 201)


def bulk_get(asked: Asked) -> Response:
    """Read revisions of documents, one result for each one asked, in that order."""
    for name in ("rev", "open_revs", "atts_since", "w", "new_edits"):
        if asked.text(name) is not None:
            raise BadDocument(f"`{name}` query parameter is not supported by _bulk_get")
    members = asked.members()
    if "docs" not in members:
        raise BadDocument("Missing JSON list of 'docs'.")
    wanted = _list(members["docs"], "`docs` parameter must be an array.", asked.limits.batch_documents_max)
    show, latest = replace(shown(asked), inlay=Inlay(asked.database)), asked.flag("latest")
    ids = [each["id"] for each in wanted if isinstance(each, dict) and isinstance(each.get("id"), str)]
    _refuse_too_many_of_one(asked, ids)
    found = asked.database.get_many(ids)
    if kind := next((kind for kind in (MIXED, RELATED) if refuses_json(asked.request, kind)), None):
        return answer_mixed(kind, [part for each in wanted for part in _parts(asked, found, each, show, latest)])
    results = [_result(asked, found, each, show, latest) for each in wanted]
    return compressed(answer_shown(orjson.dumps({"results": results}), show), asked.request)


def revs_diff(asked: Asked) -> Response:
    """Of the revisions named, those that are not held."""
    answers = {}
    for id, unknown, document in _unknown(asked):
        answers[id] = {"missing": [str(revision) for revision in sorted(unknown)]}
        ancestors = possible_ancestors(document.tree, unknown) if document else []
        if ancestors:
            answers[id]["possible_ancestors"] = [str(ancestor) for ancestor in ancestors]
    return answer(answers)


def missing_revs(asked: Asked) -> Response:
    """The elder form of `revs_diff`."""
    return answer({"missing_revs": {id: [str(revision) for revision in unknown] for id, unknown, _ in _unknown(asked)}})


@dataclass(frozen=True, slots=True)
class _Got:
    """The answer to one element of _bulk_get: leaves of a document, or what is wrong."""

    id: Any
    show: Shown
    document: Document | None
    leaves: list[Revision]
    errors: list[dict[str, Any]]


def _got(asked: Asked, found: dict[str, Document], wanted: Any, show: Shown, latest: bool) -> _Got:
    id: Any = wanted.get("id") if isinstance(wanted, dict) else None
    try:
        check_id(id)
        revisions = [read_revision(wanted["rev"])] if wanted.get("rev") is not None else None
        if wanted.get("atts_since"):
            show = replace(show, attachments=asked.text("attachments") != "false", since=read_since(wanted["atts_since"]))
    except BadDocument as error:
        return _Got(id, show, None, [], [{"id": id, "rev": None, "error": error.code, "reason": error.reason}])
    document = found.get(id)
    everything = [(leaf, True) for leaf in document.leaves] if document else []
    chosen = everything if revisions is None else opened(document, revisions, latest)
    missing = [str(revision) for revision, is_there in chosen if not is_there] or ([] if chosen else ["undefined"])
    errors = [{"id": id, "rev": revision, "error": "not_found", "reason": "missing"} for revision in missing]
    return _Got(id, show, document, [revision for revision, is_there in chosen if is_there], errors)


def _result(asked: Asked, found: dict[str, Document], wanted: Any, show: Shown, latest: bool) -> dict[str, Any]:
    """The result for one element of _bulk_get; what is wrong with it is told inside."""
    got = _got(asked, found, wanted, show, latest)
    docs: list[dict[str, Any]] = []
    if got.document:
        docs += [{"ok": raw(asked.counted(render(asked.database, got.document, revision, got.show)))} for revision in got.leaves]
    return {"id": got.id, "docs": docs + [{"error": error} for error in got.errors]}


def _parts(asked: Asked, found: dict[str, Document], wanted: Any, show: Shown, latest: bool) -> list[Answered]:
    """The same in parts, attachments beside their documents."""
    got = _got(asked, found, wanted, show, latest)
    parts: list[Answered] = []
    for headers, pieces, revision in [(*of_document(asked.database, got.document, each, got.show), each) for each in got.leaves if got.document]:
        asked.counted(b"".join([piece for piece in pieces if isinstance(piece, bytes)]))
        names = [("X-Doc-Id", quote(got.id)), ("X-Rev-Id", quote(str(revision)))]
        parts.append(([*names, *headers], pieces))
    return parts + [not_found(error) for error in got.errors]


def _unknown(asked: Asked) -> list[tuple[str, list, Document | None]]:
    """(id, revisions that are not held, the document) for each id of the body that has such."""
    wanted = asked.members()
    compared_max = asked.limits.compared_documents_max
    if len(wanted) > compared_max:
        raise TooLarge(f"At most {compared_max} documents are compared at once")
    revisions = {id: [read_revision(text) for text in _list(texts, "Revisions must be a JSON list.", compared_max)] for id, texts in wanted.items()}
    found = asked.database.get_many([id for id in wanted if not id.startswith(LOCAL)])
    unknown = []
    for id, named in revisions.items():
        document = found.get(id)
        not_held = missing(document.tree, named) if document else named
        if not_held and not id.startswith(LOCAL):
            unknown.append((id, not_held, document))
    return unknown


def _list(value: Any, otherwise: str, length_max: int) -> list:
    if not isinstance(value, list):
        raise BadDocument(otherwise)
    if len(value) > length_max:
        raise TooLarge(f"At most {length_max} in one request")
    return value


def _refuse_too_many_of_one(asked: Asked, ids: list[str]) -> None:
    if max(Counter(ids).values(), default=0) > asked.limits.revisions_of_one_max:
        raise TooLarge(f"At most {asked.limits.revisions_of_one_max} revisions of one document in one request")


def _revision(edit: Any) -> dict[str, str]:
    return {"rev": str(edit.path[0])} if edit.path else {}
