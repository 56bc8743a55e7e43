"""Refresh tokens: one chain per device, kept only as a hash, that survives a lost answer and a change of the deployment's secret.

A token is `<device>.<part>` or `<device>.<former part>.<part>`; the store keeps H = SHA-256 of the device and the part in use. The next part is
computed, not drawn: HMAC(our key, the part in use). So a phone that lost the answer asks again with the old token and gets the same next one;
the first use of the next one moves H on, and the old one is dead. Who reads the store has the key, but no part that it could be put to; who steals a
token cannot compute the one after it; who guesses has 256 bits before him. The key is the central store's own (server/keys.py) and never changes.

    sign-in: d.T0 → H = sha256(d.T0)
    refresh with d.T0 → answers d.T0.T1, T1 = HMAC(key, d.T0); H stays            (answer lost? the same again)
    refresh with d.T0.T1 → T0 is what H says, T1 what the HMAC gives: H = sha256(d.T1), answers d.T1.T2; d.T0 is refused from now on
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
    *former, newest = shown.split(".")[1:]
    in_use = f"{device}.{newest}"
    if hmac.compare_digest(_hash(in_use), kept):
        return Renewed(kept, _next(key, in_use))
    if len(former) == 1:
        before = f"{device}.{former[0]}"
        if hmac.compare_digest(_hash(before), kept) and hmac.compare_digest(shown, _next(key, before)):
            return Renewed(_hash(in_use), _next(key, in_use))
    return None


def _next(key: bytes, in_use: str) -> str:
    made = hmac.digest(key, in_use.encode(), "sha256")
    return f"{in_use}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
