"""Alembic's entry: runs the migrations on the connection that `sync.store.engine.upgrade` gives it."""

from alembic import context

from sync.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
