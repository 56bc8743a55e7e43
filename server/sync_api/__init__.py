"""The CouchDB HTTP API under /sync/. docs/sync.md says which request is answered how."""

from server.sync_api.dispatch import register

__all__ = ["register"]
