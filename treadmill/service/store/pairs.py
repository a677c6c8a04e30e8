"""Looking up many rows by two columns.

SQLite does not use an index for (a, b) IN (VALUES ...) beyond its first column: it would walk through all the rows of a
source. So the pairs are asked for group by group, with one value of the first column each.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

First = TypeVar("First", bound=Hashable)
Second = TypeVar("Second")
AT_ONCE = 1000


def grouped(pairs: Iterable[tuple[First, Second]]) -> Iterator[tuple[First, list[Second]]]:
    """Each first value with its second ones, at most a thousand at a time, in the order in which they come."""
    found: dict[First, list[Second]] = defaultdict(list)
    for first, second in pairs:
        found[first].append(second)
    for first, seconds in found.items():
        for start in range(0, len(seconds), AT_ONCE):
            yield first, seconds[start : start + AT_ONCE]
