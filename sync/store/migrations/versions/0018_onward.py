"""What a record's next submission needs to know of those before, so that they need not be read."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("records", sa.Column("onward", sa.LargeBinary(), nullable=True))
