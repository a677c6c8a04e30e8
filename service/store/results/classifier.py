"""The trained model of the classifier."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from service.analysis.classify import TrainedModel
from service.store.results.tables import TrainedModelRow
from service.store.tickets.tables import table_of

TRAINED_MODEL = table_of(TrainedModelRow)


def latest(connection: Connection) -> TrainedModel | None:
    """Return the newest model, None if there is none that this release can read."""
    newest_first = select(TRAINED_MODEL.c.content).order_by(TRAINED_MODEL.c.id.desc())
    content = connection.execute(newest_first.limit(1)).scalar()
    try:
        return TrainedModel.from_bytes(content) if content is not None else None
    except (ValueError, KeyError):
        # Written by another release in another format. The classifier works without it until the next training.
        return None


def save(connection: Connection, model: TrainedModel, at: datetime) -> None:
    """Store a model in place of the former one."""
    connection.execute(delete(TRAINED_MODEL))
    row = {"version": model.version, "content": model.to_bytes(), "at": at}
    connection.execute(TRAINED_MODEL.insert().values(**row))
