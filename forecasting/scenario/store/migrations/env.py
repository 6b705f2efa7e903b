"""Runs the steps on the connection, and in the transaction, that `migrate` hands over."""

from alembic import context

from forecasting.scenario.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
