"""Databases, their security objects and the guard, by the `couchdb` package.

The order of making is the safe one: until the security object is written, CouchDB 3 lets only its administrators in (`[couchdb] default_security`), and
the guard comes last. Whatever a crash leaves undone between two of these steps, the next call does.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import couchdb
import couchdb.http

from sync.couchdb.address import Address
from sync.couchdb.errors import DATABASE_MISSING, EXISTS, NODE_DOWN, NOT_FOUND, CouchError, CouchUnavailable
from sync.engine.catalogue import is_name
from sync.engine.errors import DatabaseMissing, IllegalName

SHARDS = 1  # `q`: our databases are small and many; each shard is a file to hold open and a feed to merge
ANSWER_SECONDS_MAX = 15  # the package itself would wait for ever, and phones that sign in wait for this
RETRY_SECONDS = (0, 0.2, 1)  # after a connection that broke
SERVER_ONLY = ("_admin",)
GUARD = "_design/guard"
GUARD_FUNCTION = (
    "function (newDoc, oldDoc, userCtx) {\n"
    "  if (userCtx.roles.indexOf('_admin') === -1) {\n"
    "    throw({forbidden: 'Only the server writes to this database.'});\n"
    "  }\n"
    "}"
)


class Administration:
    """What only CouchDB's administrator may."""

    def __init__(self, address: Address) -> None:
        self._address = address
        session = couchdb.http.Session(timeout=ANSWER_SECONDS_MAX, retry_delays=RETRY_SECONDS)
        self._server = couchdb.Server(address.with_credentials, session=session)

    def make(self, name: str) -> bool:
        """An empty database; False when it is there."""
        if not is_name(name):
            raise IllegalName(name)
        try:
            with self._in_our_words("PUT", name):
                self._server.resource.put_json(name, q=SHARDS)  # Server.create cannot say q
        except CouchError as error:
            if error.code == EXISTS:
                return False
            raise
        return True

    def remove(self, name: str) -> bool:
        if not is_name(name):
            return False
        try:
            with self._in_our_words("DELETE", name):
                self._server.delete(name)
        except DatabaseMissing:
            return False
        return True

    def exists(self, name: str) -> bool:
        if not is_name(name):
            return False
        try:
            with self._in_our_words("HEAD", name):
                self._server.resource.head(name)
        except DatabaseMissing:
            return False
        return True

    def security(self, name: str) -> dict[str, Any]:
        with self._in_our_words("GET _security of", name):
            return self._server.resource(name).get_json("_security")[2]

    def set_security(self, name: str, security: Mapping[str, Any]) -> None:
        with self._in_our_words("PUT _security of", name):
            self._server.resource(name).put_json("_security", body=dict(security))

    def is_guarded(self, name: str) -> bool:
        return self._guard(name) is not None

    def set_guard(self, name: str) -> None:
        """Only administrators write documents from now on; `_local` checkpoints stay everybody's."""
        found = self._guard(name)
        if found is not None and found.get("validate_doc_update") == GUARD_FUNCTION:
            return
        guard = {"_id": GUARD, "language": "javascript", "validate_doc_update": GUARD_FUNCTION}
        if found is not None:
            guard["_rev"] = found["_rev"]
        try:
            with self._in_our_words("PUT the guard of", name):
                self._server.resource(name, *GUARD.split("/")).put_json(body=guard)
        except CouchError as error:
            if error.status != 409 or not self.is_guarded(name):  # another process was first
                raise

    def remove_guard(self, name: str) -> None:
        found = self._guard(name)
        if found is not None:
            with self._in_our_words("DELETE the guard of", name):
                self._server.resource(name, *GUARD.split("/")).delete_json(rev=found["_rev"])

    def _guard(self, name: str) -> dict[str, Any] | None:
        try:
            with self._in_our_words("GET the guard of", name):
                return self._server.resource(name, *GUARD.split("/")).get_json()[2]
        except CouchError as error:
            if error.status == 404 and error.code == NOT_FOUND:
                return None
            raise

    @contextmanager
    def _in_our_words(self, what: str, name: str) -> Iterator[None]:
        """The package's errors, and what it stumbles over (an answer without a content type), as ours."""
        try:
            yield
        except couchdb.ResourceNotFound as error:
            code, reason = _code_and_reason(error)
            if reason in DATABASE_MISSING or what == "HEAD":  # an answer to HEAD says nothing
                raise DatabaseMissing(name) from None
            raise CouchError(f"{what} {name}", 404, code, reason) from None
        except couchdb.PreconditionFailed as error:
            code, reason = _code_and_reason(error)
            if code == NODE_DOWN:
                raise CouchUnavailable(f"CouchDB at {self._address} answered 412 to {what} {name}: {reason}") from None
            raise CouchError(f"{what} {name}", 412, code, reason) from None
        except couchdb.ResourceConflict as error:
            raise CouchError(f"{what} {name}", 409, *_code_and_reason(error)) from None
        except couchdb.Unauthorized as error:
            raise CouchError(f"{what} {name}", 401, *_code_and_reason(error)) from None
        except couchdb.http.Forbidden as error:
            raise CouchError(f"{what} {name}", 403, *_code_and_reason(error)) from None
        except couchdb.ServerError as error:
            status, told = error.args[0]
            if status >= 500 or status == 429:
                raise CouchUnavailable(f"CouchDB at {self._address} answered {status} to {what} {name}") from None
            raise CouchError(f"{what} {name}", status, *(told if isinstance(told, tuple) else ("", ""))) from None
        except (OSError, http.client.HTTPException, couchdb.http.HTTPError, TypeError, ValueError, UnboundLocalError) as error:
            raise CouchUnavailable(f"CouchDB at {self._address} does not answer {what} {name}: {type(error).__name__}") from None


def closed(security: Mapping[str, Any]) -> dict[str, Any]:
    """The same, but one that names no members lets nobody in: to CouchDB itself it would mean everybody."""
    members = security.get("members") or {}
    if members.get("names") or members.get("roles"):
        return dict(security)
    return {**security, "members": {"names": [], "roles": list(SERVER_ONLY)}, "admins": security.get("admins") or {"names": [], "roles": list(SERVER_ONLY)}}


def _code_and_reason(error: Exception) -> tuple[str, str]:
    told = error.args[0] if error.args else ""
    if isinstance(told, tuple) and len(told) == 2:
        return str(told[0]), str(told[1])
    return "", str(told)[:200]
