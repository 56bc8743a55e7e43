"""Refresh tokens: one chain per device, kept only as a hash, that survives a lost answer.

A token is `<device>.<random>`; the store keeps H = SHA-256 of the token in use. The next token is computed, not drawn: `<device>.` + HMAC(our key, H).
So a phone that lost the answer asks again with the old token and gets the same next one; the first use of the next one moves H on, and the old one is dead.
Who reads the store learns no token (the HMAC's key is not in it); who guesses has 256 bits before him.

    sign-in: T0 → H = sha256(T0)
    refresh with T0 → answers T1 = HMAC(key, H); H stays          (answer lost? the same again)
    refresh with T1 → T1 is what HMAC(key, H) gives: H = sha256(T1), answers T2; T0 is refused from now on
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

TOKEN_LENGTH_MAX = 200


@dataclass(frozen=True)
class Renewed:
    """A good token was shown: the hash to keep now, and the token to hand out."""

    keep: str
    next_token: str


def first_token(device: str) -> tuple[str, str]:
    """A new chain: (token to hand out, hash to keep)."""
    token = f"{device}.{secrets.token_urlsafe(32)}"
    return token, _hash(token)


def device_of(token: str) -> str | None:
    """The device that the token names, unproven."""
    device, dot, _ = token.partition(".")
    return device if dot and len(token) <= TOKEN_LENGTH_MAX and token.isascii() else None


def renew(key: bytes, kept: str, shown: str) -> Renewed | None:
    """Renewed when the shown token is the one in use or the one handed out after it; None when it is neither."""
    device = device_of(shown)
    if device is None:
        return None
    if hmac.compare_digest(_hash(shown), kept):
        return Renewed(kept, _next(key, device, kept))
    if hmac.compare_digest(shown, _next(key, device, kept)):
        moved = _hash(shown)
        return Renewed(moved, _next(key, device, moved))
    return None


def _next(key: bytes, device: str, kept: str) -> str:
    made = hmac.digest(key, f"{device} {kept}".encode(), "sha256")
    return f"{device}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
