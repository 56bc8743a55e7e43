"""The CouchDB HTTP API under /sync/. docs/sync.md says which request is answered how."""

from __future__ import annotations

from flask import Flask

from server.sync_api import dispatch, elsewhere

__all__ = ["register"]


def register(app: Flask) -> None:
    """The embedded engine's, or a sentence for whoever comes here although Apache CouchDB is the engine."""
    (elsewhere if app.extensions["doorstep.settings"].couchdb_url else dispatch).register(app)
