"""The secret key of the pseudonyms: where it comes from, and that it is the one this database was filled with."""

import os
import secrets
from pathlib import Path

from sqlalchemy import select

from service.store.database import Database, DatabaseError
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.tables import InstallationRow, table_of

INSTALLATION = table_of(InstallationRow)
PROOF = "privacy_key_proof"


def load_key(database: Database, given: str | None) -> bytes:
    """The key that was given, else the one in the key file, which is made on first use and readable by its owner alone.

    Raises DatabaseError where the file cannot be read or written.
    """
    if given is not None:
        return given.encode()
    file = _key_file(database)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _make_once(file)
        return file.read_text(encoding="ascii").strip().encode()
    except OSError as problem:
        raise DatabaseError(
            f"{file}: the key of the pseudonyms cannot be kept there ({problem.strerror}). "
            "Make the directory writable or set TREADMILL_PRIVACY__KEY_FILE."
        ) from problem


def verify_key(database: Database, privacy: PrivacyFilter) -> None:
    """Makes sure that the database was filled with this key: another would make every person a stranger.

    Raises DatabaseError where it was not.
    """
    with database.write() as connection:
        insert = database.insert(INSTALLATION).values(name=PROOF, value=privacy.proof())
        connection.execute(insert.on_conflict_do_nothing(index_elements=["name"]))
        kept = connection.execute(select(INSTALLATION.c.value).where(INSTALLATION.c.name == PROOF)).scalar_one()
    if kept != privacy.proof():
        raise DatabaseError(
            f"{database.safe_url} was filled with another privacy key. Set TREADMILL_PRIVACY__KEY_FILE to that key, "
            f"or bring back its file {_key_file(database)}."
        )


def installation_secret(database: Database, name: str) -> bytes:
    """A secret of this installation, made on first use and kept in its database: all its processes share it."""
    with database.write() as connection:
        insert = database.insert(INSTALLATION).values(name=name, value=secrets.token_hex(32))
        connection.execute(insert.on_conflict_do_nothing(index_elements=["name"]))
        found: str = connection.execute(select(INSTALLATION.c.value).where(INSTALLATION.c.name == name)).scalar_one()
    return bytes.fromhex(found)


def _key_file(database: Database) -> Path:
    if database.is_sqlite and database.url.database:
        return Path(f"{database.url.database}.key")
    return Path.home() / ".local" / "state" / "treadmill" / "privacy.key"


def _make_once(file: Path) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(32))
