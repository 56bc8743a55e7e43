"""What the office's queue reads: indexes of the few that wait, and whether a dispute does harm while it waits."""

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

READ_AT_ONCE = 500
DISPUTED, HELD = sa.text("disputes > 0"), sa.text("state = 'held'")
FIELDS = {"temperature", "health_code", "seal_state", "starts_on", "ends_on", "contact_history"}
FORMS = "'quarantine_check', 'quarantine_release', 'returnee_registration'"
MARKS = [("problems", mark) for mark in ('/temperature"', '/health_code"', '/seal_state"')] + [
    ("document", mark)
    for mark in (
        *(f'"temperature":37.{tenth}' for tenth in range(3, 10)),
        '"temperature":38',
        '"temperature":39',
        '"temperature":4',
        '"health_code":"red"',
        '"health_code":"yellow"',
        '"seal_state":"broken"',
    )
]


def upgrade() -> None:
    connection = op.get_bind()
    op.add_column("records", sa.Column("harm", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("records_by_area", "records", ["area", "id"])
    columns = ["harm", "updated_at", "id", "area", "kind", "linked_to"]
    op.create_index("queue_disputes", "records", columns, sqlite_where=DISPUTED, postgresql_where=DISPUTED)
    _mark_disputes(connection)
    held = sa.text(_held_harm(connection.dialect.name == "postgresql"))
    op.create_index("queue_held", "submissions", ["state", held, "number", "area", "form", "received_at", "id"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_index("queue_pairs", "suggestions", ["score", "lesser", "greater", "kind", "since"])


def _mark_disputes(connection: sa.Connection) -> None:
    """As sync/store/harm.py has it; some hundreds at a time."""
    records = sa.table("records", sa.column("id"), sa.column("disputes"), sa.column("harm"), sa.column("body"))
    after = ""
    while True:
        disputed = sa.select(records.c.id, records.c.body).where(records.c.disputes > 0, records.c.id > after).order_by(records.c.id).limit(READ_AT_ONCE)
        rows = connection.execute(disputed).all()
        harmful = [row.id for row in rows if _does_harm(orjson.loads(row.body).get("fields") or {})]
        if harmful:
            connection.execute(sa.update(records).where(records.c.id.in_(harmful)).values(harm=1))
        if len(rows) < READ_AT_ONCE:
            return
        after = rows[-1].id


def _does_harm(fields: dict) -> bool:
    disputed = {name for name, held in fields.items() if held.get("disputed")}
    temperature, code = (fields.get(name, {}).get("value") for name in ("temperature", "health_code"))
    fever = isinstance(temperature, int | float) and not isinstance(temperature, bool) and temperature >= 37.3
    return bool(disputed) and (bool(disputed & FIELDS) or fever or code in ("red", "yellow") or {"starts_on", "ends_on"} <= fields.keys())


def _held_harm(on_postgresql: bool) -> str:
    has = "position('\\x{mark}'::bytea in {column}) > 0" if on_postgresql else "instr({column}, x'{mark}') > 0"
    found = " OR ".join(has.format(column=column, mark=mark.encode().hex()) for column, mark in MARKS)
    return f"(CASE WHEN coalesce(form, '') IN ({FORMS}) OR {found} THEN 1 ELSE 0 END)"
