"""Attachments one by one, streamed from and to disk, in ranges too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote

from flask import Response
from werkzeug.http import parse_if_range_header

from server.sync_api.answers import CACHE_CONTROL, answer
from server.sync_api.asked import Asked, BadContentType
from server.sync_api.documents import choose, refuse_design
from server.sync_api.multipart import new_boundary, write_parts
from server.sync_api.pieces import Later, Piece, length_of, sent
from server.sync_api.streaming import streamed
from sync.engine.attachments import GZIP
from sync.engine.document import Document
from sync.engine.errors import BadDocument, DocumentMissing, EditConflict, RevisionMissing
from sync.engine.wire import OCTETS, Arrived, Edit, Stub, check_attachment_name, check_content_type, check_id, read_revision
from sync.revisions import Revision, leaves_below

RANGE = re.compile(r"\s*([0-9]{0,15})-([0-9]{0,15})\s*")
RANGES_MAX = 9  # as CouchDB; of more, the whole is sent


def get(asked: Asked) -> Response:
    """The bytes. Whoever sent them chose the content type, so browsers are told to trust nothing in them."""
    entry = _entry(asked)
    is_gzip = entry.get("encoding") == GZIP
    as_gzip = is_gzip and asked.request.accept_encodings.quality(GZIP) > 0
    content_type = entry["content_type"] if entry["content_type"].isascii() else OCTETS
    response = Response(content_type=content_type)
    response.set_etag(entry["digest"].removeprefix("md5-"))
    response.headers.update({"Cache-Control": CACHE_CONTROL, "Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"})
    response.headers["Accept-Ranges"] = "none" if is_gzip else "bytes"
    if is_gzip:
        response.vary.add("Accept-Encoding")
    response.make_conditional(asked.request)
    if response.status_code == 412:
        return answer({"error": "precondition_failed", "reason": "The attachment is not the one that If-Match names."}, 412)
    if response.status_code == 304:
        return response
    ranges = [] if is_gzip else _ranges(asked, response, entry["length"])
    if ranges is None:
        headers = {"Content-Range": f"bytes */{entry['length']}"}
        return answer({"error": "requested_range_not_satisfiable", "reason": "Requested range not satisfiable"}, 416, headers)
    if ranges:
        return _partial(asked, response, entry, ranges)
    if as_gzip:
        response.headers["Content-Encoding"] = GZIP
    response.content_length = entry["encoded_length"] if as_gzip else entry["length"]
    response.response = _begun(asked.database.attachment(entry, encoded=as_gzip))
    return response


def put(asked: Asked) -> Response:
    """Add or replace one; the document gets a new revision, and is made if it is not there."""
    name = check_attachment_name(asked.attachment)
    content_type = check_content_type(asked.request.headers.get("Content-Type"))
    encoding = asked.request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", GZIP):
        raise BadContentType("Only gzip and identity content-encodings are supported")
    _edited(asked, {name: None})  # what cannot be written is refused before its bytes are sent
    with asked.database.spool() as spool:
        upload = spool.take(name, streamed(asked, asked.limits.attachment_bytes_max, name), GZIP if encoding == GZIP else None)
        if asked.request.headers.get("Content-MD5", upload.digest.removeprefix("md5-")) != upload.digest.removeprefix("md5-"):
            raise BadDocument("Possible message corruption.", "content_md5_mismatch")
        return _written(asked, {name: Arrived(content_type, upload)}, 201)


def delete(asked: Asked) -> Response:
    document, revision = _based_on(asked)
    if document is None or revision is None or asked.attachment not in document.leaves[revision].entries():
        raise DocumentMissing("Document is missing attachment" if document else "missing")
    return _written(asked, {asked.attachment: None}, 200)


# Reading


def _entry(asked: Asked) -> Mapping[str, Any]:
    """The attachment that is asked for, of the winner or of `?rev=`. Raises DocumentMissing."""
    document = asked.database.get(check_id(asked.id))
    named = asked.text("rev")
    if document is not None and named is not None:
        revision = read_revision(named)
        if revision not in document.leaves:
            # A replaced revision's attachments are still there where a leaf got them from it, or from before it.
            for leaf in leaves_below(document.tree, revision):
                entry = document.leaves[leaf].entries().get(asked.attachment)
                if entry is not None and entry["revpos"] <= revision.generation:
                    return entry
    entry = document.leaves[choose(document, named)].entries().get(asked.attachment) if document else None
    if entry is None:
        raise DocumentMissing("Document is missing attachment" if document else "missing")
    return entry


def _ranges(asked: Asked, response: Response, length: int) -> list[tuple[int, int]] | None:
    """The ranges that are to be sent as (start, stop); none of them: the whole. None: one of them has no bytes."""
    units, _, listed = asked.request.headers.get("Range", "").partition("=")
    asked_for = [match for match in map(RANGE.fullmatch, listed.split(",")) if match and match[0].strip() != "-"]
    condition = parse_if_range_header(asked.request.headers.get("If-Range"))
    if asked.request.method != "GET" or units.strip() != "bytes" or not asked_for or len(asked_for) != listed.count(",") + 1 or len(asked_for) > RANGES_MAX:
        return []
    if condition.date is not None or (condition.etag is not None and condition.etag != response.get_etag()[0]):
        return []
    found = []
    for first, last in [match.groups() for match in asked_for]:
        start = int(first) if first else max(length - int(last), 0)
        stop = min(int(last) + 1, length) if first and last else length
        if start >= stop:
            return None
        found.append((start, stop))
    return found


def _partial(asked: Asked, response: Response, entry: Mapping[str, Any], ranges: list[tuple[int, int]]) -> Response:
    def piece(start: int, stop: int) -> Later:
        return Later(stop - start, lambda: asked.database.attachment_range(entry["key"], start, stop))

    def content_range(start: int, stop: int) -> str:
        return f"bytes {start}-{stop - 1}/{entry['length']}"

    response.status_code = 206
    if len(ranges) == 1:
        pieces: list[Piece] = [piece(*ranges[0])]
        response.headers["Content-Range"] = content_range(*ranges[0])
    else:
        boundary = new_boundary()
        parts = [([("Content-Type", entry["content_type"]), ("Content-Range", content_range(*each))], [piece(*each)]) for each in ranges]
        pieces = write_parts(parts, boundary)
        response.headers["Content-Type"] = f'multipart/byteranges; boundary="{boundary}"'
    response.content_length = length_of(pieces)
    response.response = _begun(sent(pieces))
    return response


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What fails at the first bytes fails before the headers are sent, and is answered in words."""
    return chain([next(chunks, b"")], chunks)


