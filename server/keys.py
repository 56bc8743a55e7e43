"""The deployment's own keys: made once, kept in the central store, never changed, and independent of the secret that signs tokens.

The household key is handed to phones at sign-in: household ids come from it. The refresh key makes each phone's next refresh token.
"""

from __future__ import annotations

import secrets

from sync.store.engine import Store
from sync.store.published import HOUSEHOLD_KEY, secret

HOUSEHOLD_KEY_BYTES = 32
REFRESH_KEY = "refresh_tokens"
REFRESH_KEY_BYTES = 32


def household_key(store: Store, key: str | None = None) -> str:
    """The key as text; its UTF-8 bytes are the HMAC key. Made the first time: at random, or the one given (the demo's)."""
    return secret(store, HOUSEHOLD_KEY, lambda: (key or secrets.token_hex(HOUSEHOLD_KEY_BYTES)).encode("ascii")).decode("ascii")


def refresh_key(store: Store) -> bytes:
    """The key of server/refresh_tokens.py. Were it derived from DOORSTEP_SECRET, a new secret would sign every phone out."""
    return secret(store, REFRESH_KEY, lambda: secrets.token_bytes(REFRESH_KEY_BYTES))
