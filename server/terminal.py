"""How commands speak in a terminal: an error in one sentence, a table in columns."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from server.errors import DoorstepError
from server.stores import stores
from server.supervise import CannotStart
from sync.store.upgrading import CannotUpgrade, StoreIsNewer, is_behind


def clear_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Our errors become one sentence and exit code 1, without a traceback."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (DoorstepError, CannotStart, CannotUpgrade) as error:
            raise click.ClickException(str(error)) from error
        except (OperationalError, ProgrammingError) as error:
            why = _why_the_store_fails()
            if why is None:
                raise
            raise click.ClickException(why) from error

    return run


def _why_the_store_fails() -> str | None:
    """A sentence, where the central store does not answer or has not this version's tables."""
    try:
        with stores().store.reading() as connection:
            is_ready = not is_behind(connection)
    except StoreIsNewer as error:
        return str(error)
    except (OperationalError, ProgrammingError) as error:
        return f"The central store does not answer: {str(error.orig).splitlines()[0]}"
    return None if is_ready else "The central store has not the tables of this version: run `store upgrade` first (`serve` does it by itself)."


def say_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for line in table_lines(heads, rows):
        click.echo(line)


def table_lines(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(width(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        yield "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)).rstrip()


def width(text: str) -> int:
    """Columns in a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
