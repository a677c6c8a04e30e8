"""Cycles: families that come back, and how they do."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.analysis.episodes import DAY, STILL_OPEN, Episodes

State = Literal["accelerating", "slowing", "steady", "broken", "quiet"]

EPISODES_OF_A_CYCLE = 3
SPAN_OF_A_CYCLE = 14 * DAY
GAPS_OF_SILENCE = 3
EPISODES_OF_A_TREND = 4
ONE_IN_TWENTY = 1.645
"""The 0.95 quantile of the standard normal distribution, as the definitions write it."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What of a family's episodes decides its state; times are epoch seconds, all sums are exact.

    `offsets` is the sum, over the later episodes, of the seconds from the first start to theirs. A gap reaches from
    an episode's end to the next one's start: `gaps` is the sum of all, `median_gap` their median, in seconds.
    `last_end` is STILL_OPEN where the last episode is under way.
    """

    episodes: int
    first_start: int
    last_start: int
    last_end: int
    offsets: int
    gaps: int
    median_gap: float | None

    @property
    def later(self) -> int:
        """How many episodes followed the first."""
        return self.episodes - 1

    @property
    def mean_gap(self) -> float | None:
        """Mean seconds from an episode's end to the next one's start; None where there is one episode only."""
        return self.gaps / self.later if self.later else None


def rhythm(found: Episodes) -> Rhythm:
    """The rhythm of a family's episodes. Raises ValueError where there is none."""
    if not len(found):
        raise ValueError("a rhythm needs an episode")
    gaps = found.starts[1:] - found.ends[:-1]
    start = int(found.starts[0])
    return Rhythm(
        episodes=len(found),
        first_start=start,
        last_start=int(found.starts[-1]),
        last_end=int(found.ends[-1]),
        offsets=int((found.starts - start).sum()),
        gaps=int(gaps.sum()),
        median_gap=float(np.median(gaps)) if len(gaps) else None,
    )


def is_cycle(of: Rhythm) -> bool:
    """Whether there are 3 episodes or more, with 14 days or more from the first one's start to the last one's start."""
    return of.episodes >= EPISODES_OF_A_CYCLE and of.last_start - of.first_start >= SPAN_OF_A_CYCLE


def silent_from(of: Rhythm) -> float | None:
    """The moment after which the family is silent unless it comes back: 3 mean gaps after its last episode's end.

    None where an episode is under way, or where there was one only. While gaps are exponential with a known mean,
    one in exp(3) = 20 is longer than three of them.
    """
    if of.last_end == STILL_OPEN or of.mean_gap is None:
        return None
    return of.last_end + GAPS_OF_SILENCE * of.mean_gap


def is_silent(of: Rhythm, as_of: int) -> bool:
    """Whether more than 3 mean gaps have passed since the end of the last episode."""
    limit = silent_from(of)
    return limit is not None and as_of > limit


def laplace(of: Rhythm, as_of: int) -> float | None:
    """Laplace's trend statistic U of the later starts over the window from the first start to as_of.

    Standard normal at a constant rate, above zero when episodes come faster and faster (Cox and Lewis 1966, 3.3;
    Ascher and Feingold 1984). None below four later episodes. A start after as_of stretches the window.
    """
    window = max(as_of, of.last_start) - of.first_start
    if of.later < EPISODES_OF_A_TREND or window <= 0:
        return None
    return (of.offsets / of.later - window / 2) / (window * math.sqrt(1 / (12 * of.later)))


def state(of: Rhythm, as_of: int, fixed_at: int | None) -> State:
    """The state of a cycle as of a moment.

    `fixed_at` is when the latest fix was resolved that is not known to have failed. A silent cycle is `broken` where
    it was resolved before the silence was complete, 3 mean gaps after the last end; a fix of what was silent
    already breaks nothing.
    """
    limit = silent_from(of)
    if limit is not None and as_of > limit:
        return "broken" if fixed_at is not None and fixed_at <= limit else "quiet"
    trend = laplace(of, as_of) or 0.0
    if abs(trend) <= ONE_IN_TWENTY:
        return "steady"
    return "accelerating" if trend > 0 else "slowing"


def is_endless(of: Rhythm, as_of: int) -> bool:
    """Whether the family is a cycle that is active and not slowing: nothing yet says that it will end."""
    return is_cycle(of) and state(of, as_of, None) in ("accelerating", "steady")
