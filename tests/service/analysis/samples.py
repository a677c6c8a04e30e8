"""Facts and evidence with defaults for all that a test does not care about."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from service.analysis.calendar import Period, first_day, period
from service.analysis.controls import Control
from service.analysis.evidence import CycleFact, FixFact, ScopeEvidence, SourceFact, TeamFact
from service.analysis.fact import Fact
from service.analysis.metric import Metric, PeriodSums
from service.analysis.recognition import Precision, Recall, Recognition, Visibility
from service.analysis.tally import PROACTIVE, REACTIVE, Entry
from service.analysis.trend import Direction, Trend

ZONE = ZoneInfo("UTC")
HOUR = 3600
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WINDOW = Period(MONDAY, MONDAY + timedelta(weeks=13))
"""From 5 January to 5 April 2026."""


def fact(number: int = 1, **given: Any) -> Fact:
    """A reactive ticket that was opened on a Monday at 09:00 and is still open."""
    values: dict[str, Any] = {
        "ticket": number, "source": "jira", "id": str(number), "key": f"IT-{number}", "url": None,
        "title": "Printer does not print", "kind": "incident", "team": "Desk", "service": "Print", "category": None,
        "provider": None, "priority": None, "priority_level": None, "status": "New", "status_category": "new",
        "opened_at": MONDAY + timedelta(hours=9), "updated_at": MONDAY, "first_resolved_at": None,
        "first_reopened_at": None, "resolved_at": None, "closed_at": None, "ended_is": "known", "reopens": 0,
        "handoffs": 0, "pingpong_strict": 0, "pingpong_loose": 0, "stall_loops": 0, "reopen_count": None,
        "reassignment_count": None,
        "seconds": 0, "hours_are": "estimated", "history_is": "history", "is_restless": False, "nature": "reactive",
        "work_class": "failure", "confidence": 0.9, "decided_by": "kind", "own_nature": None, "contradicts": False,
        "after_hours": False, "requester": None, "resolver": None, "remedy": None,
        "fix_linked": False, "named_cause": False, "sla_clocks": 0,
        "sla_breached": 0, "marked_duplicate": False,
    }  # fmt: skip
    return Fact(**values | given)


def _instants() -> st.SearchStrategy[datetime | None]:
    return st.none() | st.integers(0, 60 * 24 * 90).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Any ticket, its instants within 90 days."""
    work_class = draw(st.sampled_from((*REACTIVE, *PROACTIVE)))
    return fact(
        work_class=work_class, nature="reactive" if work_class in REACTIVE else "proactive",
        confidence=draw(st.sampled_from((0.5, 0.6, 0.98))),
        kind=draw(st.sampled_from(("incident", "change"))), seconds=draw(st.integers(0, 10**6)),
        hours_are=draw(st.sampled_from(("logged", "estimated"))), priority_level=draw(st.sampled_from((None, 1, 3))),
        first_resolved_at=draw(_instants()), first_reopened_at=draw(_instants()), resolved_at=draw(_instants()),
        closed_at=draw(_instants()), reopens=draw(st.sampled_from((None, 0, 2))),
        handoffs=draw(st.sampled_from((None, 0, 1, 7))), pingpong_strict=draw(st.sampled_from((None, 0, 1))),
        pingpong_loose=draw(st.sampled_from((None, 0, 1))), stall_loops=draw(st.sampled_from((None, 0, 3))),
        own_nature=draw(st.sampled_from((None, "reactive"))), contradicts=draw(st.booleans()),
        after_hours=draw(st.booleans()), fix_linked=draw(st.booleans()), named_cause=draw(st.booleans()),
        sla_clocks=draw(st.integers(0, 3)),
        ended_is=draw(st.sampled_from(("known", "assumed"))), resolver=draw(st.sampled_from((None, "p1", "p2"))),
    )  # fmt: skip


def summed(entries: Iterable[Entry], sign: int = 1) -> Counter[tuple[date, str]]:
    """Return entries as sums by day and measure."""
    sums: Counter[tuple[date, str]] = Counter()
    for day, measure, amount in entries:
        sums[day, measure] += sign * amount
    return sums


def weeks(entries: Iterable[Entry]) -> list[PeriodSums]:
    """The weekly atoms of entries, in order, without empty weeks."""
    sums: dict[date, Counter[str]] = {}
    for day, measure, amount in entries:
        sums.setdefault(first_day(day, "week"), Counter())[measure] += amount
    spans = {monday: period(monday, "week", ZONE) for monday in sorted(sums)}
    return [PeriodSums(span.begin, span.end, sums[monday]) for monday, span in spans.items()]


def share(id_: str, value: float, low: float, high: float, n: int = 400) -> Metric:
    """A share of hours with its interval."""
    return Metric(id_, value, n, "share of hours", low, high)


def going(direction: Direction, slope: float = 0.0) -> Trend:
    """A trend over 26 weeks."""
    p = 0.6 if direction == "flat" else 0.01
    return Trend(direction, slope, slope - 0.001, slope + 0.001, p, 26, corrected=False, visible_per_week=0.002)


