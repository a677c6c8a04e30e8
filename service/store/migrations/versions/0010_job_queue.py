"""The tables of the job queue, in PostgreSQL only: with SQLite the queue is in memory"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers")
TYPES = ("procrastinate_job_to_defer_v1", "procrastinate_job_event_type", "procrastinate_job_status")


def upgrade() -> None:
    """Makes the tables and functions of Procrastinate."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # By the driver: SQLAlchemy would read the % of its functions as parameters.
        connection.connection.cursor().execute(SchemaManager.get_schema())


def downgrade() -> None:
    """Takes them out."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"DROP TABLE {table} CASCADE")
        connection.exec_driver_sql(DROP_FUNCTIONS)
        for type_ in TYPES:
            op.execute(f"DROP TYPE {type_}")


DROP_FUNCTIONS = """
DO $$
DECLARE name regprocedure;
BEGIN
    FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE starts_with(proname, 'procrastinate_') LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', name);
    END LOOP;
END $$
"""
