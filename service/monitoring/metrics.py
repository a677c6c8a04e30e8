"""Prometheus metrics of the analysis and of notifications: a fixed number of series, and no text of a ticket."""

import math
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import get_args

from prometheus_client import Counter, Gauge

from service.analysis import cycles, fixes, sentence
from service.analysis.families.visibility import VisibleBy
from service.report.sections.report import Report

# Bounded, and by id: a series for each cycle, or a title as label, would grow Prometheus with the store.
GREATEST = 10

VERDICT = Gauge(
    "treadmill_verdict", "1 for the state of the verdict on all tickets, 0 for the other states.", ["state"]
)
LOW, HIGH = "Lower bound of its 95 % interval.", "Upper bound of its 95 % interval."
REPEAT = Gauge("treadmill_repeat_share", "Share of the failures of 13 weeks that were repeats.")
REPEAT_LOW = Gauge("treadmill_repeat_share_low", LOW)
REPEAT_HIGH = Gauge("treadmill_repeat_share_high", HIGH)
ENDLESS_SHARE = Gauge("treadmill_endless_share", "Share of the failures of 13 weeks that belong to endless cycles.")
ENDLESS_SHARE_LOW = Gauge("treadmill_endless_share_low", LOW)
ENDLESS_SHARE_HIGH = Gauge("treadmill_endless_share_high", HIGH)
REACTIVE = Gauge("treadmill_reactive_share", "Share of the decided tickets of 13 weeks that were reactive.")
REACTIVE_LOW = Gauge("treadmill_reactive_share_low", LOW)
REACTIVE_HIGH = Gauge("treadmill_reactive_share_high", HIGH)
REPEAT_HOURS = Gauge(
    "treadmill_repeat_hours_share", "Share of the hours of failures of 13 weeks that went into repeats."
)
REPEAT_HOURS_LOW = Gauge("treadmill_repeat_hours_share_low", LOW)
REPEAT_HOURS_HIGH = Gauge("treadmill_repeat_hours_share_high", HIGH)
REACTIVE_HOURS = Gauge("treadmill_reactive_hours_share", "Share of the decided hours of 13 weeks that were reactive.")
REACTIVE_HOURS_LOW = Gauge("treadmill_reactive_hours_share_low", LOW)
REACTIVE_HOURS_HIGH = Gauge("treadmill_reactive_hours_share_high", HIGH)
SHARES = {
    "repeat_share": (REPEAT, REPEAT_LOW, REPEAT_HIGH),
    "endless_share": (ENDLESS_SHARE, ENDLESS_SHARE_LOW, ENDLESS_SHARE_HIGH),
    "reactive_share": (REACTIVE, REACTIVE_LOW, REACTIVE_HIGH),
    "repeat_hours_share": (REPEAT_HOURS, REPEAT_HOURS_LOW, REPEAT_HOURS_HIGH),
    "reactive_hours_share": (REACTIVE_HOURS, REACTIVE_HOURS_LOW, REACTIVE_HOURS_HIGH),
}
ENDLESS = Gauge("treadmill_endless_cycles", "Cycles that are active and not slowing.")
CYCLES = Gauge("treadmill_cycles", "Cycles by state.", ["state"])
REPEATS = Gauge(
    "treadmill_cycle_repeats", "Repeats of 13 weeks in each of the ten cycles of failures with most.", ["cycle"]
)
COST = Gauge(
    "treadmill_cycle_repeat_hours",
    "Repeat hours of 13 weeks in each of the ten cycles of failures with most repeats.",
    ["cycle"],
)
FIXES = Gauge("treadmill_fixes", "Fixes of cycles by outcome.", ["outcome"])
VISIBILITY = Gauge(
    "treadmill_visibility",
    "Share of a source's reactive tickets of 13 weeks by how they can be seen.",
    ["source", "by"],
)
RECALL = Gauge(
    "treadmill_recall", "Share of the duplicates marked by people that are recognised; NaN if unknown.", ["source"]
)
ANALYSED = Gauge("treadmill_analysis_timestamp_seconds", "The moment as of which all tickets were last analysed.")
FAILED = Gauge("treadmill_analysis_failed", "1 where the last analysis failed, else 0; NaN before the first.")
SECONDS = Gauge("treadmill_analysis_seconds", "How long the last analysis took.")
NOTIFICATIONS = Counter("treadmill_notifications", "Notifications by result.", ["result"])
JOBS = Counter("treadmill_jobs", "Jobs that this process has done, by kind.", ["kind"])
JOBS_RUNNING = Gauge("treadmill_jobs_running", "Jobs that this process is doing, by kind.", ["kind"])
RESULTS = {True: "accepted", False: "refused"}

# A gauge begins at 0, which would be a finding before the first analysis.
for unmeasured in (*chain.from_iterable(SHARES.values()), ENDLESS, ANALYSED, FAILED, SECONDS):
    unmeasured.set(math.nan)
# Prometheus sees no increase in a counter that appears with its first event.
for result in RESULTS.values():
    NOTIFICATIONS.labels(result)


def observe_report(report: Report) -> None:
    """Set the gauges to the values of a report on all tickets; a share that is not measurable is NaN."""
    for state in get_args(sentence.State):
        VERDICT.labels(state).set(1 if report.verdict.state == state else 0)
    for id_, gauges in SHARES.items():
        metric = report.metrics[id_]
        for gauge, value in zip(gauges, (metric.value, metric.low, metric.high), strict=True):
            gauge.set(math.nan if value is None else value)
    problems = [cycle for cycle in report.cycles if cycle.work == "failure"]
    ENDLESS.set(sum(cycle.endless for cycle in problems))
    _count(CYCLES, get_args(cycles.State), [cycle.state for cycle in problems])
    _count(FIXES, get_args(fixes.Outcome), [fix.outcome for cycle in problems for fix in cycle.fixes])
    for source in report.sources:
        for ground in get_args(VisibleBy):
            VISIBILITY.labels(source.name, ground).set(
                getattr(source.visibility, ground) if source.visibility and source.visibility.n else math.nan
            )
        RECALL.labels(source.name).set(source.recall.value if source.recall else math.nan)
    # A cycle that is no longer among the greatest would otherwise keep its last value.
    REPEATS.clear()
    COST.clear()
    for cycle in problems[:GREATEST]:
        REPEATS.labels(cycle.id).set(math.nan if cycle.repeats_in_period is None else cycle.repeats_in_period)
        COST.labels(cycle.id).set(math.nan if cycle.repeat_hours_in_period is None else cycle.repeat_hours_in_period)
    ANALYSED.set(report.as_of.timestamp())


def observe_analysis(seconds: float) -> None:
    """Set the duration of the last analysis."""
    SECONDS.set(seconds)


def observe_failure(*, failed: bool) -> None:
    """Show whether the last analysis failed."""
    FAILED.set(failed)


@contextmanager
def count_job(kind: str) -> Iterator[None]:
    """Count a job that runs inside the block."""
    JOBS.labels(kind)
    with JOBS_RUNNING.labels(kind).track_inprogress():
        yield
    JOBS.labels(kind).inc()


def observe_delivery(*, accepted: bool) -> None:
    """Count a notification to one URL."""
    NOTIFICATIONS.labels(RESULTS[accepted]).inc()


def _count(gauge: Gauge, names: tuple[str, ...], occurrences: list[str]) -> None:
    # Every name, not only those that occur: a value that falls to zero must be seen to fall.
    tally = Tally(occurrences)
    for name in names:
        gauge.labels(name).set(tally[name])
