"""Who may do what with a database: one pure rule over its security object."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from server.access import Identity
from server.errors import Forbidden, Unauthorized
from sync.databases import Writers

NOT_YOURS = "You are not authorized to access this db."


class Need(IntEnum):
    """What a request needs, least first."""

    NOTHING = 0
    READ = 1  # also for `_local` documents: a device that may only read still keeps its checkpoints
    WRITE = 2
    OPERATOR = 3


def may(identity: Identity | None, security: Mapping[str, Any], writers: Writers) -> Need:
    """The most that this one may. A database that names no members is the operator's alone (in CouchDB it is everybody's)."""
    if identity is None:
        return Need.NOTHING
    if identity.is_admin:
        return Need.OPERATOR
    for group in ("admins", "members"):
        lists = security.get(group, {})
        if identity.name in lists.get("names", ()) or not identity.roles.isdisjoint(lists.get("roles", ())):
            return Need.WRITE if writers == "members" else Need.READ
    return Need.NOTHING


def refuse(identity: Identity | None, need: Need, allowed: Need) -> None:
    """Raise what CouchDB answers when too little is allowed: 401 to the unknown, 403 to the known."""
    if allowed >= need:
        return
    if identity is None:
        raise Unauthorized(NOT_YOURS, headers={"WWW-Authenticate": 'Bearer realm="doorstep"'})
    if need is Need.OPERATOR:
        raise Forbidden("You are not a server admin.")
    raise Forbidden(NOT_YOURS if allowed is Need.NOTHING else "This database is written by the server only.")
