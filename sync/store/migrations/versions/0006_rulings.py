"""What people say about records (settled, one, not the same, moved), what may be one, and who looks after what in the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("records", sa.Column("linked_to", sa.String(length=120), nullable=True))
    op.add_column("records", sa.Column("also_in", sa.Text(), nullable=False, server_default=""))
    linked = sa.text("linked_to IS NOT NULL")  # nearly no record is: SQLite would walk over an index of all the others
    op.create_index("records_by_link", "records", ["linked_to"], sqlite_where=linked, postgresql_where=linked)
    if op.get_bind().dialect.name == "sqlite":  # lists leave out what is linked to another record, from the index alone
        op.drop_index("records_for_lists", "records")
        columns = ["kind", "sort", "id", "area", "state", "building", "health_code", "temperature", "ends_on", "disputes", "linked_to", "updated_at", "search"]
        op.create_index("records_for_lists", "records", columns)
    op.create_table(
        "rulings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("record", sa.String(length=120), nullable=False),
        sa.Column("other", sa.String(length=120), nullable=True),
        sa.Column("field", sa.String(length=120), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("area", sa.String(length=40), nullable=True),
        sa.Column("undoes", sa.String(length=40), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("click", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("clock", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("clock"),
        sa.ForeignKeyConstraint(["undoes"], ["rulings.id"]),
        sa.CheckConstraint("action IN ('settle', 'link', 'apart', 'move', 'undo')", name="ruling_action"),
    )
    for column in ("record", "other", "undoes", "click", "at"):
        op.create_index(f"ix_rulings_{column}", "rulings", [column])
    op.create_table(
        "record_links",
        sa.Column("lesser", sa.String(length=120), nullable=False),
        sa.Column("greater", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("ruling", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("lesser", "greater"),
        sa.ForeignKeyConstraint(["ruling"], ["rulings.id"]),
        sa.CheckConstraint("lesser < greater", name="pair_in_order"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_record_links_greater", "record_links", ["greater"])
    op.create_table(
        "suggestions",
        sa.Column("lesser", sa.String(length=120), nullable=False),
        sa.Column("greater", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("lesser", "greater"),
        sa.CheckConstraint("lesser < greater", name="suggestion_in_order"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_suggestions_greater", "suggestions", ["greater"])
    op.create_index("suggestions_by_score", "suggestions", ["kind", "score"])
    op.create_table(
        "linkage_profiles",
        sa.Column("record", sa.String(length=120), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "linkage_keys",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("record", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("key", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_linkage_keys_record", "linkage_keys", ["record"])
    op.create_table("linkage_queue", sa.Column("record", sa.String(length=120), nullable=False), sa.PrimaryKeyConstraint("record"), sqlite_with_rowid=False)
    op.create_table(
        "queue_assignments",
        sa.Column("item", sa.String(length=260), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("item"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"]),
    )
    op.create_index("ix_queue_assignments_account", "queue_assignments", ["account"])
