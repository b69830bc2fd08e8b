"""Runs the steps on the connection that `audit.store` hands over, inside its transaction."""

from alembic import context  # noqa: TID251

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
