"""Alembic's entry: runs inside the transaction that `realness.store.migrate` opened, without foreign keys and
without the view. A batch that rebuilds a table loses its AUTOINCREMENT unless it is given
`table_kwargs={"sqlite_autoincrement": True}`.
"""

from alembic import context

from realness.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
context.run_migrations()
