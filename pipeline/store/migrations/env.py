"""What Alembic runs for each command: the migrations, in the transaction of the connection that it was given."""

from __future__ import annotations

from alembic import context

from pipeline.store import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table=schema.VERSION_TABLE,
    transactional_ddl=True,  # on SQLite too: the caller has begun the transaction itself
    render_as_batch=True,
)
context.run_migrations()
