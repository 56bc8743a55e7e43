"""Single documents: read, write, delete."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson
from flask import Response

from server.errors import Forbidden
from server.sync_api import local
from server.sync_api.answers import answer, answer_bytes, raw
from server.sync_api.asked import Asked
from server.sync_api.in_parts import MIXED, RELATED, Answered, answer_mixed, answer_related, not_found, of_document, read_document, wants
from server.sync_api.rendering import Shown, render, shown
from sync.engine.attachments import Upload
from sync.engine.database import Database
from sync.engine.document import Document
from sync.engine.errors import BadDocument, DocumentMissing, EditConflict
from sync.engine.wire import DESIGN, LOCAL, NOTHING_FOLLOWS, Copied, Edit, check_id, read_edit, read_revision
from sync.revisions import Revision, leaves_below


def get(asked: Asked) -> Response:
    document = asked.database.get(check_id(asked.id))
    show = shown(asked)
    if asked.text("open_revs") not in (None, "[]"):
        return _open_revisions(asked, document, show)
    revision = choose(document, asked.text("rev"), latest=asked.flag("latest"), deleted=asked.flag("deleted"))
    if asked.text("rev") is not None and not asked.flag("latest"):
        show = show.of_a_named_revision()
    assert document is not None  # choose() has raised otherwise
    headers = {}
    if show.plain:
        headers["ETag"] = f'"{revision}"'
        if asked.request.if_none_match.contains_weak(str(revision)):  # a proxy that compresses weakens the tag
            return Response(status=304, headers=headers)
    if show.attachments:
        headers["Vary"] = "Accept"
        if document.leaves[revision].attachments and wants(asked.request, RELATED):
            return answer_related(asked.database, document, revision, show, headers)
    return answer_shown(render(asked.database, document, revision, show), show, headers)


def put(asked: Asked) -> Response:
    if asked.request.mimetype == RELATED:
        with asked.database.spool() as spool:
            members, following = read_document(asked, spool)
            return write_one(asked, members, check_id(asked.id), following)
    members = asked.body(must_say_json=False)
    if not isinstance(members, dict):
        raise BadDocument("Document must be a JSON object")
    return write_one(asked, members, check_id(asked.id))


def post(asked: Asked) -> Response:
    """Write a document under the id in it, or under a new one."""
    members = asked.body()
    if not isinstance(members, dict):
        raise BadDocument("Document must be a JSON object")
    id = check_id(members.get("_id", uuid.uuid4().hex))
    return local.answer_written(asked, local.read(members, asked.limits, id)) if id.startswith(LOCAL) else write_one(asked, members, id)


def write_one(asked: Asked, members: dict[str, Any], id: str, following: Mapping[str, Upload] = NOTHING_FOLLOWS) -> Response:
    named = asked.revision
    if named and members.get("_rev", named) != named:
        raise BadDocument("Document rev from request body and query string have different values")
    replicated = asked.text("new_edits") == "false"
    if named:
        members = {**members, "_rev": named}
    edit = read_edit(members, replicated, id, asked.limits, following)
    refuse_design(asked, edit)
    response = _written(asked, edit, replicated)
    if asked.text("batch") == "ok":  # CouchDB answers this one before it writes; here it is written all the same
        return answer({"ok": True, "id": edit.id}, 202)
    return response


def delete(asked: Asked) -> Response:
    document = asked.database.get(check_id(asked.id))
    if document is None:
        raise DocumentMissing("missing")
    if document.deleted:
        raise DocumentMissing("deleted")
    if asked.revision is None:
        raise EditConflict
    edit = Edit(asked.id, (read_revision(asked.revision),), True, b"{}")
    refuse_design(asked, edit)
    return _written(asked, edit, replicated=False)


def copy(asked: Asked) -> Response:
    """Write this document, or the leaf of it that is named, under the id in the Destination header, as `id` or `id?rev=…`."""
    id, based_on = _destination(asked)
    document = asked.database.get(check_id(asked.id))
    leaf = choose(document, asked.revision)
    assert document is not None  # choose() has raised otherwise
    kept = document.leaves[leaf]
    if id.startswith(LOCAL):
        return local.answer_written(asked, local.LocalEdit(id, None, kept.deleted, kept.body))
    edit = Edit(id, based_on, kept.deleted, kept.body, {name: Copied(entry) for name, entry in kept.entries().items()})
    refuse_design(asked, edit)
    return _written(asked, edit, replicated=False, status=201)


def _destination(asked: Asked) -> tuple[str, tuple[Revision, ...]]:
    text = asked.request.headers.get("Destination")
    if not text:
        raise BadDocument("Destination header is mandatory for COPY.")
    if text.startswith(("http://", "https://")):
        raise BadDocument("Destination URL must be relative.")
    path, _, query = text.partition("?")
    try:
        id = unquote(path, errors="strict")
        revisions = parse_qs(query, errors="strict", max_num_fields=1).get("rev", []) if query else []
    except ValueError:
        raise BadDocument("Destination is no document id") from None
    if query and not revisions:
        raise BadDocument("Invalid rev format")
    return check_id(id, asked.limits), tuple(read_revision(text) for text in revisions)


def choose(document: Document | None, text: str | None, latest: bool = False, deleted: bool = False) -> Revision:
    """The leaf of this name, or the winner: also, as in CouchDB, with `latest`. A deleted one only when it is named or asked for. Raises DocumentMissing."""
    revision = None if text is None else read_revision(text)
    if document is None:
        raise DocumentMissing("missing")
    if revision is not None and not latest:
        if revision not in document.leaves:
            raise DocumentMissing("missing")
        return revision
    if document.deleted and not deleted:
        raise DocumentMissing("deleted")
    return document.winner


def opened(document: Document | None, asked_for: list[Revision], latest: bool) -> list[tuple[Revision, bool]]:
    """The revisions to show for these, each once: (revision, is it there). With `latest`, the leaves below each."""
    found: dict[Revision, bool] = {}
    for revision in asked_for:
        is_there = document is not None and revision in document.leaves
        below = leaves_below(document.tree, revision) if document and latest and not is_there else []
        found.update(dict.fromkeys(below, True) if below else {revision: is_there})
    return list(found.items())


def answer_shown(text: bytes, show: Shown, headers: dict[str, str] | None = None) -> Response:
    """Documents as JSON, with the attachments that were rendered into them."""
    return show.inlay.answer(text, headers) if show.inlay else answer_bytes(text, headers=headers)


def refuse_design(asked: Asked, edit: Edit) -> None:
    """As in CouchDB, only admins write design documents: copied to a CouchDB, they would take effect there."""
    if edit.id.startswith(DESIGN) and not asked.is_admin:
        raise Forbidden("You are not a db or server admin.")


def _open_revisions(asked: Asked, document: Document | None, show: Shown) -> Response:
    if asked.text("open_revs") == "all":
        if document is None:
            raise DocumentMissing("missing")
        chosen = [(leaf, True) for leaf in document.leaves]
    else:
        _, listed = asked.json("open_revs")
        if not isinstance(listed, list):
            raise BadDocument("Invalid list of revisions")
        chosen = opened(document, [read_revision(text) for text in listed], asked.flag("latest"))
    database: Database = asked.database
    if wants(asked.request, MIXED):
        return answer_mixed(MIXED, [_part(database, document if is_there else None, revision, show) for revision, is_there in chosen])
    found = [{"ok": raw(render(database, document, revision, show))} if is_there and document else {"missing": str(revision)} for revision, is_there in chosen]
    return answer_shown(orjson.dumps(found), show)


def _part(database: Database, document: Document | None, revision: Revision, show: Shown) -> Answered:
    return of_document(database, document, revision, show) if document else not_found({"missing": str(revision)})


def _written(asked: Asked, edit: Edit, replicated: bool, status: int | None = None) -> Response:
    (result,) = asked.database.write([edit], replicated)
    if isinstance(result, EditConflict):
        raise result
    revision = str(result)
    headers = {"ETag": f'"{revision}"', "Location": asked.url_of(edit.id)}
    return answer({"ok": True, "id": edit.id, "rev": revision}, status or (200 if edit.deleted else 201), headers)
