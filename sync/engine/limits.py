"""Limits of what the engine takes, each with its unit: `Limits` are an operator's to turn (server/settings.py), the constants are not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an operator may turn. Beyond a limit the request is refused with CouchDB's 413 or 400, and nothing of it is written."""

    document_bytes_max: int = 8 * 1024 * 1024  # without attachments, as CouchDB's default
    attachment_bytes_max: int = 256 * 1024 * 1024
    attachments_max: int = 1_000  # a document
    id_bytes_max: int = 1_024
    nesting_max: int = 200  # levels; the JSON writer refuses from 255
    batch_documents_max: int = 10_000  # in one _bulk_docs, _bulk_get, _all_docs or _changes with ids
    compared_documents_max: int = 100_000  # in one _revs_diff, and revisions of one of them
    revisions_of_one_max: int = 500  # of one document in one _bulk_docs or _bulk_get: each one costs what its whole tree costs
    history_length_max: int = 10_000  # revisions in one `_revisions`; CouchDB and PouchDB keep 1,000
    conflicts_max: int = 500  # leaves of one document; honest phones make one or two, and every reader pays for each
    tree_revisions_max: int = 10_000  # revisions in one document's tree: ten lines of full length
    local_bytes_max: int = 128 * 1024  # CouchDB's replicator keeps 50 sessions in a checkpoint, about 20 kB
    local_documents_max: int = 10_000  # a database; beyond it the one longest not written is forgotten, which costs its client a comparison
    answer_bytes_max: int = 256 * 1024 * 1024  # of documents in one answer: naming one document ten thousand times must not fill the memory


DEFAULT = Limits()
DATABASE_NAME_LENGTH_MAX = 200  # as its file's name, so that it fits a folder entry
REVISION_BYTES_MAX = 256
ATTACHMENT_NAME_BYTES_MAX = 512
CONTENT_TYPE_LENGTH_MAX = 1_000
SECURITY_BYTES_MAX = 64 * 1024
