"""Forecasts as they were made. They outlive every rebuild: none is changed afterwards, only compared with what came."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select, update

from service.analysis.forecast import BASE_WEEKS, HORIZON_WEEKS, Forecast
from service.store.results.tables import FactRow, FamilyRow, FamilyWeekRow, ForecastRow
from service.store.tickets.tables import table_of

FORECAST = table_of(ForecastRow)
FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
WEEK = table_of(FamilyWeekRow)
FEW_CHANGED, SHARE_CHANGED = 2, 0.2


class StoredForecast(NamedTuple):
    """A forecast of the 13 weeks from `week` on, by the ticket that names the family, and how many tickets came.

    `base` is the number of tickets that it rests on, those of the 26 weeks before.
    """

    source_id: int
    external_id: str
    week: int
    base: int
    forecast: Forecast
    came: int | None = None

    @property
    def is_held(self) -> bool | None:
        """True if what came lies between the bounds; None while it is not due."""
        return None if self.came is None else self.forecast.low <= self.came <= self.forecast.high


class ForecastFamily(NamedTuple):
    """The family that a forecast is about, by its number, its name and its title."""

    id: int
    name: str
    title: str


def latest_week(connection: Connection) -> int | None:
    """Return the week of the latest forecasts; None if there is none."""
    return connection.execute(select(func.max(FORECAST.c.week))).scalar()


def add(connection: Connection, made: Iterable[StoredForecast]) -> None:
    """Store forecasts."""
    rows = [
        {
            "source_id": row.source_id, "external_id": row.external_id, "week": row.week, "base": row.base,
            "came": row.came, "expected": row.forecast.expected, "low": row.forecast.low, "high": row.forecast.high,
        }
        for row in made
    ]  # fmt: skip
    if rows:
        connection.execute(FORECAST.insert(), rows)


def score(connection: Connection, current_week: int) -> None:
    """Compare the forecasts that are due in a week with the tickets that came; withdrawn ones stay open."""
    due = FORECAST.c.came.is_(None), FORECAST.c.week + HORIZON_WEEKS <= current_week
    for row in connection.execute(select(FORECAST).where(*due)).all():
        family: int | None = connection.execute(_family_of(row.source_id, row.external_id)).scalar()
        if family is None or is_withdrawn(connection, row.base, row.week, family):
            continue
        came = _tickets(connection, family, row.week, row.week + HORIZON_WEEKS)
        same = (FORECAST.c[name] == getattr(row, name) for name in ("source_id", "external_id", "week"))
        connection.execute(update(FORECAST).where(*same).values(came=came))


def is_withdrawn(connection: Connection, base: int, week: int, family: int) -> bool:
    """Return whether a family has other tickets in the weeks that its forecast rests on: it was merged or split."""
    # Late tickets and corrections of single ones change a few.
    now = _tickets(connection, family, week - BASE_WEEKS, week)
    return abs(now - base) > max(FEW_CHANGED, base * SHARE_CHANGED)


def _tickets(connection: Connection, family: int, begin: int, end: int) -> int:
    weeks = WEEK.c.family_id == family, WEEK.c.week >= begin, WEEK.c.week < end
    return int(connection.execute(select(func.coalesce(func.sum(WEEK.c.tickets), 0)).where(*weeks)).scalar_one())


def stored(connection: Connection) -> list[StoredForecast]:
    """Return all forecasts, the newest first, the greatest of a week first."""
    order = FORECAST.c.week.desc(), FORECAST.c.expected.desc(), FORECAST.c.source_id, FORECAST.c.external_id
    return [
        StoredForecast(row.source_id, row.external_id, row.week, row.base, _made(row), row.came)
        for row in connection.execute(select(FORECAST).order_by(*order))
    ]


def families(connection: Connection, made: Iterable[StoredForecast]) -> dict[tuple[int, str], ForecastFamily]:
    """Return the present family of each ticket that names a forecast, by source id and ticket id."""
    named: dict[tuple[int, str], ForecastFamily] = {}
    for key in {(row.source_id, row.external_id) for row in made}:
        number = _family_of(*key).scalar_subquery()
        columns = select(FAMILY.c.id, FAMILY.c.name, FAMILY.c.title)
        family = connection.execute(columns.where(FAMILY.c.id == number)).first()
        if family is not None:
            named[key] = ForecastFamily(*family)
    return named


def _made(row: Any) -> Forecast:
    return Forecast(row.expected, row.low, row.high)


def _family_of(source_id: int, external_id: str) -> Select[Any]:
    return select(FACT.c.family_id).where(FACT.c.source_id == source_id, FACT.c.external_id == external_id)
