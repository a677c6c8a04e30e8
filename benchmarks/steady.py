"""Desks on which nothing changes: how often a report shows an arrow, and how often intervals hold the truth.

`python -m benchmarks.steady [RUNS]` prints, for desks whose data are 13 to 156 weeks long, the share of runs in which
each metric is called rising or falling, the level of the repeat share, and the coverage of its interval.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from service.analysis.clusters import FamilyWeeks
from service.analysis.comparison import credible_trends, is_comparable
from service.analysis.cycles import EPISODES_OF_A_CYCLE, endless_weeks
from service.analysis.episodes import are_returns, group_episodes
from service.analysis.formulas import compute_metrics, weekly_metrics
from service.analysis.histogram import bucket_number
from service.analysis.hour_shares import CLUSTERED
from service.analysis.metric import Metric, PeriodSums, sum_periods
from service.analysis.trend import Trend, fit_trend

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

LENGTHS = (13, 26, 52, 104, 156)
LIVES = (4.0, 8.0, 13.0)
PERIOD, TREND = 13, 26
LOOK_BACK_WEEKS = 26.0
WARM_UP = 60
DAY = 1 / 7
WEEK_SECONDS = 7 * 86_400
RIPENING = 30 * DAY
MAJOR = 2
AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
END = datetime(2026, 11, 23, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Desk:
    """The constant rates of a desk: tickets a week by what they are, and how long problems live, in weeks."""

    failures: float = 22.0
    single: float = 0.5
    life: float = 8.0
    gap: float = 1.3
    chronic: int = 1
    chronic_rate: float = 1.5
    requests: float = 12.0
    request_kinds: int = 25
    proactive: float = 6.0


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets of a desk in the order of opening: times in weeks from the first one of the data, and what they are.

    `first` and `resolved` are when they were first and last resolved, NaN for a reopen that never was.
    """

    opened: Numbers
    family: NDArray[np.int64]
    work: NDArray[np.str_]
    reopened: Numbers
    first: Numbers
    resolved: Numbers
    handoffs: NDArray[np.int64]
    loops: NDArray[np.int64]
    hours: Numbers
    linked: Numbers
    level: NDArray[np.int64]


def draw_tickets(desk: Desk, weeks: int, dice: np.random.Generator) -> Tickets:
    """Return the tickets that a desk opens in so many weeks, after it has run for long."""
    groups = [*_problems(desk, weeks, dice), *_streams(desk, weeks, dice)]
    opened = np.concatenate([times for _, times in groups])
    work = np.concatenate([np.full(len(times), work) for work, times in groups])
    family = np.concatenate([np.full(len(times), number) for number, (_, times) in enumerate(groups)])
    singles = int(dice.poisson(desk.failures * desk.single * (weeks + WARM_UP)))
    proactive = int(dice.poisson(desk.proactive * (weeks + WARM_UP)))
    alone = singles + proactive
    opened = np.concatenate([opened, dice.uniform(-WARM_UP, weeks, alone)])
    work = np.concatenate([work, np.repeat(["failure", "delivery"], [singles, proactive])])
    family = np.concatenate([family, len(groups) + np.arange(alone)])
    inside = (opened >= 0) & (opened < weeks)
    order = np.argsort(opened[inside], kind="stable")
    return _live(opened[inside][order], family[inside][order], work[inside][order], dice)


def _problems(desk: Desk, weeks: int, dice: np.random.Generator) -> list[tuple[str, Numbers]]:
    """Return the openings of the problems that come back: they are born and die at a constant rate."""
    burst, earliest = 1.3, -WARM_UP - 4 * desk.life
    per_problem = burst * (1 + desk.life / desk.gap)
    births = dice.poisson(desk.failures * (1 - desk.single) / per_problem * (weeks - earliest))
    problems = []
    for birth in dice.uniform(earliest, weeks, births):
        life = dice.exponential(desk.life)
        starts = np.append(birth, birth + dice.uniform(0, life, dice.poisson(life / desk.gap)))
        times = np.repeat(starts, 1 + dice.poisson(burst - 1, len(starts)))
        problems.append(("failure", times + dice.uniform(0, 0.1, len(times))))
    return problems


