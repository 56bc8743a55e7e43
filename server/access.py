"""Who is asking: a device by its token, the operator by HTTP Basic or a session cookie. `identify` is what the sync URLs and the API call first."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request, current_app
from sqlalchemy import select

from server.errors import Forbidden, Unauthorized
from server.passwords import PASSWORD_LENGTH_MAX, is_password
from server.revoked import RevokedDevices
from server.settings import Settings
from server.sign_in_tries import SignInTries
from server.stores import stores
from server.tokens import ADMIN_ROLE, BadToken, signing_keys, verify
from server.tool_sessions import COOKIE, SECONDS, ToolSession, mark_of, read_session
from sync.store.models import Account

REMEMBERED_SECONDS = 60
REMEMBERED_MAX = 256
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Not "Basic": browsers would open a password window of their own in front of the phone app.
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="doorstep"'}


@dataclass(frozen=True)
class Identity:
    """Who is asking and what they may: role names as in a database's security object; `_admin` may everything."""

    name: str
    roles: frozenset[str]
    device: str | None = None
    expires_at: float | None = None  # when the token ends, in seconds since 1970; None: came with a password
    session: ToolSession | None = None  # by whose cookie the operator came

    @property
    def is_admin(self) -> bool:
        return ADMIN_ROLE in self.roles

    @property
    def came_by(self) -> str:
        """CouchDB's name for how they were recognised."""
        return "cookie" if self.session else "default" if self.is_admin else "jwt"


def identify(request: Request) -> Identity | None:
    """Who is asking; None when nobody says who. Raises Unauthorized when what they say is not true.

    A malformed Authorization header counts as none, as CouchDB has it.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer" and credentials:
        return _by_token(credentials)
    if scheme.lower() == "basic" and credentials:
        pair = _name_and_password(credentials)
        return None if pair is None else by_password(*pair, address=request.remote_addr or "")
    cookie = request.cookies.get(COOKIE)
    identity = _by_cookie(cookie) if cookie else None
    if identity is not None and request.method not in SAFE_METHODS and comes_from_another_site(request):
        raise Forbidden("The session cookie counts only for requests that come from this site.")
    return identity


def comes_from_another_site(request: Request) -> bool:
    """The cookie's SameSite keeps other sites out already; this holds for old browsers, and for another name or port of the same site."""
    origin = request.headers.get("Origin")
    if origin is None:  # tools send none
        return request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    return urlsplit(origin).netloc != request.host


def sign_out_of(identity: Identity | None) -> Callable[[], bool]:
    """Tells whether the office has signed this phone out meanwhile. May be asked long after the request: a feed goes on."""
    device = identity.device if identity else None
    if device is None:
        return lambda: False
    revoked: RevokedDevices = current_app.extensions["doorstep.revoked_devices"]
    store = stores().store
    return lambda: revoked.holds(device, store)


def _by_token(token: str) -> Identity:
    settings = _settings()
    try:
        claims = verify(signing_keys(settings.secret, time.time(), settings.secret_before), token)
    except BadToken as error:
        raise Unauthorized(str(error), headers=CHALLENGE) from error
    revoked: RevokedDevices = current_app.extensions["doorstep.revoked_devices"]
    if claims.device is not None and revoked.holds(claims.device, stores().store):
        raise Unauthorized("This phone was signed out.", headers=CHALLENGE)
    return Identity(claims.subject, claims.roles, claims.device, claims.expires_at)


def _by_cookie(cookie: str) -> Identity | None:
    """A session that has run out, or whose password was changed, counts as none, as in CouchDB."""
    session = read_session(_settings(), cookie)
    password_hash = password_hash_of(session.username) if session else None
    if session is None or password_hash is None or not hmac.compare_digest(mark_of(_settings(), password_hash), session.mark):
        return None
    return Identity(session.username, frozenset({ADMIN_ROLE}), expires_at=session.began_at + SECONDS, session=session)


def password_hash_of(username: str) -> str | None:
    """Of the operator of this name; None when there is none who may sign in."""
    with stores().store.reading() as connection:  # not the request's session: a waiting feed would keep it open for a minute
        wanted = select(Account.password_hash).where(Account.username == username, Account.active, Account.role == "operator")
        return connection.scalar(wanted)


def by_password(username: str, password: str, address: str) -> Identity:
    """Only the operator comes in this way. The account is read each time, so a changed password or a closed account counts at once."""
    password_hash = password_hash_of(username)
    operator = Identity(username, frozenset({ADMIN_ROLE}))
    if password_hash is not None and _remembered.holds(username, password, password_hash):
        return operator
    tries: SignInTries = current_app.extensions["doorstep.sign_in_tries"]
    tries.check(username, address)
    if len(password) > PASSWORD_LENGTH_MAX or not is_password(password_hash, password) or password_hash is None:
        tries.failed(username, address)
        raise Unauthorized("Name or password is incorrect.", headers=CHALLENGE)
    _remembered.add(username, password, password_hash)
    return operator


def _name_and_password(credentials: str) -> tuple[str, str] | None:
    try:
        name, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return (name, password) if colon else None


class Remembered:
    """Passwords found right within the last minute, as keyed hashes: an argon2 check for every request would cost 50 ms of a core each."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, username: str, password: str, password_hash: str) -> None:
        with self._lock:
            self._until[self._mark(username, password, password_hash)] = time.monotonic() + REMEMBERED_SECONDS
            while len(self._until) > REMEMBERED_MAX:
                self._until.popitem(last=False)

    def holds(self, username: str, password: str, password_hash: str) -> bool:
        with self._lock:
            return self._until.get(self._mark(username, password, password_hash), 0.0) > time.monotonic()

    def _mark(self, username: str, password: str, password_hash: str) -> bytes:
        return hmac.digest(self._key, "\0".join((username, password, password_hash)).encode("utf-8", "surrogatepass"), "sha256")


_remembered = Remembered()


def _settings() -> Settings:
    return stores().settings
