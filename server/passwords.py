"""Passwords: argon2 hashes, checked a few at a time, as slowly for a name that does not exist as for one that does."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 1_000
CHECKS_AT_ONCE_MAX = 2  # each takes 64 MB of memory and a core: more at once would starve the phones

_hasher = PasswordHasher()
_turns = threading.BoundedSemaphore(CHECKS_AT_ONCE_MAX)


def hash_password(password: str) -> str:
    """An argon2id hash with a salt of its own."""
    return _hasher.hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. No hash (no such account) takes the same time and is never right."""
    has_password = password_hash is not None and password_hash.startswith("$argon2")
    with _turns:
        try:
            right = _hasher.verify(password_hash if has_password and password_hash else _hash_of_nothing(), password)
        except (VerificationError, InvalidHashError):
            return False
    return right and has_password


@cache
def _hash_of_nothing() -> str:
    return _hasher.hash("no such account")
