"""Alembic's entry: runs inside the transaction that `realness.store.migrate` opened."""

from alembic import context

from realness.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
context.run_migrations()
