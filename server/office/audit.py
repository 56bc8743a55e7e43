"""Who saw or did what in the office, written down at once."""

from __future__ import annotations

from collections.abc import Collection

from flask_login import current_user
from sqlalchemy import insert

from server.accounts import record_event
from server.stores import stores
from sync.exported import drawers
from sync.store.models import Exported, table

SUBJECT_CHARACTERS_MAX = 200


def note(action: str, subject: str, by: str | None = None, **detail: object) -> None:
    """Add one audit event and commit it. Ends what the page was reading, so a page calls it last or first."""
    account = by or (current_user.id if current_user.is_authenticated else None)
    session = stores().writing_session()
    record_event(session, account, action, subject[:SUBJECT_CHARACTERS_MAX], **detail)
    session.commit()


def note_export(subject: str, records: Collection[str], by: str | None = None, **detail: object) -> None:
    """Add and commit what leaves as a file, before it does: what it is called, and which records it has."""
    account = by or (current_user.id if current_user and current_user.is_authenticated else None)
    session = stores().writing_session()
    event = record_event(session, account, "export", subject[:SUBJECT_CHARACTERS_MAX], records=len(records), **detail)
    session.flush()
    rows = [{"drawer": drawer, "event": event.number, "marks": marks} for drawer, marks in drawers(records).items()]
    if rows:
        session.execute(insert(table(Exported)), rows)
    session.commit()