def _streams(desk: Desk, weeks: int, dice: np.random.Generator) -> list[tuple[str, Numbers]]:
    """Return the openings of chronic problems, and of requests of some kinds that are made again and again."""
    rates = [("failure", desk.chronic_rate)] * desk.chronic
    rates += [("request", desk.requests / desk.request_kinds)] * desk.request_kinds
    span = weeks + WARM_UP
    return [(work, dice.uniform(-WARM_UP, weeks, dice.poisson(rate * span))) for work, rate in rates]


def _live(opened: Numbers, family: NDArray[np.int64], work: NDArray[np.str_], dice: np.random.Generator) -> Tickets:
    """Return tickets with the lives that the same chances gave them."""
    n = len(opened)
    first = opened + dice.lognormal(-1.8, 1.1, n)
    reopened = np.where(dice.random(n) < 0.08, first + dice.exponential(0.8, n), np.inf)
    resolved = np.where(np.isfinite(reopened), reopened + dice.lognormal(-1.8, 1.0, n), first)
    return Tickets(
        opened=opened, family=family, work=work, reopened=reopened, first=first, resolved=resolved,
        handoffs=dice.poisson(0.6, n), loops=dice.integers(0, 20, n), hours=dice.lognormal(0.4, 1.0, n),
        linked=np.where(dice.random(n) < 0.15, opened + dice.exponential(1.5, n), np.inf),
        level=dice.integers(1, 30, n),
    )  # fmt: skip


