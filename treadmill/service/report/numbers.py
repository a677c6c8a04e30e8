"""The metrics of a scope over its weeks, their trends, and since when its tickets are all there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from treadmill.service.analysis.calendar import midnight, period
from treadmill.service.analysis.metrics import Atom, Metric, measure, total, weekly
from treadmill.service.analysis.trend import Trend, change_points, trend
from treadmill.service.pipeline.frame import Frame
from treadmill.service.pipeline.publishing import people
from treadmill.service.report.look import WEEKS_OF_A_REPORT, Look
from treadmill.service.store import cells
from treadmill.service.store.cells import Sums
from treadmill.service.store.sources import SourceState


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of level in a weekly series: the first week of the new one, and the medians before and after."""

    week: date
    before: float
    after: float
    p: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was measured in the period of a report; see `Evidence`."""

    known_from: datetime | None
    sums: dict[str, int]
    metrics: dict[str, Metric]
    trends: dict[str, Trend | None]
    turns: dict[str, Turn]


def numbers(connection: Connection, look: Look, states: Sequence[SourceState]) -> Numbers:
    """The numbers of a look's scope."""
    scope_id = cells.scope_id(connection, look.scope.dimension, look.scope.value)
    known = cells.weekly_sums(connection, scope_id) if scope_id is not None else {}
    first = cells.first_day(connection, scope_id) if scope_id is not None else None
    known_from = _known_from(first, look.frame, states)
    backlogs = _backlogs(known, look.weeks)
    atoms = [atom(known, week, look.frame) for week in look.weeks]
    now = atoms[-WEEKS_OF_A_REPORT:]
    found = {one.id: one for one in measure(now, resolvers(known, look.reported), backlogs[-1], look.frame.as_of)}
    # Weeks before the first ticket are no weeks of zeros.
    whole = [place for place, one in enumerate(atoms) if known_from is not None and one.begin >= known_from]
    series = weekly([atoms[place] for place in whole], [backlogs[place] for place in whole], look.frame.as_of)
    trends = {id_: trend(values) for id_, values in series.items()}
    return Numbers(known_from, total(now), found, trends, _turns(series, [look.weeks[place] for place in whole]))


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


def _known_from(first: str | None, frame: Frame, states: Sequence[SourceState]) -> datetime | None:
    """The tickets are all there from the first one on, but not before the reach of every source."""
    if first is None:
        return None
    return max(midnight(date.fromisoformat(first), frame.zone), *(state.reach for state in states))


def _backlogs(known: Mapping[str, Sums], weeks: Sequence[date]) -> list[int]:
    """The tickets that were open at the end of each week: all that opened less all that left, up to then."""
    grown = {start: sums.get("opened", 0) - sums.get("left", 0) for start, sums in known.items()}
    return [sum(more for start, more in grown.items() if start <= week.isoformat()) for week in weeks]


def _turns(series: Mapping[str, Sequence[float | None]], weeks: Sequence[date]) -> dict[str, Turn]:
    """The change of level of every weekly series in which one is significant."""
    return {
        id_: Turn(weeks[turn.index], turn.before, turn.after, turn.p)
        for id_, values in series.items()
        for turn in change_points(values)
    }
