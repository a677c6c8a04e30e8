"""Jira Data Center and Server, REST v2."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import MissingPermission, NotFound, WrongSettings
from connectors.jira.fields import Fields
from connectors.jira.issue import Found, complete_worklogs
from connectors.jira.paging import Keyset
from connectors.jira.query import BY_UPDATE, Bound, in_milliseconds, in_minutes, updated_since
from connectors.jira.site import Json, Site, issues_of, part
from connectors.model import Count
from connectors.streams import gather_all, merge_pages

GROUP = 300
ISSUES_A_PAGE = 100
IDS_A_PAGE = 1000
NEVER = datetime.max.replace(tzinfo=UTC)
LONG_AGO, FAR_AHEAD = 86_400_000, 4_102_444_800_000
NO_HISTORY = "Change histories cannot be read, so no reopening or handoff is seen: search ignores expand=changelog."


class DataCenter:
    """The walks over a Jira Data Center, within the operator's restriction.

    `zone` is the account's time zone; since `settled` the search may lag behind.
    """

    def __init__(
        self, site: Site, fields: Fields, restriction: str | None, zone: str | None, settled: datetime
    ) -> None:
        self._site = site
        self._fields = fields.wanted
        self._restriction = restriction
        self._zone_name = zone
        self._settled = settled
        self._takes_milliseconds: bool | None = None

    @property
    def title(self) -> str:
        """What this system is called, with its version."""
        return f"Jira Data Center {self._site.info.get('version', '')}".strip()

    async def updated_since(self, start: datetime) -> AsyncGenerator[list[Found], None]:
        """All issues updated since, in groups of about `GROUP`; one that moves meanwhile comes again."""
        pages = self._walk(start, self._fields, ISSUES_A_PAGE, ["changelog"])
        async with aclosing(merge_pages(pages, GROUP)) as groups:
            async for issues in groups:
                yield await self._with_history(issues)

    async def with_ids(self, ids: Sequence[str]) -> AsyncGenerator[list[Found], None]:
        """The issues that exist among these; missing ones are absent."""
        async with aclosing(merge_pages(self._fetch(ids), GROUP)) as groups:
            async for issues in groups:
                yield await self._with_history(issues)

    async def ids_since(self, start: datetime) -> AsyncGenerator[list[str], None]:
        """The ids of all issues updated since; one that moves meanwhile comes again."""
        async with aclosing(self._walk(start, ["updated"], IDS_A_PAGE, [])) as pages:
            async for issues in pages:
                yield [str(issue["id"]) for issue in issues]

    async def count_since(self, start: datetime) -> Count:
        """How many issues were updated since."""
        return Count(tickets=await self._total((await self._bound(start)).literal, self._restriction))

    async def has_projects(self) -> bool:
        """Whether any project can be seen."""
        return bool(await self._site.rows("/project"))

    async def missing_rights(self, start: datetime) -> list[str]:
        """What the account may not read, with the remedy, tried on the first issue."""
        jql = updated_since((await self._bound(start)).literal, self._restriction, BY_UPDATE)
        body: Json = {"jql": jql, "maxResults": 1, "fields": ["updated"], "expand": ["changelog"]}
        issues = issues_of(await self._site.post("/search", body))
        return [] if all("changelog" in issue for issue in issues) else [NO_HISTORY]

    def notes(self) -> list[str]:
        """What is worth knowing."""
        return [] if self._takes_milliseconds else [f"JQL reads times in the account's time zone {self._zone_name}."]

    async def _walk(
        self, start: datetime, fields: list[str], size: int, expand: list[str]
    ) -> AsyncGenerator[list[Json], None]:
        """First what was settled when the run began, for nothing moves into that; then what is newer."""
        border = await self._bound(self._settled)
        body: Json = {"maxResults": size, "fields": fields, "expand": expand}
        settled = Keyset(start, self._settled, self._bound_of)
        newer = Keyset(max(start, self._settled), NEVER, self._bound_of)
        for keyset, before in ((settled, border.literal), (newer, None)):
            while not keyset.done:
                jql = updated_since(keyset.bound.literal, self._restriction, BY_UPDATE, before)
                answer = await self._site.post("/search", body | {"jql": jql, "startAt": keyset.offset})
                if fresh := keyset.take(issues_of(answer), part(answer, "total", int)):
                    yield fresh

    async def _fetch(self, ids: Sequence[str]) -> AsyncGenerator[list[Json], None]:
        for at in range(0, len(ids), ISSUES_A_PAGE):
            yield await self._named(ids[at : at + ISSUES_A_PAGE])

    async def _named(self, ids: Sequence[str]) -> list[Json]:
        body: Json = {"jql": f"id in ({', '.join(ids)})", "fields": self._fields, "expand": ["changelog"]}
        try:
            answer = await self._site.post("/search", body | {"maxResults": len(ids), "validateQuery": False})
        except WrongSettings:
            return await self._one_by_one(ids)
        issues = issues_of(answer)
        return issues if len(issues) >= part(answer, "total", int) else await self._one_by_one(ids)

    async def _one_by_one(self, ids: Sequence[str]) -> list[Json]:
        """For versions that refuse a query that names a missing id, whatever is asked of them."""
        params = {"fields": ",".join(self._fields), "expand": "changelog"}
        found = await gather_all(self._issue(uid, params) for uid in ids)
        return [issue for issue in found if issue is not None]

    async def _issue(self, uid: str, params: Mapping[str, str]) -> Json | None:
        try:
            issue: Json = await self._site.get(f"/issue/{uid}", params)
        except (MissingPermission, NotFound):
            return None
        return issue

    async def _with_history(self, issues: list[Json]) -> list[Found]:
        await complete_worklogs(self._site, issues)
        cut = [issue for issue in issues if _is_cut(issue)]
        params = {"fields": "updated", "expand": "changelog"}
        for issue, whole in zip(cut, await gather_all(self._issue(issue["id"], params) for issue in cut), strict=True):
            issue["changelog"] = (whole or issue).get("changelog", issue["changelog"])
        return [_found(issue) for issue in issues]

    async def _bound(self, at: datetime) -> Bound:
        if self._takes_milliseconds is None:
            self._takes_milliseconds = await self._try_milliseconds()
        return self._bound_of(at)

    def _bound_of(self, at: datetime) -> Bound:
        return in_milliseconds(at) if self._takes_milliseconds else in_minutes(at, self._zone())

    async def _try_milliseconds(self) -> bool:
        """Whether JQL takes epoch milliseconds: none are updated in 2100, some since 1970."""
        try:
            return not await self._total(str(FAR_AHEAD)) and bool(await self._total(str(LONG_AGO)))
        except WrongSettings:
            return False

    async def _total(self, literal: str, restriction: str | None = None) -> int:
        answer = await self._site.post("/search", {"jql": updated_since(literal, restriction), "maxResults": 0})
        return part(answer, "total", int)

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self._zone_name or "")
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise WrongSettings(
                f"the account's time zone is unknown ({self._zone_name}), and JQL reads times in it",
                "Set a time zone in the profile of the account.",
            ) from problem


def _found(issue: Json) -> Found:
    if "changelog" not in issue:
        return Found(issue, "none")
    return Found(issue, "truncated" if _is_cut(issue) else "history", issue["changelog"].get("histories") or [])


def _is_cut(issue: Json) -> bool:
    log = issue.get("changelog") or {}
    return (log.get("total") or 0) > len(log.get("histories") or ())
