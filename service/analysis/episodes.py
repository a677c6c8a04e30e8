"""Episodes: the bursts in which the tickets of one family come."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
STILL_OPEN = int(np.iinfo(np.int64).max)
"""The end of a ticket, and of an episode, that is open."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Episodes:
    """The episodes of one family in the order of time, one entry each.

    `first` is the index of an episode's first ticket, `starts` and `ends` are epoch seconds (STILL_OPEN while a ticket
    is open), `tickets` how many belong to it, `seconds` the work in them.
    """

    first: Integers
    starts: Integers
    ends: Integers
    tickets: Integers
    seconds: Integers

    def __len__(self) -> int:
        return len(self.starts)


def group_episodes(opened: Integers, ended: Integers, seconds: Integers) -> Episodes:
    """Return the episodes of one family, whose tickets are given in the order of (opened, id).

    Times are epoch seconds; `ended` is STILL_OPEN for an open ticket. A ticket begins a new episode if it opens more
    than 24 h after the end of every earlier one, so none begins while a ticket is open.
    """
    # A wrong clock may put an end before its opening: it counts as the opening.
    latest = np.maximum.accumulate(np.maximum(opened, ended))
    begins = np.ones(len(opened), dtype=bool)
    begins[1:] = opened[1:] - DAY > latest[:-1]
    first = np.flatnonzero(begins).astype(np.int64)
    next_first = np.append(first[1:], len(opened)).astype(np.int64)[: len(first)]
    return Episodes(
        first=first,
        starts=opened[first],
        ends=latest[next_first - 1],
        tickets=next_first - first,
        seconds=_sums(seconds, first),
    )


def _sums(seconds: Integers, first: Integers) -> Integers:
    return np.add.reduceat(seconds, first) if len(first) else seconds[:0]
