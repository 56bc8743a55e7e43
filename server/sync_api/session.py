"""`_session`: who is asking, and signing the operator's tools in and out by cookie."""

from __future__ import annotations

from typing import Any

from flask import Response

from server.access import by_password, password_hash_of
from server.errors import Unauthorized
from server.sync_api.answers import answer
from server.sync_api.asked import Asked, BadContentType
from server.tool_sessions import give_cookie, mark_of, take_cookie
from sync.engine.errors import BadDocument

HANDLERS = ["jwt", "cookie", "default"]
FORM = "application/x-www-form-urlencoded"


def get(asked: Asked) -> Response:
    identity = asked.identity
    context = {"name": identity.name if identity else None, "roles": sorted(identity.roles) if identity else []}
    told: dict[str, Any] = {"authentication_handlers": HANDLERS}
    if identity:
        told["authenticated"] = identity.came_by
    return answer({"ok": True, "userCtx": context, "info": told})


def post(asked: Asked) -> Response:
    """Name and password, as JSON or as a form, for a cookie."""
    username, password = _name_and_password(asked)
    try:
        identity = by_password(username, password, asked.request.remote_addr or "")
    except Unauthorized as refused:
        response = answer({"error": "unauthorized", "reason": refused.reason}, 401)
        take_cookie(asked.settings, response)
        return response
    response = answer({"ok": True, "name": identity.name, "roles": sorted(identity.roles)})
    password_hash = password_hash_of(username)
    if password_hash is not None:  # the account may have been closed this very moment
        give_cookie(asked.settings, response, username, mark_of(asked.settings, password_hash))
    return response


def delete(asked: Asked) -> Response:
    response = answer({"ok": True})
    take_cookie(asked.settings, response)
    return response


def renew(asked: Asked, response: Response) -> Response:
    """A session that is in use does not end: its cookie is made anew when half of its time is over."""
    session = asked.identity.session if asked.identity else None
    if session and session.is_half_spent and not response.headers.getlist("Set-Cookie"):
        give_cookie(asked.settings, response, session.username, session.mark)
    return response


def _name_and_password(asked: Asked) -> tuple[str, str]:
    if asked.request.mimetype == FORM:
        members: Any = asked.request.form
    elif asked.request.mimetype == "application/json":
        members = asked.members()
    else:
        raise BadContentType(f"Content-Type must be '{FORM}' or 'application/json'")
    username, password = members.get("name", members.get("username", "")), members.get("password", "")
    if not isinstance(username, str) or not isinstance(password, str):
        raise BadDocument("Name and password must be texts")
    return username, password
