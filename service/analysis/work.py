"""Estimated work: time in active within business hours, shared among the tickets of one person, moment by moment."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.analysis.clock import BusinessCalendar

Integers = NDArray[np.int64]

STILL_ACTIVE = int(np.iinfo(np.int64).max)
"""The end of a span of a ticket that is active now."""
MOST_SECONDS = 40 * 3600
"""The estimate of one ticket ends here."""
NOBODY = ""
"""The person of a span without an assignee, which is in nobody's week and shared with no other."""
# Shares are whole parts of a second: their sums are exact in any order, and rounded down they never exceed the time.
_PARTS = 1 << 20
_YEARS = 10


class ActiveSpan(NamedTuple):
    """A time in which a person had a ticket active, in seconds since 1970; `end_s` may be STILL_ACTIVE."""

    person: str
    begin_s: int
    end_s: int


def business_seconds(calendar: BusinessCalendar, times: Integers) -> Integers:
    """Return the seconds of business hours from a common moment to each of these, in seconds since 1970."""
    years = [datetime.fromtimestamp(int(at), UTC).year // _YEARS for at in (times.min(), times.max())]
    opens, lengths, before = _business_times(calendar, years[0] * _YEARS, (years[1] + 1) * _YEARS)
    if not len(opens):
        return np.zeros(len(times), np.int64)
    place = np.searchsorted(opens, times, side="right") - 1
    within = np.minimum(times - opens[place], lengths[place])
    return np.where(place < 0, 0, before[place] + within)


def shared_seconds(calendar: BusinessCalendar, begins: Integers, ends: Integers) -> Integers:
    """Return the parts of a second that each span of one person gets: of each moment an equal share.

    Spans of one ticket must not overlap. `whole_seconds` makes seconds of sums of parts.
    """
    times = np.unique(np.concatenate((begins, ends)))
    first, last = np.searchsorted(times, begins), np.searchsorted(times, ends)
    active = np.cumsum(np.bincount(first, minlength=len(times)) - np.bincount(last, minlength=len(times)))[:-1]
    worked = np.diff(business_seconds(calendar, times))
    # One share for each stretch between two changes: a thousand active tickets cost no more than one.
    shares = np.concatenate(([0], np.cumsum(worked * _PARTS // np.maximum(active, 1))))
    return np.asarray(shares[last] - shares[first], np.int64)


def unshared_seconds(calendar: BusinessCalendar, begins: Integers, ends: Integers) -> Integers:
    """Return the parts of a second of spans that nobody shares."""
    times = business_seconds(calendar, np.concatenate((begins, ends)))
    return (times[len(begins) :] - times[: len(begins)]) * _PARTS


def whole_seconds(parts: int) -> int:
    """Return whole seconds, rounded down."""
    return parts // _PARTS


def subtract_spans(before: Sequence[ActiveSpan], after: Sequence[ActiveSpan]) -> dict[str, list[tuple[int, int]]]:
    """Return by person the times in which a ticket was active before or after, but not both."""
    bounds: dict[str, set[int]] = {}
    for span in {*before} ^ {*after}:
        # A bound of both lies inside, or outside, of both: it cancels out.
        of_person = bounds.setdefault(span.person, set())
        of_person ^= {span.begin_s}
        of_person ^= {span.end_s}
        bounds[span.person] = of_person
    return {person: _pairs(sorted(moments)) for person, moments in bounds.items() if moments}


def merge_intervals(intervals: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return intervals in order, those that touch or overlap as one."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(intervals):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


def _pairs(moments: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(moments[::2], moments[1::2], strict=True))


@lru_cache(maxsize=8)
def _business_times(calendar: BusinessCalendar, first_year: int, end_year: int) -> tuple[Integers, Integers, Integers]:
    """Return (begin, length, sum of the lengths before) of the business hours of whole years, in seconds."""
    spans, day, days = [], date(first_year, 1, 1), (date(end_year, 1, 1) - date(first_year, 1, 1)).days
    for number in range(days):
        local = day + timedelta(days=number)
        for weekday, opens, closes in calendar.spans:
            if weekday == local.weekday():
                # By instants, so that the hour that a change of the clock adds or drops is counted as it passes.
                begin, end = (int(datetime.combine(local, at, calendar.zone).timestamp()) for at in (opens, closes))
                spans.append((begin, end))
    merged = np.array(merge_intervals(spans), np.int64).reshape(-1, 2)
    lengths = merged[:, 1] - merged[:, 0]
    return merged[:, 0], lengths, np.cumsum(lengths) - lengths
