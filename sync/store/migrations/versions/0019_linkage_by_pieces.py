"""Every person and household is compared anew: names in letters and pieces of names are found by other keys, doors without a unit or a room are weighed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    for some in ("SELECT id FROM records WHERE kind IN ('household', 'person') ORDER BY id", "SELECT record FROM linkage_profiles WHERE true ORDER BY record"):
        statement = f"INSERT INTO linkage_queue (record, later, anew) SELECT s.*, true, true FROM ({some}) AS s WHERE true ON CONFLICT (record) DO UPDATE SET anew = true"  # noqa: S608 E501
        op.execute(sa.text(statement))
