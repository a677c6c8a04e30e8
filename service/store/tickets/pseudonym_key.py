"""Secrets of an installation: the key of the pseudonyms, and secrets shared by its processes."""

import secrets
from pathlib import Path

from sqlalchemy import Connection, select

from service.store.database import Database
from service.store.errors import DatabaseError
from service.store.secret_file import create_once, secret_path
from service.store.tickets import audit
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.tables import InstallationRow, table_of

INSTALLATION = table_of(InstallationRow)
PROOF = "privacy_key_proof"
LEAST_BYTES = 32


def load_key(database: Database, configured: str | None) -> bytes:
    """Return the configured key, or else the key in the key file, which is created on first use for its owner alone.

    Raises DatabaseError when the file cannot be read or written, holds no whole key, or is missing although the
    database was filled with a key.
    """
    if configured is not None:
        return configured.encode()
    file = _key_file(database)
    # First the proof, then the file: a process that starts at the same time writes them in the opposite order.
    is_filled = _stored_proof(database) is not None
    try:
        if is_filled and not file.exists():
            # A new key would be the wrong one, and the next backup would copy it over the last right one.
            raise _another_key(database)
        create_once(file, secrets.token_hex(32))
        return _read(file)
    except OSError as problem:
        raise DatabaseError(
            f"{file}: the key of the pseudonyms cannot be kept there ({problem.strerror}). "
            "Make the directory writable or set TREADMILL_PRIVACY__KEY_FILE."
        ) from problem


def verify_key(database: Database, privacy: PrivacyFilter) -> None:
    """Raise DatabaseError when the database was filled with another key; store a proof of the first key."""
    # With another key every person would get a second pseudonym, and every ticket would count as changed.
    with database.write() as connection:
        stored = _first_value(connection, database, PROOF, privacy.proof())
    if stored != privacy.proof():
        raise _another_key(database)


def check_key(database: Database, configured: str | None) -> None:
    """Raise DatabaseError when a pull would refuse the key. Create and store nothing."""
    file, proof = _key_file(database), _stored_proof(database)
    if configured is None and proof is None and not file.exists():
        return
    key = load_key(database, configured)
    if proof not in (None, PrivacyFilter("pseudonym", "store", key).proof()):
        raise _another_key(database)


def _another_key(database: Database) -> DatabaseError:
    return DatabaseError(
        f"{database.safe_url} was filled with another privacy key. Set TREADMILL_PRIVACY__KEY_FILE to that key, "
        f"or bring back its file {_key_file(database)}."
    )


def _stored_proof(database: Database) -> str | None:
    """Return the proof of the key that the database was filled with, None before the first pull."""
    with database.read() as connection:
        query = select(INSTALLATION.c.value).where(INSTALLATION.c.name == PROOF)
        proof: str | None = connection.execute(query).scalar_one_or_none()
    return proof


def _read(file: Path) -> bytes:
    key = file.read_bytes().strip()
    if len(key) < LEAST_BYTES:
        raise DatabaseError(
            f"{file} holds {len(key)} bytes, and a key of the pseudonyms has at least {LEAST_BYTES}: the file was cut. "
            "Bring it back from a backup. If no ticket was pulled with it yet, delete it, and a new key is made."
        )
    return key


def installation_secret(database: Database, name: str) -> bytes:
    """Return a random secret of this installation, which is created on first use and shared by its processes."""
    with database.write() as connection:
        secret = _first_value(connection, database, name, secrets.token_hex(32))
    return bytes.fromhex(secret)


def _first_value(connection: Connection, database: Database, name: str, value: str) -> str:
    """Return the stored value of this name, which is the given one if there was none."""
    # Insert, then read: of two processes that start at once, both get what the first one wrote.
    insert = database.insert(INSTALLATION).values(name=name, value=value).on_conflict_do_nothing()
    if connection.execute(insert.returning(INSTALLATION.c.name)).first() is not None:
        audit.record(connection, "new key", name)
    stored: str = connection.execute(select(INSTALLATION.c.value).where(INSTALLATION.c.name == name)).scalar_one()
    return stored


def _key_file(database: Database) -> Path:
    # Whoever gets hold of a copy of the database could test by it which name a pseudonym stands for.
    return secret_path(database, "key", "privacy.key")
