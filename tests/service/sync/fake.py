"""A ticketing system in memory, and its connector."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors.base import Connector, Context, SourceSettings, Usage
from connectors.model import Account, Count, LeftOut, MappedSample, Page, Refusal, Ticket
from service.sync.source import ConfiguredSource
from tests.factory import START, ticket


@dataclass
class InMemorySystem:
    """Tickets by id. `hidden` ones are counted and not shown; `on_page` gets the number of each page before it.

    Pages announce `announced` tickets, by default as many as come.
    """

    tickets: dict[str, Ticket] = field(default_factory=dict)
    hidden: int = 0
    page_size: int = 3
    refused: tuple[Refusal, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    sample: MappedSample | None = None
    counts: bool = True
    announced: int | None = None
    on_page: Callable[[int], None] = lambda _number: None
    check_error: Exception | None = None
    closed: int = 0

    @classmethod
    def with_tickets(cls, n: int, **options: Any) -> "InMemorySystem":
        return cls({str(i): ticket(str(i), updated_at=START + timedelta(hours=i)) for i in range(n)}, **options)

    def touch(self, id_: str, **changes: Any) -> None:
        newest = max(stored.updated_at for stored in self.tickets.values())
        self.tickets[id_] = self.tickets[id_].model_copy(update={"updated_at": newest + timedelta(hours=1)} | changes)

    def source(self, name: str = "fake") -> ConfiguredSource:
        settings = SourceSettings(since=START - timedelta(days=1))
        return ConfiguredSource(name, self.connector(), settings, Context(name))

    def connector(self) -> type[Connector]:  # noqa: C901 - a whole class, counted as one function
        system = self

        class FakeConnector:
            name: ClassVar[str] = "fake"
            Settings: ClassVar[type[SourceSettings]] = SourceSettings

            def __init__(self, settings: SourceSettings, context: Context) -> None:
                self.settings = settings
                self.usage = Usage()

            async def check(self) -> Account:
                if system.check_error:
                    raise system.check_error
                return Account(system="Fake", user="u", tickets=len(system.tickets), sample=system.sample)

            async def pages(self, checkpoint: Mapping[str, Any] | None) -> AsyncIterator[Page]:
                start = self.settings.since
                if checkpoint:
                    start = datetime.fromisoformat(checkpoint["updated"]) - self.settings.overlap
                changed = sorted(self._since(start), key=lambda stored: (stored.updated_at, stored.id))
                for number, begin in enumerate(range(0, len(changed), system.page_size)):
                    self.usage.requests += 1
                    system.on_page(number)
                    tickets = changed[begin : begin + system.page_size]
                    refused = system.refused if number == 0 else ()
                    yield Page(
                        tickets=tuple(tickets),
                        checkpoint={"updated": tickets[-1].updated_at.isoformat()},
                        refused=refused,
                        left_out=system.left_out,
                        total=(system.announced or len(changed)) if system.counts else None,
                    )

            def _since(self, start: datetime) -> list[Ticket]:
                return [stored for stored in system.tickets.values() if stored.updated_at >= start]

            async def ids(self) -> AsyncIterator[Sequence[str]]:
                yield [stored.id for stored in self._since(self.settings.since)]

            async def tickets(self, ids: Sequence[str]) -> AsyncIterator[Page]:
                existing = tuple(system.tickets[id_] for id_ in ids if id_ in system.tickets)
                yield Page(tickets=existing, checkpoint={})

            async def count(self) -> Count | None:
                return Count(tickets=len(self._since(self.settings.since)) + system.hidden) if system.counts else None

            async def aclose(self) -> None:
                system.closed += 1

        return FakeConnector
