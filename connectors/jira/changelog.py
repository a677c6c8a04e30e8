"""Change histories on Cloud: read in bulk, else issue by issue, as far as the account may read them."""

from typing import Any

from connectors.errors import BrokenAnswer, ConnectorError, NotFound
from connectors.jira.issue import RawIssue
from connectors.jira.paging import token_pages
from connectors.jira.site import Json, Site, is_forbidden, require
from connectors.streams import gather_all

HISTORIES_A_PAGE = 5000
HISTORIES_AN_ISSUE_PAGE = 100
# Jira keeps at most 10,000 changes of one issue, and few have a hundred: so many come from pages without end.
MAX_CHANGES = 200_000
BULK = "/changelog/bulkfetch"


class Changelog:
    """Read the histories of the given fields by the best method that the account may use."""

    # `expand=changelog` is not among the methods: on Cloud it silently leaves out the oldest changes.

    def __init__(self, site: Site, field_ids: list[str]) -> None:
        self._site = site
        self._field_ids = field_ids
        self._methods = [self._read_in_bulk, self._read_one_by_one]

    @property
    def is_readable(self) -> bool:
        """True while a method is left."""
        return bool(self._methods)

    @property
    def is_bulk(self) -> bool:
        """True while many histories can be read in one request."""
        return len(self._methods) == 2

    async def add_histories(self, issues: list[Json]) -> list[RawIssue]:
        """Return the issues with their histories. Raise ConnectorError."""
        ids = [issue["id"] for issue in issues if issue["id"]]
        histories = await self._histories(ids) if ids else {}
        return [
            RawIssue(issue, "history", histories[issue["id"]]) if issue["id"] in histories else RawIssue(issue, "none")
            for issue in issues
        ]

    async def _histories(self, ids: list[str]) -> dict[str, list[Json]]:
        while self._methods:
            try:
                return await self._methods[0](ids)
            except ConnectorError as problem:
                if not is_forbidden(problem):
                    raise
                # Permissions do not change within a run: a forbidden method is tried once.
                del self._methods[0]
        return {}

    async def _read_in_bulk(self, ids: list[str]) -> dict[str, list[Json]]:
        histories: dict[str, list[Json]] = {uid: [] for uid in ids}
        body: Json = {"issueIdsOrKeys": ids, "fieldIds": self._field_ids, "maxResults": HISTORIES_A_PAGE}
        number = 0
        async for page in token_pages(self._site, BULK, body, "issueChangeLogs"):
            # Changes are sorted by time over all issues: those of one issue are spread over pages, hence extend.
            for log in require(page, "issueChangeLogs", list, BULK):
                uid, changes = _log_of(log)
                if changes is None:
                    histories.pop(uid, None)
                else:
                    histories.setdefault(uid, []).extend(changes)
                    number += len(changes)
            if number > MAX_CHANGES:
                raise BrokenAnswer(f"POST {BULK}: more than {MAX_CHANGES:,} changes of {len(ids)} issues")
        return histories

    async def _read_one_by_one(self, ids: list[str]) -> dict[str, list[Json]]:
        changelogs = await gather_all(self._issue_history(uid) for uid in ids)
        histories = {uid: changes for uid, changes in zip(ids, changelogs, strict=True) if changes is not None}
        if not histories:
            raise NotFound("the account may read the history of none of the issues")
        return histories

    async def _issue_history(self, uid: str) -> list[Json] | None:
        path = f"/issue/{uid}/changelog"
        changes: list[Json] = []
        while True:
            try:
                page = await self._site.get(path, {"startAt": len(changes), "maxResults": HISTORIES_AN_ISSUE_PAGE})
            except NotFound:
                return None
            rows, total = require(page, "values", list, path), require(page, "total", int, path)
            changes += rows
            if len(changes) >= total:
                return changes
            if not rows or len(changes) > MAX_CHANGES:
                raise BrokenAnswer(f"GET {path}: Jira counts {total} changes but returned {len(changes)}")


def _log_of(log: Any) -> tuple[str, list[Json] | None]:
    """Return the id of an issue and its changes, None where these are malformed."""
    uid, changes = (log.get("issueId"), log.get("changeHistories")) if isinstance(log, dict) else (None, None)
    return uid if isinstance(uid, str) else "", changes if isinstance(changes, list) else None
