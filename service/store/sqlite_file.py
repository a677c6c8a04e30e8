"""SQLite: the file and its directory, transactions, and locks on files beside it."""

import fcntl
import os
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from service.store.errors import DatabaseError

BUSY_SECONDS = 60


def in_memory(url: URL) -> bool:
    """Return True for a database without a file."""
    return not url.database or url.database == ":memory:"


def check_directory(url: URL) -> None:
    """Raise DatabaseError with a remedy where SQLite would only report "unable to open database file"."""
    if in_memory(url):
        return
    file = Path(str(url.database)).absolute()
    if not file.parent.is_dir():
        raise DatabaseError(f"{file.parent}: the directory of TREADMILL_DATABASE_URL does not exist. Create it.")
    # The directory as well: the journals of WAL and the lock files stand beside the database.
    for place in (file.parent, file):
        if place.exists() and not os.access(place, os.W_OK):
            raise DatabaseError(
                f"{place}: user {os.geteuid()} may not write there, as TREADMILL_DATABASE_URL needs. "
                "Give it to that user with chown, or mount it writable."
            )


def set_up(engine: Engine) -> None:
    """Let the connections of an engine share the file with other processes."""
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)


def prepare(connection: Any, _record: Any) -> None:
    """Set up a new connection."""
    # Writers wait for one another up to this time.
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    # The driver would begin a transaction only before INSERT, UPDATE and DELETE, so that neither reads nor DDL were
    # in one; `begin` begins every transaction instead.
    connection.isolation_level = None
    # WAL lets pages read while a pull writes. NORMAL may lose the last commits in a power cut, never the file;
    # a lost page is pulled again, since its checkpoint is lost with it.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin(connection: Connection) -> None:
    """Begin a transaction."""
    writes = connection.get_execution_options().get("treadmill_write", False)
    # IMMEDIATE takes the write lock at once and waits for it. A transaction that reads first and writes later
    # fails without waiting when another has written in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def lock_file(url: URL, name: str) -> TextIOWrapper | None:
    """Return the locked file of a lock, None when another process has locked it. Closing the file frees the lock."""
    # The lock file is never deleted: a process that waits on it would then lock a file that nobody else opens.
    file = Path(f"{url.database}.{name}.lock").open("a")  # noqa: SIM115 - it is closed by the holder
    try:
        # The kernel drops the lock with the process. A file that merely exists would outlive a kill.
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
