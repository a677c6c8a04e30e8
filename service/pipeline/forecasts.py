"""Forecasts of the problems that bring most: made every four weeks, scored when their 13 weeks are over."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from service.analysis.clock import FixedClock
from service.analysis.forecast import BASE_WEEKS, HORIZON_WEEKS, forecast
from service.pipeline.families import current_week
from service.store.results import facts, families, forecasts
from service.store.results.families import Family, FamilyWeek
from service.store.results.forecasts import StoredForecast

PAUSE_WEEKS = 4
PROBLEMS = 10
LEAST_TICKETS = 4
"""So many tickets in 13 weeks a problem needs: of fewer, an interval from 0 on would say nothing."""


def update_forecasts(connection: Connection, clock: FixedClock) -> None:
    """Score the forecasts that are due, and make new ones four weeks after the last ones."""
    week = current_week(clock)
    forecasts.score(connection, week)
    latest = forecasts.latest_week(connection)
    if latest is None or week - latest >= PAUSE_WEEKS:
        forecasts.add(connection, _made(connection, week))


def _made(connection: Connection, week: int) -> list[StoredForecast]:
    by_number = {family.id: family for family in families.cycles(connection) if _is_problem(family)}
    counts = {
        number: _weekly(weeks, week)
        for number, weeks in families.weeks(connection, sorted(by_number)).items()
    }  # fmt: skip
    recent = {number: sum(weeks[-HORIZON_WEEKS:]) for number, weeks in counts.items()}
    most = sorted(recent, key=lambda number: (-recent[number], by_number[number].name))[:PROBLEMS]
    return [
        _forecast_of(connection, by_number[number], week, counts[number])
        for number in most if recent[number] >= LEAST_TICKETS
    ]  # fmt: skip


def _forecast_of(connection: Connection, family: Family, week: int, counts: Sequence[int]) -> StoredForecast:
    # By ticket: numbers and names of families do not survive a rebuild, a merge or a split.
    root = facts.root_external_id(connection, family.name)
    return StoredForecast(family.source_id, root, week, sum(counts), forecast(counts))


def _is_problem(family: Family) -> bool:
    return not family.is_dismissed and family.failures >= family.requests


def _weekly(weeks: Sequence[FamilyWeek], current: int) -> list[int]:
    """Return the tickets of the last 26 closed weeks, the oldest first."""
    tickets: Mapping[int, int] = {week.week: week.tickets for week in weeks}
    return [tickets.get(week, 0) for week in range(current - BASE_WEEKS, current)]
