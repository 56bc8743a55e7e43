"""Attachments one by one. Kept whole in memory while a request lasts; streaming them is to come."""

from __future__ import annotations

from flask import Response

from server.sync_api.answers import CACHE_CONTROL, answer
from server.sync_api.asked import Asked
from server.sync_api.documents import choose, refuse_design
from sync.engine.document import Document
from sync.engine.errors import DocumentMissing, EditConflict, TooLarge
from sync.engine.limits import ATTACHMENT_BYTES_MAX
from sync.engine.wire import Edit, Inline, Stub, check_attachment_name, check_content_type, check_id, read_revision
from sync.revisions import Revision


def get(asked: Asked) -> Response:
    """The bytes. Whoever sent them chose the content type, so browsers are told to trust nothing in them."""
    document = asked.database.get(check_id(asked.id))
    entry = document.leaves[choose(document, asked.text("rev"))].entries().get(asked.attachment) if document else None
    if entry is None:
        raise DocumentMissing("Document is missing attachment" if document else "missing")
    response = Response(asked.database.attachment_bytes(entry["key"]), content_type=entry["content_type"])
    response.set_etag(entry["digest"].removeprefix("md5-"))
    response.headers.update({"Cache-Control": CACHE_CONTROL, "Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"})
    response.make_conditional(asked.request, accept_ranges=True, complete_length=entry["length"])
    if response.status_code == 412:
        return answer({"error": "precondition_failed", "reason": "The attachment is not the one that If-Match names."}, 412)
    return response


def put(asked: Asked) -> Response:
    """Add or replace one; the document gets a new revision, and is made if it is not there."""
    content = asked.request.get_data(cache=False)
    if len(content) > ATTACHMENT_BYTES_MAX:
        raise TooLarge(asked.attachment, "attachment_too_large")
    attachment = Inline(check_content_type(asked.request.headers.get("Content-Type")), content)
    return _edited(asked, {check_attachment_name(asked.attachment): attachment}, 201)


def delete(asked: Asked) -> Response:
    document, revision = _based_on(asked)
    if document is None or revision is None or asked.attachment not in document.leaves[revision].entries():
        raise DocumentMissing("Document is missing attachment" if document else "missing")
    return _edited(asked, {asked.attachment: None}, 200)


def _edited(asked: Asked, changed: dict[str, Inline | None], status: int) -> Response:
    document, revision = _based_on(asked)
    kept = document.leaves[revision] if document and revision else None
    attachments: dict[str, Inline | Stub] = {name: Stub() for name in kept.entries()} if kept else {}
    for name, attachment in changed.items():
        attachments.pop(name, None)
        if attachment is not None:
            attachments[name] = attachment
    edit = Edit(asked.id, (revision,) if revision else (), False, kept.body if kept else b"{}", attachments)
    refuse_design(asked, edit)
    (result,) = asked.database.write([edit], replicated=False)
    if isinstance(result, EditConflict):
        raise result
    return answer({"ok": True, "id": asked.id, "rev": str(result)}, status, {"ETag": f'"{result}"'})


def _based_on(asked: Asked) -> tuple[Document | None, Revision | None]:
    """The document and the leaf that is edited; no leaf when the document is new or deleted."""
    document = asked.database.get(check_id(asked.id))
    if asked.revision is None:
        if document is not None and not document.deleted:
            raise EditConflict
        return document, None
    revision = read_revision(asked.revision)
    if document is None or revision not in document.leaves:
        raise EditConflict
    return document, revision
