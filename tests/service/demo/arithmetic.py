"""The definitions worked out apart from the product: cycles, fixes and shares of planted tickets."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean, stdev

from service.demo.record import SimulatedTicket

DAY = timedelta(days=1)
WEEK = 7 * DAY
LOOK_BACK = 26 * WEEK
FAILURES = ("failure", "rework")
T_12 = 2.179  # 0.975 quantile of Student's t with 12 degrees of freedom
Z = 1.645

Episode = list[SimulatedTicket]


def begins(record: SimulatedTicket) -> datetime:
    """Return when a ticket counts as opened among its like: a child with its parent."""
    parent = record.linked("parent")
    return min(record.opened_at, parent.opened_at) if parent else record.opened_at


def episodes(tickets: Iterable[SimulatedTicket]) -> list[Episode]:
    """Return tickets by episode.

    One takes in what opens within 24 h of the ticket before, up to 72 h from its start; later ones begin another, if
    meanwhile some ticket was resolved.
    """
    every = sorted(tickets, key=lambda ticket: (begins(ticket), ticket.id))
    ends = [end for end in map(first_resolved_at, every) if end is not None]
    grouped: list[Episode] = []
    for ticket in every:
        if not grouped or is_new(grouped[-1], ticket, ends):
            grouped.append([])
        grouped[-1].append(ticket)
    return grouped


def is_new(episode: Episode, ticket: SimulatedTicket, ends: Sequence[datetime]) -> bool:
    """Return whether a ticket begins an episode after this one; `ends` are the first resolutions of the family."""
    start, last, at = begins(episode[0]), begins(episode[-1]), begins(ticket)
    if at - last <= DAY and at - start <= 3 * DAY:
        return False
    return any(start <= end <= at for end in ends)


def first_resolved_at(record: SimulatedTicket) -> datetime | None:
    """Return the instant of the first resolution; None without one."""
    ended = record.workflow.ended
    return next((change.at for change in record.changes if change.field == "status" and change.new in ended), None)


def repeats(tickets: Iterable[SimulatedTicket]) -> set[str]:
    """Return the ids of the tickets whose episode has another one within the 26 weeks before it."""
    grouped = episodes(tickets)
    return {
        ticket.id
        for before, episode in itertools.pairwise(grouped)
        if begins(episode[0]) - begins(before[-1]) <= LOOK_BACK
        for ticket in episode
    }


@dataclass(frozen=True)
class Cycle:
    """A family by the definitions, as of a moment."""

    starts: list[datetime]
    lasts: list[datetime]
    opened: list[datetime]
    as_of: datetime

    @classmethod
    def of(cls, tickets: Iterable[SimulatedTicket], as_of: datetime) -> "Cycle":
        """Return the cycle of some tickets."""
        grouped = episodes(tickets)
        starts, lasts = [begins(episode[0]) for episode in grouped], [begins(episode[-1]) for episode in grouped]
        return cls(starts, lasts, [ticket.opened_at for episode in grouped for ticket in episode], as_of)

    @property
    def is_one(self) -> bool:
        """At least 3 episodes over at least 14 days."""
        return len(self.starts) >= 3 and self.starts[-1] - self.starts[0] >= 14 * DAY

    @property
    def silence(self) -> float:
        """Days since the last opening, in mean gaps of at least 3 days each."""
        gaps = [max(3.0, (start - last) / DAY) for last, start in zip(self.lasts, self.starts[1:], strict=False)]
        return (self.as_of - self.lasts[-1]) / DAY / mean(gaps)

    @property
    def recent(self) -> list[datetime]:
        """The starts within the look-back."""
        return [start for start in self.starts if start > self.as_of - LOOK_BACK]

    @property
    def laplace(self) -> float:
        """U of the starts in the look-back; a first episode in it opens the window and does not count."""
        begin = max(self.starts[0], self.as_of - LOOK_BACK)
        times = [(start - begin) / DAY for start in self.recent if start > begin]
        window = (self.as_of - begin) / DAY
        return (mean(times) - window / 2) / (window * math.sqrt(1 / (12 * len(times))))

    @property
    def busy_weeks(self) -> int:
        """The number of the last 13 closed weeks that have a ticket."""
        end = last_monday(self.as_of)
        return len({(end - at) // WEEK for at in self.opened if timedelta(0) < end - at <= 13 * WEEK})

    def state(self, fixed_at: datetime | None = None) -> str:
        """Return the state: chronic, else by the rule of silence, then by Laplace's test from 5 episodes on."""
        if self.busy_weeks >= 10:
            return "chronic"
        if self.silence > 3:
            return "broken" if fixed_at else "quiet"
        if len(self.recent) < 5 or abs(self.laplace) <= Z:
            return "recurring"
        return "accelerating" if self.laplace > 0 else "slowing"

    def is_endless(self) -> bool:
        """Chronic, or active with 5 episodes or more in the look-back and not slowing."""
        state = self.state()
        return state == "chronic" or (state in ("recurring", "accelerating") and len(self.recent) >= 5)

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
    """Failures and rework opened in one week."""

    failures: int
    repeats: int

    @property
    def repeat_share(self) -> float:
        """The share of repeats."""
        return self.repeats / self.failures


def last_monday(as_of: datetime) -> datetime:
    """Return the end of the last closed ISO week."""
    return datetime.combine(as_of.date() - DAY * as_of.weekday(), datetime.min.time(), UTC)


def weeks(
    records: Iterable[SimulatedTicket], families: Iterable[Iterable[SimulatedTicket]], as_of: datetime, count: int
) -> list[Week]:
    """Return the last closed ISO weeks."""
    repeating = {id_ for tickets in families for id_ in repeats(tickets)}
    end = last_monday(as_of)
    failures = [record for record in records if record.work_class in FAILURES]
    spans = [(end - WEEK * n, end - WEEK * (n - 1)) for n in range(count, 0, -1)]
    in_weeks = [[record.id for record in failures if begin <= record.opened_at < stop] for begin, stop in spans]
    return [Week(len(ids), len(repeating.intersection(ids))) for ids in in_weeks]


def interval(period: Sequence[Week]) -> tuple[float, float]:
    """Return the interval of the repeat share of 13 weeks: the ratio estimator by week (Cochran 1977, 6.4)."""
    share = sum(week.repeats for week in period) / sum(week.failures for week in period)
    off = stdev(week.repeats - share * week.failures for week in period) / mean(week.failures for week in period)
    return share - T_12 * off / math.sqrt(13), share + T_12 * off / math.sqrt(13)


def kendall(series: Sequence[float]) -> float:
    """Return Mann-Kendall's Z of a series without ties and autocorrelation: below zero where it falls."""
    s = sum((b > a) - (b < a) for n, a in enumerate(series) for b in series[n + 1 :])
    n = len(series)
    return (s - (s > 0) + (s < 0)) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
