"""Ids that several lines of a file have in common: the newest of them counts."""

from array import array
from typing import Any

from connectors.model import LeftOut

REPEATED = "repeats that of a newer line"
FEW = 5_000
"""Up to so many ids a set of them takes no more memory than the reading of a file takes anyway."""


class LineIds:
    """The ids of the lines of one file that make tickets, with their times of update, in batches.

    They take 24 bytes a line, for a file may have millions.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._ids = array("q")
        self._times = array("d")
        self._lines = array("I")
        self._numbers = array("I")
        self._refused = array("q")
        self._batches = array("q")

    def add(self, uid: str, line: int, number: int = 0, updated: float = 0) -> None:
        """Add a line with the number of its record, of which a line may have several, and its time of update."""
        self._ids.append(hash(uid))
        self._times.append(updated)
        self._lines.append(line)
        self._numbers.append(number)

    def add_refused(self, uid: str) -> None:
        """Add a line that was refused: its ticket still exists."""
        self._refused.append(hash(uid))

    def end_batch(self) -> None:
        """Begin another batch. Of each batch the reader yields the newest lines."""
        self._batches.append(len(self._ids))

    def count(self) -> int:
        """Return the number of different ids, those of refused lines included."""
        return _count(self.hashes())

    def hashes(self) -> "array[int]":
        """Return the hashes of all ids, those of refused lines included; the same for equal ids."""
        return self._ids + self._refused

    def repeats(self) -> tuple[LeftOut, ...]:
        """Return the count of the lines whose id a newer line has as well; nothing where there is none."""
        repeated = len(self._ids) - _count(self._ids)
        if not repeated:
            return ()
        order, is_newest = self._by_age()
        line = self._lines[int(order[~is_newest].min())]
        return (LeftOut(field="id", cause=REPEATED, tickets=repeated, example=f"{self._path}:{line}", unit="line"),)

    def superseded(self) -> frozenset[int]:
        """Return the numbers of the newest records of those ids of which a later batch has an older one."""
        if len(self._ids) == _count(self._ids):
            return frozenset()
        import numpy as np  # noqa: PLC0415 - as in _count

        order, is_newest = self._by_age()
        starts = np.flatnonzero(np.append(True, is_newest[:-1]))
        newest, latest = order[is_newest], np.maximum.reduceat(order, starts)
        ends = np.array(self._batches, dtype=np.int64)
        is_superseded = np.searchsorted(ends, newest, side="right") < np.searchsorted(ends, latest, side="right")
        return frozenset(self._numbers[int(place)] for place in newest[is_superseded])

    def _by_age(self) -> tuple[Any, Any]:
        """Return the places of all lines by id and age, and for each of them whether it is the newest of its id."""
        import numpy as np  # noqa: PLC0415 - as in _count

        ids, times = np.frombuffer(self._ids, dtype=np.int64), np.frombuffer(self._times)
        # The sort is stable: of equal times the later line is the newer.
        order = np.lexsort((times, ids))
        return order, np.append(np.diff(ids[order]) != 0, True)


class FileIds:
    """The ids of several files, of which some may be in more than one."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._each = 0

    def add(self, lines: LineIds) -> None:
        """Add the ids of another file."""
        self._hashes += lines.hashes()
        self._each += lines.count()

    def count(self) -> int:
        """Return the number of different ids in all files."""
        return _count(self._hashes)

    def shared(self) -> int:
        """Return how many ids less that is than the files have when each is counted by itself."""
        return self._each - self.count()


def _count(ids: "array[int]") -> int:
    """Return the number of different ids."""
    if len(ids) <= FEW:
        return len(set(ids))
    # The library takes longer to load than most files to read.
    import numpy as np  # noqa: PLC0415

    return len(np.unique(np.frombuffer(ids, dtype=np.int64)))
