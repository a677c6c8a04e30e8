"""Errors of the database, named by what the caller does.

DatabaseError      tell the operator; the message gives the cause and the remedy
├── Busy           wait, or leave the work to the process that does it
├── DiskFull       tell the operator to make room
└── Superseded     stop: another process has taken the work over
"""

from sqlalchemy import exc


class DatabaseError(Exception):
    """The database cannot be used; the message gives the cause and the remedy, without the password."""


class Busy(DatabaseError):
    """Another process holds the lock."""


class DiskFull(DatabaseError):
    """The database has no room for what is written."""


class Superseded(DatabaseError):
    """Another process has taken over a lock that this one held, and does its work."""


SQLITE_FULL, POSTGRESQL_FULL = 13, "53100"


def is_disk_full(problem: BaseException) -> bool:
    """Return whether a driver's error says that there is no room on the disk."""
    sqlite_code, sql_state = getattr(problem, "sqlite_errorcode", 0), getattr(problem, "sqlstate", None)
    # The lowest byte is the error; those above tell more of some.
    return sqlite_code & 0xFF == SQLITE_FULL or sql_state == POSTGRESQL_FULL


UNAVAILABLE = (DatabaseError, exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""All that reading or writing raises while the database is down, overloaded or does not answer."""
