"""Shares of hours and of repeats, whose tickets are too unequal, or too dependent, for a plain share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from service.analysis import interval
from service.analysis.catalogue import DEFINITIONS
from service.analysis.formatting import percent
from service.analysis.interval import RatioSums
from service.analysis.metric import Metric, MetricInputs, not_measurable, share_metric
from service.analysis.tally import DECIDED, FAILURES, REACTIVE, REQUESTS
from service.analysis.undecided import with_bounds

# From so many periods on the variance between them can be estimated, and the period is the unit of an interval.
PERIODS_AS_UNITS = 8
# Squares are stored in minutes, sums in seconds.
SECONDS_SQUARED = 60 * 60


_RETURN_SHARES = {
    "repeat_share": ("repeat", FAILURES, "no failure was opened in the period"),
    "endless_share": ("endless", FAILURES, "no failure was opened in the period"),
    "request_repeat_share": ("rerequest", REQUESTS, "no request was opened in the period"),
}
CLUSTERED: Mapping[str, tuple[str, str]] = {
    "repeat_share": ("failures", "repeat"),
    "endless_share": ("failures", "endless"),
    "request_repeat_share": ("requests", "rerequest"),
    "repeat_hours_share": ("failures.s", "repeat.s"),
}
"""Shares whose tickets hang together by problem and by week: the measures of whole and part in `FamilyWeeks`."""


def return_shares(inputs: MetricInputs) -> list[Metric]:
    """Return the shares of tickets that came again: of repeats and endless cycles in failures, of repeats in requests.

    Failures include rework.
    """
    return [_return_share(id_, inputs) for id_ in _RETURN_SHARES]


def _return_share(id_: str, inputs: MetricInputs) -> Metric:
    name, whole, why = _RETURN_SHARES[id_]
    part, n = inputs.of(name), inputs.of(*whole)
    share = share_metric(id_, part, n, why)
    if n:
        # By the ticket, a 95 % interval held the truth in 70 % of runs with bursts of 1 to 10; by the week alone, in 50
        # to 80 % where problems live for 4 to 13 weeks.
        sums = [_count_sums(period.sums, name, whole) for period in inputs.periods]
        _, low, high = _ratio(id_, inputs, sums, _count_sums(inputs.sums, name, whole))
        share = replace(share, low=low, high=high)
    return with_bounds(share, part, n, inputs)


def _ratio(
    id_: str, inputs: MetricInputs, periods: Sequence[RatioSums], tickets: RatioSums
) -> tuple[float, float, float]:
    """Return (value, low, high) by the largest units there are: problems and weeks, weeks, or tickets."""
    if inputs.families is not None and id_ in CLUSTERED:
        return inputs.families.ratio(*CLUSTERED[id_], tickets)
    if len(periods) >= PERIODS_AS_UNITS:
        return interval.ratio_over_weeks(periods)
    if tickets.wholes2 == tickets.whole:
        return tickets.part / tickets.whole, *interval.wilson(tickets.part, tickets.whole)
    return interval.ratio_of_sums(tickets)


def _count_sums(sums: Mapping[str, int], name: str, whole: tuple[str, ...]) -> RatioSums:
    n, part = sum(sums.get(work_class, 0) for work_class in whole), sums.get(name, 0)
    return RatioSums(n=n, whole=n, part=part, wholes2=n, products=part, parts2=part)


class _Hours(NamedTuple):
    """A share of hours: the classes of the whole and of the part, and the names of their squares and logged seconds."""

    wholes: tuple[str, ...]
    parts: tuple[str, ...]
    whole_groups: tuple[str, ...]
    part_groups: tuple[str, ...]


_HOUR_SHARES = {
    "reactive_hours_share": _Hours(
        DECIDED, REACTIVE, ("failures", "requests", "proactive"), ("failures", "requests")
    ),
    "repeat_hours_share": _Hours(FAILURES, ("repeat",), ("failures",), ("repeat",)),
}  # fmt: skip


def hour_shares(inputs: MetricInputs) -> list[Metric]:
    """Return the shares of hours: of reactive work in all that is decided, and of repeats in failures and rework."""
    return [_hours_share(id_, inputs, names) for id_, names in _HOUR_SHARES.items()]


def _hours_share(id_: str, inputs: MetricInputs, names: _Hours) -> Metric:
    weeks = [_hour_sums(period.sums, names) for period in inputs.periods]
    whole, n = sum(week.whole for week in weeks), sum(week.n for week in weeks)
    merged = _hour_sums(inputs.sums, names)
    unknown = inputs.of(*(f"{group}.u" for group in names.whole_groups))
    if not whole:
        why = "no hours are known for the tickets opened in the period"
        return with_bounds(not_measurable(id_, why, n), 0, 0, inputs)
    value, low, high = _ratio(id_, inputs, weeks, merged)
    logged = inputs.of(*(f"{group}.l" for group in names.whole_groups))
    note = f"{percent(logged / whole)} of the hours were logged"
    if unknown:
        note += f"; hours of {percent(unknown / n)} of the tickets are unknown"
    share = Metric(id_, value, n, DEFINITIONS[id_].unit, low, high, note=note)
    return with_bounds(share, merged.part, whole, inputs)


def _hour_sums(sums: Mapping[str, int], names: _Hours) -> RatioSums:
    def of(names_: tuple[str, ...], ending: str = "") -> int:
        return sum(sums.get(f"{name}{ending}", 0) for name in names_)

    part_squares = SECONDS_SQUARED * of(names.part_groups, ".q")
    # A ticket's hours belong to a part altogether or not at all, so the cross products are the squares of the part.
    return RatioSums(
        n=of(names.wholes),
        whole=of(names.wholes, ".s"),
        part=of(names.parts, ".s"),
        wholes2=SECONDS_SQUARED * of(names.whole_groups, ".q"),
        products=part_squares,
        parts2=part_squares,
    )
