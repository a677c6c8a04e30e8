"""Prometheus metrics of the runs and of the sources."""

from collections.abc import Container, Iterable
from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

from service.store.tickets.runs import RunCounts
from service.store.tickets.sources import SourceState

RUNS = Counter("treadmill_runs", "Runs that ended, by source, kind and outcome.", ["source", "kind", "outcome"])
TICKETS = Counter("treadmill_tickets_read", "Tickets that runs read, by what became of them.", ["source", "result"])
REQUESTS = Counter("treadmill_requests", "Requests sent to a source.", ["source"])
RETRIES = Counter("treadmill_retries", "Requests that had to be sent again.", ["source"])
SECONDS = Histogram(
    "treadmill_run_seconds", "How long runs took.", ["source", "kind"], buckets=(1, 5, 15, 60, 300, 900, 3600, 14400)
)
STORED = Gauge("treadmill_tickets", "Tickets in the store that are not gone from their source.", ["source"])
COMPLETE = Gauge("treadmill_source_complete", "1 where a source is reconciled and complete, else 0.", ["source"])
MISSING = Gauge("treadmill_tickets_missing", "Tickets that the source has and the store lacks.", ["source", "cause"])
LAST_SUCCESS = Gauge(
    "treadmill_last_success_timestamp_seconds", "When a source was last pulled to its end.", ["source"]
)
REJECTED = Gauge(
    "treadmill_source_rejected", "1 where the last run of a source ended with rejected credentials, else 0.", ["source"]
)
RESULTS = ("new", "changed", "unchanged", "refused")


class EndedRun(Protocol):
    """The properties of a run that become metrics."""

    # A protocol, because the module of runs imports this one.

    @property
    def source(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def counts(self) -> RunCounts: ...
    @property
    def seconds(self) -> float: ...


def observe_run(run: EndedRun) -> None:
    """Count a run that has ended."""
    RUNS.labels(run.source, run.kind, run.outcome).inc()
    SECONDS.labels(run.source, run.kind).observe(run.seconds)
    REQUESTS.labels(run.source).inc(run.counts.requests)
    RETRIES.labels(run.source).inc(run.counts.retries)
    for result in RESULTS:
        TICKETS.labels(run.source, result).inc(getattr(run.counts, result))


def observe_sources(states: Iterable[SourceState], rejected: Container[str] = ()) -> None:
    """Show the states of the sources, and which of them have rejected their credentials."""
    # A gap that was closed would otherwise keep its last value.
    MISSING.clear()
    for state in states:
        STORED.labels(state.name).set(state.tickets)
        REJECTED.labels(state.name).set(state.name in rejected)
        COMPLETE.labels(state.name).set(1 if state.complete else 0)
        if state.last_success_at is not None:
            LAST_SUCCESS.labels(state.name).set(state.last_success_at.timestamp())
        for gap in state.gaps:
            MISSING.labels(state.name, gap.cause).set(gap.count)