def seen(
    recall: tuple[float, float, float] | None = (0.9, 0.8, 0.95),
    precision: tuple[float, float, float] | None = None,
    visible: float = 0.9,
    label: float = 0.1,
    to_judge: int = 60,
) -> Recognition:
    """Recognition of 400 reactive tickets, most of them by words; `label` is the share of repeats by label."""
    return Recognition(
        visibility=Visibility(words=visible - 0.05, label=0.05, nothing=1 - visible, n=400),
        label_share_of_repeats=label,
        recall=Recall(round(100 * recall[0]), 100, *recall, "people") if recall else None,
        precision=Precision(round(30 * precision[0]), 30, *precision) if precision else None,
        marked=100 if recall else 7,
        to_judge=to_judge,
    )


def evidence(
    repeat: tuple[float, float, float] | None = (0.3, 0.25, 0.35),
    trends: tuple[Direction | None, Direction | None] = ("flat", "flat"),
    failures: int = 400,
    **given: Any,
) -> ScopeEvidence:
    """Evidence of 13 full weeks: 1,000 h of work, 600 of them logged, in 400 failures; half of the repeats endless.

    `repeat` are the share of repeats and its bounds, `trends` those of the share of repeats and of the endless share.
    """
    repeats = round(failures * (repeat[0] if repeat else 0))
    unknown = Metric("repeat_share", None, 0, "share", why_not="no failure was opened in the period")
    rows = [
        Metric("reactive_share", 0.8, 500, "share", 0.75, 0.85),
        Metric("repeat_share", repeat[0], failures, "share", *repeat[1:]) if repeat else unknown,
        *([share("repeat_hours_share", *repeat, failures)] if repeat else []),
    ]
    ids = ("repeat_share", "endless_share")
    slopes = {"falling": -0.003, "rising": 0.003, "flat": 0.0}
    values: dict[str, Any] = {
        "scope": "all",
        "as_of": WINDOW.end + timedelta(days=2),
        "zone": ZONE,
        "period": WINDOW,
        "known_from": WINDOW.begin - timedelta(weeks=40),
        "sums": {
            "opened": failures * 5 // 4, "failure": failures, "failure.s": 1000 * HOUR, "failures.l": 600 * HOUR,
            "repeat": repeats, "repeat.s": 1000 * HOUR * repeats // (failures or 1), "repeat.endless": repeats // 2,
            "resolved": failures, "r:600": failures,
        },
        "metrics": {metric.id: metric for metric in rows},
        "trends": {id_: going(way, slopes[way]) if way else None for id_, way in zip(ids, trends, strict=True)},
        "sources": (SourceFact("jira", complete=True, tickets=9000),),
        "recognition": seen(),
    }  # fmt: skip
    return ScopeEvidence(**values | given)


def cycle(id_: str = "c1", **given: Any) -> CycleFact:
    """An endless cycle of failures, of four episodes, that holds 15 repeats of the period."""
    values: dict[str, Any] = {
        "id": id_, "title": "VPN drops", "state": "recurring", "endless": True, "episodes": 4, "tickets": 20,
        "seconds": 120 * HOUR, "logged_seconds": 60 * HOUR, "window_tickets": 15, "window_seconds": 90 * HOUR,
        "first_seen": MONDAY, "last_seen": MONDAY + timedelta(weeks=9), "median_gap_days": 12.5,
        "teams": ("Desk", "Network"), "people": 4, "absence_factor": 2,
        "became_cycle_at": MONDAY + timedelta(weeks=5), "ticket_ids": ("jira:9", "jira:1"),
        "window_ticket_ids": ("jira:9",),
    }  # fmt: skip
    return CycleFact(**values | given)


def fix(ticket: str = "jira:70", **given: Any) -> FixFact:
    """A fix that held, for 10 hours put in."""
    values: dict[str, Any] = {
        "ticket": ticket, "cycle": "c1", "title": "Replace the gateway", "resolved_at": MONDAY, "outcome": "held",
        "put_in": 10 * HOUR, "avoided": 30 * HOUR, "is_change": True, "episodes_before": 8, "episodes_after": 0,
        "control": Control(0.0, 20),
    }  # fmt: skip
    return FixFact(**values | given)


def team(name: str = "Desk", **given: Any) -> TeamFact:
    """A team with 100 closed tickets and 50 repeat hours."""
    values: dict[str, Any] = {
        "name": name, "closed": 100, "ripe": 80, "stayed": 76, "seconds": 200 * HOUR, "logged_seconds": 100 * HOUR,
        "failures": 90, "repeat_tickets": 30, "repeat_seconds": 50 * HOUR, "cycles_broken": 1,
        "with_history": 100, "pingpong": 5,
    }  # fmt: skip
    return TeamFact(**values | given)


def shuffled(given: ScopeEvidence, swap: Sequence[str]) -> ScopeEvidence:
    """The same evidence, with some of its sequences in reverse."""
    turned = {name: tuple(reversed(getattr(given, name))) for name in swap}
    return ScopeEvidence(**{name: getattr(given, name) for name in ScopeEvidence.__dataclass_fields__} | turned)
