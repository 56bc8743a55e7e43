"""The central store: models, migrations, and the statements that read and write it."""

from sync.store.engine import Store, open_store
from sync.store.upgrading import upgrade

__all__ = ["Store", "open_store", "upgrade"]
