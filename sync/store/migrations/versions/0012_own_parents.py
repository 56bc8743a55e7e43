"""What a record that stands for others lay with alone: it is shown where that lies, so it is looked at when that moves."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("records", sa.Column("own_parent", sa.String(length=120), nullable=True))
    there = sa.text("own_parent IS NOT NULL")
    op.create_index("records_by_own_parent", "records", ["own_parent"], sqlite_where=there, postgresql_where=there)
