"""`column` is one of many texts, as one parameter: a statement with a place for each of 1,500 ids takes longer to be written and read than to be answered.

SQLite is given the texts as a JSON list, PostgreSQL as an array; both look each up in the column's index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine


def among(column: Any, texts: Sequence[str]) -> ColumnElement[bool]:
    """`column IN (…)`."""
    return _Among(column, bindparam(None, list(texts), type_=_Texts(), unique=True))


class _Texts(TypeDecorator):
    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else orjson.dumps(value).decode()


class _Among(FunctionElement):
    type = NullType()  # of a Boolean SQLAlchemy would ask `= 1` of SQLite, and SQLite then looks at every row
    inherit_cache = True


@compiles(_Among)
def _in_json(element: _Among, compiler: Any, **more: Any) -> str:
    column, texts = element.clauses
    return f"{compiler.process(column, **more)} IN (SELECT value FROM json_each({compiler.process(texts, **more)}))"  # noqa: S608 a column of ours and a parameter's place


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **more: Any) -> str:
    column, texts = element.clauses
    return f"{compiler.process(column, **more)} = ANY ({compiler.process(texts, **more)})"
