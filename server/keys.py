"""The deployment's household key: made once, kept in the central store, handed to phones at sign-in. Never changed: household ids come from it."""

from __future__ import annotations

import secrets

from sync.store.engine import Store
from sync.store.published import HOUSEHOLD_KEY, secret

HOUSEHOLD_KEY_BYTES = 32


def household_key(store: Store, key: str | None = None) -> str:
    """The key as text; its UTF-8 bytes are the HMAC key. Made the first time: at random, or the one given (the demo's)."""
    return secret(store, HOUSEHOLD_KEY, lambda: (key or secrets.token_hex(HOUSEHOLD_KEY_BYTES)).encode("ascii")).decode("ascii")
