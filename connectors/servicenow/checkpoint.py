"""How far each table has been read."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.model import Checkpoint, Ticket
from connectors.servicenow.settings import ServiceNowSettings


class Marks:
    """The newest time of update that was yielded, by table; of the tables that are still asked for.

    A mark never passes `now`, the start of the pull: what is written while it runs may become visible late.
    """

    def __init__(self, checkpoint: Checkpoint | None, settings: ServiceNowSettings, now: datetime) -> None:
        known: Mapping[str, str] = (checkpoint or {}).get("tables", {})
        self._at = {table: datetime.fromisoformat(known[table]) for table in settings.tables if table in known}
        self._settings = settings
        self._now = now.replace(microsecond=0)

    def start(self, table: str) -> datetime:
        """From which instant on the table is to be read, inclusive."""
        since = self._settings.since
        return max(self._at[table] - self._settings.overlap, since) if table in self._at else since

    def advance(self, table: str, tickets: Iterable[Ticket]) -> None:
        """Moves the mark of the table behind these tickets; never back."""
        newest = max((ticket.updated_at for ticket in tickets), default=None)
        if newest is not None:
            at = min(newest, self._now)
            self._at[table] = max(self._at.get(table, at), at)

    def as_checkpoint(self) -> dict[str, Any]:
        """The checkpoint, as JSON."""
        return {"tables": {table: at.astimezone(UTC).isoformat() for table, at in self._at.items()}}
