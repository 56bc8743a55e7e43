"""Which records linkage compares first, and all that are there already to be compared once, after the new ones."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for column in ("later", "anew"):
        op.add_column("linkage_queue", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_index("linkage_queue_in_turn", "linkage_queue", ["later", "record"])
    op.execute(sa.text("INSERT INTO linkage_queue (record, later) SELECT id, :later FROM records WHERE kind IN ('household', 'person')").bindparams(later=True))
