"""What copies under other ids are known by, also for the submissions of the last months that came before there were marks (0011): the same form coming
once more is then recognised. Of copies that both counted already only the first gets one: no state and no record changes by an upgrade."""

from datetime import timedelta
from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

from sync.store.migrations.in_place import parts

revision = "0016"
down_revision = "0015"

READ_AT_ONCE = 500
SENT_AGAIN_WITHIN = timedelta(days=90)
"""Older ones no phone sends again; each row that is marked is written anew with its document (150 s and 8 GB of log for a million on SQLite)."""

COLUMNS = ("number", "id", "database", "clock", "mark", "document")
submissions = sa.table("submissions", *(sa.column(name) for name in COLUMNS), sa.column("received_at", sa.DateTime()))


def upgrade() -> None:
    connection, c = op.get_bind(), submissions.c
    marked = sa.update(submissions).where(c.number == sa.bindparam("of")).values(mark=sa.bindparam("known_by"))
    newest = connection.scalar(sa.select(sa.func.max(c.received_at)))
    if newest is None:
        return
    lacking = sa.select(c.number, c.id, c.database, c.clock, c.document).where(c.mark.is_(None), c.clock.is_not(None))
    lacking = lacking.where(c.received_at >= newest - SENT_AGAIN_WITHIN).order_by(c.number).limit(READ_AT_ONCE)
    for where, bounds in parts(connection, "submissions", "number"):
        within, after = sa.text(where).bindparams(**bounds), 0
        while rows := connection.execute(lacking.where(within, c.number > after)).all():
            connection.execute(marked, [{"of": row.number, "known_by": _mark(row)} for row in rows])
            after = rows[-1].number
    twice = sa.select(c.mark).where(c.mark.is_not(None)).group_by(c.mark).having(sa.func.count() > 1)
    for mark in list(connection.scalars(twice)):
        alike = connection.execute(sa.text("SELECT number, state FROM submissions WHERE mark = :mark ORDER BY id"), {"mark": mark}).all()
        if any(row.state == "duplicate" for row in alike):
            continue  # recognised when they came
        connection.execute(marked, [{"of": row.number, "known_by": None} for row in alike[1:]])


def _mark(row: sa.Row) -> str:
    """As sync/judged.py makes it: its clock, and a digest of its inbox and of what it says beside its id."""
    id = row.id.partition("~")[0]
    rest = bytes(row.document).replace(b'"_id":"' + id.encode() + b'"', b"", 1)
    return f"{row.clock}~{blake2b(row.database.encode() + b' ' + rest, digest_size=6).hexdigest()}"
