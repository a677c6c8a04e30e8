"""Alerts that were sent and still hold."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, select

from service.store.database import Database
from service.store.tickets.tables import NotificationRow, table_of

NOTIFICATION = table_of(NotificationRow)


def sent(database: Database) -> dict[str, str | None]:
    """Return the value of each alert that was sent and still holds, by key; None where the key says everything."""
    with database.read() as connection:
        return dict(connection.execute(select(NOTIFICATION.c.key, NOTIFICATION.c.value)).all())


def sent_at(database: Database, key: str) -> datetime | None:
    """Return the moment when this alert was last sent, None if it never was."""
    with database.read() as connection:
        at: datetime | None = connection.execute(select(NOTIFICATION.c.at).where(NOTIFICATION.c.key == key)).scalar()
        return at


def record(database: Database, values: Mapping[str, str | None], over: Iterable[str], at: datetime) -> None:
    """Store the alerts that were sent, and delete those that are over."""
    # One transaction: a deleted alert is sent again when its cause comes back.
    insert = database.insert(NOTIFICATION)
    replaced = {name: insert.excluded[name] for name in ("value", "at")}
    rows = [{"key": key, "value": value, "at": at} for key, value in sorted(values.items())]
    with database.write() as connection:
        if rows:
            connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=replaced), rows)
        connection.execute(delete(NOTIFICATION).where(NOTIFICATION.c.key.in_(sorted(over))))
