"""The Jira connector: one run against one Jira, Cloud or Data Center."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from connectors.base import Context, Usage
from connectors.errors import ConnectorError, WrongSettings
from connectors.jira.cloud import Cloud
from connectors.jira.datacenter import DataCenter
from connectors.jira.fields import choose
from connectors.jira.issue import Found
from connectors.jira.mapping import Tickets
from connectors.jira.people import People
from connectors.jira.settings import JiraSettings
from connectors.jira.site import Json, Site, forbidden, open_site
from connectors.jira.statuses import Statuses
from connectors.model import Account, Checkpoint, Count, Page, Refusal, Ticket
from connectors.streams import prefetch

TICKETS_A_TURN = 5
NO_PROJECT = (
    "No project can be seen: give the account the permission Browse projects in every project that is to be read, "
    "and on Cloud access to the Jira products."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a run needs once it knows its Jira; since `settled` the search may lag behind."""

    site: Site
    me: Json
    settled: datetime
    jira: Cloud | DataCenter
    tickets: Tickets


class JiraConnector:
    """Reads Jira Cloud, Jira Data Center and Jira Server."""

    name: ClassVar[str] = "jira"
    Settings: ClassVar[type[JiraSettings]] = JiraSettings

    def __init__(self, settings: JiraSettings, context: Context) -> None:
        self.usage = Usage()
        self._settings = settings
        self._context = context
        self._opened: Opened | None = None

    async def check(self) -> Account:
        """Who asks, how many tickets can be seen, and what the account may not read."""
        opened = await self._open()
        jira, since = opened.jira, self._settings.since
        count = await self._count_if_allowed(jira)
        missing, notes = await jira.missing_rights(since), jira.notes()
        if count is not None and not count.tickets:
            if await jira.has_projects():
                notes.append(f"No ticket was updated since {since:%Y-%m-%d}.")
            else:
                missing.append(NO_PROJECT)
        return Account(
            system=jira.title,
            user=opened.me.get("displayName") or opened.me.get("name") or "?",
            time_zone=opened.me.get("timeZone"),
            tickets=None if count is None else count.tickets,
            missing=tuple(missing),
            notes=tuple(notes),
        )

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        """All tickets updated since the checkpoint less the overlap, in pages of some hundred.

        The checkpoint is the latest update read, of those that were settled when the run began: a newer one, or
        one of the future, may stand before issues that are yet to come.
        """
        opened = await self._open()
        since = self._settings.since
        reached = datetime.fromisoformat(checkpoint["updated"]) if checkpoint else since
        start = max(since, reached - self._settings.overlap) if checkpoint else since
        total = await self._count_if_allowed(opened.jira, start)
        async with aclosing(prefetch(opened.jira.updated_since(start))) as groups:
            async for found in groups:
                tickets, refused = await _read(opened.tickets, found)
                reached = max([reached, *(at for ticket in tickets if (at := ticket.updated_at) <= opened.settled)])
                yield Page(
                    tickets=tickets,
                    checkpoint={"updated": reached.isoformat()},
                    refused=refused,
                    total=None if total is None else total.tickets,
                )

    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        """The tickets with these ids as far as they exist."""
        opened = await self._open()
        async with aclosing(opened.jira.with_ids(ids)) as groups:
            async for found in groups:
                tickets, refused = await _read(opened.tickets, found)
                yield Page(tickets=tickets, checkpoint={}, refused=refused)

    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        """The ids of all tickets that exist now and were updated since `settings.since`."""
        opened = await self._open()
        async with aclosing(opened.jira.ids_since(self._settings.since)) as batches:
            async for batch in batches:
                yield batch

    async def count(self) -> Count | None:
        """How many tickets were updated since `settings.since`; Cloud estimates."""
        return await self._count_if_allowed((await self._open()).jira)

    async def aclose(self) -> None:
        """Frees connections."""
        if self._opened is not None:
            await self._opened.site.client.aclose()

    async def _open(self) -> Opened:
        """Finds the system, proves the credentials and learns its fields and statuses."""
        if self._opened is None:
            site = await open_site(self._settings, self._context, self.usage)
            try:
                self._opened = await self._learn(site)
            except BaseException:
                await site.client.aclose()
                raise
        return self._opened

    async def _learn(self, site: Site) -> Opened:
        settings = self._settings
        settled = self._context.now() - settings.overlap
        me = await site.myself()
        fields = choose(await site.rows("/field"), settings)
        statuses = Statuses(await site.rows("/status"), settings.status_map)
        jira = (
            Cloud(site, fields, settings.jql)
            if site.is_cloud
            else DataCenter(site, fields, settings.jql, me.get("timeZone"), settled)
        )
        base = site.info.get("baseUrl") or settings.url
        people = People(named=self._context.person_names)
        return Opened(site, me, settled, jira, Tickets(base, fields, statuses, people, settings.kind_map))

    async def _count_if_allowed(self, jira: Cloud | DataCenter, since: datetime | None = None) -> Count | None:
        try:
            return await jira.count_since(since or self._settings.since)
        except WrongSettings as problem:
            remedy = f"Correct JQL ({self._settings.jql}), or let the account see what it names."
            raise WrongSettings(str(problem), remedy if self._settings.jql else problem.remedy) from problem
        except ConnectorError as problem:
            if not forbidden(problem):
                raise
            return None


async def _read(mapping: Tickets, found: list[Found]) -> tuple[tuple[Ticket, ...], tuple[Refusal, ...]]:
    """Tickets and refusals; lets the next request go on meanwhile."""
    tickets: list[Ticket] = []
    refused: list[Refusal] = []
    for number, one in enumerate(found):
        if number % TICKETS_A_TURN == 0:
            await asyncio.sleep(0)
        match mapping.read(one):
            case Ticket() as ticket:
                tickets.append(ticket)
            case Refusal() as refusal:
                refused.append(refusal)
    return tuple(tickets), tuple(refused)
