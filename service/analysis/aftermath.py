"""Aftermath of changes: failures soon after the changes of a service, beyond what the same hours of other weeks bring.

A case-crossover design (Maclure 1991): each time after a change is compared with the same times of the four weeks
before and after it, so that neither weekdays, hours, nor how often a service fails at all look like an effect.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from service.analysis.catalogue import DEFINITIONS
from service.analysis.episodes import HOUR, WEEK, Flags, Integers
from service.analysis.formatting import count, integer
from service.analysis.interval import total_over_clusters
from service.analysis.metric import Metric, not_measurable
from service.analysis.recurrence import WHOLE_PERIOD_WHY

WINDOW = 72 * HOUR
"""So long after its end a change may show what it broke."""
SHIFTS = tuple(weeks * WEEK for weeks in (-4, -3, -2, -1, 1, 2, 3, 4))
REACH = SHIFTS[-1] + WINDOW
"""How far before and after a period its comparison looks."""
LEAST_CONTROLS = 2
LEAST_CHANGES = 10
CREDIBLE = 0.005
"""An excess is told in words where chance alone would bring it in one of two hundred desks."""


class Bounds(NamedTuple):
    """A stretch of time in epoch seconds, up to and without `end`."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class ServiceCourse:
    """The changes and failures of one service, in epoch seconds and in order.

    `ends` are those of its changes, `counted` tells which of them are asked about; `openings` and `families` are those
    of its failures, a family below 0 where a ticket has none.
    """

    ends: Integers
    counted: Flags
    openings: Integers
    families: Integers


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The failures within 72 h after `changes`, and how many other weeks let expect; those of one problem count once.

    `excess` is the difference, `low` and `high` bound it with 95 % where two weeks or more have changes; `p` is the
    chance of so much or more. `left_out` changes have no weeks to compare with.
    """

    changes: int
    left_out: int
    failures: int
    expected: float
    low: float | None
    high: float | None
    p: float

    @property
    def excess(self) -> float:
        """The failures beyond those expected."""
        return self.failures - self.expected

    @property
    def is_credible(self) -> bool:
        """True if chance alone would hardly bring so many failures."""
        return self.changes >= LEAST_CHANGES and self.p < CREDIBLE and self.excess >= 1


def measure_aftermath(courses: Iterable[ServiceCourse], period: Bounds, covered: Bounds) -> Aftermath:
    """Return the aftermath of the changes that ended in a period; the data hold all tickets of the time `covered`."""
    stretches = [stretch for course in courses for stretch in _compared(course, period, covered)]
    compared = [stretch for stretch in stretches if stretch.controls >= LEAST_CONTROLS]
    left_out = sum(stretch.changes for stretch in stretches) - sum(stretch.changes for stretch in compared)
    changes, failures = sum(stretch.changes for stretch in compared), sum(stretch.failures for stretch in compared)
    expected = sum(stretch.expected for stretch in compared)
    by_week = defaultdict[int, float](float)
    for stretch in compared:
        # Changes of one week may share an outage that none of them made.
        by_week[stretch.begin // WEEK] += stretch.failures - stretch.expected
    least_variance = sum(stretch.failures + stretch.expected / stretch.controls for stretch in compared)
    if len(by_week) < 2 or not least_variance:
        return Aftermath(changes, left_out, failures, expected, None, None, 1.0)
    _, low, high, p = total_over_clusters(np.array([by_week[week] for week in sorted(by_week)]), least_variance)
    return Aftermath(changes, left_out, failures, expected, low, high, p)


def aftermath_metric(aftermath: Aftermath | None) -> Metric:
    """Return the excess of failures per change, or why there is none; a day, week or month has no aftermath."""
    if aftermath is None:
        return not_measurable("aftermath", WHOLE_PERIOD_WHY)
    changes = aftermath.changes
    if not changes + aftermath.left_out:
        return not_measurable("aftermath", "no change with a service was resolved in the period")
    if changes < LEAST_CHANGES:
        why = f"{count(changes, 'change')} of the period can be compared with other weeks, {LEAST_CHANGES} are needed"
        return not_measurable("aftermath", why, changes)
    low, high = (None if bound is None else bound / changes for bound in (aftermath.low, aftermath.high))
    expected = integer(round(aftermath.expected))
    note = f"{count(aftermath.failures, 'failure')} within 72 h, those of one problem once; {expected} expected"
    if aftermath.left_out:
        note += f"; {count(aftermath.left_out, 'more change')} without weeks to compare with"
    unit = DEFINITIONS["aftermath"].unit
    return Metric("aftermath", aftermath.excess / changes, changes, unit, low, high, note=note)


class _Stretch(NamedTuple):
    """A time after one change or several that follow each other, with its failures and those that were expected."""

    begin: int
    changes: int
    failures: int
    expected: float
    controls: int


def _compared(course: ServiceCourse, period: Bounds, covered: Bounds) -> Iterator[_Stretch]:
    """Yield the times after the changes of a service that ended in a period and have passed."""
    begins, ends, firsts = _stretches(course.ends)
    counted = np.add.reduceat(course.counted & (course.ends >= period.begin) & (course.ends < period.end), firsts)
    is_covered = (begins >= covered.begin) & (ends <= covered.end)
    openings = _once_a_problem(course.openings, course.families)
    for begin, end, changes in zip(begins[is_covered], ends[is_covered], counted[is_covered], strict=True):
        if changes:
            yield _stretch(Bounds(int(begin), int(end)), int(changes), openings, (begins, ends), covered)


def _stretch(
    after: Bounds, changes: int, openings: Integers, busy: tuple[Integers, Integers], covered: Bounds
) -> _Stretch:
    """Return the failures in a time after changes, and the mean of those at the same times of weeks without any."""
    begins, ends = np.array(SHIFTS) + after.begin, np.array(SHIFTS) + after.end
    quiet = np.searchsorted(busy[1], begins, "right") == np.searchsorted(busy[0], ends, "left")
    usable = quiet & (begins >= covered.begin) & (ends <= covered.end)
    controls = int(usable.sum())
    elsewhere = int((np.searchsorted(openings, ends) - np.searchsorted(openings, begins))[usable].sum())
    failures = int(np.subtract(*np.searchsorted(openings, (after.end, after.begin))))
    return _Stretch(after.begin, changes, failures, elsewhere / controls if controls else 0.0, controls)


def _stretches(ends: Integers) -> tuple[Integers, Integers, Integers]:
    """Return begins and ends of the times after changes, and the place of the first change of each."""
    # After a change that follows within 72 h nobody can tell which of them broke something: they are one.
    firsts = np.flatnonzero(np.diff(ends, prepend=ends[0] - WINDOW - 1) > WINDOW)
    lasts = np.append(firsts[1:], len(ends)) - 1
    return ends[firsts], ends[lasts] + WINDOW, firsts


def _once_a_problem(openings: Integers, families: Integers) -> Integers:
    """Return the openings of failures, in order, without those within 72 h of one of the same problem that counts."""
    # A hundred tickets of one outage are one thing that a change broke.
    latest, counting = dict[int, int](), list[int]()
    for opening, family in zip(openings.tolist(), families.tolist(), strict=True):
        if family >= 0 and opening < latest.get(family, -WINDOW) + WINDOW:
            continue
        latest[family] = opening
        counting.append(opening)
    return np.array(counting, np.int64)
