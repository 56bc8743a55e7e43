"""What can be wrong with a request to the engine. `reason` is CouchDB's text, `code` its word for it; the HTTP edge gives each kind its status."""

from __future__ import annotations


class EngineError(Exception):
    """Base of the engine's errors."""

    code = "bad_request"

    def __init__(self, reason: str = "", code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code or self.code


class DatabaseMissing(EngineError, LookupError):
    """There is no database of that name."""

    code = "not_found"

    def __init__(self, name: str) -> None:
        super().__init__("Database does not exist.")
        self.name = name


class IllegalName(EngineError, ValueError):
    """The name cannot be a database's."""

    code = "illegal_database_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Name: '{name[:300]}'. Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, and / are allowed."
            " Must begin with a letter."
        )


class BadDocument(EngineError, ValueError):
    """The document or what is asked of it is malformed."""


class BadSequence(EngineError, ValueError):
    """`since` is no sequence."""

    def __init__(self) -> None:
        super().__init__("Malformed sequence supplied in 'since' parameter.")


class EditConflict(EngineError):
    """The edit extends no leaf: someone else was first."""

    code = "conflict"

    def __init__(self) -> None:
        super().__init__("Document update conflict.")


class RevisionMissing(EditConflict):
    """The edit is based on a revision that nobody has."""

    code = "not_found"

    def __init__(self) -> None:
        EngineError.__init__(self, "missing_rev")


class DocumentMissing(EngineError, LookupError):
    """No such document, revision or attachment; the reason says `missing` or `deleted`."""

    code = "not_found"


class MissingStub(EngineError):
    """A stub names an attachment that no stored ancestor has."""

    code = "missing_stub"

    def __init__(self, id: str, name: str) -> None:
        super().__init__(f"Invalid attachment stub in {id} for {name}")


class TooLarge(EngineError):
    """Over one of the limits."""

    code = "too_large"


class StorageFull(EngineError):
    """The disk is full. Nothing of the request was written."""

    code = "insufficient_storage"

    def __init__(self) -> None:
        super().__init__("The disk is full. Nothing was written; keep the documents and send them again later.")


class Busy(EngineError):
    """Another process held the database's write lock for too long. Nothing was written."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("The database is busy. Nothing was written; try again.")