# Writing


def _written(asked: Asked, changed: dict[str, Arrived | None], status: int) -> Response:
    (result,) = asked.database.write([_edited(asked, changed)], replicated=False)
    if isinstance(result, EditConflict):
        raise result
    return answer(
        {"ok": True, "id": asked.id, "rev": str(result)},
        status,
        {"ETag": f'"{result}"', "Location": f"{asked.url_of(asked.id)}/{quote(asked.attachment, safe='')}"},
    )


def _edited(asked: Asked, changed: Mapping[str, Arrived | None]) -> Edit:
    """The document with these attachments put in or taken out. Raises EditConflict."""
    document, revision = _based_on(asked)
    kept = document.leaves[revision] if document and revision else None
    attachments: dict[str, Arrived | Stub] = {name: Stub() for name in kept.entries()} if kept else {}
    for name, attachment in changed.items():
        attachments.pop(name, None)
        if attachment is not None:
            attachments[name] = attachment
    edit = Edit(asked.id, (revision,) if revision else (), False, kept.body if kept else b"{}", attachments)
    refuse_design(asked, edit)
    return edit


def _based_on(asked: Asked) -> tuple[Document | None, Revision | None]:
    """The document and the leaf that is edited; no leaf when the document is new or deleted."""
    document = asked.database.get(check_id(asked.id))
    if asked.revision is None:
        if document is not None and not document.deleted:
            raise EditConflict
        return document, None
    revision = read_revision(asked.revision)
    if document is None or revision not in document.tree:
        raise RevisionMissing
    if revision not in document.leaves:
        raise EditConflict
    return document, revision
