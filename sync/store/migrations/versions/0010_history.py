"""What history asks of the audit: who looked at a record, and which exports had it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("audit_events_by_subject", "audit_events", ["subject", "number"])
    op.create_table(
        "exported",
        sa.Column("drawer", sa.Integer(), nullable=False),
        sa.Column("event", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("drawer", "event"),
        sa.ForeignKeyConstraint(["event"], ["audit_events.number"]),
        sqlite_with_rowid=False,
    )
