"""Adding constraints to tables that hold millions of rows, without writing them anew.

SQLite cannot add a CHECK to a table, only a column with CHECKs, which may speak of the other columns and are tested on the rows that are there. So each
table gets one virtual column, always 1 and kept nowhere, that carries them (docs/decisions/0114-checks-without-rebuilding.md).
"""

from collections.abc import Iterator
from typing import Any

from alembic import context, op
from sqlalchemy import Connection, text

from sync.store.upgrading import CannotUpgrade

ROWS_AT_ONCE = 20_000


def add_checks(table: str, key: str, checks: dict[str, str]) -> None:
    """`checks`: name → condition. A row that does not keep one is told in a sentence. `key`: an indexed column to go along."""
    connection = op.get_bind()
    any_broken = " OR ".join(f"NOT ({condition})" for condition in checks.values())
    for part, bounds in parts(connection, table, key):
        if connection.execute(text(f"SELECT 1 FROM {table} WHERE {part} AND ({any_broken}) LIMIT 1"), bounds).first() is not None:  # noqa: S608 our own names
            for name, condition in checks.items():
                refuse(connection, table, key, f"{part} AND NOT ({condition})", bounds, f"{name}: {condition}")
    if connection.dialect.name == "sqlite":
        carried = " ".join(f"CONSTRAINT {name} CHECK ({condition})" for name, condition in checks.items())
        carrier = f"checked_{context.get_revision_argument()}"
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {carrier} INTEGER GENERATED ALWAYS AS (1) VIRTUAL {carried}")
    else:
        added = ", ".join(f"ADD CONSTRAINT {name} CHECK ({condition})" for name, condition in checks.items())
        connection.exec_driver_sql(f"ALTER TABLE {table} {added}")


def refuse(connection: Connection, table: str, key: str, where: str, bounds: dict[str, Any], rule: str) -> None:
    """Raises CannotUpgrade when there is such a row."""
    found = connection.execute(text(f"SELECT {key} FROM {table} WHERE {where} LIMIT 1"), bounds).scalar()  # noqa: S608 our own names
    if found is not None:
        raise CannotUpgrade(
            f"The central store holds a row that Doorstep does not write: in {table}, {key} {found!r} breaks the rule {rule}. "
            "The upgrade waits until somebody has looked at it; no row was changed."
        )


def parts(connection: Connection, table: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Conditions, with what they are bound to, that cut a table into parts of about ROWS_AT_ONCE rows. How far it is, is told."""
    telling = context.config.attributes["telling"]
    total = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
    beyond, within = f"{key} > :after", f"{key} <= :upto"
    done = 0
    bounds: dict[str, Any] = {}
    while done < total:
        where = beyond if "after" in bounds else "TRUE"
        one_further = text(f"SELECT {key} FROM {table} WHERE {where} ORDER BY {key} LIMIT 1 OFFSET {ROWS_AT_ONCE}")  # noqa: S608
        upto = connection.execute(one_further, bounds).scalar()
        if upto is None:
            yield where, bounds
            done = total
        else:
            yield f"{where} AND {within}", {**bounds, "upto": upto}
            done, bounds = min(total, done + ROWS_AT_ONCE), {"after": upto}
        telling.at(table, done, total)
