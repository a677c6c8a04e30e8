"""Jira Cloud, REST v3."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime

from connectors.errors import BrokenAnswer
from connectors.jira.changelog import Changelog
from connectors.jira.fields import Fields
from connectors.jira.issue import Found, complete_worklogs
from connectors.jira.paging import by_token
from connectors.jira.query import BY_CREATION, BY_UPDATE, in_milliseconds, updated_since
from connectors.jira.site import Json, Site, issues_of, part
from connectors.model import Count
from connectors.streams import merge_pages, prefetch

GROUP = 300
ISSUES_A_PAGE = 100
IDS_A_PAGE = 5000
TRUNCATION = ("TRUNCATED", "LIMIT_EXCEEDED")
NO_HISTORY = (
    "Change histories cannot be read, so no reopening or handoff is seen: give the token the scope read:jira-work, "
    "or the granular scopes read:issue.changelog:jira, read:issue-meta:jira and read:avatar:jira."
)
NO_BULK = (
    "Change histories are read one issue at a time, because POST changelog/bulkfetch is not allowed: this is slow."
)


class Cloud:
    """The walks over a Jira Cloud, within the operator's restriction."""

    def __init__(self, site: Site, fields: Fields, restriction: str | None) -> None:
        self._site = site
        self._fields = [*fields.wanted, "statuscategorychangedate"]
        self._restriction = restriction
        self._changelog = Changelog(site, fields.dated)

    @property
    def title(self) -> str:
        """What this system is called."""
        return "Jira Cloud"

    async def updated_since(self, start: datetime) -> AsyncGenerator[list[Found], None]:
        """All issues updated since, in groups of about `GROUP`; one that moves meanwhile comes again."""
        pages = self._search(self._jql(start, BY_UPDATE), self._fields, ISSUES_A_PAGE)
        async with aclosing(prefetch(merge_pages(pages, GROUP))) as groups:
            async for issues in groups:
                yield await self._with_history(issues)

    async def with_ids(self, ids: Sequence[str]) -> AsyncGenerator[list[Found], None]:
        """The issues that exist among these; missing ones are absent."""
        async with aclosing(merge_pages(self._fetch(ids), GROUP)) as groups:
            async for issues in groups:
                yield await self._with_history(issues)

    async def ids_since(self, start: datetime) -> AsyncGenerator[list[str], None]:
        """The ids of all issues updated since, by creation: what moves meanwhile keeps its place."""
        async with aclosing(self._search(self._jql(start, BY_CREATION), ["id"], IDS_A_PAGE)) as pages:
            async for issues in pages:
                yield [str(issue["id"]) for issue in issues]

    async def count_since(self, start: datetime) -> Count:
        """About how many issues were updated since."""
        answer = await self._site.post("/search/approximate-count", {"jql": self._jql(start)})
        return Count(tickets=part(answer, "count", int), exact=False)

    async def has_projects(self) -> bool:
        """Whether any project can be seen."""
        return part(await self._site.get("/project/search", {"maxResults": 1}), "total", int) > 0

    async def missing_rights(self, start: datetime) -> list[str]:
        """What the account may not read, with the remedy, tried on the first issue."""
        async with aclosing(self._search(self._jql(start, BY_CREATION), ["id"], 1)) as pages:
            async for issues in pages:
                if issues:
                    await self._changelog.of(issues)
                    break
        return [] if self._changelog.is_readable else [NO_HISTORY]

    def notes(self) -> list[str]:
        """What is worth knowing."""
        if self._changelog.is_readable and not self._changelog.is_bulk:
            return [NO_BULK]
        return []

    def _jql(self, start: datetime, order: str | None = None) -> str:
        return updated_since(in_milliseconds(start).literal, self._restriction, order)

    async def _search(self, jql: str, fields: list[str], size: int) -> AsyncGenerator[list[Json], None]:
        body: Json = {"jql": jql, "fields": fields, "maxResults": size}
        async with aclosing(by_token(self._site, "/search/jql", body)) as answers:
            async for answer in answers:
                _refuse_truncation(answer)
                yield issues_of(answer)

    async def _fetch(self, ids: Sequence[str]) -> AsyncGenerator[list[Json], None]:
        for at in range(0, len(ids), ISSUES_A_PAGE):
            body: Json = {"issueIdsOrKeys": list(ids[at : at + ISSUES_A_PAGE]), "fields": self._fields}
            yield issues_of(await self._site.post("/issue/bulkfetch", body))

    async def _with_history(self, issues: list[Json]) -> list[Found]:
        await complete_worklogs(self._site, issues)
        return await self._changelog.of(issues)


def _refuse_truncation(answer: Json) -> None:
    for warning in answer.get("warnings") or ():
        if any(word in str(warning).upper() for word in TRUNCATION):
            raise BrokenAnswer(f"search/jql: Jira says that it left out issues: {str(warning)[:200]}")
