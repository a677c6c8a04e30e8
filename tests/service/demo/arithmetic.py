"""The definitions worked out apart from the product: cycles, fixes and shares of planted tickets."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean, stdev

from service.demo.record import SimulatedTicket

DAY = timedelta(days=1)
WEEK = 7 * DAY
REACTIVE = ("failure", "rework", "request")
T_12 = 2.179  # 0.975 quantile of Student's t with 12 degrees of freedom
Z = 1.645

Episode = list[SimulatedTicket]


def episodes(tickets: Iterable[SimulatedTicket]) -> list[Episode]:
    """Return tickets by episode: those that overlap, or open within 24 h of the last resolution, share one."""
    grouped: list[Episode] = []
    for ticket in sorted(tickets, key=lambda ticket: (ticket.opened_at, ticket.id)):
        if not grouped or is_over(grouped[-1], ticket.opened_at - DAY):
            grouped.append([])
        grouped[-1].append(ticket)
    return grouped


def is_over(episode: Episode, before: datetime) -> bool:
    """Return whether all tickets of an episode were resolved before an instant."""
    end = ended_at(episode)
    return end is not None and end < before


def left_at(record: SimulatedTicket) -> datetime | None:
    """Return the instant of the last resolution or cancellation; None while the ticket is open."""
    return record.entered(record.workflow.ended | {record.workflow.cancelled})


def ended_at(episode: Episode) -> datetime | None:
    """Return the instant of the last resolution; None while a ticket is open."""
    ends = [left_at(ticket) for ticket in episode]
    return None if None in ends else max(end for end in ends if end)


@dataclass(frozen=True)
class Cycle:
    """A family by the definitions, as of a moment."""

    starts: list[datetime]
    ends: list[datetime | None]
    as_of: datetime

    @classmethod
    def of(cls, tickets: Iterable[SimulatedTicket], as_of: datetime) -> "Cycle":
        """Return the cycle of some tickets."""
        grouped = episodes(tickets)
        return cls([episode[0].opened_at for episode in grouped], [ended_at(episode) for episode in grouped], as_of)

    @property
    def is_one(self) -> bool:
        """At least 3 episodes over at least 14 days."""
        return len(self.starts) >= 3 and self.starts[-1] - self.starts[0] >= 14 * DAY

    @property
    def gaps(self) -> list[float]:
        """Days from an end to the next start."""
        return [(start - end) / DAY for end, start in zip(self.ends, self.starts[1:], strict=False) if end]

    @property
    def silence(self) -> float:
        """Days since the last end, in mean gaps."""
        return (self.as_of - self.ends[-1]) / DAY / mean(self.gaps) if self.ends[-1] else 0.0

    @property
    def laplace(self) -> float:
        """U of the later starts over the window from the first start to as_of."""
        later = [(start - self.starts[0]) / DAY for start in self.starts[1:]]
        window = (self.as_of - self.starts[0]) / DAY
        return (mean(later) - window / 2) / (window * math.sqrt(1 / (12 * len(later))))

    def state(self, fixed_at: datetime | None = None) -> str:
        """Return the state by the rule of silence, then by Laplace's test from 4 later episodes on."""
        if self.silence > 3:
            return "broken" if fixed_at else "quiet"
        if len(self.starts) < 5 or abs(self.laplace) <= Z:
            return "recurring"
        return "accelerating" if self.laplace > 0 else "slowing"

    def outcome(self, fixed_at: datetime, *, with_first: bool = False) -> str:
        """Return the outcome of a fix by the exact conditional binomial test; the first episode counts or not."""
        before = sum(start <= fixed_at for start in self.starts) - (not with_first)
        after = sum(start > fixed_at for start in self.starts)
        share = (self.as_of - fixed_at) / (self.as_of - self.starts[0])
        expected = before * share / (1 - share)
        if after / share < before / (1 - share) and at_most(after, before + after, share) < 0.05:
            return "held"
        if after:
            return "did not hold"
        return "too early" if expected < 3 else "unclear"


def at_most(successes: int, trials: int, share: float) -> float:
    """P(X <= successes) of a binomial X."""
    return sum(math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(successes + 1))


@dataclass(frozen=True)
class Week:
    """Hours and tickets of what was opened in one week."""

    reactive: float
    repeat: float
    proactive: float
    tickets: int

    @property
    def repeat_share(self) -> float:
        """The share of repeats in the reactive hours."""
        return self.repeat / self.reactive

    @property
    def reactive_share(self) -> float:
        """The share of reactive work in all hours."""
        return self.reactive / (self.reactive + self.proactive)


def weeks(
    records: Iterable[SimulatedTicket], families: Iterable[Iterable[SimulatedTicket]], as_of: datetime, count: int
) -> list[Week]:
    """Return the last closed ISO weeks. Work counts as it was logged; a ticket without logged work counts 0 h."""
    repeats = {ticket.id for tickets in families for episode in episodes(tickets)[1:] for ticket in episode}
    end = datetime.combine(as_of.date() - DAY * as_of.weekday(), datetime.min.time(), UTC)
    spans = [(end - WEEK * n, end - WEEK * (n - 1)) for n in range(count, 0, -1)]
    records = list(records)
    return [_week([record for record in records if begin <= record.opened_at < stop], repeats) for begin, stop in spans]


def _week(records: Sequence[SimulatedTicket], repeats: set[str]) -> Week:
    reactive = [record for record in records if record.work_class in REACTIVE]
    return Week(
        reactive=_hours(reactive),
        repeat=_hours(record for record in reactive if record.id in repeats),
        proactive=_hours(record for record in records if record.work_class not in REACTIVE),
        tickets=len(reactive),
    )


def _hours(records: Iterable[SimulatedTicket]) -> float:
    return sum(record.seconds for record in records) / 3600


def interval(period: Sequence[Week]) -> tuple[float, float]:
    """Return the interval of the repeat share of hours of 13 weeks: the ratio estimator by week (Cochran 1977, 6.4)."""
    share = sum(week.repeat for week in period) / sum(week.reactive for week in period)
    off = stdev(week.repeat - share * week.reactive for week in period) / mean(week.reactive for week in period)
    return share - T_12 * off / math.sqrt(13), share + T_12 * off / math.sqrt(13)


def kendall(series: Sequence[float]) -> float:
    """Return Mann-Kendall's Z of a series without ties and autocorrelation: below zero where it falls."""
    s = sum((b > a) - (b < a) for n, a in enumerate(series) for b in series[n + 1 :])
    n = len(series)
    return (s - (s > 0) + (s < 0)) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
