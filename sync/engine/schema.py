"""The tables: one catalogue a folder, and the tables of each database's file. Files of an older version are brought to this one as they are opened."""

from __future__ import annotations

import sqlite3

CATALOGUE_FILE = "catalogue.sqlite"
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

# What was added later, in order; `PRAGMA user_version` says how many of these steps a file has had.
CATALOGUE_STEPS = (
    (
        "ALTER TABLE server ADD COLUMN mark TEXT",  # the file beside the catalogue by which a copied folder is recognised, see lives.py
        "ALTER TABLE server ADD COLUMN mark_changed INTEGER",
        "ALTER TABLE databases ADD COLUMN inode INTEGER",
        "ALTER TABLE databases ADD COLUMN reached INTEGER NOT NULL DEFAULT 0",  # a sequence that the database has had
        "CREATE TABLE leaving (file TEXT PRIMARY KEY) WITHOUT ROWID",  # files of deleted databases, while they are still there
    ),
    (  # what _db_updates tells, and what was seen of each database when it was last looked at, see updates.py
        "CREATE TABLE updates (sequence INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, type TEXT NOT NULL, UNIQUE (name, type))",
        "CREATE TABLE seen (name TEXT PRIMARY KEY, life TEXT NOT NULL, reached INTEGER NOT NULL, stamp TEXT NOT NULL) WITHOUT ROWID",
    ),
)
DATABASE_STEPS = (
    (
        "ALTER TABLE state ADD COLUMN purge_sequence INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE state ADD COLUMN purges_kept INTEGER NOT NULL DEFAULT 1000",
        "ALTER TABLE state ADD COLUMN dropped_bytes INTEGER NOT NULL DEFAULT 0",  # of attachments let go since the last compaction, at most
        "CREATE TABLE purges (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, revisions BLOB NOT NULL)",
    ),
)


class MadeByANewerVersion(Exception):
    """The file has tables that this version does not know."""


def make_tables(connection: sqlite3.Connection, file: str) -> None:
    """All tables of a new file, in the transaction that is open."""
    for statement in (CATALOGUE if file == CATALOGUE_FILE else DATABASE).split(";"):
        if statement.strip():
            connection.execute(statement)
    _take_steps(connection, file)


def bring_up_to_date(connection: sqlite3.Connection, file: str) -> None:
    """Take the steps that this file lacks, if any."""
    if _version(connection) == len(_steps(file)):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _take_steps(connection, file)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _take_steps(connection: sqlite3.Connection, file: str) -> None:
    steps = _steps(file)
    had = _version(connection)
    if had > len(steps):
        raise MadeByANewerVersion(f"{file} was written by a newer version of Doorstep: install that, or go back to a copy from before it")
    for step in steps[had:]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(steps)}")


def _steps(file: str) -> tuple[tuple[str, ...], ...]:
    return CATALOGUE_STEPS if file == CATALOGUE_FILE else DATABASE_STEPS


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
