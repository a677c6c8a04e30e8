"""Run by Alembic, on the connection that `schema.upgrade` hands over."""

from alembic import context

from service.store.tickets.tables import TicketRow

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TicketRow.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
