"""Paging through search results: by token on Cloud, by update time and offset on Data Center.

Cloud gives a token for the next page, and only the last page has none. Data Center pages by offset over a sorted
result that shifts while issues change, so that a plain loop over offsets would skip issues.
"""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TypeAlias

from connectors.drafts import BadValue
from connectors.errors import BrokenAnswer
from connectors.jira.query import Bound, MakeBound
from connectors.jira.site import Json, Site
from connectors.jira.values import instant

MAX_EMPTY_ROUNDS = 1000
MAX_EMPTY_PAGES = 100
MAX_ROUNDS_BEFORE_A_PROBE = 3

Version: TypeAlias = tuple[str, str]
"""An issue in one of its states: its id, and its update time as text."""


async def token_pages(site: Site, path: str, body: Json, items: str) -> AsyncGenerator[Json, None]:
    """Yield all answers to the body, whose content is under the name `items`.

    Raises BrokenAnswer where a token comes a second time, or too many pages in a row are empty.
    """
    tokens: set[str] = set()
    empty = 0
    token: str | None = None
    while True:
        answer = await site.post(path, body | {"nextPageToken": token} if token else body)
        yield answer
        # Short and empty pages occur in the middle, and `isLast` has been wrong: the missing token alone is the end.
        token = str(answer.get("nextPageToken") or "")
        if not token:
            return
        # A token that repeats would keep the walk running for ever.
        if token in tokens:
            raise BrokenAnswer(f"POST {site.api}{path}: a page token came a second time, after {len(tokens)} others")
        tokens.add(token)
        empty = 0 if answer.get(items) else empty + 1
        if empty > MAX_EMPTY_PAGES:
            raise BrokenAnswer(f"POST {site.api}{path}: {empty} pages in a row are empty, and each names another one")


class KeysetWalk:
    """A walk in the order (updated, key) that loses no issue while issues change and move to its end.

    Each request starts at the last update time that was read, so that issues that leave earlier positions shift
    nothing. If more issues share that time than one answer holds, they are paged by offset. Such an answer must
    begin with an issue that was read before: then no unread issue precedes it. If it does not, issues have left in
    between, and the walk steps back, farther each time, at most to offset 0.

    An index may count issues that it cannot show. Where answers bring nothing new although more is counted, the walk
    looks behind what it has read, and ends if there is nothing.

    The caller searches from `bound` and `offset`, hands the answer to `take`, and repeats until `done`.
    """

    def __init__(self, start: datetime, before: datetime, make_bound: MakeBound) -> None:
        """Start at `start`; update times from `before` on do not advance the walk."""
        self._before = before
        self._make_bound = make_bound
        self.bound: Bound = make_bound(start)
        self.offset = 0
        self.done = False
        self._position = 0
        self._step = 1
        self._empty_rounds = 0
        self._is_probe = False
        self._read: dict[Version, datetime] = {}

    def take(self, issues: list[Json], total: int) -> list[Json]:
        """Return the issues of the answer at `bound` and `offset` that were not read before, and advance.

        `total` is the number of issues of the whole query. Raises BrokenAnswer where answers never end.
        """
        if self._is_probe or not self.offset:
            self.done = not issues
        elif not (issues and _version(issues[0]) in self._read):
            self._step_back()
            return []
        if self.done:
            return []
        # By id and time: an issue that changed in between is read again, in its new state.
        new_issues = [issue for issue in issues if _version(issue) not in self._read]
        self._count_round(new_issues)
        # The server caps a page silently: what it returned counts, not what was asked for.
        self._position = self.offset + len(issues)
        self.done = self._position >= total
        if not self.done:
            self._advance(issues)
            self._is_probe = self._empty_rounds >= MAX_ROUNDS_BEFORE_A_PROBE
            self.offset = self._position if self._is_probe else self.offset
        return new_issues

    def _step_back(self) -> None:
        self._count_round([])
        # Doubling reaches offset 0, where no overlap is needed, in few requests however many issues have left.
        self._step *= 2
        self.offset = max(0, self._position - self._step)

    def _advance(self, issues: list[Json]) -> None:
        times = [_updated(issue, self.bound.floor) for issue in issues]
        self._read.update(zip(map(_version, issues), times, strict=True))
        # An issue that changed just now may stand in its old position still, with its new time. To follow that time
        # would skip all issues between the two positions.
        following = self._make_bound(next((at for at in reversed(times) if at < self._before), self.bound.floor))
        if following.floor > self.bound.floor:
            self.bound, self.offset, self._step = following, 0, 1
            # Earlier versions cannot come again: to keep them would cost memory for the whole walk.
            self._read = {version: at for version, at in self._read.items() if at >= following.floor}
        else:
            # One issue of overlap proves that nothing has left; half a page is the most that still makes progress.
            self._step = max(1, min(self._step, len(issues) // 2))
            self.offset = self._position - self._step

    def _count_round(self, new_issues: list[Json]) -> None:
        self._empty_rounds = 0 if new_issues else self._empty_rounds + 1
        if self._empty_rounds > MAX_EMPTY_ROUNDS:
            raise BrokenAnswer(f"{MAX_EMPTY_ROUNDS} answers in a row from {self.bound.literal} on had no new issue")


def _version(issue: Json) -> Version:
    # A malformed issue has no id: its place in the answer has to do, so that each of them is refused once.
    return issue["id"] or str(issue.get("key")), str((issue.get("fields") or {}).get("updated"))


def _updated(issue: Json, default: datetime) -> datetime:
    """Return the update time of an issue; the default for an unreadable one, which does not advance the walk."""
    try:
        return instant(issue["fields"]["updated"])
    except (KeyError, TypeError, BadValue):
        return default
