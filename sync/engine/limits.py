"""Limits of what the engine takes, each with its unit. The HTTP edge has its own for bodies and feeds."""

DATABASE_NAME_LENGTH_MAX = 200  # as its file's name, so that it fits a folder entry
ID_BYTES_MAX = 1_024
REVISION_BYTES_MAX = 256
HISTORY_LENGTH_MAX = 10_000  # revisions in one `_revisions`; CouchDB and PouchDB keep 1,000
CONFLICTS_MAX = 500  # leaves of one document; honest phones make one or two, and every reader pays for each
TREE_REVISIONS_MAX = 10_000  # revisions in one document's tree: ten lines of full length
DOCUMENT_BYTES_MAX = 8 * 1024 * 1024  # without attachments, as CouchDB's default
ATTACHMENT_BYTES_MAX = 64 * 1024 * 1024
ATTACHMENT_NAME_BYTES_MAX = 512
ATTACHMENTS_MAX = 1_000  # a document
NESTING_MAX = 200  # levels; the JSON writer refuses from 255
LOCAL_BYTES_MAX = 128 * 1024  # CouchDB's replicator keeps 50 sessions in a checkpoint, about 20 kB
LOCAL_DOCUMENTS_MAX = 10_000  # a database; beyond it the one longest not written is forgotten, which costs its client a comparison
SECURITY_BYTES_MAX = 64 * 1024
