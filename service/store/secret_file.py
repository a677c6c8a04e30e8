"""Secrets of an installation that lie in files beside its database, for their owner alone."""

import os
import tempfile
from contextlib import suppress
from os import fsync
from pathlib import Path

from service.store.database import Database


def secret_path(database: Database, suffix: str, name: str) -> Path:
    """Return the place of a secret: the SQLite file with this suffix, else this name in the user's own state."""
    # Never in the database: whoever gets hold of a copy of it must not have its secrets, too.
    if database.is_sqlite and database.url.database:
        return Path(f"{database.url.database}.{suffix}")
    return Path.home() / ".local" / "state" / "treadmill" / name


def create_once(file: Path, secret: str) -> bool:
    """Write a secret to a file that only its owner can read. Return False, and write nothing, where there is one.

    Raises OSError.
    """
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    # Written and synced under another name before it is linked to its own: neither a crash nor a full disk leaves a
    # part of a secret behind, and of two processes at once both read what the first has linked.
    descriptor, draft = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    is_first = False
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secret)
            out.flush()
            fsync(descriptor)
        with suppress(FileExistsError):
            os.link(draft, file)
            is_first = True
    finally:
        Path(draft).unlink()
    _sync_directory(file.parent)
    return is_first


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fsync(descriptor)
    finally:
        os.close(descriptor)
