"""From the wire to an `Edit` and back: reads a JSON document, refuses what CouchDB refuses, and puts stored parts together again."""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sync.engine.attachments import Upload
from sync.engine.errors import BadDocument, TooLarge
from sync.engine.limits import ATTACHMENT_NAME_BYTES_MAX, CONTENT_TYPE_LENGTH_MAX, DEFAULT, REVISION_BYTES_MAX, Limits
from sync.revisions import NotARevision, Revision, parse_revision

NOT_STORED = {"_id", "_rev", "_deleted", "_attachments", "_revisions", "_revs_info", "_conflicts", "_deleted_conflicts", "_local_seq"}
KEPT = {"_replication_id", "_replication_state", "_replication_state_reason", "_replication_state_time", "_replication_stats"}
"""Members that CouchDB's replicator writes into its documents: kept as others are, as CouchDB does."""
LOCAL = "_local/"
DESIGN = "_design/"
OCTETS = "application/octet-stream"
NOTHING_FOLLOWS: Mapping[str, Upload] = {}


@dataclass(slots=True)
class Arrived:
    """An attachment whose bytes came with the document."""

    content_type: str
    upload: Upload
    revpos: int | None = None


@dataclass(slots=True)
class Stub:
    """An attachment that an ancestor has."""

    revpos: int | None = None


@dataclass(slots=True)
class Copied:
    """An attachment that another document of the database has, as a leaf names it."""

    entry: dict[str, Any]


@dataclass(slots=True)
class Edit:
    """A document as someone wants it written. `path` is the named revision and its ancestors, newest first: of a replicated write the new
    revision itself, of an interactive one what it is based on (one revision or none)."""

    id: str
    path: tuple[Revision, ...]
    deleted: bool
    body: bytes
    attachments: Mapping[str, Arrived | Stub | Copied] = field(default_factory=dict)


def read_edit(document: object, replicated: bool, id: str | None = None, limits: Limits = DEFAULT, following: Mapping[str, Upload] = NOTHING_FOLLOWS) -> Edit:
    """The edit in this document; `id` from the URL goes before the one in it. `following` are attachments that came beside it.

    Raises BadDocument, TooLarge.
    """
    if not isinstance(document, dict):
        raise BadDocument("Document must be a JSON object")
    id = check_id(document.get("_id") if id is None else id, limits)
    if id.startswith(LOCAL):
        raise BadDocument("A _local document is none that replicates", "illegal_docid")  # those who take them take them elsewhere
    for name in document:
        if name[:1] == "_" and name not in NOT_STORED and name not in KEPT:
            raise BadDocument(f"Bad special document member: {name[:100]}", "doc_validation")
    deleted = document.get("_deleted", False)
    if not isinstance(deleted, bool):
        raise BadDocument("_deleted must be a boolean", "doc_validation")
    body = as_json({name: value for name, value in document.items() if name[:1] != "_" or name in KEPT}, limits)
    if len(body) > limits.document_bytes_max:
        raise TooLarge(id[:200], "document_too_large")
    return Edit(id, _path(document, replicated, limits), deleted, body, read_attachments(document.get("_attachments"), limits, following))


def check_id(id: object, limits: Limits | None = None) -> str:
    """The id, if it can be a document's. Its length is checked where it is to be written: reading a longer one finds nothing."""
    if not isinstance(id, str):
        raise BadDocument("Document id must be a string", "illegal_docid")
    if not id or id in (LOCAL, DESIGN):
        raise BadDocument("Document id must not be empty", "illegal_docid")
    if id[0] == "_" and not id.startswith((LOCAL, DESIGN)):
        raise BadDocument("Only reserved document ids may start with underscore.", "illegal_docid")
    if limits is not None and len(id.encode()) > limits.id_bytes_max:
        raise BadDocument("Document id is too long", "illegal_docid")
    return id


def read_revision(text: object) -> Revision:
    """A revision from the wire. Raises BadDocument."""
    try:
        revision = parse_revision(text)
    except NotARevision:
        raise BadDocument("Invalid rev format") from None
    if len(revision.id.encode()) > REVISION_BYTES_MAX:
        raise BadDocument("Invalid rev format")
    return revision


def as_json(value: object, limits: Limits) -> bytes:
    """JSON of a value that is not nested too deeply. Raises BadDocument."""
    try:
        text = orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise BadDocument(f"This cannot be kept as JSON: {error}") from None
    # Few documents have as many brackets as levels are allowed: only those are measured.
    if text.count(b"{") + text.count(b"[") > limits.nesting_max and _levels(value) > limits.nesting_max:
        raise BadDocument(f"The JSON is nested more than {limits.nesting_max} levels deep")
    return text


def canonical(body: bytes) -> bytes:
    """The body with its members sorted: equal documents give equal bytes."""
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)


