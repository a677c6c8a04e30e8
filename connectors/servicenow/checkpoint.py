"""The checkpoint of a pull: how far each table has been read."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.model import Checkpoint, Ticket
from connectors.servicenow.settings import ServiceNowSettings


class Watermarks:
    """The latest update time that was yielded, for each table in the settings; `now` is the start of the pull."""

    def __init__(self, checkpoint: Checkpoint | None, settings: ServiceNowSettings, now: datetime) -> None:
        stored: Mapping[str, str] = (checkpoint or {}).get("tables", {})
        self._at = {table: datetime.fromisoformat(stored[table]) for table in settings.tables if table in stored}
        self._settings = settings
        self._now = now.replace(microsecond=0)

    def start(self, table: str) -> datetime:
        """Return the instant from which the table is to be read, inclusive."""
        since = self._settings.since
        # Rows appear when their transaction ends, not in the order of their times: the overlap catches late ones.
        return max(self._at[table] - self._settings.overlap, since) if table in self._at else since

    def advance(self, table: str, tickets: Iterable[Ticket]) -> None:
        """Move the watermark of the table to the latest of these tickets; never back."""
        latest = max((ticket.updated_at for ticket in tickets), default=None)
        if latest is not None:
            # What is written while the pull runs may become visible after it: the watermark stops at its start.
            at = min(latest, self._now)
            self._at[table] = max(self._at.get(table, at), at)

    def as_checkpoint(self) -> dict[str, Any]:
        """Return the checkpoint as JSON."""
        return {"tables": {table: at.astimezone(UTC).isoformat() for table, at in self._at.items()}}
