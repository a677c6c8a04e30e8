"""The metrics of a scope over its weeks, their trends, and since when its tickets are all there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from service.analysis.calendar import midnight, period
from service.analysis.clock import Frame
from service.analysis.metrics import Atom, Metric, measure, people, total, weekly
from service.analysis.trend import Trend, change_points, trend
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.results.cells import Sums
from service.store.tickets.sources import SourceState

Series = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of level in a weekly series: the first week of the new one, and the medians before and after."""

    week: date
    before: float
    after: float
    p: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was measured in the period of a report; see `Evidence`. There are trends where the period ends now."""

    known_from: datetime | None
    sums: dict[str, int]
    metrics: dict[str, Metric]
    trends: dict[str, Trend | None]
    turns: dict[str, Turn]


def numbers(connection: Connection, snapshot: Snapshot, states: Sequence[SourceState]) -> Numbers:
    """The numbers of a look's scope."""
    scope_id = cells.scope_id(connection, snapshot.scope.dimension, snapshot.scope.value)
    known = cells.weekly_sums(connection, scope_id) if scope_id is not None else {}
    first = cells.first_day(connection, scope_id) if scope_id is not None else None
    known_from = _known_from(first, snapshot.frame, states)
    atoms = [atom(known, week, snapshot.frame) for week in snapshot.period_weeks]
    people_, [backlog] = resolvers(known, snapshot.period_weeks), _backlogs(known, snapshot.period_weeks[-1:])
    found = {one.id: one for one in measure(atoms, people_, backlog, snapshot.frame.as_of)}
    weeks, series = _series(known, snapshot, known_from) if snapshot.ends_with_newest_week else ([], {})
    trends = {id_: trend(values) for id_, values in series.items()}
    return Numbers(known_from, total(atoms), found, trends, _turns(series, weeks))


def atom(known: Mapping[str, Sums], week: date, frame: Frame) -> Atom:
    """The measures of one week; none where nothing was counted in it."""
    span = period(week, "week", frame.zone)
    return Atom(span.begin, span.end, known.get(week.isoformat(), {}))


def resolvers(known: Mapping[str, Sums], weeks: Iterable[date]) -> dict[str, int]:
    """How many reactive tickets each person resolved in these weeks."""
    found: Counter[str] = Counter()
    for week in weeks:
        found.update(people(known.get(week.isoformat(), {})))
    return dict(found)


def _series(known: Mapping[str, Sums], snapshot: Snapshot, known_from: datetime | None) -> tuple[list[date], Series]:
    """The weeks of trends with the values of each metric in them; weeks before the first ticket are none of zeros."""
    atoms = {week: atom(known, week, snapshot.frame) for week in snapshot.trend_weeks}
    weeks = [week for week, one in atoms.items() if known_from is not None and one.begin >= known_from]
    return weeks, weekly([atoms[week] for week in weeks], _backlogs(known, weeks), snapshot.frame.as_of)


def _known_from(first: str | None, frame: Frame, states: Sequence[SourceState]) -> datetime | None:
    """The tickets are all there from the first one on, but not before the reach of every source."""
    if first is None:
        return None
    return max(midnight(date.fromisoformat(first), frame.zone), *(state.reach for state in states))


def _backlogs(known: Mapping[str, Sums], weeks: Sequence[date]) -> list[int]:
    """The tickets that were open at the end of each week: all that opened less all that left, up to then."""
    grown = {start: sums.get("opened", 0) - sums.get("left", 0) for start, sums in known.items()}
    return [sum(more for start, more in grown.items() if start <= week.isoformat()) for week in weeks]


def _turns(series: Series, weeks: Sequence[date]) -> dict[str, Turn]:
    """The change of level of every weekly series in which one is significant."""
    return {
        id_: Turn(weeks[turn.index], turn.before, turn.after, turn.p)
        for id_, values in series.items()
        for turn in change_points(values)
    }
