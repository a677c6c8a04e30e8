"""The metrics of one scope over one period, as far as each ticket alone can tell."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean

from treadmill.connectors.model import Ticket
from treadmill.service.analysis.classify import Decision
from treadmill.service.analysis.interval import percentile, ratio, wilson
from treadmill.service.analysis.life import Life

REOPEN_WINDOW = timedelta(days=30)
HOUR = timedelta(hours=1)
MAJOR_LEVEL = 2
FIX_LINKS = ("problem", "change", "caused_by")
NEEDS_FAMILIES = "tickets are not yet compared with each other, so what returns is not known"
OF_FAMILIES = (
    "repeat_share", "repeat_hours_share", "endless_hours_share", "recurrence_gap", "change_failure_rate",
    "fix_hold_rate", "prevention_yield", "absence_factor", "misfiled_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One ticket with what is known of it: its life and its class, None where nothing decides it."""

    ticket: Ticket
    life: Life
    decision: Decision | None
    after_hours: bool

    @property
    def is_reactive(self) -> bool:
        """Whether the work began because something had failed or someone had to ask."""
        return self.decision is not None and self.decision.nature == "reactive"


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
class Period:
    """From `begin` up to, and without, `end`."""

    begin: datetime
    end: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.begin <= at < self.end


def touches(fact: Fact, period: Period) -> bool:
    """Whether a ticket enters a metric of this period, but for the backlog."""
    return any(at in period for at in (fact.ticket.opened_at, fact.life.resolved_at, fact.life.first_resolved_at))


def open_at(fact: Fact, at: datetime) -> bool:
    """Whether a ticket was in the backlog at this moment: opened, and not resolved or cancelled since."""
    left = fact.life.resolved_at or fact.life.closed_at
    return fact.ticket.opened_at < at and (left is None or left >= at)


def measure(facts: Sequence[Fact], backlog: int, period: Period, as_of: datetime) -> list[Metric]:
    """Every metric that needs no comparison of tickets, and the reason for each that does.

    `facts` are those that touch the period, `backlog` the tickets that were open at its end.
    """
    opened = [fact for fact in facts if fact.ticket.opened_at in period]
    resolved = [fact for fact in facts if fact.life.resolved_at in period]
    return [
        *_flow(opened, resolved, backlog),
        *_nature(opened),
        *_loops(facts, resolved, period, as_of),
        *_times(resolved),
        *_failures(opened, period),
        *(Metric(id_, None, 0, "", why_not=NEEDS_FAMILIES) for id_ in OF_FAMILIES),
    ]


def _flow(opened: Sequence[Fact], resolved: Sequence[Fact], backlog: int) -> list[Metric]:
    net = len(opened) - len(resolved)
    return [
        Metric("opened", len(opened), len(opened), "tickets"),
        Metric("resolved", len(resolved), len(resolved), "tickets"),
        Metric("backlog", backlog, backlog, "tickets"),
        Metric("net_flow", net, len(opened) + len(resolved), "tickets"),
    ]


def _nature(opened: Iterable[Fact]) -> list[Metric]:
    decided = [fact for fact in opened if fact.decision is not None]
    reactive = [fact for fact in decided if fact.is_reactive]
    return [
        _share("reactive_share", decided, lambda fact: fact.is_reactive),
        _hours_share("reactive_hours_share", decided, lambda fact: fact.is_reactive),
        _share("failure_demand_share", reactive, lambda f: bool(f.decision and f.decision.work_class != "request")),
        _share("after_hours_share", reactive, lambda fact: fact.after_hours),
    ]


