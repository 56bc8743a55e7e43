"""Who saw or did what in the office, written down at once."""

from __future__ import annotations

from flask_login import current_user

from server.accounts import record_event
from server.stores import stores

SUBJECT_CHARACTERS_MAX = 200


def note(action: str, subject: str, by: str | None = None, **detail: object) -> None:
    """Add one audit event and commit it. Ends what the page was reading, so a page calls it last or first."""
    account = by or (current_user.id if current_user.is_authenticated else None)
    session = stores().writing_session()
    record_event(session, account, action, subject[:SUBJECT_CHARACTERS_MAX], **detail)
    session.commit()
