"""One metric, and the sums of days, weeks or months that it is made of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.analysis.catalogue import DEFINITIONS
from service.analysis.clusters import FamilyWeeks
from service.analysis.interval import wilson


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """The measures of one scope over one day, week or month; a measure missing from `sums` is zero."""

    begin: datetime
    end: datetime
    sums: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Metric:
    """A number with its denominator and interval, or the reason why there is none; `note` qualifies it.

    `undecided_low` and `undecided_high` bound a share by nature, whatever its undecided tickets are; None where they
    are too few to matter.
    """

    id: str
    value: float | None
    n: int
    unit: str
    low: float | None = None
    high: float | None = None
    why_not: str | None = None
    note: str | None = None
    undecided_low: float | None = None
    undecided_high: float | None = None

    @property
    def measurable(self) -> bool:
        """True if there is a number."""
        return self.value is not None


@dataclass(frozen=True, slots=True)
class MetricInputs:
    """The inputs of all metrics; `sums` and `histograms` are the measures of all periods together.

    `families` are the tickets of the periods by family and week, where they were read.
    """

    periods: Sequence[PeriodSums]
    sums: Mapping[str, int]
    histograms: Mapping[str, Mapping[int, int]]
    tickets_by_person: Mapping[str, int]
    backlog: int
    as_of: datetime
    families: FamilyWeeks | None = None

    def of(self, *names: str) -> int:
        """Return the sum of some measures."""
        return sum(self.sums.get(name, 0) for name in names)

    @property
    def seconds(self) -> float:
        """The length of the period."""
        return sum((period.end - period.begin) / timedelta(seconds=1) for period in self.periods)


def sum_periods(periods: Sequence[PeriodSums]) -> dict[str, int]:
    """Return the measures of all periods together, in the order of their names, without zeros."""
    sums: Counter[str] = Counter()
    for period in periods:
        sums.update(period.sums)
    # Sorted, because reports must be equal byte for byte however the sums were gathered.
    return {name: sums[name] for name in sorted(sums) if sums[name]}


def share_metric(id_: str, part: int, n: int, why_not: str) -> Metric:
    """Return a share with its Wilson interval, or with the reason why there is none."""
    if not n:
        return not_measurable(id_, why_not)
    return Metric(id_, part / n, n, DEFINITIONS[id_].unit, *wilson(part, n))


def count_metric(id_: str, value: int, n: int) -> Metric:
    """Return a metric without an interval."""
    return Metric(id_, value, n, DEFINITIONS[id_].unit)


def not_measurable(id_: str, why: str, n: int = 0) -> Metric:
    """Return a metric that is not measurable, with the reason."""
    # Never a zero: an unknown number would read as "none".
    return Metric(id_, None, n, DEFINITIONS[id_].unit, why_not=why)
