"""The version of the schema, and its upgrade."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from service.store.database import Database
from service.store.errors import DatabaseError
from service.store.limits import UPGRADE, limited

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "alembic_version"
LOCK_SECONDS = 120


def open_database(url: str) -> Database:
    """Return the database, reachable and up to date. Raise DatabaseError."""
    database = Database(url)
    database.check()
    upgrade(database)
    return database


# Read from the names of the files, and from the table itself: a check need not load Alembic for two words.
def versions() -> list[str]:
    """Return the versions that this release knows, the oldest first."""
    return sorted(file.name.partition("_")[0] for file in MIGRATIONS.glob("versions/[0-9]*_*.py"))


def head() -> str:
    """Return the version that this release needs."""
    return versions()[-1]


def current(database: Database) -> str | None:
    """Return the version of the database, None when it is empty."""
    with database.read() as connection:
        return version_of(connection)


def version_of(connection: Connection) -> str | None:
    """Return the version of the database as a transaction sees it, None when it is empty."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant


def upgrade(database: Database) -> bool:
    """Bring the database up to date, one process at a time. Return True if anything was to be done.

    Raises DatabaseError when the database is newer than this release.
    """
    before = current(database)
    reject_newer(database, before)
    if before == head():
        return False
    # One transaction for all migrations: a process that is killed leaves the schema as it was.
    with limited(UPGRADE), database.write_alone("migrate", wait=LOCK_SECONDS) as connection:
        # Read again under the lock: of two containers that start together, the second finds the work done.
        before = version_of(connection)
        reject_newer(database, before)
        if before == head():
            return False
        _migrate(connection)
    return True


def reject_newer(database: Database, version: str | None) -> None:
    """Raise DatabaseError when this release does not know the version."""
    if version is not None and version not in versions():
        raise DatabaseError(
            f"{database.safe_url} was written by a newer Treadmill (schema {version}). Run that release or a later one."
        )


def _migrate(connection: Connection, version: str = "head") -> None:
    from alembic import command, config  # noqa: PLC0415 - heavy, and a database that is up to date needs none of it

    options = config.Config()
    # Alembic interpolates % in its options.
    options.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    options.set_main_option("path_separator", "os")
    options.attributes["connection"] = connection
    command.upgrade(options, version)
