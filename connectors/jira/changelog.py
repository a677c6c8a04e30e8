"""Change histories on Cloud: in bulk, else issue by issue, as far as the account may read them."""

from connectors.errors import BrokenAnswer, ConnectorError, NotFound
from connectors.jira.issue import Found
from connectors.jira.paging import by_token
from connectors.jira.site import Json, Site, forbidden, part
from connectors.streams import gather_all

HISTORIES_A_PAGE = 5000
HISTORIES_AN_ANSWER = 100


class Changelog:
    """Reads histories of the given fields in the best way that is allowed, found out once a run.

    `expand=changelog` is no way: on Cloud it leaves out the oldest changes.
    """

    def __init__(self, site: Site, field_ids: list[str]) -> None:
        self._site = site
        self._field_ids = field_ids
        self._ways = [self._in_bulk, self._one_by_one]

    @property
    def is_readable(self) -> bool:
        """Whether any way is left."""
        return bool(self._ways)

    @property
    def is_bulk(self) -> bool:
        """Whether many histories can be read in one request."""
        return len(self._ways) == 2

    async def of(self, issues: list[Json]) -> list[Found]:
        """The issues with their histories. Raises ConnectorError."""
        ids = [str(issue["id"]) for issue in issues]
        histories = await self._histories(ids) if ids else {}
        return [
            Found(issue, "history", histories[uid]) if uid in histories else Found(issue, "none")
            for uid, issue in zip(ids, issues, strict=True)
        ]

    async def _histories(self, ids: list[str]) -> dict[str, list[Json]]:
        while self._ways:
            try:
                return await self._ways[0](ids)
            except ConnectorError as problem:
                if not forbidden(problem):
                    raise
                del self._ways[0]
        return {}

    async def _in_bulk(self, ids: list[str]) -> dict[str, list[Json]]:
        """Changes come oldest first over all issues: those of one issue are spread over pages."""
        histories: dict[str, list[Json]] = {uid: [] for uid in ids}
        body: Json = {"issueIdsOrKeys": ids, "fieldIds": self._field_ids, "maxResults": HISTORIES_A_PAGE}
        async for page in by_token(self._site, "/changelog/bulkfetch", body):
            for log in part(page, "issueChangeLogs", list):
                histories.setdefault(str(log.get("issueId")), []).extend(part(log, "changeHistories", list))
        return histories

    async def _one_by_one(self, ids: list[str]) -> dict[str, list[Json]]:
        found = await gather_all(self._of_one(uid) for uid in ids)
        histories = {uid: changes for uid, changes in zip(ids, found, strict=True) if changes is not None}
        if not histories:
            raise NotFound("the histories of all issues are hidden")
        return histories

    async def _of_one(self, uid: str) -> list[Json] | None:
        path = f"/issue/{uid}/changelog"
        changes: list[Json] = []
        while True:
            try:
                page = await self._site.get(path, {"startAt": len(changes), "maxResults": HISTORIES_AN_ANSWER})
            except NotFound:
                return None
            more, total = part(page, "values", list), part(page, "total", int)
            changes += more
            if len(changes) >= total:
                return changes
            if not more:
                raise BrokenAnswer(f"GET {path}: counts {total} changes and shows {len(changes)}")
