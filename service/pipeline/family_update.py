"""Updates of a large family: its episodes and weeks after some tickets changed, without reading the others.

An episode depends on nothing before its start. So it is followed anew only where a ticket came, went or moved, up to
the next start that stays where it was.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from service.analysis.episodes import NEVER, follow_episode, week_numbers
from service.store.results import bursts, families
from service.store.results.bursts import StoredMoments
from service.store.results.facts import StoredFact
from service.store.results.families import Episode, Family, FamilyWeek


@dataclass(frozen=True, slots=True)
class FamilyUpdate:
    """A family as it was, and the tickets that left it and joined it; a ticket that stayed but changed did both."""

    family: Family
    left: Sequence[StoredFact]
    joined: Sequence[StoredFact]

    @property
    def moments(self) -> list[int]:
        """The openings and resolutions that came or went, in order."""
        left, joined = ({_times(stored) for stored in tickets} for tickets in (self.left, self.joined))
        return sorted({moment for times in left ^ joined for moment in times[1:] if moment != NEVER})

    @property
    def changes(self) -> Iterator[tuple[int, StoredFact]]:
        """Each ticket with its sign: -1 left, 1 joined."""
        yield from ((-1, stored) for stored in self.left)
        yield from ((1, stored) for stored in self.joined)


class EpisodeBounds(NamedTuple):
    """An episode before its tickets are counted: its first and last openings, and the start of the next one, if any."""

    start_s: int
    last_s: int
    next_s: int


class EpisodeUpdate:
    """The episodes of a family after an update."""

    def __init__(self, connection: Connection, before: Sequence[Episode], update: FamilyUpdate) -> None:
        self._connection = connection
        self._number = update.family.id
        self._update = update
        self._before = {span.start_s: span for span in _spans(before)}
        self._episodes = {episode.start_s: episode for episode in before}

    def episodes(self) -> list[Episode]:
        """Return the episodes in order, without a word on returns; none if no ticket is left."""
        spans = list(self._follow())
        kept = {span.start_s for span in spans if self._stands(span)}
        unchanged = dict.fromkeys(kept, (0, 0)) | self._added(kept)
        return [self._episode(span, unchanged.get(span.start_s)) for span in spans]

    def _stands(self, span: EpisodeBounds) -> bool:
        """Return whether an episode has its bounds from before."""
        before = self._before.get(span.start_s)
        return before is not None and before.next_s == span.next_s

    def _follow(self) -> Iterator[EpisodeBounds]:
        openings = StoredMoments(self._connection, self._number, "burst_s")
        resolutions = StoredMoments(self._connection, self._number, "repaired_s")
        moments, start = self._update.moments, next(iter(self._before), None)
        if start is None or (moments and moments[0] <= start):
            start = openings.first_from(-NEVER)
        while start is not None:
            span = self._before.get(start)
            if span is None or _holds_any(moments, span):
                last, following = follow_episode(start, openings, resolutions)
                span = EpisodeBounds(start, last, NEVER if following is None else following)
            yield span
            start = None if span.next_s == NEVER else span.next_s

    def _added(self, starts: Iterable[int]) -> dict[int, tuple[int, int]]:
        """Return the (tickets, seconds) that the episodes of these starts, whose ends are the same, have won."""
        ordered, added = sorted(starts), dict[int, tuple[int, int]]()
        for sign, stored in self._update.changes:
            place = bisect_right(ordered, stored.burst_s) - 1
            if place >= 0 and stored.burst_s < self._before[ordered[place]].next_s:
                tickets, seconds = added.get(ordered[place], (0, 0))
                added[ordered[place]] = tickets + sign, seconds + sign * stored.fact.seconds
        return added

    def _episode(self, span: EpisodeBounds, added: tuple[int, int] | None) -> Episode:
        before = self._episodes.get(span.start_s)
        if before is None or added is None:
            tickets, seconds = bursts.sums(self._connection, self._number, (span.start_s, span.next_s))
        else:
            tickets, seconds = before.tickets + added[0], before.seconds + added[1]
        first_ticket = self._first_ticket(span.start_s, before)
        return Episode(self._number, span.start_s, span.last_s, tickets, seconds, first_ticket, is_return=False)

    def _first_ticket(self, start_s: int, before: Episode | None) -> int:
        if before is not None and all(stored.burst_s != start_s for _, stored in self._update.changes):
            return before.first_ticket
        return families.root_at(self._connection, self._number, start_s).ticket_id


def updated_weeks(before: Iterable[FamilyWeek], update: FamilyUpdate, zone: ZoneInfo) -> dict[int, int]:
    """Return the tickets by number of week after an update, in order."""
    tickets = Counter({week.week: week.tickets for week in before})
    signs, changed = zip(*update.changes, strict=True)
    numbers = week_numbers(np.array([stored.burst_s for stored in changed], np.int64), zone)
    for sign, number in zip(signs, numbers.tolist(), strict=True):
        tickets[number] += sign
    return {number: tickets[number] for number in sorted(tickets) if tickets[number]}


def _times(stored: StoredFact) -> tuple[int, int, int]:
    return stored.fact.ticket, stored.burst_s, stored.repaired_s


def _spans(episodes: Sequence[Episode]) -> Iterator[EpisodeBounds]:
    following = [*(episode.start_s for episode in episodes[1:]), NEVER]
    for episode, next_s in zip(episodes, following, strict=False):
        yield EpisodeBounds(episode.start_s, episode.last_s, next_s)


def _holds_any(moments: Sequence[int], span: EpisodeBounds) -> bool:
    """Return whether a moment lies in an episode, or where the next one begins."""
    place = bisect_right(moments, span.start_s - 1)
    return place < len(moments) and moments[place] <= span.next_s
