"""Where records are shown beside where they lie, because one that is the same lies there: what lists of that area hold too."""

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

READ_AT_ONCE = 500


def upgrade() -> None:
    connection = op.get_bind()
    shown = op.create_table(
        "shown_also",
        sa.Column("record", sa.String(length=120), primary_key=True),
        sa.Column("area", sa.String(length=40), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("shown_also_by_area", "shown_also", ["area", "record"])
    records = sa.table("records", sa.column("id"), sa.column("linked_to"), sa.column("also_in"), sa.column("body"))
    ones = sa.select(records.c.linked_to).where(records.c.linked_to.is_not(None)).distinct()
    after = ""
    while True:
        some = (
            sa.select(records.c.id, records.c.also_in, records.c.body)
            .where(records.c.id.in_(ones), records.c.id > after)
            .order_by(records.c.id)
            .limit(READ_AT_ONCE)
        )
        read = connection.execute(some).all()
        rows = [{"record": row.id, "area": area} for row in read for area in sorted(_shown(row.also_in, orjson.loads(row.body)))]
        if rows:
            connection.execute(sa.insert(shown), rows)
        if len(read) < READ_AT_ONCE:
            return
        after = read[-1].id


def _shown(also_in: str, body: dict) -> set[str]:
    """Without the areas that it has left, which have a trace of it only."""
    return set(also_in.split()) - set((body.get("moved") or {}).get("from") or ())
