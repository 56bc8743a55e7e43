"""Many rows into one table at once, in the words that each database takes fastest.

The words are made once for a table and its columns; rows then go as plain tuples: to SQLite in one `executemany`, to PostgreSQL as one COPY in its
binary form, and where a row may be there already by way of a table of the connection's own. What is written, and when it is on disk, is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import ColumnDefault
from sqlalchemy.types import DateTime

Row = Mapping[str, Any]

COPIED_ROWS_MIN = 10
"""Fewer go to PostgreSQL one by one: a COPY has a price of its own."""
POSTGRESQL_TYPES = {"VARCHAR": "varchar", "TEXT": "text", "BYTEA": "bytea", "BOOLEAN": "bool", "INTEGER": "int4", "BIGINT": "int8", "FLOAT": "float8"}
MOMENT = "TIMESTAMP WITHOUT TIME ZONE"


def insert(connection: Connection, into: Table, rows: Sequence[Row]) -> None:
    """All rows have the columns of the first; the model and the database fill in the others."""
    _write(connection, into, rows, "")


def upsert(connection: Connection, into: Table, rows: Sequence[Row], key: Sequence[str], update_existing: bool = True, leaving: Collection[str] = ()) -> None:
    """Insert, or replace what has the same key but for the columns `leaving` (or, with `update_existing=False`, leave it)."""
    if not rows:
        return
    others = [name for name in rows[0] if name not in key and name not in leaving]
    change = "UPDATE SET " + ", ".join(f'"{name}" = excluded."{name}"' for name in others) if update_existing and others else "NOTHING"
    _write(connection, into, rows, f" ON CONFLICT ({', '.join(key)}) DO {change}")


def _write(connection: Connection, into: Table, rows: Sequence[Row], on_conflict: str) -> None:
    if not rows:
        return
    defaults = _defaults(into, tuple(rows[0]))
    names = (*rows[0], *defaults)
    complete: Iterable[Row] = ({**defaults, **row} for row in rows) if defaults else rows
    if connection.dialect.name == "sqlite":
        moments = [name for name in names if isinstance(into.c[name].type, DateTime)]
        words = f"INSERT INTO {into.name} ({_named(names)}) VALUES ({', '.join('?' * len(names))}){on_conflict}"  # noqa: S608 names of our own tables and columns
        connection.exec_driver_sql(words, [_tuple(row, names, moments) for row in complete])
    elif len(rows) < COPIED_ROWS_MIN:
        words = f"INSERT INTO {into.name} ({_named(names)}) VALUES ({', '.join(['%s'] * len(names))}){on_conflict}"  # noqa: S608 names of our own tables and columns
        connection.exec_driver_sql(words, [tuple([row[name] for name in names]) for row in complete])
    elif on_conflict:
        own = f"arriving_{into.name}"
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {own} (LIKE {into.name} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS")
        _copy(connection, own, into, names, complete)
        connection.exec_driver_sql(f"INSERT INTO {into.name} ({_named(names)}) SELECT {_named(names)} FROM {own}{on_conflict}")  # noqa: S608 names of our own tables and columns
        connection.exec_driver_sql(f"DELETE FROM {own}")  # noqa: S608 names of our own tables and columns
    else:
        _copy(connection, into.name, into, names, complete)


def _tuple(row: Row, names: Sequence[str], moments: Collection[str]) -> tuple[Any, ...]:
    """As SQLAlchemy would keep it: SQLite has no type of its own for a time."""
    if not moments:
        return tuple([row[name] for name in names])
    return tuple([_text(row[name]) if name in moments else row[name] for name in names])


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(sep=" ", timespec="microseconds")


def _copy(connection: Connection, name: str, types_of: Table, names: Sequence[str], rows: Iterable[Row]) -> None:
    import psycopg  # only where there is a PostgreSQL

    types = [_type(types_of, column) for column in names]
    words = f"COPY {name} ({_named(names)}) FROM STDIN (FORMAT BINARY)"
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(words) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row([row[column] for column in names])
    except psycopg.Error as error:  # as SQLAlchemy tells any other
        raise DBAPIError.instance(words, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect) from error
    finally:
        cursor.close()


@lru_cache(200)
def _defaults(into: Table, given: tuple[str, ...]) -> dict[str, Any]:
    """What the model says of columns that are not given."""
    others = {column.name: column.default for column in into.columns if column.name not in given}
    return {name: default.arg for name, default in others.items() if isinstance(default, ColumnDefault) and default.is_scalar}


@lru_cache(200)
def _named(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@lru_cache(500)
def _type(of: Table, column: str) -> str:
    words = str(of.c[column].type.compile(dialect=postgresql.dialect()))
    return "timestamp" if words == MOMENT else POSTGRESQL_TYPES[words.partition("(")[0]]
