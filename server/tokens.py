"""Access tokens: short-lived JWTs that the embedded engine and Apache CouchDB both accept. See docs/architecture.md, Seams.

The key that signs them is another one every 30 days, computed from the deployment's secret and the number of the period: nobody has to do anything.
A token is good when it was signed with the key of the previous, the current or the next period, so that neither a token signed just before midnight
nor a clock that is ahead signs anyone out, and Apache CouchDB can be told each key weeks before it is used.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import jwt

ISSUER = "doorstep"
ALGORITHM = "HS256"
ADMIN_ROLE = "_admin"  # full power over every database: the server and the operator have it, a token never does
KEY_PERIOD_SECONDS = 30 * 24 * 3600
CLOCK_SKEW_SECONDS_MAX = 30
TOKEN_SECONDS_MAX = 15 * 60 - CLOCK_SKEW_SECONDS_MAX  # so long a phone that was revoked, or an area that was taken away, may go on at most
TOKEN_LENGTH_MAX = 8_192
VERIFIED_MAX = 2_000  # tokens that a process remembers to be good, half a kilobyte each


class BadToken(Exception):
    """The token is malformed, forged, expired, or says what we never say."""


@dataclass(frozen=True)
class SigningKey:
    """A key with its public name (`kid`)."""

    id: str
    value: bytes


@dataclass(frozen=True)
class Keys:
    """The keys of one moment: tokens are signed with `current`; those signed with any of `accepted` are good."""

    current: SigningKey
    accepted: tuple[SigningKey, ...]

    def named(self, id: object) -> SigningKey | None:
        """The accepted key of this `kid`."""
        return next((key for key in self.accepted if key.id == id), None)


@dataclass(frozen=True)
class Claims:
    """What a good token says: who, with which roles, on which device, until when (seconds since 1970)."""

    subject: str
    roles: frozenset[str]
    device: str | None
    expires_at: int


def derive_key(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose, from the one secret of the deployment (HMAC-SHA256, 32 bytes)."""
    return hmac.new(secret.encode(), b"doorstep " + purpose.encode(), hashlib.sha256).digest()


def key_id(value: bytes) -> str:
    """The public name of a key (`kid`)."""
    return hashlib.sha256(value).hexdigest()[:16]


def signing_keys(secret: str, now: float, before: str | None = None) -> Keys:
    """The keys at this time. `before`: the deployment's former secret, whose keys are accepted and never signed with."""
    period = int(now // KEY_PERIOD_SECONDS)
    accepted = [_key_of(each, number) for each in (secret, before) if each for number in (period - 1, period, period + 1)]
    return Keys(_key_of(secret, period), tuple(dict.fromkeys(accepted)))


def signing_key(secret: str, now: float | None = None) -> SigningKey:
    """The key that tokens are signed with now, or then."""
    return signing_keys(secret, time.time() if now is None else now).current


@lru_cache(maxsize=32)
def _key_of(secret: str, period: int) -> SigningKey:
    value = derive_key(secret, f"access tokens {period}")
    return SigningKey(key_id(value), value)


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


def verify(keys: Keys, token: str) -> Claims:
    """What the token says. Raises BadToken with a sentence."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise BadToken("The token is too long.")
    claims = _verified(keys, token)
    if claims.expires_at <= time.time() - CLOCK_SKEW_SECONDS_MAX:
        raise BadToken("The token has expired.")
    return claims


@lru_cache(maxsize=VERIFIED_MAX)
def _verified(keys: Keys, token: str) -> Claims:
    """What a token says that was good when it was first shown. Remembered, since a phone shows it with every request; only good ones are."""
    try:
        key = keys.named(jwt.get_unverified_header(token).get("kid"))
        if key is None:
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
    return Claims(claims["sub"], frozenset(roles), device if isinstance(device, str) else None, int(claims["exp"]))
