"""What equal contents under different ids have in common. Submissions that are here already have none, and stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("submissions", sa.Column("mark", sa.String(length=220), nullable=True))
    op.create_index("ix_submissions_mark", "submissions", ["mark"])
