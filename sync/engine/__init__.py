"""The embedded sync engine: CouchDB databases in SQLite files. `Engine(folder)` implements `sync.databases.Databases`."""

from sync.engine.engine import Engine

__all__ = ["Engine"]
