"""Apache CouchDB as the sync engine, seen by its operator: what it must be set to, whether it is, and its signing keys."""
