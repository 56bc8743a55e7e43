"""Phones that were signed out while their access token is still good: they are refused within seconds, not when the token ends.

A token needs no look into the store, which is why it lasts 15 minutes at most. The devices revoked within that time are few, so each web process keeps
them in memory and reads them again every few seconds. Apache CouchDB has no such list: there the token's own end counts (docs/decisions/0079).
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from server.tokens import CLOCK_SKEW_SECONDS_MAX, TOKEN_SECONDS_MAX
from sync.store.engine import Store
from sync.store.models import Device

LOOK_SECONDS = 5.0

_log = logging.getLogger(__name__)


class RevokedDevices:
    """One per app. While the store does not answer, the list is kept as it was: phones may still hand in their work, and the tokens end by themselves."""

    def __init__(self) -> None:
        self._devices: frozenset[str] = frozenset()
        self._looked_at = 0.0
        self._looking = threading.Lock()

    def holds(self, device: str, store: Store) -> bool:
        if abs(time.time() - self._looked_at) >= LOOK_SECONDS and self._looking.acquire(blocking=False):  # one looks, the others go on
            try:
                self._looked_at = time.time()
                self._devices = _read(store)
            except SQLAlchemyError:
                _log.warning("the central store does not say which phones were signed out; asked again in %s s", LOOK_SECONDS)
            finally:
                self._looking.release()
        return device in self._devices


def handing_in(device: str) -> str:
    """What a token to hand in says for its device, since the phone's own tokens are refused."""
    return f"hand-in:{device}"


def _read(store: Store) -> frozenset[str]:
    oldest = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=TOKEN_SECONDS_MAX + 2 * CLOCK_SKEW_SECONDS_MAX)
    with store.reading() as connection:
        revoked = connection.scalars(select(Device.id).where(Device.revoked_at > oldest)).all()
        # Those that may hand in no more have no refresh token, see ending.py; getting a token to hand in counts as seen.
        ended = select(Device.id).where(Device.revoked_at.is_not(None), Device.refresh_hash.is_(None), Device.last_seen_at > oldest)
        return frozenset([*revoked, *(handing_in(device) for device in connection.scalars(ended))])
