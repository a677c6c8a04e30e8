"""Paging: by token on Cloud, by update time and offset on Data Center."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TypeAlias

from connectors.errors import BrokenAnswer
from connectors.jira.instants import instant
from connectors.jira.query import Bound, BoundOf
from connectors.jira.site import Json, Site

ROUNDS_TO_GIVE_UP = 1000

Stamp: TypeAlias = tuple[str, str]
"""An issue in one of its states: its id and its update time as written."""


class Keyset:
    """A walk in the order (updated, key) that loses nothing while issues move to its end.

    Each answer begins anew at the last update time seen, so that what leaves earlier places shifts nothing.
    Times from `before` on do not move the walk: such an issue was updated just now and stands in its old place still.

    What begins at one time and does not fit into an answer is paged by offset. Such an answer has to begin with
    an issue seen before: then nothing unseen lies before it. Where it does not, issues have left meanwhile, and
    the walk steps back, farther each time, at most to the beginning.
    """

    def __init__(self, start: datetime, before: datetime, bound_of: BoundOf) -> None:
        self._before = before
        self._bound_of = bound_of
        self.bound: Bound = bound_of(start)
        self.offset = 0
        self.done = False
        self._reached = 0
        self._back = 1
        self._rounds = 0
        self._seen: dict[Stamp, datetime] = {}

    def take(self, issues: list[Json], total: int) -> list[Json]:
        """The issues of the answer at `bound` and `offset` that were not seen before; moves on.

        `total` is how many issues the whole query has. Raises BrokenAnswer where the answers contradict each other.
        """
        if self.offset and not (issues and _stamp(issues[0]) in self._seen):
            self._step_back()
            return []
        if not issues and total:
            raise BrokenAnswer(f"the search counts {total} issues and shows none")
        fresh = [issue for issue in issues if _stamp(issue) not in self._seen]
        self._count_rounds(fresh)
        self._reached = self.offset + len(issues)
        self.done = self._reached >= total
        if not self.done:
            self._move_on(issues)
        return fresh

    def _step_back(self) -> None:
        self._count_rounds([])
        self._back *= 2
        self.offset = max(0, self._reached - self._back)

    def _move_on(self, issues: list[Json]) -> None:
        times = [_updated(issue, self.bound.floor) for issue in issues]
        self._seen.update(zip(map(_stamp, issues), times, strict=True))
        following = self._bound_of(next((at for at in reversed(times) if at < self._before), self.bound.floor))
        if following.floor > self.bound.floor:
            self.bound, self.offset, self._back = following, 0, 1
            self._seen = {stamp: at for stamp, at in self._seen.items() if at >= following.floor}
        else:
            self._back = max(1, min(self._back, len(issues) // 2))
            self.offset = self._reached - self._back

    def _count_rounds(self, fresh: list[Json]) -> None:
        self._rounds = 0 if fresh else self._rounds + 1
        if self._rounds > ROUNDS_TO_GIVE_UP:
            raise BrokenAnswer(f"{ROUNDS_TO_GIVE_UP} answers in a row at {self.bound.literal} held nothing new")


def _stamp(issue: Json) -> Stamp:
    return issue["id"], str((issue.get("fields") or {}).get("updated"))


def _updated(issue: Json, otherwise: datetime) -> datetime:
    """When the issue was updated; an unreadable time does not move the walk."""
    try:
        return instant(issue["fields"]["updated"])
    except (KeyError, TypeError, ValueError):
        return otherwise


async def by_token(site: Site, path: str, body: Json) -> AsyncGenerator[Json, None]:
    """All answers to the body. Only an answer without a token is the last one: short and empty ones are not.

    Raises BrokenAnswer where a token comes a second time, for such a walk never ends.
    """
    seen: set[str] = set()
    token: str | None = None
    while True:
        answer = await site.post(path, body | {"nextPageToken": token} if token else body)
        yield answer
        token = answer.get("nextPageToken")
        if not token:
            return
        if token in seen:
            raise BrokenAnswer(f"POST {site.api}{path}: a page token came a second time, after {len(seen)} others")
        seen.add(token)
