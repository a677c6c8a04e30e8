"""Cycles: families that come back, and the state they are in, now or as it was known at the end of a week."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.analysis.episodes import DAY, LONGEST_BURST, LOOK_BACK, WEEK, Episodes, Flags, Integers
from service.analysis.interval import share_at_most

State = Literal["chronic", "accelerating", "slowing", "recurring", "quiet", "broken"]
Pace = Literal["rising", "falling", "flat"]
Work = Literal["failure", "request"]
"""The work that most tickets of a family are: rework counts as failure."""

EPISODES_OF_A_CYCLE = 3
SPAN_OF_A_CYCLE = 14 * DAY
GAPS_OF_SILENCE = 3
EPISODES_OF_A_TREND = 5
CHRONIC_WEEKS, WEEKS_OF_CHRONIC = 10, 13
WEEKS_KEPT = 2 * WEEKS_OF_CHRONIC + 1
SIGNIFICANT = 0.05
ONE_SIDED_95 = 1.645
"""The 0.95 quantile of the standard normal distribution, as the definitions write it."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The parts of a family's history that decide its state, now and later; times are epoch seconds.

    `recent` are the starts in the 26 weeks up to the last start, `weeks` the (number, tickets) of the local weeks with
    tickets in the 27 weeks up to the last such week, both empty below 3 episodes. A gap reaches from the last opening
    of an episode to the start of the next: `median_gap` is the median, in seconds; in `gaps`, their sum, each counts as
    at least 72 h.
    """

    episodes: int
    first_start: int
    last_start: int
    last_opening: int
    gaps: int
    median_gap: float | None
    recent: tuple[int, ...] = ()
    weeks: tuple[tuple[int, int], ...] = ()

    @property
    def mean_gap(self) -> float | None:
        """Mean seconds from the last opening of an episode to the start of the next; None if there is only one."""
        return self.gaps / (self.episodes - 1) if self.episodes > 1 else None


def compute_rhythm(episodes: Episodes, weeks: Sequence[tuple[int, int]]) -> Rhythm:
    """Return the rhythm of a family's episodes, given (number, tickets) of its weeks in order.

    Raises ValueError if there are no episodes.
    """
    if not len(episodes):
        raise ValueError("a rhythm needs an episode")
    starts, gaps = episodes.starts, episodes.starts[1:] - episodes.lasts[:-1]
    last = int(starts[-1])
    # From the last start and the last week, not from now: so a rhythm changes with its tickets only.
    recent, first_week = starts[starts > last - LOOK_BACK], weeks[-1][0] - WEEKS_KEPT if weeks else 0
    may_be_cycle = len(starts) >= EPISODES_OF_A_CYCLE
    return Rhythm(
        episodes=len(episodes),
        first_start=int(starts[0]),
        last_start=last,
        last_opening=int(episodes.lasts[-1]),
        # What an episode takes in is no silence yet: a problem of every working day is not over at a weekend.
        gaps=int(np.maximum(gaps, LONGEST_BURST).sum()),
        median_gap=float(np.median(gaps)) if len(gaps) else None,
        recent=tuple(recent.tolist()) if may_be_cycle else (),
        weeks=tuple(week for week in weeks if week[0] > first_week) if may_be_cycle else (),
    )


def is_cycle(rhythm: Rhythm) -> bool:
    """Return whether 3 episodes or more start over 14 days or more."""
    return rhythm.episodes >= EPISODES_OF_A_CYCLE and rhythm.last_start - rhythm.first_start >= SPAN_OF_A_CYCLE


def silent_from(rhythm: Rhythm) -> float | None:
    """Return the moment after which the family is silent unless it comes back; None if no gap is complete.

    It is 3 mean gaps after the last opening. While gaps are exponential with a known mean, one in exp(3) = 20 is longer
    than that.
    """
    return None if rhythm.mean_gap is None else rhythm.last_opening + GAPS_OF_SILENCE * rhythm.mean_gap


def is_silent(rhythm: Rhythm, as_of: int) -> bool:
    """Return whether more than 3 mean gaps have passed since the last opening."""
    limit = silent_from(rhythm)
    return limit is not None and as_of > limit


def laplace(starts: Sequence[int], begin: int, end: int) -> float | None:
    """Return Laplace's trend statistic U of starts from `begin` on, up to `end`; None if there is no time in between.

    Standard normal at a constant rate, above zero when episodes come faster and faster (Cox and Lewis 1966, 3.3; Ascher
    and Feingold 1984).
    """
    window = end - begin
    if not starts or window <= 0:
        return None
    offset = sum(start - begin for start in starts) / len(starts) - window / 2
    return offset / (window * math.sqrt(1 / (12 * len(starts))))


def episode_trend(rhythm: Rhythm, as_of: int) -> Pace:
    """Return the trend of the episodes in the look-back window; `flat` below 5 of them."""
    begin = as_of - LOOK_BACK
    starts = [start for start in rhythm.recent if start > begin]
    if len(starts) < EPISODES_OF_A_TREND:
        return "flat"
    # Where the first episode of all opens the window it does not count: a window that begins with an event holds one
    # too many, and one that begins before it, one that had to come late.
    if rhythm.first_start > begin:
        begin, starts = rhythm.first_start, starts[1:]
    trend = laplace(starts, begin, max(as_of, rhythm.last_start)) or 0.0
    return "flat" if abs(trend) <= ONE_SIDED_95 else "rising" if trend > 0 else "falling"


def ticket_trend(rhythm: Rhythm, as_of: int, week: int) -> Pace:
    """Return the trend of the tickets of the last 13 closed weeks against the 13 before; `week` is the one under way.

    It is the conditional binomial test: of all the tickets, each half expects as many as it has weeks.
    """
    weeks_before = min((as_of - rhythm.first_start) // WEEK - WEEKS_OF_CHRONIC, WEEKS_OF_CHRONIC)
    if weeks_before <= 0:
        return "flat"
    middle = week - WEEKS_OF_CHRONIC
    late = sum(tickets for number, tickets in rhythm.weeks if middle <= number < week)
    early = sum(tickets for number, tickets in rhythm.weeks if middle - weeks_before <= number < middle)
    share = WEEKS_OF_CHRONIC / (WEEKS_OF_CHRONIC + weeks_before)
    if share_at_most(late, late + early, share) < SIGNIFICANT:
        return "falling"
    return "rising" if share_at_most(early, late + early, 1 - share) < SIGNIFICANT else "flat"


def is_chronic(rhythm: Rhythm, week: int) -> bool:
    """Return whether tickets came in at least 10 of the last 13 closed weeks; `week` is the one under way."""
    return sum(week - WEEKS_OF_CHRONIC <= number < week for number, _ in rhythm.weeks) >= CHRONIC_WEEKS


def pace(rhythm: Rhythm, as_of: int, week: int) -> Pace:
    """Return the trend of a cycle: of its tickets where it is chronic, else of its episodes."""
    return ticket_trend(rhythm, as_of, week) if is_chronic(rhythm, week) else episode_trend(rhythm, as_of)


def cycle_state(rhythm: Rhythm, as_of: int, week: int, fixed_at: int | None) -> State:
    """Return the state of a cycle as of a moment in the local week of number `week`.

    `fixed_at` is the resolution of the latest fix that is not known to have failed. A silent cycle is `broken` if it
    was resolved before the silence was complete, 3 mean gaps after the last opening.
    """
    # First of all: a dense stream has short gaps, so that a fortnight of holidays would pass for its end.
    if is_chronic(rhythm, week):
        return "chronic"
    limit = silent_from(rhythm)
    if limit is not None and as_of > limit:
        # Not before the silence began: most fixes are resolved some days after the last episode ended. A fix of what
        # was silent already breaks nothing.
        return "broken" if fixed_at is not None and fixed_at <= limit else "quiet"
    trend = episode_trend(rhythm, as_of)
    return "recurring" if trend == "flat" else "accelerating" if trend == "rising" else "slowing"


def is_endless(rhythm: Rhythm, as_of: int, week: int) -> bool:
    """Return whether the family is a cycle that is chronic, or comes on: 5 episodes in 26 weeks, and not slowing."""
    if not is_cycle(rhythm):
        return False
    state = cycle_state(rhythm, as_of, week, None)
    recent = sum(start > as_of - LOOK_BACK for start in rhythm.recent)
    return state == "chronic" or (recent >= EPISODES_OF_A_TREND and state in ("accelerating", "recurring"))


def endless_weeks(starts: Integers, weeks: Integers, ends: Integers) -> Flags:
    """Return in which of its weeks with tickets a family was known to be endless at the end of the week.

    `starts` are those of its episodes, `weeks` the numbers of the weeks and `ends` the seconds at which they end, all
    in order. A week under way is seen from its end, by what has happened.
    """
    begun = np.searchsorted(starts, ends)
    cycles = (begun >= EPISODES_OF_A_CYCLE) & (starts[begun - 1] - starts[0] >= SPAN_OF_A_CYCLE)
    recent_weeks = np.arange(1, len(weeks) + 1) - np.searchsorted(weeks, weeks - WEEKS_OF_CHRONIC, "right")
    # A week with a ticket is no silence: 3 mean gaps are 9 days or more.
    endless: Flags = cycles & ((recent_weeks >= CHRONIC_WEEKS) | _comes_on(starts, begun, ends))
    return endless


def _comes_on(starts: Integers, begun: Integers, ends: Integers) -> Flags:
    """Return when there were 5 episodes or more in the look-back, and their trend was not to slow."""
    begins = ends - LOOK_BACK
    before = np.searchsorted(starts, begins, "right")
    is_first = starts[0] > begins
    # As in `episode_trend`, for every week at once.
    begins = np.where(is_first, starts[0], begins)
    counted = begun - before - is_first
    sums = np.concatenate(([0], np.cumsum(starts - starts[0])))
    offsets = sums[begun] - sums[before] - counted * (begins - starts[0])
    window = ends - begins
    trend = (offsets / np.maximum(counted, 1) - window / 2) / (window * np.sqrt(1 / (12 * np.maximum(counted, 1))))
    comes_on: Flags = (begun - before >= EPISODES_OF_A_TREND) & (trend >= -ONE_SIDED_95)
    return comes_on
