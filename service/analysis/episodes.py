"""Episodes: the bursts in which the tickets of one family come."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from service.analysis.calendar import week_begin

HOUR = 3_600
DAY = 24 * HOUR
WEEK = 7 * DAY
LONGEST_PAUSE = 24 * HOUR
LONGEST_BURST = 72 * HOUR
LOOK_BACK = 26 * WEEK
NEVER = int(np.iinfo(np.int64).max)
"""The resolution of a ticket that was never resolved."""

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Episodes:
    """The episodes of one family in the order of time, one entry each.

    `first` is the index of an episode's first ticket, `starts` and `lasts` are its first and last opening in epoch
    seconds, `tickets` how many belong to it, `seconds` the work in them.
    """

    first: Integers
    starts: Integers
    lasts: Integers
    tickets: Integers
    seconds: Integers

    def __len__(self) -> int:
        return len(self.starts)


class Moments(Protocol):
    """Moments in the order of time, in epoch seconds, wherever they are kept."""

    def first_from(self, moment: int) -> int | None:
        """Return the first that is not before a moment; None if there is none."""

    def last_before(self, moment: int) -> int:
        """Return the last that is before a moment. Raises LookupError if there is none."""


class SortedMoments:
    """Moments in memory."""

    def __init__(self, moments: Iterable[int]) -> None:
        self._moments = sorted(moments)

    def first_from(self, moment: int) -> int | None:
        """Return the first that is not before a moment; None if there is none."""
        place = bisect_left(self._moments, moment)
        return self._moments[place] if place < len(self._moments) else None

    def last_before(self, moment: int) -> int:
        """Return the last that is before a moment. Raises LookupError if there is none."""
        place = bisect_left(self._moments, moment)
        if not place:
            raise LookupError(moment)
        return self._moments[place - 1]


def group_episodes(opened: Integers, repaired: Integers, seconds: Integers) -> Episodes:
    """Return the episodes of one family, whose tickets are given in the order of (opened, id).

    Times are epoch seconds; `repaired` is the first resolution of a ticket, NEVER if there is none. A ticket belongs
    to the current episode if it opens at most 24 h after the ticket before it and 72 h after the episode's start.
    Later, it begins a new one if some ticket of the family was resolved between the episode's start and its opening.
    """
    starts, lasts = _bounds(opened.tolist(), repaired.tolist())
    first = np.searchsorted(opened, starts)
    return Episodes(
        first=first,
        starts=np.array(starts, np.int64),
        lasts=np.array(lasts, np.int64),
        tickets=np.diff(first, append=len(opened)),
        seconds=np.add.reduceat(seconds, first) if len(first) else seconds[:0],
    )


def _bounds(opened: list[int], repaired: list[int]) -> tuple[list[int], list[int]]:
    """Return the first and the last openings of the episodes."""
    # Most families have one ticket.
    if len(opened) == 1:
        return opened, opened
    openings = SortedMoments(opened)
    resolutions = SortedMoments(moment for moment in repaired if moment != NEVER)
    starts, lasts = list[int](), list[int]()
    start = openings.first_from(-NEVER)
    while start is not None:
        last, following = follow_episode(start, openings, resolutions)
        starts.append(start)
        lasts.append(last)
        start = following
    return starts, lasts


def follow_episode(start: int, openings: Moments, resolutions: Moments) -> tuple[int, int | None]:
    """Return the last opening of the episode that begins with an opening, and the start of the next one, if any."""
    # Nothing before its start decides how an episode goes on, so that a change of one ticket reaches only as far as
    # the next start that stays where it was.
    repaired = resolutions.first_from(start)
    if repaired is None:
        return openings.last_before(NEVER), None
    # Whatever pauses there were before the first resolution, nobody had said that the problem was over.
    last = openings.last_before(max(repaired, start + 1))
    # From one opening to the last within 24 h of it, so that a hundred tickets of an hour are passed in one step.
    while (reached := openings.last_before(min(last + LONGEST_PAUSE, start + LONGEST_BURST) + 1)) > last:
        last = reached
    return last, openings.first_from(last + 1)


def are_returns(starts: Integers, lasts: Integers) -> Flags:
    """Return which episodes are returns: the family was there within the 26 weeks before they began."""
    returns = np.zeros(len(starts), bool)
    # Last openings only grow: if any earlier episode reaches into the look-back, the one before does.
    returns[1:] = starts[1:] - lasts[:-1] <= LOOK_BACK
    return returns


def week_numbers(seconds: Integers, zone: ZoneInfo) -> Integers:
    """Return the numbers of the local weeks of instants, in seconds since 1970."""
    in_utc = (seconds - week_begin(0, ZoneInfo("UTC"))) // WEEK
    # A zone is less than a day away from UTC: an instant is in the same week, in the one before or in the one after.
    distinct, places = np.unique(in_utc, return_inverse=True)
    begins = np.array([week_begin(number, zone) for number in distinct.tolist()], np.int64)[places]
    ends = np.array([week_begin(number + 1, zone) for number in distinct.tolist()], np.int64)[places]
    numbers: Integers = in_utc - (seconds < begins) + (seconds >= ends)
    return numbers
