"""A source as configured, ready to be opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from connectors.base import Connector, Context, SourceSettings


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """One ticketing system with the class and the settings of its connector."""

    name: str
    connector: type[Connector]
    settings: SourceSettings
    context: Context

    @property
    def place(self) -> str:
        """The host that is read, or the name of a source that has none."""
        return urlsplit(str(getattr(self.settings, "url", ""))).hostname or self.name

    @asynccontextmanager
    async def open(self, since: datetime) -> AsyncIterator[Connector]:
        """Yield a connector that reads back to `since`; its connections are closed at the end."""
        # Not the SINCE of the settings: a run reads back to what the store reaches, which may be earlier.
        connector = self.connector(self.settings.model_copy(update={"since": since}), self.context)
        try:
            yield connector
        finally:
            await connector.aclose()
