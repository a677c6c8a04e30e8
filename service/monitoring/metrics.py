"""Prometheus metrics of what the analysis found: few series, whatever the store holds, and no words of a ticket."""

import math
from collections import Counter as Counted
from typing import get_args

from prometheus_client import Counter, Gauge

from service.analysis import cycles, fixes, verdict
from service.report.sections.report import Report

COSTLIEST = 10

VERDICT = Gauge(
    "treadmill_verdict", "1 for the state that the verdict on everything is in, 0 for the others.", ["state"]
)
REPEAT = Gauge("treadmill_repeat_hours_share", "Share of the reactive hours of 13 weeks that went into repeats.")
REPEAT_LOW = Gauge("treadmill_repeat_hours_share_low", "Lower bound of its 95 % interval.")
REPEAT_HIGH = Gauge("treadmill_repeat_hours_share_high", "Upper bound of its 95 % interval.")
REACTIVE = Gauge("treadmill_reactive_hours_share", "Share of all hours of 13 weeks that were reactive.")
REACTIVE_LOW = Gauge("treadmill_reactive_hours_share_low", "Lower bound of its 95 % interval.")
REACTIVE_HIGH = Gauge("treadmill_reactive_hours_share_high", "Upper bound of its 95 % interval.")
ENDLESS = Gauge("treadmill_endless_cycles", "Cycles that are active and not slowing.")
CYCLES = Gauge("treadmill_cycles", "Cycles by state.", ["state"])
COST = Gauge("treadmill_cycle_repeat_hours", "Repeat hours of 13 weeks in each of the ten costliest cycles.", ["cycle"])
FIXES = Gauge("treadmill_fixes", "Fixes of cycles by outcome.", ["outcome"])
ANALYSED = Gauge("treadmill_analysis_timestamp_seconds", "The moment as of which everything was analysed last.")
SECONDS = Gauge("treadmill_analysis_seconds", "How long the last analysis took.")
NOTIFICATIONS = Counter("treadmill_notifications", "Notifications by what became of them.", ["result"])
RESULTS = {True: "accepted", False: "refused"}

SHARES = {
    "repeat_hours_share": (REPEAT, REPEAT_LOW, REPEAT_HIGH),
    "reactive_hours_share": (REACTIVE, REACTIVE_LOW, REACTIVE_HIGH),
}

for unknown in (REPEAT, REPEAT_LOW, REPEAT_HIGH, REACTIVE, REACTIVE_LOW, REACTIVE_HIGH, ENDLESS, ANALYSED, SECONDS):
    unknown.set(math.nan)  # a gauge begins at 0, which would be a finding
for result in RESULTS.values():
    NOTIFICATIONS.labels(result)  # Prometheus sees no increase in a counter that begins at its first event


def observe_report(report: Report) -> None:
    """Shows what a report on everything says; a share that is not measurable is NaN."""
    for state in get_args(verdict.State):
        VERDICT.labels(state).set(1 if report.verdict.state == state else 0)
    for id_, gauges in SHARES.items():
        metric = report.metrics[id_]
        for gauge, value in zip(gauges, (metric.value, metric.low, metric.high), strict=True):
            gauge.set(math.nan if value is None else value)
    ENDLESS.set(sum(cycle.endless for cycle in report.cycles))
    _count(CYCLES, get_args(cycles.State), [cycle.state for cycle in report.cycles])
    _count(FIXES, get_args(fixes.Outcome), [fix.outcome for cycle in report.cycles for fix in cycle.fixes])
    COST.clear()
    for cycle in report.cycles[:COSTLIEST]:
        COST.labels(cycle.id).set(cycle.repeat_hours_in_period)
    ANALYSED.set(report.as_of.timestamp())


def observe_analysis(seconds: float) -> None:
    """Shows how long an analysis took."""
    SECONDS.set(seconds)


def observe_answer(*, accepted: bool) -> None:
    """Counts a notification at one URL."""
    NOTIFICATIONS.labels(RESULTS[accepted]).inc()


def _count(gauge: Gauge, names: tuple[str, ...], found: list[str]) -> None:
    counted = Counted(found)
    for name in names:
        gauge.labels(name).set(counted[name])
