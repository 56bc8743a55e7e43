"""Access tokens: short-lived JWTs that the embedded engine and Apache CouchDB both accept. See docs/architecture.md, Seams."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass

import jwt

ISSUER = "doorstep"
ALGORITHM = "HS256"
ADMIN_ROLE = "_admin"  # full power over every database: the server and the operator have it, a token never does
CLOCK_SKEW_SECONDS_MAX = 30
TOKEN_LENGTH_MAX = 8_192


class BadToken(Exception):
    """The token is malformed, forged, expired, or says what we never say."""


@dataclass(frozen=True)
class SigningKey:
    """A key with its public name (`kid`)."""

    id: str
    value: bytes


@dataclass(frozen=True)
class Claims:
    """What a good token says: who, with which roles, on which device."""

    subject: str
    roles: frozenset[str]
    device: str | None


def derive_key(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose, from the one secret of the deployment (HMAC-SHA256, 32 bytes)."""
    return hmac.new(secret.encode(), b"doorstep " + purpose.encode(), hashlib.sha256).digest()


def signing_key(secret: str) -> SigningKey:
    """The key that tokens are signed with. Another secret gives another key: phones then fetch new tokens with their refresh tokens."""
    value = derive_key(secret, "access tokens")
    return SigningKey(hashlib.sha256(value).hexdigest()[:16], value)


def sign(key: SigningKey, subject: str, roles: Iterable[str], lifetime_seconds: int, device: str | None = None, now: float | None = None) -> str:
    """A token for this worker on this device. Raises ValueError rather than give anyone full power."""
    roles = sorted(set(roles))
    if any(role.startswith("_") for role in roles):
        raise ValueError(f"a token never holds roles that begin with an underscore: {roles}")
    now = time.time() if now is None else now
    claims: dict[str, object] = {"sub": subject, "iss": ISSUER, "iat": int(now), "exp": int(now) + lifetime_seconds, "_couchdb.roles": roles}
    if device is not None:
        claims["device"] = device
    return jwt.encode(claims, key.value, algorithm=ALGORITHM, headers={"kid": key.id})


def verify(key: SigningKey, token: str) -> Claims:
    """What the token says. Raises BadToken with a sentence."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise BadToken("The token is too long.")
    try:
        if jwt.get_unverified_header(token).get("kid") != key.id:
            raise BadToken("The token was signed with a key that is not ours.")
        claims = jwt.decode(
            token, key.value, algorithms=[ALGORITHM], issuer=ISSUER, leeway=CLOCK_SKEW_SECONDS_MAX, options={"require": ["exp", "iss", "sub", "iat"]}
        )
    except jwt.ExpiredSignatureError as error:
        raise BadToken("The token has expired.") from error
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise BadToken("The token is not valid.") from error
    roles = claims.get("_couchdb.roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles) or any(role.startswith("_") for role in roles):
        raise BadToken("The token's roles are not valid.")
    device = claims.get("device")
    return Claims(claims["sub"], frozenset(roles), device if isinstance(device, str) else None)
