"""Errors of the database, named by what the caller does.

DatabaseError      tell the operator; the message gives the cause and the remedy
├── Busy           wait, or leave the work to the process that does it
└── Superseded     stop: another process has taken the work over
"""

from sqlalchemy import exc


class DatabaseError(Exception):
    """The database cannot be used; the message gives the cause and the remedy, without the password."""


class Busy(DatabaseError):
    """Another process holds the lock."""


class Superseded(DatabaseError):
    """Another process has taken over a lock that this one held, and does its work."""


GO_ON = "then go on; what was stored before stays."
FULL = f"the disk of the database is full. Make room, {GO_ON}"
FAILING = (
    "the disk of the database refuses to read or write: it is full or broken, or a quota or limit is reached. "
    f"Make room, raise the quota or replace the disk, {GO_ON}"
)
DAMAGED = "the file of the database is damaged. Stop Treadmill and restore the last backup."
NO_DATABASE = "the file is not an SQLite database. Correct TREADMILL_DATABASE_URL, or restore the last backup."
SQLITE_FAULTS = {10: FAILING, 11: DAMAGED, 13: FULL, 26: NO_DATABASE}
POSTGRESQL_FAULTS = {"53100": FULL, "58030": FAILING}


def explain(problem: BaseException) -> str | None:
    """Return the cause and the remedy of a driver's error about the disk or the file, None for any other."""
    # The lowest byte is the error; those above tell more of some.
    sqlite_code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    return SQLITE_FAULTS.get(sqlite_code) or POSTGRESQL_FAULTS.get(getattr(problem, "sqlstate", None) or "")


UNAVAILABLE = (DatabaseError, exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""All that reading or writing raises while the database is down, overloaded or does not answer."""
