"""AuthSession: the cookie by which the operator's tools stay signed in for ten minutes without sending the password each time, as with CouchDB.

It holds the name and a mark of the password's hash, signed by itsdangerous with the time. Who is meant is read from the central store at
every request: a changed password or a closed account ends the session at once. Nothing is kept here, so any process understands it.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response
from itsdangerous import BadData, URLSafeTimedSerializer

from server.settings import Settings
from server.tokens import derive_key

COOKIE = "AuthSession"
PATH = "/sync"
SECONDS = 600
RENEWED_AFTER_SECONDS = SECONDS / 2
COOKIE_LENGTH_MAX = 1_000
PURPOSE = "sync session cookies"


@dataclass(frozen=True)
class ToolSession:
    """Who signed in and when. `mark` tells whether the password is still the one it was."""

    username: str
    mark: str
    began_at: float

    @property
    def is_half_spent(self) -> bool:
        return time.time() - self.began_at > RENEWED_AFTER_SECONDS


def mark_of(settings: Settings, password_hash: str) -> str:
    return hmac.digest(derive_key(settings.secret, PURPOSE), password_hash.encode(), "sha256").hex()[:32]


def read_session(settings: Settings, cookie: str) -> ToolSession | None:
    """None when it is not ours or has run out."""
    if len(cookie) > COOKIE_LENGTH_MAX:
        return None
    try:
        (username, mark), began_at = _serializer(settings).loads(cookie, max_age=SECONDS, return_timestamp=True)
    except (BadData, ValueError, TypeError):
        return None
    return ToolSession(username, mark, began_at.timestamp())


def give_cookie(settings: Settings, response: Response, username: str, mark: str) -> None:
    """Ten minutes from now."""
    value = _serializer(settings).dumps([username, mark])
    value = value.decode() if isinstance(value, bytes) else value
    expires = datetime.now(UTC) + timedelta(seconds=SECONDS)  # besides Max-Age: nano's cookies live by it alone
    response.set_cookie(COOKIE, value, max_age=SECONDS, expires=expires, path=PATH, secure=not settings.demo, httponly=True, samesite="Strict")


def take_cookie(settings: Settings, response: Response) -> None:
    response.set_cookie(COOKIE, "", max_age=0, path=PATH, secure=not settings.demo, httponly=True, samesite="Strict")


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(derive_key(settings.secret, PURPOSE), salt=COOKIE)
