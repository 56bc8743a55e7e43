"""Who has settled something of an area's records: its phones say the name. Those who wrote are added as rulings and decisions bring them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "area_names",
        sa.Column("area", sa.String(length=40), sa.ForeignKey("areas.id"), primary_key=True),
        sa.Column("account", sa.String(length=40), sa.ForeignKey("accounts.id"), primary_key=True),
    )
    op.execute(
        """
        INSERT INTO area_names (area, account)
        SELECT DISTINCT records.area, accounts.id
        FROM rulings JOIN records ON records.id = rulings.record JOIN accounts ON accounts.id = rulings.by JOIN areas ON areas.id = records.area
        WHERE rulings.action = 'settle'
        """
    )
