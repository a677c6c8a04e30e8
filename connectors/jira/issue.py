"""Issues as Jira returns them, completed by their histories and worklogs."""

from dataclasses import dataclass, field

from connectors.drafts import attempt
from connectors.errors import BrokenAnswer, MissingPermission, NotFound
from connectors.jira.site import Json, Site, require
from connectors.model import HistoryIs
from connectors.streams import gather_all

WORKLOGS_A_PAGE = 5000
MAX_WORKLOGS = 100_000


@dataclass(slots=True)
class RawIssue:
    """An issue, and the changes of its history in any order."""

    issue: Json
    history_is: HistoryIs
    histories: list[Json] = field(default_factory=list)


async def complete_worklogs(site: Site, issues: list[Json]) -> None:
    """Replace the worklogs of issues that have more than a search returns."""
    partial = [issue for issue in issues if issue["id"] and attempt(False, _has_more_worklogs, issue)]
    for issue, logs in zip(partial, await gather_all(_worklogs(site, issue) for issue in partial), strict=True):
        issue["fields"]["worklog"]["worklogs"] = logs


def _has_more_worklogs(issue: Json) -> bool:
    # A search returns the first 20 worklogs of an issue only.
    inline = issue["fields"].get("worklog") or {}
    return bool((inline.get("total") or 0) > len(inline.get("worklogs") or ()))


async def _worklogs(site: Site, issue: Json) -> list[Json]:
    """Return all worklogs of an issue; those of the search where the others are hidden or the issue is gone."""
    path = f"/issue/{issue['id']}/worklog"
    logs: list[Json] = []
    while True:
        try:
            page = await site.get(path, {"startAt": len(logs), "maxResults": WORKLOGS_A_PAGE})
        except (MissingPermission, NotFound):
            return attempt([], lambda: list(issue["fields"]["worklog"]["worklogs"]))
        rows, total = require(page, "worklogs", list, path), require(page, "total", int, path)
        logs += rows
        if len(logs) >= total:
            return logs
        if not rows or len(logs) > MAX_WORKLOGS:
            raise BrokenAnswer(f"GET {path}: Jira counts {total} worklogs but returned {len(logs)}")
