"""An issue as Jira gives it, with its history and all of its worklogs."""

from dataclasses import dataclass, field

from connectors.errors import BrokenAnswer, MissingPermission, NotFound
from connectors.jira.site import Json, Site, part
from connectors.model import HistoryIs
from connectors.streams import gather_all

WORKLOG_PAGE = 5000


@dataclass(slots=True)
class Found:
    """An issue, and the changes of its history in any order."""

    issue: Json
    history_is: HistoryIs
    histories: list[Json] = field(default_factory=list)


async def complete_worklogs(site: Site, issues: list[Json]) -> None:
    """Replaces the first worklogs that a search shows by all of them, where there are more."""
    short = [issue for issue in issues if _is_short(issue)]
    for issue, logs in zip(short, await gather_all(_worklogs(site, issue) for issue in short), strict=True):
        issue["fields"]["worklog"]["worklogs"] = logs


def _is_short(issue: Json) -> bool:
    inside = (issue.get("fields") or {}).get("worklog") or {}
    return bool((inside.get("total") or 0) > len(inside.get("worklogs") or ()))


async def _worklogs(site: Site, issue: Json) -> list[Json]:
    """All worklogs; those inside the issue where they may not be read or the issue is gone."""
    path = f"/issue/{issue['id']}/worklog"
    logs: list[Json] = []
    while True:
        try:
            page = await site.get(path, {"startAt": len(logs), "maxResults": WORKLOG_PAGE})
        except (MissingPermission, NotFound):
            return list(issue["fields"]["worklog"]["worklogs"])
        more, total = part(page, "worklogs", list), part(page, "total", int)
        logs += more
        if len(logs) >= total:
            return logs
        if not more:
            raise BrokenAnswer(f"GET {path}: counts {total} worklogs and shows {len(logs)}")
