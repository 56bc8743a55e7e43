"""The stores of the running app: `stores().session` and `.store` (central store), `.databases` (sync engine), `.settings`."""

from __future__ import annotations

import threading

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session, scoped_session

from server.settings import Settings
from sync.databases import Databases
from sync.store.engine import Store, prepare
from sync.store.models import Base

SPARE_CONNECTIONS = 5

db = SQLAlchemy(metadata=Base.metadata)


class Stores:
    """One per app. The sync engine is opened on first use, so that commands which do not need it start at once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._databases: Databases | None = None
        self._opening = threading.Lock()

    @property
    def session(self) -> scoped_session[Session]:
        """The central store's session of this request (Flask-SQLAlchemy's): for reading, unless `writing_session` began it."""
        return db.session  # type: ignore[return-value]

    def writing_session(self) -> scoped_session[Session]:
        """The same session, ended and begun anew with SQLite's write lock: what it reads cannot change before it writes. Commit it."""
        db.session.rollback()
        db.session.connection(execution_options={"doorstep_writes": True})
        return self.session

    @property
    def store(self) -> Store:
        """The same store as Core connections: `.reading()`, `.writing()`."""
        return Store(db.engine)

    @property
    def databases(self) -> Databases:
        """The sync engine's databases: one engine for all threads of this process."""
        with self._opening:
            if self._databases is None:
                self._databases = open_databases(self.settings)
            return self._databases


def open_databases(settings: Settings) -> Databases:
    """Apache CouchDB where its address is set, the embedded engine otherwise. Each is imported only where it is used."""
    if settings.couchdb_url:
        from sync.couchdb.databases import CouchDatabases

        return CouchDatabases(settings.couchdb_url)
    from sync.engine import Engine

    return Engine(settings.engine_folder, settings.limits)


def stores() -> Stores:
    """The stores of the app that is answering."""
    return current_app.extensions["doorstep.stores"]


def open_stores(app: Flask, settings: Settings) -> None:
    """Bind the stores to the app. The data folder is made, readable by its owner only."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": SPARE_CONNECTIONS, "max_overflow": settings.web_threads, "pool_pre_ping": True}
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    app.extensions["doorstep.stores"] = Stores(settings)