def _loops(facts: Iterable[Fact], resolved: Iterable[Fact], period: Period, as_of: datetime) -> list[Metric]:
    told = [fact for fact in resolved if fact.life.pingpong_strict is not None]
    first = [fact for fact in facts if fact.life.first_resolved_at in period and fact.life.stall_loops is not None]
    ripe = [
        fact for fact in first if fact.life.first_resolved_at and fact.life.first_resolved_at + REOPEN_WINDOW <= as_of
    ]
    with_handoffs = [fact.life.handoffs for fact in resolved if fact.life.handoffs is not None]
    return [
        _reopen_rate(ripe, len(first) - len(ripe)),
        _share("pingpong_rate_strict", told, lambda fact: bool(fact.life.pingpong_strict)),
        _share("pingpong_rate_loose", told, lambda fact: bool(fact.life.pingpong_loose)),
        _share("one_touch_rate", told, lambda fact: not fact.life.handoffs and not fact.life.reopens),
        _share("stall_rate", told, lambda fact: bool(fact.life.stall_loops)),
        _mean("handoffs", with_handoffs),
    ]


def _reopen_rate(ripe: Sequence[Fact], waiting: int) -> Metric:
    rate = _share("reopen_rate", ripe, _came_back_soon)
    return replace(rate, note=f"{waiting} more are open: their 30 days have not passed") if waiting else rate


def _came_back_soon(fact: Fact) -> bool:
    first, back = fact.life.first_resolved_at, fact.life.first_reopened_at
    return first is not None and back is not None and back - first <= REOPEN_WINDOW


def _times(resolved: Iterable[Fact]) -> list[Metric]:
    facts = list(resolved)
    delivery = [fact for fact in facts if fact.decision is not None and not fact.is_reactive]
    return [
        _percentile("time_to_resolve_p50", facts, 0.5),
        _percentile("time_to_resolve_p90", facts, 0.9),
        _percentile("delivery_lead_time", delivery, 0.5),
    ]


def _failures(opened: Iterable[Fact], period: Period) -> list[Metric]:
    facts = list(opened)
    failures = [fact for fact in facts if fact.decision is not None and fact.decision.work_class == "failure"]
    major = [fact for fact in failures if (fact.ticket.priority_level or 9) <= MAJOR_LEVEL]
    clocks = [sla.breached for fact in facts for sla in fact.ticket.slas if sla.breached is not None]
    hours = (period.end - period.begin) / HOUR
    mtbf = Metric("mtbf", hours / len(major), len(major), "hours") if major else _none("mtbf", "no major incident")
    return [
        Metric("major_incidents", len(major), len(failures), "tickets"),
        mtbf,
        _share("problem_link_rate", failures, lambda f: any(link.relation in FIX_LINKS for link in f.ticket.links)),
        _ratio("sla_breach_rate", sum(clocks), len(clocks), "the systems tell of no service level clock"),
    ]


def _share(id_: str, facts: Sequence[Fact], holds: Callable[[Fact], bool]) -> Metric:
    return _ratio(id_, sum(map(holds, facts)), len(facts), "no ticket in the period tells of it")


def _ratio(id_: str, successes: int, n: int, why_not: str) -> Metric:
    if not n:
        return _none(id_, why_not)
    low, high = wilson(successes, n)
    return Metric(id_, successes / n, n, "share", low, high)


def _hours_share(id_: str, facts: Sequence[Fact], holds: Callable[[Fact], bool]) -> Metric:
    hours = [fact.life.hours for fact in facts]
    if not sum(hours):
        return _none(id_, "no hours are known of the tickets in the period")
    value, low, high = ratio([fact.life.hours if holds(fact) else 0.0 for fact in facts], hours)
    logged = sum(fact.life.hours for fact in facts if fact.life.hours_are == "logged") / sum(hours)
    return Metric(id_, value, len(facts), "share of hours", low, high, note=f"{logged:.0%} of the hours were logged")


def _mean(id_: str, values: Sequence[int]) -> Metric:
    if not values:
        return _none(id_, "no resolved ticket in the period tells of it")
    return Metric(id_, fmean(values), len(values), "per ticket")


def _percentile(id_: str, facts: Iterable[Fact], q: float) -> Metric:
    times = sorted(
        (fact.life.resolved_at - fact.ticket.opened_at) / HOUR for fact in facts if fact.life.resolved_at is not None
    )
    if not times:
        return _none(id_, "no such ticket was resolved in the period")
    value, low, high = percentile(times, q)
    return Metric(id_, value, len(times), "hours", low, high)


def _none(id_: str, why: str) -> Metric:
    return Metric(id_, None, 0, "", why_not=why)
