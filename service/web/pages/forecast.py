"""The few problems that hold most repeats, what each will bring, and how earlier forecasts did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from service.analysis.calendar import FIRST_MONDAY
from service.analysis.forecast import HORIZON_WEEKS
from service.analysis.interval import wilson
from service.report.sections.cycles import CyclesSection, ListedCycle
from service.store.results import forecasts
from service.store.results.forecasts import ForecastFamily, StoredForecast
from service.web.html.templates import render, requested_view
from service.web.website import Website

PROBLEMS, SCORED = 10, 50


@dataclass(frozen=True, slots=True)
class ParetoRow:
    """A problem with its share of the repeats, that of all down to it, and the latest forecast, if it has one."""

    cycle: ListedCycle
    share: float
    together: float
    forecast: StoredForecast | None


@dataclass(frozen=True, slots=True)
class NamedForecast:
    """A forecast with its problem, None where its ticket is gone, and the first and the last of its days.

    It is withdrawn where its problem was merged or split since, so that nothing can be compared with it.
    """

    stored: StoredForecast
    family: ForecastFamily | None
    is_withdrawn: bool
    begin: date
    end: date


@dataclass(frozen=True, slots=True)
class HitRate:
    """The forecasts that are due, how many of them held, and their share with its interval; None without any."""

    due: int
    held: int
    share: tuple[float, float, float] | None


def router(site: Website) -> APIRouter:
    """Return the route `/forecast`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/forecast")
    def forecast(request: Request) -> Response:
        view = requested_view(site, request)
        section = site.section(CyclesSection, view)
        if section is None:
            return render(site, request, "empty.html", view=view)
        made, is_newest = named_forecasts(site), view.period.until is None
        return render(
            site, request, "forecast.html", view=view, report=section,
            rows=pareto(section, made, is_newest=is_newest), hits=hit_rate(made),
            scored=[row for row in made if row.stored.came is not None][:SCORED], weeks=HORIZON_WEEKS,
            made_on=made[0].begin if made else None,
        )  # fmt: skip

    return routes


def named_forecasts(site: Website) -> list[NamedForecast]:
    """Return all forecasts with their problems, the newest first."""
    with site.database.read() as connection:
        made = forecasts.stored(connection)
        family_of = forecasts.families(connection, made)
        return [_named(connection, row, family_of.get((row.source_id, row.external_id))) for row in made]


def _named(connection: Connection, row: StoredForecast, family: ForecastFamily | None) -> NamedForecast:
    # What was compared stays compared: only the forecasts of the last weeks have to be looked up.
    is_withdrawn = row.came is None and (
        family is None or forecasts.is_withdrawn(connection, row.base, row.week, family.id)
    )
    return NamedForecast(row, family, is_withdrawn, *_days(row.week))


def pareto(section: CyclesSection, made: Sequence[NamedForecast], *, is_newest: bool) -> list[ParetoRow]:
    """Return the problems with most repeats of the period, the greatest first, each with its latest forecast.

    Beside a period that is not the newest one the forecast would be of other weeks than those that follow.
    """
    latest = _latest_by_name(made) if is_newest else {}
    cycles = [cycle for cycle in section.cycles if cycle.work == "failure" and cycle.repeats_in_period]
    whole = sum(cycle.repeats_in_period or 0 for cycle in cycles)
    sums = accumulate(cycle.repeats_in_period or 0 for cycle in cycles)
    rows = [
        ParetoRow(cycle, (cycle.repeats_in_period or 0) / whole, upto / whole, latest.get(cycle.id))
        for cycle, upto in zip(cycles, sums, strict=True)
    ]  # fmt: skip
    return rows[:PROBLEMS]


def hit_rate(made: Sequence[NamedForecast]) -> HitRate:
    """Return how many of the forecasts that are due held."""
    outcomes = [row.stored.is_held for row in made if row.stored.is_held is not None]
    due, held = len(outcomes), sum(outcomes)
    return HitRate(due, held, (held / due, *wilson(held, due)) if due else None)


def _latest_by_name(made: Sequence[NamedForecast]) -> Mapping[str, StoredForecast]:
    newest = made[0].stored.week if made else None
    return {
        row.family.name: row.stored
        for row in made if row.family and not row.is_withdrawn and row.stored.week == newest
    }  # fmt: skip


def _days(week: int) -> tuple[date, date]:
    begin = FIRST_MONDAY + timedelta(weeks=week)
    return begin, begin + timedelta(weeks=HORIZON_WEEKS) - timedelta(days=1)
