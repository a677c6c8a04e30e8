"""Jira Cloud, REST v3."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime

from connectors.errors import BrokenAnswer
from connectors.jira.changelog import Changelog
from connectors.jira.fields import Fields
from connectors.jira.issue import RawIssue, complete_worklogs
from connectors.jira.paging import token_pages
from connectors.jira.query import BY_CREATION, BY_UPDATE, jql_updated_since, millisecond_bound
from connectors.jira.site import Json, Site, issues_of, require
from connectors.model import Count
from connectors.streams import merge_pages, prefetch

# Histories are read for this many issues in one request, the most that keeps a page of tickets small in memory.
BATCH_SIZE = 300
# Jira returns at most 100 issues with any field but the id, and up to 5,000 bare ids.
ISSUES_A_PAGE = 100
ISSUES_A_SAMPLE = 50
IDS_A_PAGE = 5000
SEARCH, COUNT, FETCH, PROJECTS = "/search/jql", "/search/approximate-count", "/issue/bulkfetch", "/project/search"
TRUNCATION = ("TRUNCATED", "LIMIT_EXCEEDED")
NO_HISTORY = (
    "Change histories cannot be read, so reopens and handoffs stay unknown. Give the token the scope read:jira-work, "
    "or the granular scopes read:issue.changelog:jira, read:issue-meta:jira and read:avatar:jira."
)
NO_BULK = (
    "Change histories are read one issue at a time, which is slow: the account may not use POST changelog/bulkfetch."
)


class Cloud:
    """Searches in a Jira Cloud, within the operator's restriction."""

    def __init__(self, site: Site, fields: Fields, restriction: str | None) -> None:
        self._site = site
        self._fields = [*fields.requested, "statuscategorychangedate"]
        self._restriction = restriction
        self._changelog = Changelog(site, fields.tracked)

    @property
    def title(self) -> str:
        """Name of the system."""
        return "Jira Cloud"

    async def updated_since(self, start: datetime) -> AsyncGenerator[list[RawIssue], None]:
        """Yield all issues updated since, in lists of about `BATCH_SIZE`; one that changes meanwhile comes again."""
        pages = self._search(self._jql(start, BY_UPDATE), self._fields, ISSUES_A_PAGE)
        async with aclosing(prefetch(merge_pages(pages, BATCH_SIZE))) as batches:
            async for issues in batches:
                yield await self._complete(issues)

    async def sample(self, start: datetime) -> list[RawIssue]:
        """Return the first issues that `updated_since` yields, with their histories."""
        pages = self._search(self._jql(start, BY_UPDATE), self._fields, ISSUES_A_SAMPLE)
        async with aclosing(pages):
            return await self._complete(await anext(pages))

    async def with_ids(self, ids: Sequence[str]) -> AsyncGenerator[list[RawIssue], None]:
        """Yield the issues that exist among these."""
        async with aclosing(merge_pages(self._fetch(ids), BATCH_SIZE)) as batches:
            async for issues in batches:
                yield await self._complete(issues)

    async def ids_since(self, start: datetime) -> AsyncGenerator[list[str], None]:
        """Yield the ids of all issues updated since."""
        # By creation: an issue that changes meanwhile keeps its position, so none is skipped or repeated.
        async with aclosing(self._search(self._jql(start, BY_CREATION), ["id"], IDS_A_PAGE)) as pages:
            async for issues in pages:
                yield [issue["id"] for issue in issues if issue["id"]]

    async def count_since(self, start: datetime) -> Count:
        """Return an estimate of the number of issues updated since."""
        answer = await self._site.post(COUNT, {"jql": self._jql(start)})
        return Count(tickets=require(answer, "count", int, COUNT), exact=False)

    async def has_projects(self) -> bool:
        """Return True if the account sees any project."""
        return require(await self._site.get(PROJECTS, {"maxResults": 1}), "total", int, PROJECTS) > 0

    async def missing_rights(self, start: datetime) -> list[str]:
        """Return the rights that the account lacks, with the remedy, as tried on the first issue."""
        async with aclosing(self._search(self._jql(start, BY_CREATION), ["id"], 1)) as pages:
            async for issues in pages:
                if issues:
                    await self._changelog.add_histories(issues)
                    break
        return [] if self._changelog.is_readable else [NO_HISTORY]

    def notes(self) -> list[str]:
        """Return remarks on this system that are no failures."""
        if self._changelog.is_readable and not self._changelog.is_bulk:
            return [NO_BULK]
        return []

    def _jql(self, start: datetime, order: str | None = None) -> str:
        # A text would be read in the time zone of the account's profile, to the minute: milliseconds are exact.
        return jql_updated_since(millisecond_bound(start).literal, self._restriction, order)

    async def _search(self, jql: str, fields: list[str], size: int) -> AsyncGenerator[list[Json], None]:
        body: Json = {"jql": jql, "fields": fields, "maxResults": size}
        async with aclosing(token_pages(self._site, SEARCH, body, "issues")) as answers:
            async for answer in answers:
                _raise_for_truncation(answer)
                yield issues_of(answer, SEARCH)

    async def _fetch(self, ids: Sequence[str]) -> AsyncGenerator[list[Json], None]:
        # Missing issues are silently absent from the answer.
        for at in range(0, len(ids), ISSUES_A_PAGE):
            body: Json = {"issueIdsOrKeys": list(ids[at : at + ISSUES_A_PAGE]), "fields": self._fields}
            yield issues_of(await self._site.post(FETCH, body), FETCH)

    async def _complete(self, issues: list[Json]) -> list[RawIssue]:
        await complete_worklogs(self._site, issues)
        return await self._changelog.add_histories(issues)


def _raise_for_truncation(answer: Json) -> None:
    # Jira may leave out issues with status 200 and say so in a warning only: to go on would lose them.
    warnings = answer.get("warnings")
    for warning in warnings if isinstance(warnings, list) else ():
        if any(word in str(warning).upper() for word in TRUNCATION):
            raise BrokenAnswer(f"POST {SEARCH}: Jira left out issues: {str(warning)[:200]}")
