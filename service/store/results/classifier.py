"""What was learnt from the decided tickets, the newest of it."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from service.analysis.classify import Experience
from service.store.results.tables import Learnt
from service.store.tickets.tables import table_of

LEARNT = table_of(Learnt)


def newest(connection: Connection) -> Experience | None:
    """What counts now; None where nothing was learnt yet, or where another release wrote it in a form of its own."""
    content = connection.execute(select(LEARNT.c.content).order_by(LEARNT.c.id.desc()).limit(1)).scalar()
    try:
        return Experience.from_bytes(content) if content is not None else None
    except (ValueError, KeyError):
        return None


def save(connection: Connection, experience: Experience, at: datetime) -> None:
    """Keeps what was learnt in place of what was known."""
    connection.execute(delete(LEARNT))
    row = {"version": experience.version, "content": experience.to_bytes(), "at": at}
    connection.execute(LEARNT.insert().values(**row))
