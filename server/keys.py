"""The deployment's household key: made once, kept in the central store, handed to phones at sign-in. Never changed: household ids come from it."""

from __future__ import annotations

import secrets

from sqlalchemy.exc import IntegrityError

from server.accounts import AnySession
from sync.store.models import Secret

HOUSEHOLD_KEY = "household_key"


def household_key(session: AnySession) -> str:
    """The key as text; its UTF-8 bytes are the HMAC key. Made on first use; of two who make it at once, one wins for both. Commits."""
    kept = session.get(Secret, HOUSEHOLD_KEY)
    if kept is None:
        try:
            keep_household_key(session, secrets.token_urlsafe(32))
            session.commit()
        except IntegrityError:
            session.rollback()
        kept = session.get_one(Secret, HOUSEHOLD_KEY)
    return kept.value.decode("ascii")


def keep_household_key(session: AnySession, key: str) -> None:
    """Only for a store that has none yet."""
    session.add(Secret(name=HOUSEHOLD_KEY, value=key.encode("ascii")))
    session.flush()
