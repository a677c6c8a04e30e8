"""Jira Data Center and Server, REST v2."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.drafts import attempt
from connectors.errors import MissingPermission, NotFound, WrongSettings
from connectors.jira.fields import Fields
from connectors.jira.issue import RawIssue, complete_worklogs
from connectors.jira.paging import KeysetWalk
from connectors.jira.query import BY_UPDATE, Bound, jql_updated_since, millisecond_bound, minute_bound, split_ids
from connectors.jira.site import Json, Site, issues_of, require
from connectors.model import Count
from connectors.streams import gather_all, merge_pages

BATCH_SIZE = 300
# Histories come with the issues here, and large pages of them are known to exhaust a server's memory.
ISSUES_A_PAGE = 100
ISSUES_A_SAMPLE = 50
IDS_A_PAGE = 1000
MAX_FIELDS = 1500
SEARCH = "/search"
NEVER = datetime.max.replace(tzinfo=UTC)
SINCE_1970, SINCE_2100 = 86_400_000, 4_102_444_800_000
NO_HISTORY = (
    "Change histories cannot be read, so reopens and handoffs stay unknown: the search ignores expand=changelog. "
    "Check whether a proxy or an app alters the answers of /rest/api/2/search."
)


class DataCenter:
    """Searches in a Jira Data Center, within the operator's restriction.

    `zone` is the time zone of the account; the search index may lag behind changes made after `settled`.
    """

    def __init__(
        self, site: Site, fields: Fields, restriction: str | None, zone: str | None, settled: datetime
    ) -> None:
        self._site = site
        self._fields = fields.requested
        self._restriction = restriction
        self._zone_name = zone
        self._settled = settled
        self._takes_milliseconds: bool | None = None

    @property
    def title(self) -> str:
        """Name of the system, with its version."""
        return f"Jira Data Center {self._site.info.get('version', '')}".strip()

    async def updated_since(self, start: datetime) -> AsyncGenerator[list[RawIssue], None]:
        """Yield all issues updated since, in lists of about `BATCH_SIZE`; one that changes meanwhile comes again."""
        pages = self._walk(start, self._fields, ISSUES_A_PAGE, ["changelog"])
        async with aclosing(merge_pages(pages, BATCH_SIZE)) as batches:
            async for issues in batches:
                yield await self._complete(issues)

    async def sample(self, start: datetime) -> list[RawIssue]:
        """Return the first issues that `updated_since` yields, with their histories."""
        jql = jql_updated_since((await self._bound(start)).literal, self._restriction, BY_UPDATE)
        body: Json = {"jql": jql, "maxResults": ISSUES_A_SAMPLE, "fields": self._fields, "expand": ["changelog"]}
        return await self._complete(issues_of(await self._site.post(SEARCH, body), SEARCH))

    async def with_ids(self, ids: Sequence[str]) -> AsyncGenerator[list[RawIssue], None]:
        """Yield the issues that exist among these."""
        async with aclosing(merge_pages(self._fetch(ids), BATCH_SIZE)) as batches:
            async for issues in batches:
                yield await self._complete(issues)

    async def ids_since(self, start: datetime) -> AsyncGenerator[list[str], None]:
        """Yield the ids of all issues updated since; one that changes meanwhile comes again."""
        async with aclosing(self._walk(start, ["updated"], IDS_A_PAGE, [])) as pages:
            async for issues in pages:
                yield [issue["id"] for issue in issues if issue["id"]]

    async def count_since(self, start: datetime) -> Count:
        """Return the number of issues updated since."""
        return Count(tickets=await self._total((await self._bound(start)).literal, self._restriction))

    async def has_projects(self) -> bool:
        """Return True if the account sees any project."""
        return bool(await self._site.rows("/project"))

    async def missing_rights(self, start: datetime) -> list[str]:
        """Return the rights that the account lacks, with the remedy, as tried on the first issue."""
        jql = jql_updated_since((await self._bound(start)).literal, self._restriction, BY_UPDATE)
        body: Json = {"jql": jql, "maxResults": 1, "fields": ["updated"], "expand": ["changelog"]}
        issues = issues_of(await self._site.post(SEARCH, body), SEARCH)
        return [] if all("changelog" in issue for issue in issues) else [NO_HISTORY]

    def notes(self) -> list[str]:
        """Return remarks on this system that are no failures."""
        if self._takes_milliseconds:
            return []
        return [f"This Jira reads times in JQL in the account's time zone ({self._zone_name}): do not change it."]

    async def _walk(
        self, start: datetime, fields: list[str], size: int, expand: list[str]
    ) -> AsyncGenerator[list[Json], None]:
        border = await self._bound(self._settled)
        body: Json = {"maxResults": size, "fields": fields, "expand": expand}
        # Two walks: no issue moves into what was settled when the run began, so the first one has a fixed end and only
        # the second, short one runs after issues that change meanwhile.
        settled = KeysetWalk(start, self._settled, self._make_bound)
        recent = KeysetWalk(max(start, self._settled), NEVER, self._make_bound)
        for walk, before in ((settled, border.literal), (recent, None)):
            while not walk.done:
                jql = jql_updated_since(walk.bound.literal, self._restriction, BY_UPDATE, before)
                answer = await self._site.post(SEARCH, body | {"jql": jql, "startAt": walk.offset})
                if new_issues := walk.take(issues_of(answer, SEARCH), require(answer, "total", int, SEARCH)):
                    yield new_issues

    async def _fetch(self, ids: Sequence[str]) -> AsyncGenerator[list[Json], None]:
        for page in split_ids(ids, ISSUES_A_PAGE):
            yield await self._fetch_page(page)

    async def _fetch_page(self, ids: Sequence[str]) -> list[Json]:
        body: Json = {"jql": f"id in ({', '.join(ids)})", "fields": self._fields, "expand": ["changelog"]}
        try:
            answer = await self._site.post(SEARCH, body | {"maxResults": len(ids), "validateQuery": False})
        except WrongSettings:
            # Some versions reject a query with an id that does not exist, even without validation.
            return await self._fetch_one_by_one(ids)
        issues = issues_of(answer, SEARCH)
        # A server whose page limit is smaller than this list returns a part of it.
        is_whole = len(issues) >= require(answer, "total", int, SEARCH)
        return issues if is_whole else await self._fetch_one_by_one(ids)

    async def _fetch_one_by_one(self, ids: Sequence[str]) -> list[Json]:
        fields = ",".join(self._fields)
        # The list stands in the address here, and a site may have a hundred service levels.
        params = {"fields": fields if len(fields) <= MAX_FIELDS else "*all", "expand": "changelog"}
        issues = await gather_all(self._issue(uid, params) for uid in ids)
        return issues_of({"issues": [issue for issue in issues if issue is not None]}, SEARCH)

    async def _issue(self, uid: str, params: Mapping[str, str]) -> Json | None:
        try:
            issue: Json = await self._site.get(f"/issue/{uid}", params)
        except (MissingPermission, NotFound):
            return None
        return issue

    async def _complete(self, issues: list[Json]) -> list[RawIssue]:
        await complete_worklogs(self._site, issues)
        partial = [issue for issue in issues if issue["id"] and _is_truncated(issue)]
        params = {"fields": "updated", "expand": "changelog"}
        details = await gather_all(self._issue(issue["id"], params) for issue in partial)
        for issue, detail in zip(partial, details, strict=True):
            issue["changelog"] = _changelog(detail) or issue["changelog"]
        return [_with_history(issue) for issue in issues]

    async def _bound(self, at: datetime) -> Bound:
        if self._takes_milliseconds is None:
            self._takes_milliseconds = await self._try_milliseconds()
        return self._make_bound(at)

    def _make_bound(self, at: datetime) -> Bound:
        return millisecond_bound(at) if self._takes_milliseconds else minute_bound(at, self._zone())

    async def _try_milliseconds(self) -> bool:
        """Return True if JQL on this Jira takes epoch milliseconds."""
        # A version that does not know them may reject the query or ignore the condition: no issue was updated in 2100,
        # and some since 1970.
        try:
            return not await self._total(str(SINCE_2100)) and bool(await self._total(str(SINCE_1970)))
        except WrongSettings:
            return False

    async def _total(self, literal: str, restriction: str | None = None) -> int:
        answer = await self._site.post(SEARCH, {"jql": jql_updated_since(literal, restriction), "maxResults": 0})
        return require(answer, "total", int, SEARCH)

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self._zone_name or "")
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise WrongSettings(
                f"the account's time zone ({self._zone_name}) is unknown, and JQL on this Jira reads times in it",
                "Set a time zone in the profile of the account.",
            ) from problem


def _with_history(issue: Json) -> RawIssue:
    log = _changelog(issue)
    if log is None:
        return RawIssue(issue, "none")
    return RawIssue(issue, "truncated" if _is_truncated(issue) else "history", log.get("histories") or [])


def _is_truncated(issue: Json) -> bool:
    log = _changelog(issue) or {}
    return attempt(False, lambda: (log.get("total") or 0) > len(log.get("histories") or ()))


def _changelog(issue: Json | None) -> Json | None:
    """Return the history of an issue; None where it has none, or one that cannot be read."""
    log = issue.get("changelog") if isinstance(issue, dict) else None
    return log if isinstance(log, dict) and isinstance(log.get("histories") or [], list) else None
