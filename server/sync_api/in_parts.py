"""A document with its attachments beside it, as multipart/related; several of them, as multipart/mixed. CouchDB's replicator speaks so.

A document in parts is its JSON, where attachments say `"follows": true`, and then the bytes of each of these, in the same order:

    --B                                                       --B
    Content-Type: application/json                            Content-Disposition: attachment; filename="door.jpg"
                                                              Content-Type: image/jpeg
    {"_id": …, "_attachments": {"door.jpg": {…}}}
                                                              the photo
                                                              --B--
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson
from flask import Request, Response
from werkzeug.http import parse_options_header

from server.sync_api.asked import Asked
from server.sync_api.multipart import Part, new_boundary, read_parts, write_parts
from server.sync_api.pieces import Later, Piece, answer_pieces
from server.sync_api.rendering import Shown, render, wanted_attachments
from server.sync_api.streaming import streamed
from sync.engine.attachments import GZIP, Spool, Upload
from sync.engine.database import Database
from sync.engine.document import Document
from sync.engine.errors import BadDocument, TooLarge
from sync.revisions import Revision

RELATED, MIXED = "multipart/related", "multipart/mixed"
ATTACHMENTS_OF_REQUEST = 4  # of the largest size that one may have, all attachments of a request together
NOT_IN_QUOTES = re.compile(r'[\x00-\x1f"\\\x7f]')
Answered = tuple[Sequence[tuple[str, str]], Sequence[Piece]]


def wants(request: Request, kind: str) -> bool:
    """Whether the client is to be answered in parts: when it takes this kind and does not name JSON. No `Accept` takes anything, as in CouchDB."""
    accepted = request.accept_mimetypes
    if "Accept" not in request.headers:
        return True
    return accepted.quality(kind) > 0 and not any(name == "application/json" and quality > 0 for name, quality in accepted)


def refuses_json(request: Request, kind: str) -> bool:
    """Whether the client takes this kind, and JSON by no name."""
    accepted = request.accept_mimetypes
    return "Accept" in request.headers and accepted.quality(kind) > 0 and accepted.quality("application/json") == 0


# Answers


def answer_related(database: Database, document: Document, revision: Revision, show: Shown, headers: Mapping[str, str]) -> Response:
    """This leaf and the attachments wanted of it."""
    part, pieces = of_document(database, document, revision, show)
    return answer_pieces(pieces, dict(part)["Content-Type"], headers=headers)


def answer_mixed(kind: str, parts: Iterable[Answered]) -> Response:
    """Several documents, or what was not found."""
    boundary = new_boundary()
    return answer_pieces(write_parts(parts, boundary), f'{kind}; boundary="{boundary}"')


def of_document(database: Database, document: Document, revision: Revision, show: Shown) -> Answered:
    """The part of a leaf: JSON alone when no attachment of it is to be sent."""
    show = replace(show, attachments=True, follow=True, inlay=None)
    text = render(database, document, revision, show)
    following = wanted_attachments(document, revision, show)
    if not following:
        return [("Content-Type", "application/json")], [text]
    boundary = new_boundary()
    parts: list[Answered] = [([("Content-Type", "application/json")], [text])]
    parts += [_attachment(database, name, entry) for name, entry in following.items()]
    return [("Content-Type", f'{RELATED}; boundary="{boundary}"')], write_parts(parts, boundary)


def not_found(error: Mapping[str, Any]) -> Answered:
    return [("Content-Type", 'application/json; error="true"')], [orjson.dumps(error)]


def _attachment(database: Database, name: str, entry: Mapping[str, Any]) -> Answered:
    length = entry.get("encoded_length", entry["length"])
    headers = [
        ("Content-Disposition", f'attachment; filename="{quoted(name)}"'),
        ("Content-Type", entry["content_type"]),
        ("Content-Length", str(length)),
    ]
    if entry.get("encoding"):
        headers.append(("Content-Encoding", entry["encoding"]))
    return headers, [Later(length, lambda: database.attachment(entry, encoded=True))]


def quoted(name: str) -> str:
    """A name as it can stand between quotation marks in a header."""
    return NOT_IN_QUOTES.sub(lambda found: quote(found[0]), name)


# Requests


def read_document(asked: Asked, spool: Spool) -> tuple[dict[str, Any], dict[str, Upload]]:
    """The JSON of a body in parts, and the attachments that follow it, by name. Raises BadDocument, TooLarge."""
    _, options = parse_options_header(asked.request.headers.get("Content-Type"))
    chunks = streamed(asked, asked.settings.body_bytes_max + ATTACHMENTS_OF_REQUEST * asked.limits.attachment_bytes_max, "The request")
    parts = read_parts(chunks, options.get("boundary", ""))
    first = next(parts, None)
    if first is None:
        raise BadDocument("The multipart body has no parts: the document comes first.")
    members = _json(asked, first)
    following = _following(members)
    if len(following) > asked.limits.attachments_max:
        raise BadDocument(f"A document has at most {asked.limits.attachments_max} attachments")  # before each part is looked for among them
    uploads: dict[str, Upload] = {}
    for part in parts:
        name = _name(part, [name for name in following if name not in uploads])
        encoding = _encoding(name, following[name], part)
        uploads[name] = spool.take(name, part.chunks, encoding)
        declared = part.headers.get("content-length")
        if declared is not None and declared != str(uploads[name].kept_bytes):
            raise BadDocument(f"Attachment {name} should have {declared[:20]} bytes, and {uploads[name].kept_bytes} came")
    return members, uploads


def _json(asked: Asked, part: Part) -> dict[str, Any]:
    if part.headers.get("content-type", "application/json").partition(";")[0].strip().lower() != "application/json":
        raise BadDocument("The first part of the multipart body must be the document, as application/json")
    text = bytearray()
    for chunk in part.chunks:
        text += chunk
        if len(text) > asked.settings.body_bytes_max:
            raise TooLarge(asked.id[:200], "document_too_large")
    members = asked.parsed(text)
    if not isinstance(members, dict):
        raise BadDocument("Document must be a JSON object")
    return members


def _following(members: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    attachments = members.get("_attachments")
    if not isinstance(attachments, dict):
        return {}
    return {name: entry for name, entry in attachments.items() if isinstance(entry, dict) and entry.get("follows") is True}


def _name(part: Part, waiting: list[str]) -> str:
    """The attachment that this part is: the one it names, or the next."""
    if not waiting:
        raise BadDocument("The multipart body has more parts than its document has attachments that follow.")
    disposition = part.headers.get("content-disposition", "")
    if "filename" not in disposition.lower():
        return waiting[0]
    _, options = parse_options_header(disposition)
    for name in waiting:
        # CouchDB puts names between the quotation marks as they are, whatever they hold
        if options.get("filename") == name or disposition.endswith((f'filename="{name}"', f'filename="{quoted(name)}"')):
            return name
    raise BadDocument(f"A part of the multipart body is no attachment that follows: {disposition[:200]}")


def _encoding(name: str, entry: Mapping[str, Any], part: Part) -> str | None:
    said = entry.get("encoding") or part.headers.get("content-encoding", "").lower() or "identity"
    if said not in ("identity", GZIP) or part.headers.get("content-encoding", said).lower() != said:
        raise BadDocument(f"Attachment {name} must be gzip or identity, and its part must say the same as the document")
    return GZIP if said == GZIP else None
