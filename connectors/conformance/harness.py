"""Drive a connector as the service does, and through the failures that it must survive."""

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
    """Return the result of the work; requests are sent once and never wait."""
    with stamina.set_testing(True, attempts=1):
        return asyncio.run(work)


async def pull(connector: Connector, checkpoint: Checkpoint | None = None) -> list[Page]:
    """Return all pages."""
    pages, error = await pull_until_error(connector, checkpoint)
    if error is not None:
        raise error
    return pages


async def pull_until_error(
    connector: Connector, checkpoint: Checkpoint | None = None
) -> tuple[list[Page], ConnectorError | None]:
    """Return all pages up to an error, and the error if there is one."""
    pages: list[Page] = []
    try:
        # The store keeps checkpoints as JSON: a tuple comes back as a list, a date not at all.
        async for page in connector.pages(json_roundtrip(checkpoint)):
            pages.append(page)
    except ConnectorError as error:
        return pages, error
    finally:
        await connector.aclose()
    return pages, None


async def pull_while_changing(system: FakeSystem) -> list[Page]:
    """Return all pages, touching after each one a ticket of it and one that has not been read yet."""
    connector, pages, untouched = system.connector(), [], dict.fromkeys(system.truth())
    try:
        async for page in connector.pages(None):
            pages.append(page)
            just_read = [ticket.id for ticket in page.tickets if ticket.id in untouched]
            unread = [ticket_id for ticket_id in untouched if ticket_id not in latest_versions(pages)]
            for ticket_id in just_read[:1] + unread[-1:]:
                # Once per ticket: a walk over tickets that change for ever would never end.
                del untouched[ticket_id]
                system.touch(ticket_id)
    finally:
        await connector.aclose()
    return pages


async def list_ids(connector: Connector) -> set[str]:
    """Return all ids."""
    try:
        return {ticket_id async for batch in connector.ids() for ticket_id in batch}
    finally:
        await connector.aclose()


async def fetch_tickets(connector: Connector, ids: Sequence[str]) -> dict[str, Ticket]:
    """Return the tickets with these ids."""
    try:
        return latest_versions([page async for page in connector.tickets(ids)])
    finally:
        await connector.aclose()


async def check_and_count(connector: Connector) -> tuple[Account, Count | None]:
    """Return the connector's account and its count."""
    try:
        return await connector.check(), await connector.count()
    finally:
        await connector.aclose()


async def leaked_tasks(
    connector: Connector, begin: Callable[[Connector], AsyncIterator[Any]]
) -> set["asyncio.Task[Any]"]:
    """Return the tasks that are left after a generator was closed at its first item."""
    before = asyncio.all_tasks()
    async with aclosing(cast(AsyncGenerator[Any, None], begin(connector))) as generator:
        await anext(generator, None)
    await connector.aclose()
    return asyncio.all_tasks() - before


def latest_versions(pages: Sequence[Page]) -> dict[str, Ticket]:
    """Return the latest version of each ticket by id."""
    latest: dict[str, Ticket] = {}
    for ticket in (ticket for page in pages for ticket in page.tickets):
        if ticket.id not in latest or ticket.updated_at >= latest[ticket.id].updated_at:
            latest[ticket.id] = ticket
    return latest


def update_times(tickets: Mapping[str, Ticket]) -> dict[str, datetime]:
    """Return the update time of each ticket by id."""
    return {ticket_id: ticket.updated_at for ticket_id, ticket in tickets.items()}


def instants(value: Any) -> Iterator[datetime]:
    """Yield all instants in nested data."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from instants(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from instants(part)


def json_roundtrip(checkpoint: Checkpoint | None) -> Any:
    """Return a checkpoint as it comes back from the store."""
    return json.loads(json.dumps(checkpoint))


@contextmanager
def captured_output() -> Iterator[Callable[[], str]]:
    """Collect everything that is printed, or logged at any level; yield a function that returns it."""
    output = io.StringIO()
    handler, root = logging.StreamHandler(output), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(output), redirect_stderr(output):
            yield output.getvalue
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
