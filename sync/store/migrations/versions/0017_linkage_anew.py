"""Every person and household is compared anew: linkage has other weights and other keys than before. Suggestions stay until their records have been."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    for some in ("SELECT id FROM records WHERE kind IN ('household', 'person') ORDER BY id", "SELECT record FROM linkage_profiles WHERE true ORDER BY record"):
        statement = f"INSERT INTO linkage_queue (record, later, anew) SELECT s.*, true, true FROM ({some}) AS s WHERE true ON CONFLICT (record) DO UPDATE SET anew = true"  # noqa: S608 E501
        op.execute(sa.text(statement))
