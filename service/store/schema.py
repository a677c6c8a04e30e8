"""The version of the schema, and its upgrade."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.store.database import Database, DatabaseError
from service.store.tickets.tables import TicketRow

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK_SECONDS = 120


def head() -> str:
    """Return the version that this release needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current(database: Database) -> str | None:
    """Return the version of the database, None when it is empty."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> bool:
    """Bring the database up to date, one process at a time. Return True if anything was to be done.

    Raises DatabaseError when the database is newer than this release.
    """
    with database.exclusive("migrate", wait=LOCK_SECONDS):
        # Read under the lock: of two containers that start together, the second finds the work done.
        before = current(database)
        if before == head():
            return False
        reject_newer(database, before)
        # One transaction for all migrations: a process that is killed leaves the schema as it was.
        with database.write() as connection:
            config = _config()
            config.attributes["connection"] = connection
            config.attributes["metadata"] = TicketRow.metadata
            command.upgrade(config, "head")
        return True


def reject_newer(database: Database, version: str | None) -> None:
    """Raise DatabaseError when this release does not know the version."""
    versions = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if version is not None and version not in versions:
        raise DatabaseError(
            f"{database.safe_url} was written by a newer Treadmill (schema {version}). Run that release or a later one."
        )


def _config() -> Config:
    config = Config()
    # Alembic interpolates % in its options.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
