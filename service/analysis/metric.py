"""One metric, and what metrics are made of: the measures of days, weeks or months."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.analysis.catalogue import DEFINITIONS
from service.analysis.interval import wilson


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """The measures of one scope over one day, week or month; what is not in `sums` is zero."""

    begin: datetime
    end: datetime
    sums: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Metric:
    """One number with its denominator and interval, or the reason why there is none; `note` is what to know of it."""

    id: str
    value: float | None
    n: int
    unit: str
    low: float | None = None
    high: float | None = None
    why_not: str | None = None
    note: str | None = None

    @property
    def measurable(self) -> bool:
        """Whether there is a number."""
        return self.value is not None


@dataclass(frozen=True, slots=True)
class MetricInputs:
    """What metrics are made of; `sums` and `histograms` are the measures of all atoms together."""

    atoms: Sequence[PeriodSums]
    sums: Mapping[str, int]
    histograms: Mapping[str, Mapping[int, int]]
    tickets_by_person: Mapping[str, int]
    backlog: int
    as_of: datetime

    def of(self, *names: str) -> int:
        """The sum of some measures."""
        return sum(self.sums.get(name, 0) for name in names)

    @property
    def seconds(self) -> float:
        """How long the period is."""
        return sum((atom.end - atom.begin) / timedelta(seconds=1) for atom in self.atoms)


def sum_periods(atoms: Sequence[PeriodSums]) -> dict[str, int]:
    """The measures of all atoms together, without those that are zero, in the order of their names."""
    sums: Counter[str] = Counter()
    for atom in atoms:
        sums.update(atom.sums)
    return {name: sums[name] for name in sorted(sums) if sums[name]}


def share_metric(id_: str, part: int, n: int, why_not: str) -> Metric:
    """A share with its Wilson interval, or the reason why there is none."""
    if not n:
        return not_measurable(id_, why_not)
    return Metric(id_, part / n, n, DEFINITIONS[id_].unit, *wilson(part, n))


def count_metric(id_: str, value: int, n: int) -> Metric:
    """A number without an interval."""
    return Metric(id_, value, n, DEFINITIONS[id_].unit)


def not_measurable(id_: str, why: str, n: int = 0) -> Metric:
    """A metric that is not measurable."""
    return Metric(id_, None, n, DEFINITIONS[id_].unit, why_not=why)
