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
from connectors.jira.fields import choose_fields
from connectors.jira.issue import RawIssue
from connectors.jira.labels import Labels
from connectors.jira.mapping import IssueMapper
from connectors.jira.settings import JiraSettings
from connectors.jira.site import Json, Site, is_forbidden, open_site
from connectors.jira.statuses import Statuses
from connectors.jira.values import People
from connectors.model import Account, Checkpoint, Count, MappedSample, Page, Refusal, Ticket
from connectors.streams import prefetch
from connectors.unknowns import unknown_words
from connectors.words import Words, words_of

ISSUES_A_TURN = 5
ENGLISH = "en"
MAX_REFUSALS = 20
NO_PROJECT = (
    "No project is visible. Grant the account the permission Browse projects in every project that is to be read, "
    "and on Cloud access to the Jira products."
)


@dataclass(frozen=True, slots=True)
class Session:
    """The Jira of a run and its account; the search index may lag behind changes made after `settled`."""

    site: Site
    me: Json
    settled: datetime
    jira: Cloud | DataCenter
    mapper: IssueMapper


class JiraConnector:
    """Read Jira Cloud, Jira Data Center and Jira Server."""

    name: ClassVar[str] = "jira"
    Settings: ClassVar[type[JiraSettings]] = JiraSettings

    def __init__(self, settings: JiraSettings, context: Context) -> None:
        self.usage = Usage()
        self._settings = settings
        self._context = context
        self._session: Session | None = None

    async def check(self) -> Account:
        """Return the account, the number of tickets that it sees, and the rights that it lacks."""
        session = await self._open()
        jira, since = session.jira, self._settings.since
        count = await self._count_if_allowed(jira)
        missing, notes = await jira.missing_rights(since), jira.notes()
        if count is not None and not count.tickets:
            if await jira.has_projects():
                notes.append(f"No ticket was updated since {since:%Y-%m-%d}.")
            else:
                missing.append(NO_PROJECT)
        return Account(
            system=jira.title,
            user=session.me.get("displayName") or session.me.get("name") or "?",
            time_zone=session.me.get("timeZone"),
            tickets=None if count is None else count.tickets,
            missing=tuple(missing),
            notes=tuple(notes),
            sample=await self._sample(session),
        )

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        """Yield all tickets updated since the checkpoint minus the overlap, in pages of some hundred.

        The checkpoint is the latest update time that was read and had settled when the run began.
        """
        session = await self._open()
        since = self._settings.since
        reached = datetime.fromisoformat(checkpoint["updated"]) if checkpoint else since
        start = max(since, reached - self._settings.overlap) if checkpoint else since
        total = await self._count_if_allowed(session.jira, start)
        async with aclosing(prefetch(session.jira.updated_since(start))) as batches:
            async for issues in batches:
                tickets, refused = await _map_issues(session.mapper, issues)
                # The index may show a recent change before an older one, and a wrong clock may date one in the future:
                # a checkpoint at such a time would skip issues that are yet to appear.
                settled = [ticket.updated_at for ticket in tickets if ticket.updated_at <= session.settled]
                reached = max([reached, *settled])
                yield Page(
                    tickets=tickets,
                    checkpoint={"updated": reached.isoformat()},
                    refused=refused,
                    left_out=session.mapper.omissions.take(),
                    total=None if total is None else total.tickets,
                )

    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        """Yield the tickets with these ids, as far as they exist."""
        session = await self._open()
        async with aclosing(session.jira.with_ids(ids)) as batches:
            async for issues in batches:
                tickets, refused = await _map_issues(session.mapper, issues)
                left_out = session.mapper.omissions.take()
                yield Page(tickets=tickets, checkpoint={}, refused=refused, left_out=left_out)

    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        """Yield the ids of all existing tickets updated since `settings.since`."""
        session = await self._open()
        async with aclosing(session.jira.ids_since(self._settings.since)) as batches:
            async for batch in batches:
                yield batch

    async def count(self) -> Count | None:
        """Return the number of tickets updated since `settings.since`, an estimate on Cloud; None if forbidden."""
        return await self._count_if_allowed((await self._open()).jira)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.site.client.aclose()

    async def _sample(self, session: Session) -> MappedSample:
        """Return what a pull would make of the first tickets that it reads."""
        tickets, refused = await _map_issues(session.mapper, await session.jira.sample(self._settings.since))
        return MappedSample(
            taken=len(tickets),
            refused=len(refused),
            refusals=refused[:MAX_REFUSALS],
            left_out=session.mapper.omissions.take(),
            unknown=unknown_words(tickets),
        )

    async def _open(self) -> Session:
        """Return the session, which is opened at the first call."""
        if self._session is None:
            site = await open_site(self._settings, self._context, self.usage)
            try:
                self._session = await self._start_session(site)
            except BaseException:
                await site.client.aclose()
                raise
        return self._session

    async def _start_session(self, site: Site) -> Session:
        """Prove the credentials and read the fields and statuses of the site."""
        settings = self._settings
        settled = self._context.now() - settings.overlap
        me = await site.myself()
        fields = choose_fields(await site.catalogue("/field"), settings)
        words = words_of(settings)
        statuses = Statuses(await site.catalogue("/status"), words)
        labels = await _read_labels(site, me, words)
        jira = (
            Cloud(site, fields, settings.jql)
            if site.is_cloud
            else DataCenter(site, fields, settings.jql, me.get("timeZone"), settled)
        )
        # Tokens with scopes use an address at which people see nothing: links need the site's own.
        base = site.info.get("baseUrl", "")
        # It becomes the beginning of links in pages: anything but a web address would run in the browser.
        base = base if base.startswith(("https://", "http://")) else settings.url
        people = People(named=self._context.person_names)
        return Session(site, me, settled, jira, IssueMapper(base, fields, statuses, people, labels))

    async def _count_if_allowed(self, jira: Cloud | DataCenter, since: datetime | None = None) -> Count | None:
        try:
            return await jira.count_since(since or self._settings.since)
        except WrongSettings as problem:
            # The count is the first request with the operator's JQL: Jira rejects here what it does not know or show.
            remedy = f"Correct JQL ({self._settings.jql}), or let the account see what it names."
            raise WrongSettings(str(problem), remedy if self._settings.jql else problem.remedy) from problem
        except ConnectorError as problem:
            if not is_forbidden(problem):
                raise
            return None


async def _read_labels(site: Site, me: Json, words: Words) -> Labels:
    """Return the labels of a site, with the names before translation where the account reads other ones."""
    if me.get("locale", ENGLISH).startswith(ENGLISH):
        return Labels((), (), words)
    return Labels(await site.catalogue_if_allowed("/issuetype"), await site.catalogue_if_allowed("/priority"), words)


async def _map_issues(mapper: IssueMapper, issues: list[RawIssue]) -> tuple[tuple[Ticket, ...], tuple[Refusal, ...]]:
    """Return the tickets and the refusals of these issues."""
    tickets: list[Ticket] = []
    refused: list[Refusal] = []
    for number, raw in enumerate(issues):
        # Mapping is pure CPU work: now and then the event loop may send the next request meanwhile.
        if number % ISSUES_A_TURN == 0:
            await asyncio.sleep(0)
        match mapper.map(raw):
            case Ticket() as ticket:
                tickets.append(ticket)
            case Refusal() as refusal:
                refused.append(refusal)
    return tuple(tickets), tuple(refused)
