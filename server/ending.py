"""How a phone's sign-in ends. A phone that asks with its refresh token is answered by `answer_to`, the one rule.

signed out by the person    the phone has handed in and wiped itself first: it signs in again
a new password              it signs in again and keeps what it holds
let it hand in              it hands in what it has not sent, with a token for its own inbox alone, and wipes itself
handed in                   it has done so, and was perhaps cut short in wiping itself: it wipes itself
at once                     stolen: it wipes itself when it next asks, and what it had not sent is lost with it
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.orm import Session, scoped_session

from server.access import CHALLENGE
from server.errors import HandIn, Unauthorized, Wipe
from sync.store.models import Device

AnySession = Session | scoped_session[Session]


class Ending(StrEnum):
    """What `devices.ending` holds of a phone that was signed out."""

    SIGNED_OUT = "signed_out"
    HAND_IN = "hand_in"
    HANDED_IN = "handed_in"
    AT_ONCE = "at_once"


def answer_to(ending: str | None, proven: bool) -> Unauthorized:
    """What a phone that is not signed in any more is told. Only one that proves itself with its refresh token may hand in."""
    if ending == Ending.HAND_IN and proven:
        return HandIn("The office signed this phone out. It hands in what it has not sent and then clears itself.", headers=CHALLENGE)
    if ending in (Ending.HANDED_IN, Ending.AT_ONCE):
        return Wipe("The office signed this phone out. It clears itself.", headers=CHALLENGE)
    return Unauthorized("This phone is no longer signed in. Sign in again; what it holds stays on it.", headers=CHALLENGE)


def end(device: Device, ending: Ending) -> None:
    """From now on this phone gets nothing more. Its refresh token is kept only where it may still hand in."""
    if device.revoked_at is None:
        device.revoked_at = _now()
    device.ending = ending
    if ending is not Ending.HAND_IN:
        device.refresh_hash = None


def revoke_all(session: AnySession, account: str) -> int:
    """All phones of this account hand in and wipe themselves; how many."""
    running = (Device.account == account) & Device.revoked_at.is_(None)
    return session.execute(update(Device).where(running).values(revoked_at=_now(), ending=Ending.HAND_IN.value)).rowcount  # type: ignore[attr-defined]


def end_sessions(session: AnySession, account: str) -> int:
    """All phones of this account sign in again; how many."""
    running = (Device.account == account) & Device.revoked_at.is_(None) & Device.refresh_hash.is_not(None)
    return session.execute(update(Device).where(running).values(refresh_hash=None)).rowcount  # type: ignore[attr-defined]


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
