"""Comparison of weeks and of tests: which weeks of a metric a trend may hold, and which trends are to be believed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.analysis.calendar import period
from service.analysis.coverage import is_partial
from service.analysis.tally import REOPEN_WINDOW
from service.analysis.trend import ChangePoint, Trend

LOOKS_BACK = frozenset(
    {"repeat_share", "repeat_hours_share", "endless_share", "endless_hours_share", "request_repeat_share"}
)
"""Metrics of tickets whose problem had come before: least values while the look-back reaches before the data."""
RIPENS = frozenset({
    "reopen_rate", "one_touch_rate", "sla_breach_rate", "problem_link_rate", "change_failure_rate",
    "failure_demand_share", "reactive_hours_share", "repeat_hours_share",
})  # fmt: skip
"""Metrics that what happens later still moves: reopens, breaches, links, and work in tickets that are open."""
BY_RESOLUTION = frozenset({
    "resolved", "backlog", "net_flow", "reopen_rate", "pingpong_rate_strict", "pingpong_rate_loose", "handoffs",
    "one_touch_rate", "stall_rate", "time_to_resolve_p50", "time_to_resolve_p90", "delivery_lead_time",
})  # fmt: skip
"""Metrics that lack the tickets opened before the data, of which the slowest are resolved after they begin."""
WITHOUT_TREND = frozenset({
    "absence_factor", "recurrence_gap", "fix_hold_rate", "net_hold", "prevention_yield", "hidden_reopen_rate",
    "workaround_share", "aftermath",
})  # fmt: skip
"""Metrics of a period whose weeks do not compare: fixes of late are those that failed at once."""
RIPENING = REOPEN_WINDOW
SETTLING = timedelta(days=30)
ASKED_BEFOREHAND = "repeat_share"
"""The metric whose trend the verdict asks for. It is a question of its own, whatever else a report tests."""
FALSE_DISCOVERIES = 0.10


def is_comparable(metric: str, week: date, begin: datetime | None, as_of: datetime, zone: ZoneInfo) -> bool:
    """Return whether a closed week of a metric may enter a trend; `begin` is the instant the data are known from."""
    span = period(week, "week", zone)
    if begin is None or span.begin < begin or metric in WITHOUT_TREND:
        return False
    if metric in LOOKS_BACK and is_partial(week, begin, zone):
        return False
    if metric in BY_RESOLUTION and span.begin < begin + SETTLING:
        return False
    return metric not in RIPENS or span.end + RIPENING <= as_of


def credible_trends(trends: Mapping[str, Trend | None]) -> dict[str, Trend | None]:
    """Return the trends of one report, flat where the false discovery rate would pass 10 %; p stays.

    The trend that the verdict asks for counts among the others and keeps its direction: one question that is asked
    before the data are seen does not become less certain by thirty others.
    """
    tested = {metric: trend.p for metric, trend in trends.items() if trend is not None}
    credible = discoveries(tested) | {ASKED_BEFOREHAND}
    return {
        metric: trend if trend is None or metric in credible else replace(trend, direction="flat")
        for metric, trend in trends.items()
    }


def credible_changes(changes: Mapping[str, ChangePoint | None]) -> dict[str, ChangePoint]:
    """Return the changes of level of one report that a false discovery rate of 10 % lets stand."""
    tested = {metric: change.p for metric, change in changes.items() if change is not None}
    credible = discoveries(tested)
    return {
        metric: change
        for metric, change in changes.items()
        if change is not None and change.is_significant and metric in credible
    }


def discoveries(p_values: Mapping[str, float], rate: float = FALSE_DISCOVERIES) -> frozenset[str]:
    """Return the tests that hold at a false discovery rate (Benjamini and Hochberg 1995)."""
    ordered = sorted(p_values, key=lambda name: (p_values[name], name))
    last = max(
        (rank for rank, name in enumerate(ordered, 1) if p_values[name] <= rate * rank / len(ordered)), default=0
    )
    return frozenset(ordered[:last])
