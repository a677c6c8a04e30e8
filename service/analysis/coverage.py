"""Coverage of the past: from when on the tickets are all there, and which weeks that makes comparable."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from service.analysis.calendar import midnight

LOOK_BACK = timedelta(weeks=26)
"""The time before a ticket in which an earlier episode of its family makes it a repeat."""
SHARE_OF_LEVEL = 0.25
LEAST_LEVEL = 20
"""A stretch of weeks is long enough to judge where it typically has so many openings: then sixteen make no run."""
WEEKS_OF_STRETCH = (1, 2, 4, 8, 13, 26)
STRETCHES_AHEAD = 8
MOST_WEIGHT = 20
LEAST_SHARE = 0.05
"""A source with a smaller share of the tickets cannot move the numbers of a scope."""
EPOCH = date(1970, 1, 5)


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """One source: how far its pull reaches, its openings by week (the Monday), and those in the period of a scope."""

    reach: datetime
    openings: Mapping[date, int]
    in_period: int


def known_from(sources: Iterable[SourceCoverage], zone: ZoneInfo) -> datetime | None:
    """Return the instant from which all tickets of a scope are known: the latest of its sources; None without any.

    Sources that hold less than 5 % of the tickets of the period are left out, unless all do.
    """
    with_tickets = [source for source in sources if any(source.openings.values())]
    total = sum(source.in_period for source in with_tickets)
    # A small new source would otherwise take the look-back of all weeks from the large ones.
    large = [source for source in with_tickets if source.in_period and source.in_period >= LEAST_SHARE * total]
    return max((_source_from(source, zone) for source in large or with_tickets), default=None)


def first_dense_week(openings: Mapping[date, int]) -> date | None:
    """Return the Monday of the first week whose openings come to a quarter of what is usual after it; None for none.

    Where a week has too few openings to tell, it is the first ticket of the first such stretch of weeks.
    """
    filled = {_week_number(monday): count for monday, count in openings.items() if count > 0}
    if not filled:
        return None
    first = next((week for weeks in WEEKS_OF_STRETCH if (week := _first_dense(filled, weeks)) is not None), min(filled))
    return EPOCH + timedelta(weeks=first)


def is_before(end: datetime, begin: datetime | None) -> bool:
    """Return True if a period that ends then lies before the data begin, so that nothing of it is known."""
    return begin is None or end <= begin


def is_partial(week: date, begin: datetime | None, zone: ZoneInfo) -> bool:
    """Return whether the look-back of a week reaches before the data, so that its repeats are a least value."""
    return begin is None or midnight(week - LOOK_BACK, zone) < begin


def _source_from(source: SourceCoverage, zone: ZoneInfo) -> datetime:
    week = first_dense_week(source.openings)
    # Before the reach of a source only those of its tickets are in the store that somebody touched later.
    return source.reach if week is None else max(source.reach, midnight(week, zone))


def _week_number(monday: date) -> int:
    return (monday - EPOCH).days // 7


def _first_dense(filled: Mapping[int, int], weeks: int) -> int | None:
    """Return the first dense week, judged by stretches of so many weeks; None where these hold too few openings."""
    # Stretches begin at fixed weeks: counted from the first ticket, a stray one would move them all.
    stretches: dict[int, int] = {}
    for week, count in filled.items():
        stretches[week // weeks] = stretches.get(week // weeks, 0) + count
    ordered = sorted(stretches)
    counts = [stretches[stretch] for stretch in ordered]
    if _usual(counts) < LEAST_LEVEL:
        return None
    # The last stretch is dense by definition, so that there is one.
    begin, level = next(
        (stretch, level)
        for place, stretch in enumerate(ordered)
        if _is_dense(stretches, stretch, ordered[-1], SHARE_OF_LEVEL * (level := _usual(counts[place:])))
    )
    first = min(week for week in filled if week // weeks == begin)
    # The stretch before may hold the first weeks of the data, too few to make it dense.
    while filled.get(first - 1, 0) >= SHARE_OF_LEVEL * level / weeks:
        first -= 1
    return first


def _is_dense(stretches: Mapping[int, int], begin: int, last: int, least: float) -> bool:
    """Return whether this stretch, the next one, and half of the eight from this one on have so many openings."""
    ahead = [stretches.get(stretch, 0) >= least for stretch in range(begin, min(begin + STRETCHES_AHEAD, last + 1))]
    # One large day of the past, or a few tickets right before the data begin, are no beginning.
    return all(ahead[:2]) and 2 * sum(ahead) >= len(ahead)


def _usual(counts: Sequence[int]) -> int:
    """Return the median of stretches that are not empty, each weighted by its openings, at most 20 times the median."""
    # Unweighted, sixteen stray tickets in sixteen weeks would be the rule where the data are thirteen weeks long;
    # weighted without a limit, one week of a thousand tickets would be.
    most = MOST_WEIGHT * median(counts)
    ordered = sorted(counts)
    weights = [min(count, most) for count in ordered]
    passed, half = 0.0, sum(weights) / 2
    for count, weight in zip(ordered, weights, strict=True):
        passed += weight
        if passed >= half:
            return count
    return ordered[-1]