def flags(tickets: Tickets) -> tuple[Flags, Flags, Flags]:
    """Return which tickets are returns, of families known to be endless, and the first major failures of episodes.

    All by the product's own rules, from openings and first resolutions.
    """
    size = len(tickets.opened)
    repeat, endless, leads = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool)
    opened, repaired = ((WEEK_SECONDS * at).astype(np.int64) for at in (tickets.opened, tickets.first))
    major = (tickets.work == "failure") & (tickets.level <= MAJOR)
    order = np.argsort(tickets.family, kind="stable")
    begins = np.unique(tickets.family[order], return_index=True)[1]
    for places in np.split(order, begins[1:]):
        if len(places) == 1:
            leads[places] = major[places]
            continue
        episodes = group_episodes(opened[places], repaired[places], np.zeros(len(places), np.int64))
        numbers = np.searchsorted(episodes.starts, opened[places], "right") - 1
        repeat[places] = are_returns(episodes.starts, episodes.lasts)[numbers]
        if len(episodes) >= EPISODES_OF_A_CYCLE:
            weeks, of_week = np.unique(opened[places] // WEEK_SECONDS, return_inverse=True)
            endless[places] = endless_weeks(episodes.starts, weeks, (weeks + 1) * WEEK_SECONDS)[of_week]
        chosen = places[major[places]]
        leads[chosen[np.unique(numbers[major[places]], return_index=True)[1]]] = True
    return repeat, endless, leads


class WeekSums:
    """The measures of each week as the tally counts them, of what is known at a moment."""

    def __init__(self, weeks: int, as_of: float) -> None:
        self.by_week: list[Counter[str]] = [Counter() for _ in range(weeks)]
        self._as_of = as_of

    def add(self, at: Numbers, chosen: Flags, name: str, amounts: Numbers | None = None) -> None:
        """Add the tickets that are chosen, or amounts of them, to the weeks of their instants."""
        weeks = len(self.by_week)
        inside = chosen & (at >= 0) & (at < min(weeks, self._as_of))
        weights = None if amounts is None else amounts[inside]
        for week, amount in enumerate(np.bincount(at[inside].astype(int), weights, weeks)):
            if amount:
                self.by_week[week][name] += round(amount)

    def add_opened(self, tickets: Tickets, repeat: Flags, endless: Flags, leads: Flags) -> None:
        """Add what tickets add to the week of their opening."""
        seconds, minutes2 = 3_600 * tickets.hours, (60 * tickets.hours) ** 2
        failure, request = tickets.work == "failure", tickets.work == "request"
        reactive, opened = failure | request, tickets.opened
        self.add(opened, np.ones(len(opened), bool), "opened")
        groups = (
            ("failure", "failures", failure),
            ("request", "requests", request),
            ("delivery", "proactive", ~reactive),
        )
        for work, group, chosen in groups:
            self.add(opened, chosen, work)
            self.add(opened, chosen, f"{work}.s", seconds)
            self.add(opened, chosen, f"{group}.q", minutes2)
        for name, chosen in (("repeat", repeat & failure), ("rerequest", repeat & request)):
            self.add(opened, chosen, name)
            self.add(opened, chosen, f"{name}.s", seconds)
            self.add(opened, chosen, f"{name}.q", minutes2)
        self.add(opened, endless & failure, "endless")
        self.add(opened, repeat & endless & failure, "repeat.endless")
        self.add(opened, reactive & (opened % DAY > 0.7 * DAY), "after")
        self.add(opened, failure & (tickets.linked < self._as_of), "linked")
        self.add(opened, failure, "level")
        self.add(opened, leads, "major")
        self.add(opened, reactive, "own")
        self.add(opened, reactive & (tickets.level % 13 == 0), "misfiled")
        self.add(opened, reactive, "sla")
        self.add(opened, reactive & (np.minimum(tickets.resolved, self._as_of) - opened > 1), "sla.b")

    def add_resolved(self, tickets: Tickets) -> None:
        """Add what tickets add to the weeks of their resolutions, as they stand at the moment."""
        is_over = tickets.first < self._as_of
        again = is_over & (tickets.reopened < self._as_of)
        at = np.where(again, tickets.resolved, tickets.first)
        every = np.ones(len(at), bool)
        self.add(tickets.first, is_over, "first")
        self.add(tickets.first, again & (tickets.reopened - tickets.first <= RIPENING), "back")
        for name in ("resolved", "left", "told"):
            self.add(at, every, name)
        self.add(at, tickets.loops == 0, "strict")
        self.add(at, tickets.loops <= 1, "loose")
        self.add(at, tickets.loops == MAJOR, "stalled")
        self.add(at, ~again & (tickets.handoffs == 0), "one")
        for place in np.flatnonzero((at >= 0) & (at < min(len(self.by_week), self._as_of))):
            prefix = "p" if tickets.work[place] == "delivery" else "r"
            took = int((at[place] - tickets.opened[place]) * WEEK_SECONDS)
            self.by_week[int(at[place])][f"{prefix}:{bucket_number(took)}"] += 1
            self.by_week[int(at[place])][f"h:{tickets.handoffs[place]}"] += 1


def family_weeks(tickets: Tickets, repeat: Flags, endless: Flags) -> FamilyWeeks:
    """Return the tickets of the last 26 weeks by family and week, one entry a ticket."""
    failure, request = tickets.work == "failure", tickets.work == "request"
    seconds = 3_600 * tickets.hours
    sums = {
        "failures": failure, "repeat": repeat & failure, "endless": endless & failure, "requests": request,
        "rerequest": repeat & request, "failures.s": failure * seconds, "repeat.s": (repeat & failure) * seconds,
    }  # fmt: skip
    as_numbers = {name: values.astype(float) for name, values in sums.items()}
    return FamilyWeeks(tickets.family, tickets.opened.astype(np.int64), as_numbers)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a report, or of the page of trends, on a desk: its trends, and the last 13 weeks."""

    trends: Mapping[str, Trend | None]
    metrics: Mapping[str, Metric]
    sums: Mapping[str, int]

    @property
    def share(self) -> float:
        """The repeat share of the last 13 weeks."""
        return self.metrics["repeat_share"].value or 0.0


def judge(desk: Desk, weeks: int, dice: np.random.Generator) -> Outcome:
    """Return what a report says of a desk whose data are so many weeks long."""
    return outcome_of(draw_tickets(desk, weeks, dice), weeks)


def outcome_of(tickets: Tickets, weeks: int) -> Outcome:
    """Return what a report says of tickets of so many weeks."""
    repeat, endless, leads = flags(tickets)
    sums = WeekSums(weeks, weeks + DAY)
    sums.add_opened(tickets, repeat, endless, leads)
    sums.add_resolved(tickets)
    families = family_weeks(tickets, repeat, endless)
    begin = END - timedelta(weeks=weeks)
    periods = [
        PeriodSums(begin + timedelta(weeks=week), begin + timedelta(weeks=week + 1), measures)
        for week, measures in enumerate(sums.by_week)
    ]
    metrics = compute_metrics(periods[-PERIOD:], {}, 0, AS_OF, families.within(range(weeks - PERIOD, weeks)))
    trends = _trends(periods, families, begin)
    by_id = {metric.id: metric for metric in metrics}
    return Outcome(credible_trends(trends), by_id, sum_periods(periods[-PERIOD:]))


def _trends(periods: Sequence[PeriodSums], families: FamilyWeeks, begin: datetime) -> dict[str, Trend | None]:
    growth = [period.sums.get("opened", 0) - period.sums.get("left", 0) for period in periods]
    shown = range(max(0, len(periods) - TREND), len(periods))
    backlogs = np.cumsum(growth)[shown.start :].tolist()
    by_week = weekly_metrics(periods[shown.start :], backlogs, AS_OF)
    trends: dict[str, Trend | None] = {}
    for metric in by_week[0]:
        compares = [is_comparable(metric, periods[week].begin.date(), begin, AS_OF, ZONE) for week in shown]
        values = [row[metric].value if keeps else None for row, keeps in zip(by_week, compares, strict=True)]
        weeks = [week for week, keeps in zip(shown, compares, strict=True) if keeps]
        excess = families.within(weeks).slope_excess(*CLUSTERED[metric]) if metric in CLUSTERED else 1.0
        trends[metric] = fit_trend(values, excess)
    return trends


def true_share(desk: Desk) -> float:
    """Return the repeat share of a desk in the long run."""
    repeats = failures = 0
    for seed in range(4):
        tickets = draw_tickets(desk, 400, np.random.default_rng(10_000 + seed))
        counts = (tickets.work == "failure") & (tickets.opened > LOOK_BACK_WEEKS)
        repeats, failures = repeats + int((flags(tickets)[0] & counts).sum()), failures + int(counts.sum())
    return repeats / failures


def false_arrows(weeks: int, runs: int) -> tuple[dict[str, float], float]:
    """Return the share of runs in which each metric is rising or falling, and the mean repeat share."""
    outcomes = [judge(Desk(), weeks, np.random.default_rng((weeks, run))) for run in range(runs)]
    trends = [outcome.trends for outcome in outcomes]
    arrows = Counter(metric for run in trends for metric, trend in run.items() if trend and trend.direction != "flat")
    shares = {metric: arrows[metric] / runs for metric in trends[0]}
    return shares, float(np.mean([outcome.share for outcome in outcomes]))


def coverage(desk: Desk, runs: int, weeks: int = 39) -> float:
    """Return how often the interval of the repeat share holds that of the long run, where all look-backs are full."""
    truth = true_share(desk)
    outcomes = [_interval(desk, weeks, np.random.default_rng((99, run))) for run in range(runs)]
    return float(np.mean([low <= truth <= high for low, high in outcomes]))


def _interval(desk: Desk, weeks: int, dice: np.random.Generator) -> tuple[float, float]:
    tickets = draw_tickets(desk, weeks, dice)
    repeat, endless, leads = flags(tickets)
    sums = WeekSums(weeks, weeks + DAY)
    sums.add_opened(tickets, repeat, endless, leads)
    periods = [PeriodSums(END, END, measures) for measures in sums.by_week[-PERIOD:]]
    families = family_weeks(tickets, repeat, endless).within(range(weeks - PERIOD, weeks))
    share = next(m for m in compute_metrics(periods, {}, 0, AS_OF, families) if m.id == "repeat_share")
    return share.low or 0.0, share.high or 0.0


def main(runs: int) -> None:
    """Print the table of arrows and levels, and that of coverage."""
    tables = {weeks: false_arrows(weeks, runs) for weeks in LENGTHS}
    print("metric", *LENGTHS, sep=" | ")
    for metric in tables[LENGTHS[0]][0]:
        print(metric, *(f"{arrows[metric]:.3f}" for arrows, _ in tables.values()), sep=" | ")
    print("repeat share, mean", *(f"{level:.3f}" for _, level in tables.values()), sep=" | ")
    desks = {
        **{f"problems live {life:g} weeks": Desk(life=life, chronic=0) for life in LIVES},
        "8 weeks, 100 tickets": Desk(life=8, failures=7.7, chronic=0),
        "13 weeks, few large problems": Desk(life=13, gap=0.25, single=0.3, chronic=0),
    }
    for name, desk in desks.items():
        print(name, f"{coverage(desk, runs):.3f}", sep=" | ")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