def read_attachments(members: object, limits: Limits = DEFAULT, following: Mapping[str, Upload] = NOTHING_FOLLOWS) -> dict[str, Arrived | Stub]:
    """The `_attachments` member. Raises BadDocument, TooLarge."""
    if members is None:
        return {}
    if not isinstance(members, dict) or len(members) > limits.attachments_max:
        raise BadDocument(f"Attachments must be a JSON object of at most {limits.attachments_max}")
    return {check_attachment_name(name): _attachment(name, entry, limits, following) for name, entry in members.items()}


def check_attachment_name(name: str) -> str:
    if name[:1] == "_":
        raise BadDocument(f"Attachment name '{name[:200]}' starts with prohibited character '_'")
    if not name or len(name.encode()) > ATTACHMENT_NAME_BYTES_MAX:
        raise BadDocument("Attachment name is empty or too long")
    return name


def check_content_type(text: object) -> str:
    """A content type is kept as it is said, whatever it means, if it is one short line."""
    if text is None or text == "":
        return OCTETS
    if not isinstance(text, str) or len(text) > CONTENT_TYPE_LENGTH_MAX or not text.isprintable():
        raise BadDocument("Attachment content_type must be one short line of text")
    return text


def _attachment(name: str, entry: object, limits: Limits, following: Mapping[str, Upload]) -> Arrived | Stub:
    if not isinstance(entry, dict):
        raise BadDocument(f"Attachment {name} must be a JSON object")
    revpos = entry.get("revpos")
    if revpos is not None and (not isinstance(revpos, int) or isinstance(revpos, bool) or revpos < 0):
        raise BadDocument(f"Invalid revpos of attachment {name}")
    if entry.get("stub") is True:
        return Stub(revpos)
    content_type = check_content_type(entry.get("content_type"))
    if entry.get("follows") is True:
        return Arrived(content_type, _followed(name, entry, following), revpos)
    data = entry.get("data")
    try:
        if not isinstance(data, str):
            raise binascii.Error
        content = binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        raise BadDocument(f"Invalid attachment data for {name}") from None
    if len(content) > limits.attachment_bytes_max:
        raise TooLarge(name, "attachment_too_large")
    return Arrived(content_type, Upload.of(content), revpos)


def _followed(name: str, entry: Mapping[str, Any], following: Mapping[str, Upload]) -> Upload:
    """The bytes that came in a part of their own, if they are those that the document means."""
    upload = following.get(name)
    if upload is None:
        raise BadDocument(f"Attachment {name} follows in no part")
    digest = entry.get("digest")
    if isinstance(digest, str) and digest.startswith("md5-") and digest != upload.digest:
        raise BadDocument("Possible message corruption.", "content_md5_mismatch")
    length = entry.get("encoded_length" if upload.encoding else "length")
    if isinstance(length, int) and length != upload.kept_bytes:
        raise BadDocument(f"Attachment {name} should have {length} bytes, and {upload.kept_bytes} came")
    return upload


def _path(document: Mapping[str, Any], replicated: bool, limits: Limits) -> tuple[Revision, ...]:
    text = document.get("_rev")
    revision = None if text is None else read_revision(text)
    lines = document.get("_revisions")
    if not replicated or (lines is None and revision is not None):
        return () if revision is None else (revision,)
    if lines is None:
        raise BadDocument("When `new_edits: false`, the document needs `_rev` or `_revisions` specified")
    if not isinstance(lines, dict):
        raise BadDocument("_revisions must be a JSON object", "doc_validation")
    start, ids = lines.get("start"), lines.get("ids")
    if not isinstance(start, int) or isinstance(start, bool):
        raise BadDocument("_revisions.start isn't an integer.", "doc_validation")
    if isinstance(ids, list) and len(ids) > limits.history_length_max:
        raise BadDocument(f"_revisions.ids must have at most {limits.history_length_max} elements", "doc_validation")
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise BadDocument("_revisions.ids isn't an array of strings", "doc_validation")
    if not ids or len(ids) > start:
        raise BadDocument("_revisions.ids must have from 1 to _revisions.start elements", "doc_validation")
    path = tuple([Revision(start - age, id) for age, id in enumerate(ids)])
    if any(len(id) > REVISION_BYTES_MAX for id in ids):
        raise BadDocument("Invalid rev format")
    read_revision(str(path[0]))
    return path


def _levels(value: object) -> int:
    levels = 0
    layer: list[Any] = [value]
    while layer:
        levels += 1
        layer = [child for each in layer for child in (each.values() if isinstance(each, dict) else each) if isinstance(child, dict | list)]
    return levels


# Back to the wire


def wire(id: str, revision: Revision | str, deleted: bool, body: bytes, extra: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """The document as JSON: `_id`, `_rev`, its own members as they were kept, then what was asked for besides (already JSON)."""
    text = b'{"_id":%b,"_rev":%b' % (orjson.dumps(id), orjson.dumps(str(revision)))
    if deleted:
        text += b',"_deleted":true'
    for name, value in extra:
        text += b',"%b":%b' % (name.encode(), value)
    return text + (b"," + body[1:] if len(body) > 2 else b"}")
