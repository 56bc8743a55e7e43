"""What can go wrong between us and CouchDB. No text here ever holds the credentials of its URL."""

from __future__ import annotations

NOT_FOUND = "not_found"  # CouchDB's own 404; a proxy's has no code

EXISTS = "file_exists"
NODE_DOWN = "nodedown"  # a cluster's 412 while too many copies of a database are away
DATABASE_MISSING = ("Database does not exist.", "no_db_file")  # reasons of a 404


class CouchError(Exception):
    """CouchDB refused what we asked. `status` is HTTP's, `code` and `reason` are CouchDB's own words."""

    def __init__(self, what: str, status: int, code: str = "", reason: str = "") -> None:
        super().__init__(f"CouchDB answered {status} to {what}: {code or 'no error code'}, {reason or 'no reason given'}")
        self.status = status
        self.code = code
        self.reason = reason


class CouchUnavailable(ConnectionError):
    """CouchDB does not answer, or answers that it cannot just now. Nothing is lost: ask again later."""
