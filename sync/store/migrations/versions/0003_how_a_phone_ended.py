"""Devices say how they were signed out: by themselves, to hand in first, or at once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("devices", sa.Column("ending", sa.String(length=20), nullable=True))
