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


UNAVAILABLE = (DatabaseError, exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""All that reading or writing raises while the database is down, overloaded or does not answer."""
