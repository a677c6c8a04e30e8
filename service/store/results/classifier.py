"""What was learnt from the decided tickets, the newest of it."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from service.analysis.classify import TrainedModel
from service.store.results.tables import TrainedModelRow
from service.store.tickets.tables import table_of

LEARNT = table_of(TrainedModelRow)


def latest(connection: Connection) -> TrainedModel | None:
    """What counts now; None where nothing was learnt yet, or where another release wrote it in a form of its own."""
    content = connection.execute(select(LEARNT.c.content).order_by(LEARNT.c.id.desc()).limit(1)).scalar()
    try:
        return TrainedModel.from_bytes(content) if content is not None else None
    except (ValueError, KeyError):
        return None


def save(connection: Connection, trained_model: TrainedModel, at: datetime) -> None:
    """Keeps what was learnt in place of what was known."""
    connection.execute(delete(LEARNT))
    row = {"version": trained_model.version, "content": trained_model.to_bytes(), "at": at}
    connection.execute(LEARNT.insert().values(**row))
