"""What people were told in alerts, and when."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, select

from service.store.database import Database
from service.store.tickets.tables import NotificationRow, table_of

TOLD = table_of(NotificationRow)


def sent(database: Database) -> dict[str, str | None]:
    """All that was told and still counts: the value by key, None where the key says it all."""
    with database.read() as connection:
        return dict(connection.execute(select(TOLD.c.key, TOLD.c.value)).all())


def sent_at(database: Database, key: str) -> datetime | None:
    """When this was told last; None where it never was."""
    with database.read() as connection:
        found: datetime | None = connection.execute(select(TOLD.c.at).where(TOLD.c.key == key)).scalar()
        return found


def record(database: Database, said: Mapping[str, str | None], over: Iterable[str], at: datetime) -> None:
    """Notes what was told, and forgets what is over, so that it is told anew when it comes back."""
    insert = database.insert(TOLD)
    replaced = {name: insert.excluded[name] for name in ("value", "at")}
    rows = [{"key": key, "value": value, "at": at} for key, value in sorted(said.items())]
    with database.write() as connection:
        if rows:
            connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=replaced), rows)
        connection.execute(delete(TOLD).where(TOLD.c.key.in_(sorted(over))))
