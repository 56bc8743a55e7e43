"""Lists, counts and searches over a million: one narrow index of records, submissions by area, and what records are found by beside them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

FACETS = ("area", "state", "building", "health_code", "temperature", "ends_on", "disputes", "linked_to", "updated_at")
WATCHED = sa.text("temperature >= 37 OR health_code IN ('red', 'yellow')")


def upgrade() -> None:
    of_sqlite = op.get_bind().dialect.name == "sqlite"
    if of_sqlite:
        op.drop_index("records_for_lists", "records")
        op.create_index("records_for_lists", "records", ["kind", "sort", "id", *FACETS])
    else:
        op.drop_index("records_in_order", "records")
        op.create_index("records_for_lists", "records", ["kind", "sort", "id"], postgresql_include=FACETS)
    columns = ["kind", "temperature", "sort", "id", "health_code", "area", "linked_to"]
    op.create_index("records_watched", "records", columns, sqlite_where=WATCHED, postgresql_where=WATCHED)
    op.drop_index("submissions_by_form", "submissions")
    op.create_index("submissions_by_form", "submissions", ["form", "number"])
    op.create_index("submissions_by_area", "submissions", ["area", "state", "form", "version", "number"])
    op.create_table(
        "searchable",
        sa.Column("record", sa.String(length=120), sa.ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("grams", sa.Text(), nullable=True),
    )
    op.create_index("searchable_in_order", "searchable", ["kind", "sort", "record", *(["search"] if of_sqlite else [])])
    if not of_sqlite:
        op.create_index("searchable_by_grams", "searchable", [sa.text("string_to_array(grams, ' ')")], postgresql_using="gin")
    op.create_table(
        "kept",
        sa.Column("name", sa.String(length=80), primary_key=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
    )
