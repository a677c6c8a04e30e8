"""Cycles: families that come back, and the state they are in."""

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
ONE_SIDED_95 = 1.645
"""The 0.95 quantile of the standard normal distribution, as the definitions write it."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The sums of a family's episodes that decide its state; times are epoch seconds, all sums are exact.

    `offsets` is the sum, over the later episodes, of the seconds from the first start to theirs. A gap reaches from the
    end of an episode to the start of the next: `gaps` is the sum of all, `median_gap` their median, in seconds.
    `last_end` is STILL_OPEN if the last episode is under way.
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
        """The number of episodes after the first."""
        return self.episodes - 1

    @property
    def mean_gap(self) -> float | None:
        """Mean seconds from the end of an episode to the start of the next; None if there is only one."""
        return self.gaps / self.later if self.later else None


def compute_rhythm(episodes: Episodes) -> Rhythm:
    """Return the rhythm of a family's episodes. Raises ValueError if there are none."""
    if not len(episodes):
        raise ValueError("a rhythm needs an episode")
    # From an end to the next start: only then is "3 mean gaps since the end" comparable with the gaps.
    gaps = episodes.starts[1:] - episodes.ends[:-1]
    start = int(episodes.starts[0])
    return Rhythm(
        episodes=len(episodes),
        first_start=start,
        last_start=int(episodes.starts[-1]),
        last_end=int(episodes.ends[-1]),
        offsets=int((episodes.starts - start).sum()),
        gaps=int(gaps.sum()),
        median_gap=float(np.median(gaps)) if len(gaps) else None,
    )


def is_cycle(rhythm: Rhythm) -> bool:
    """Return whether 3 episodes or more start over 14 days or more."""
    return rhythm.episodes >= EPISODES_OF_A_CYCLE and rhythm.last_start - rhythm.first_start >= SPAN_OF_A_CYCLE


def silent_from(rhythm: Rhythm) -> float | None:
    """Return the moment after which the family is silent unless it comes back; None if no gap is complete.

    It is 3 mean gaps after the end of the last episode. While gaps are exponential with a known mean, one in exp(3) =
    20 is longer than that.
    """
    if rhythm.last_end == STILL_OPEN or rhythm.mean_gap is None:
        return None
    return rhythm.last_end + GAPS_OF_SILENCE * rhythm.mean_gap


def is_silent(rhythm: Rhythm, as_of: int) -> bool:
    """Return whether more than 3 mean gaps have passed since the end of the last episode."""
    limit = silent_from(rhythm)
    return limit is not None and as_of > limit


def laplace(rhythm: Rhythm, as_of: int) -> float | None:
    """Return Laplace's trend statistic U of the later starts over the window from the first start to `as_of`.

    Standard normal at a constant rate, above zero when episodes come faster and faster (Cox and Lewis 1966, 3.3; Ascher
    and Feingold 1984). None below four later episodes. A start after `as_of` stretches the window.
    """
    # The first episode opens the window and does not count: a window that begins with an event holds one too many.
    window = max(as_of, rhythm.last_start) - rhythm.first_start
    if rhythm.later < EPISODES_OF_A_TREND or window <= 0:
        return None
    return (rhythm.offsets / rhythm.later - window / 2) / (window * math.sqrt(1 / (12 * rhythm.later)))


def cycle_state(rhythm: Rhythm, as_of: int, fixed_at: int | None) -> State:
    """Return the state of a cycle as of a moment.

    `fixed_at` is the resolution of the latest fix that is not known to have failed. A silent cycle is `broken` if it
    was resolved before the silence was complete, 3 mean gaps after the last end.
    """
    limit = silent_from(rhythm)
    if limit is not None and as_of > limit:
        # Not before the silence began: most fixes are resolved some days after the last episode ended. A fix of what
        # was silent already breaks nothing.
        return "broken" if fixed_at is not None and fixed_at <= limit else "quiet"
    trend = laplace(rhythm, as_of) or 0.0
    if abs(trend) <= ONE_SIDED_95:
        return "steady"
    return "accelerating" if trend > 0 else "slowing"


def is_endless(rhythm: Rhythm, as_of: int) -> bool:
    """Return whether the family is a cycle that is active and not slowing."""
    return is_cycle(rhythm) and cycle_state(rhythm, as_of, None) in ("accelerating", "steady")
