"""The stores of the running app: `stores().session` (central store), `.databases` (sync engine), `.forms` (published forms)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, scoped_session

from server.settings import Settings
from sync.store.models import Base

BUSY_SECONDS_MAX = 30

db = SQLAlchemy(metadata=Base.metadata)


class Stores:
    """One per app. The engine and the forms are opened on first use, so that commands which need neither start at once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def session(self) -> scoped_session[Session]:
        """The central store's session of this request."""
        return db.session  # type: ignore[return-value]

    @cached_property
    def databases(self) -> Any:
        """The sync engine's databases (sync.databases.Databases)."""
        from sync.engine import Engine

        return Engine(self.settings.engine_folder)


def stores() -> Stores:
    """The stores of the app that is answering."""
    return current_app.extensions["doorstep.stores"]


def open_stores(app: Flask, settings: Settings) -> None:
    """Bind the stores to the app. The data folder is made, readable by its owner only."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_pre_ping": True, "pool_size": 20, "max_overflow": settings.web_threads}
    db.init_app(app)
    app.extensions["doorstep.stores"] = Stores(settings)
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        with app.app_context():
            event.listen(db.engine, "connect", _set_up_sqlite)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """FULL: an answered write survives a power cut. WAL: readers and the one writer do not wait for each other."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS_MAX * 1000}")
    cursor.close()
