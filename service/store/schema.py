"""The schema: which version the database has, and how it is brought up to date."""

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
    """The version that this release needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current(database: Database) -> str | None:
    """The version that the database has; None where it is empty."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> bool:
    """Brings the database up to date, one process at a time; whether there was anything to do.

    Raises DatabaseError where the database is newer than this release.
    """
    with database.exclusive("migrate", wait=LOCK_SECONDS):
        before = current(database)
        if before == head():
            return False
        reject_newer(database, before)
        with database.write() as connection:
            config = _config()
            config.attributes["connection"] = connection
            config.attributes["metadata"] = TicketRow.metadata
            command.upgrade(config, "head")
        return True


def reject_newer(database: Database, version: str | None) -> None:
    """Raises DatabaseError where the database has a version that this release does not know."""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseError(
            f"{database.safe_url} was written by a newer Treadmill (schema {version}). Run that release or a later one."
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
