"""The tables: one catalogue a folder, and the tables of each database's file."""

CATALOGUE = """
CREATE TABLE server (uuid TEXT NOT NULL);
CREATE TABLE databases (
    name TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    life TEXT NOT NULL,
    security BLOB NOT NULL,
    writers TEXT NOT NULL CHECK (writers IN ('members', 'server')),
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
"""

# A document is one row, at its newest sequence: the table in its own order is the changes feed. The winning leaf lies in the row; other leaves, which
# only conflicts have, beside it. `tree` is empty for a document of one revision. Bodies of revisions that are no leaves are not kept.
DATABASE = """
CREATE TABLE documents (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    revision TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    other_leaves INTEGER NOT NULL,
    tree BLOB,
    attachments BLOB,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX documents_by_id ON documents (id);
CREATE INDEX documents_in_order ON documents (sequence);
CREATE TABLE other_leaves (
    id TEXT NOT NULL,
    revision TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    attachments BLOB,
    body BLOB NOT NULL,
    PRIMARY KEY (id, revision)
);
CREATE TABLE local_documents (written INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE attachments (key TEXT NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (key, part));
CREATE TABLE state (sequence INTEGER NOT NULL, live INTEGER NOT NULL, deleted INTEGER NOT NULL, revisions_kept INTEGER NOT NULL);
"""
