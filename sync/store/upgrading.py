"""Bringing the central store to this version's tables, one migration after the other, each in a transaction of its own.

Killed in the middle of one, the store stands where that one began, and the next start goes on from there. There is no way back: a program that
finds a store of a newer one refuses it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from sync.store.engine import Store, open_store

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x646F6F72  # a number of our own for PostgreSQL's advisory lock
TELL_EVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Progress:
    """`version`: the migration at work; `newest`: the last one. `done` of `total` rows of `table`, where that is known."""

    version: str
    newest: str
    table: str = ""
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        to = f"Bringing the store to version {self.version} of {self.newest}"
        return f"{to}: {self.done:,} of {self.total:,} {self.table} …" if self.table else f"{to} …"


Tell = Callable[[Progress], None]


class CannotUpgrade(Exception):
    """Why the store cannot be brought to this version, as a sentence for the person at the terminal. Nothing was changed."""


class StoreIsNewer(CannotUpgrade):
    def __init__(self, found: str):
        super().__init__(
            f"The central store stands at version {found}; this program knows versions up to {newest_revision()}. "
            "Start the newer program again, or put back a copy of the data from before the upgrade: a store cannot be taken back to an older version."
        )


def _in_silence(progress: Progress) -> None:
    pass


def upgrade(url: str, tell: Tell = _in_silence) -> bool:
    """Bring the store at `url` to the newest migration; True when there was something to do. Safe in two processes at once. Raises CannotUpgrade.

    `tell` is called now and then, from another thread too; not for a store that is only just made.
    """
    store = open_store(url)
    try:
        with store.reading() as connection:
            if not is_behind(connection):
                return False
            is_new = revision(connection) is None
        done = False
        while _take_one_step(store, _in_silence if is_new else tell):
            done = True
        return done
    finally:
        store.close()


def revision(connection: Connection) -> str | None:
    """The migration that the store stands at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def newest_revision() -> str:
    """By file name (`0001_….py`), so that a start with nothing to do need not import Alembic (0.2 s)."""
    return max(_revisions())


def _revisions() -> list[str]:
    return [path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")]


def is_behind(connection: Connection) -> bool:
    """Whether there is something to upgrade. Raises StoreIsNewer."""
    stands = revision(connection)
    if stands is not None and stands not in _revisions():
        raise StoreIsNewer(stands)
    return stands != newest_revision()


def _take_one_step(store: Store, tell: Tell) -> bool:
    """One migration, unless another process has taken it meanwhile. False when none is left."""
    with _alone(store) as connection:
        if not is_behind(connection):
            return False
        from alembic import command  # slow to import, and seldom needed
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        step = next(iter(reversed(list(ScriptDirectory.from_config(config).iterate_revisions("head", revision(connection) or "base"))))).revision
        with _Telling(tell, Progress(step, newest_revision())) as telling:
            config.attributes["telling"] = telling
            command.upgrade(config, step)
    return True


class _Telling:
    """Says at once what is being done, and now and then how far it is: a statement that takes minutes is told again and again."""

    def __init__(self, tell: Tell, progress: Progress) -> None:
        self._tell, self._progress = tell, progress
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._again_and_again, name="tells how far the upgrade is", daemon=True)

    def __enter__(self) -> _Telling:
        self._tell(self._progress)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._done.set()
        self._thread.join()

    def at(self, table: str, done: int, total: int) -> None:
        """For migrations that go through a table bit by bit. One that has many is told as soon as it begins."""
        begins = table != self._progress.table and done < total
        self._progress = Progress(self._progress.version, self._progress.newest, table, done, total)
        if begins:
            self._tell(self._progress)

    def _again_and_again(self) -> None:
        while not self._done.wait(TELL_EVERY_SECONDS):
            self._tell(self._progress)


@contextmanager
def _alone(store: Store) -> Iterator[Connection]:
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
        yield connection
