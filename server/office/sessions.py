"""The office's cookie session, which requests of devices never touch: they show tokens, and their answers depend on no cookie.

The one exception is /api/forms: people of the office look at forms there too.
"""

from __future__ import annotations

from flask import Flask, Request, Response
from flask import request as current
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

DEVICE_PATHS = ("/sync", "/api", "/app", "/healthz", "/metrics")
PATHS_OF_BOTH = ("/api/forms",)


class OfficeSessions(SecureCookieSessionInterface):
    """Flask's own signed cookie; none is read, written or named in `Vary` where a device asks."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return SecureCookieSession() if is_of_a_device(request.path) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not is_of_a_device(current.path) and (session.modified or not _is_beside_a_page()):
            super().save_session(app, session, response)


def _is_beside_a_page() -> bool:
    """Whether a page asks for it beside itself: a picture, a preview. Its answer may come after that of a click, and the cookie that it was asked with
    would take back what the click had said: the toast with its undo. Browsers say what an answer is for; others are taken to ask for a page."""
    return current.headers.get("Sec-Fetch-Dest", "document") != "document"


def is_of_a_device(path: str) -> bool:
    return stands_under(path, DEVICE_PATHS) and not stands_under(path, PATHS_OF_BOTH)


def stands_under(path: str, starts: tuple[str, ...]) -> bool:
    return any(path == start or path.startswith(start + "/") for start in starts)
