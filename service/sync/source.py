"""A source as the operator configured it, ready to be opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from connectors.base import Connector, Context, SourceSettings


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """One ticketing system: the connector that serves it and that connector's settings."""

    name: str
    connector: type[Connector]
    settings: SourceSettings
    context: Context

    @asynccontextmanager
    async def open(self, since: datetime) -> AsyncIterator[Connector]:
        """A connector that reaches back to `since`; its connections are freed at the end."""
        connector = self.connector(self.settings.model_copy(update={"since": since}), self.context)
        try:
            yield connector
        finally:
            await connector.aclose()
