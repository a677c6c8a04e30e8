"""Sessions that ended with a logout, by a digest that opens none."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from service.store.database import Database
from service.store.tickets.tables import RevokedSessionRow, table_of

REVOKED = table_of(RevokedSessionRow)
KEPT = timedelta(days=31)
"""Longer than any session can last."""


def digest_of(session: str) -> str:
    """Return the digest by which a session is stored."""
    return hashlib.sha256(session.encode()).hexdigest()


def revoke(database: Database, session: str, now: datetime) -> str:
    """Store that a session has ended, forget those that have expired by themselves, and return its digest."""
    digest = digest_of(session)
    with database.write(fenced=False) as connection:
        connection.execute(delete(REVOKED).where(REVOKED.c.revoked_at < now - KEPT))
        insert = database.insert(REVOKED).values(digest=digest, revoked_at=now)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["digest"]))
    return digest


def revoked(database: Database) -> frozenset[str]:
    """Return the digests of all revoked sessions."""
    with database.read() as connection:
        return frozenset(connection.execute(select(REVOKED.c.digest)).scalars())
