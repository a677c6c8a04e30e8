"""Reads a connector as the service does, and as misfortune does."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from typing import Any, TypeVar, cast

import stamina

from connectors.base import Connector
from connectors.conformance.system import FakeSystem
from connectors.errors import ConnectorError
from connectors.model import Account, Checkpoint, Count, Page, Ticket

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, with no waiting between a connector's attempts."""
    with stamina.set_testing(True, attempts=1):
        return asyncio.run(work)


async def pull(connector: Connector, checkpoint: Checkpoint | None = None) -> list[Page]:
    """All pages, read as the service does it."""
    pages, death = await pull_until_death(connector, checkpoint)
    if death is not None:
        raise death
    return pages


async def pull_until_death(
    connector: Connector, checkpoint: Checkpoint | None = None
) -> tuple[list[Page], ConnectorError | None]:
    """All pages up to an error, and the error."""
    pages: list[Page] = []
    try:
        async for page in connector.pages(through_json(checkpoint)):
            pages.append(page)
    except ConnectorError as death:
        return pages, death
    finally:
        await connector.aclose()
    return pages, None


async def pull_while_moving(system: FakeSystem) -> list[Page]:
    """All pages, while after each page one ticket of it and one that has not come yet are touched."""
    connector, pages, left = system.connector(), [], dict.fromkeys(system.truth())
    try:
        async for page in connector.pages(None):
            pages.append(page)
            come = [ticket.id for ticket in page.tickets if ticket.id in left]
            yet_to_come = [ticket_id for ticket_id in left if ticket_id not in newest(pages)]
            for ticket_id in come[:1] + yet_to_come[-1:]:
                del left[ticket_id]
                system.touch(ticket_id)
    finally:
        await connector.aclose()
    return pages


async def ids(connector: Connector) -> set[str]:
    """All ids."""
    try:
        return {ticket_id async for batch in connector.ids() for ticket_id in batch}
    finally:
        await connector.aclose()


async def fetch(connector: Connector, wanted: Sequence[str]) -> dict[str, Ticket]:
    """The tickets with these ids."""
    try:
        return newest([page async for page in connector.tickets(wanted)])
    finally:
        await connector.aclose()


async def ask(connector: Connector) -> tuple[Account, Count | None]:
    """What the connector says of its account, and its count."""
    try:
        return await connector.check(), await connector.count()
    finally:
        await connector.aclose()


async def left_behind(
    connector: Connector, begin: Callable[[Connector], AsyncIterator[Any]]
) -> set["asyncio.Task[Any]"]:
    """The tasks that are still there when a generator was closed after its first item."""
    before = asyncio.all_tasks()
    async with aclosing(cast(AsyncGenerator[Any, None], begin(connector))) as generator:
        await anext(generator, None)
    await connector.aclose()
    return asyncio.all_tasks() - before


def newest(pages: Sequence[Page]) -> dict[str, Ticket]:
    """The newest version of each ticket, by id."""
    found: dict[str, Ticket] = {}
    for ticket in (ticket for page in pages for ticket in page.tickets):
        if ticket.id not in found or ticket.updated_at >= found[ticket.id].updated_at:
            found[ticket.id] = ticket
    return found


def updates(found: Mapping[str, Ticket]) -> dict[str, datetime]:
    """When each ticket was updated, by id."""
    return {ticket_id: ticket.updated_at for ticket_id, ticket in found.items()}


def instants(value: Any) -> Iterator[datetime]:
    """All instants in nested data."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from instants(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from instants(part)


def through_json(checkpoint: Checkpoint | None) -> Any:
    """A checkpoint as it comes back from the store."""
    return json.loads(json.dumps(checkpoint))


@contextmanager
def everything_written() -> Iterator[Callable[[], str]]:
    """Collects what is logged at any level, or printed."""
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(written), redirect_stderr(written):
            yield written.getvalue
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
