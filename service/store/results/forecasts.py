"""Forecasts as they were made. They outlive every rebuild: none is changed afterwards, only compared with what came."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select, update

from service.analysis.forecast import HORIZON_WEEKS, Forecast
from service.store.results.tables import FactRow, FamilyRow, FamilyWeekRow, ForecastRow
from service.store.tickets.tables import table_of

FORECAST = table_of(ForecastRow)
FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
WEEK = table_of(FamilyWeekRow)


class StoredForecast(NamedTuple):
    """A forecast of the 13 weeks from `week` on, by the ticket that names the family, and how many tickets came."""

    source_id: int
    external_id: str
    week: int
    forecast: Forecast
    came: int | None = None

    @property
    def is_held(self) -> bool | None:
        """True if what came lies between the bounds; None while it is not due."""
        return None if self.came is None else self.forecast.low <= self.came <= self.forecast.high


def latest_week(connection: Connection) -> int | None:
    """Return the week of the latest forecasts; None if there is none."""
    return connection.execute(select(func.max(FORECAST.c.week))).scalar()


def add(connection: Connection, made: Iterable[StoredForecast]) -> None:
    """Store forecasts."""
    rows = [
        {
            "source_id": row.source_id, "external_id": row.external_id, "week": row.week, "came": row.came,
            "expected": row.forecast.expected, "low": row.forecast.low, "high": row.forecast.high,
        }
        for row in made
    ]  # fmt: skip
    if rows:
        connection.execute(FORECAST.insert(), rows)


def score(connection: Connection, current_week: int) -> None:
    """Compare the forecasts that are due in a week with the tickets that came; those of deleted tickets stay open."""
    due = FORECAST.c.came.is_(None), FORECAST.c.week + HORIZON_WEEKS <= current_week
    for row in connection.execute(select(FORECAST).where(*due)).all():
        family = connection.execute(_family_of(row.source_id, row.external_id)).scalar()
        if family is None:
            continue
        weeks = WEEK.c.week >= row.week, WEEK.c.week < row.week + HORIZON_WEEKS
        tickets = select(func.coalesce(func.sum(WEEK.c.tickets), 0)).where(WEEK.c.family_id == family, *weeks)
        same = (FORECAST.c[name] == getattr(row, name) for name in ("source_id", "external_id", "week"))
        connection.execute(update(FORECAST).where(*same).values(came=int(connection.execute(tickets).scalar_one())))


def stored(connection: Connection) -> list[StoredForecast]:
    """Return all forecasts, the newest first, the greatest of a week first."""
    order = FORECAST.c.week.desc(), FORECAST.c.expected.desc(), FORECAST.c.source_id, FORECAST.c.external_id
    return [
        StoredForecast(row.source_id, row.external_id, row.week, Forecast(row.expected, row.low, row.high), row.came)
        for row in connection.execute(select(FORECAST).order_by(*order))
    ]


def families(connection: Connection, made: Iterable[StoredForecast]) -> dict[tuple[int, str], tuple[str, str]]:
    """Return (name, title) of the present family of each ticket that names a forecast, by source id and ticket id."""
    named: dict[tuple[int, str], tuple[str, str]] = {}
    for key in {(row.source_id, row.external_id) for row in made}:
        number = _family_of(*key).scalar_subquery()
        family = connection.execute(select(FAMILY.c.name, FAMILY.c.title).where(FAMILY.c.id == number)).first()
        if family is not None:
            named[key] = family.name, family.title
    return named


def _family_of(source_id: int, external_id: str) -> Select[tuple[int | None]]:
    return select(FACT.c.family_id).where(FACT.c.source_id == source_id, FACT.c.external_id == external_id)
