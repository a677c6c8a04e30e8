"""Likely pairs: tickets of different families that may be the same problem, for a person to decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import numpy as np
from sqlalchemy import Connection

from connectors.model import Ticket
from service.analysis.families.adaptation import AnsweredPairs, Candidates, adapt
from service.analysis.families.candidates import (
    DECIMALS,
    DatedShape,
    Flags,
    Floats,
    Integers,
    ShapeTable,
    candidate_pairs,
)
from service.analysis.families.likelihood import MARKED, SHIPPED, feature_values, log_odds, probability
from service.analysis.families.similarity import unpack
from service.pipeline.analyst import Analyst
from service.store.queries.pair_answers import AnsweredShapes, FamilyPair, answered_shapes, settled_families
from service.store.queries.recent_shapes import FirstTicket, RecentShape, first_tickets, recent_shapes
from service.store.results import state
from service.store.tickets import reader

MOST_SHAPES = 10_000
"""So many shapes of a source are compared, the latest: some seven seconds of work, whatever the store holds."""
MOST_PAIRS = 1000
"""So many pairs of each source are kept of an analysis: more than a person answers before the next one."""
PUT_OFF = timedelta(days=7)
"""For so long nobody is asked about a pair that was put off."""


@dataclass(frozen=True, slots=True)
class LikelyTicket:
    """A ticket of a likely pair, with the name of its family and how many tickets that has."""

    id: str
    key: str
    title: str
    description: str
    url: str | None
    opened_at: datetime
    family: str
    family_tickets: int


@dataclass(frozen=True, slots=True)
class LikelyPair:
    """Two tickets of different families, the earlier first, and the probability that people would link them.

    `marked` if people closed a ticket like one of them as a duplicate, of which they did not name the original.
    """

    source: str
    probability: float
    marked: bool
    tickets: tuple[LikelyTicket, LikelyTicket]


@dataclass(frozen=True, slots=True)
class _ShapePair:
    """The best pair of shapes of two families, whose numbers are in order."""

    source: str
    odds: float
    marked: bool
    earlier: int
    later: int
    families: FamilyPair


class PairQueue:
    """The pairs that a person should decide, computed once for each analysis."""

    # Pages ask after each answer; the comparison of all recent texts would take seconds each time.

    def __init__(self, analyst: Analyst) -> None:
        self._analyst = analyst
        self._lock = Lock()
        self._number = 0
        self._best: Sequence[_ShapePair] = ()

    def pairs(self, limit: int) -> list[LikelyPair]:
        """Return at most `limit` pairs, the likeliest first; of each two families only the best.

        They follow from what is stored: the same tickets and answers have the same pairs, in whatever order they came.
        """
        with self._analyst.database.read() as connection:
            analysed = state.load(connection)
            if analysed.as_of is None:
                return []
            settled = settled_families(connection, analysed.as_of - PUT_OFF)
            best = [pair for pair in self._computed(connection, analysed.number) if pair.families not in settled]
            return _shown(connection, best[:limit])

    def _computed(self, connection: Connection, number: int) -> Sequence[_ShapePair]:
        with self._lock:
            if self._number != number:
                self._best = _all_pairs(connection, reader.source_names(self._analyst.database))
                self._number = number
            return self._best


def _all_pairs(connection: Connection, sources: Mapping[int, str]) -> list[_ShapePair]:
    answered = answered_shapes(connection)
    best = [
        pair
        for source_id, source in sorted(sources.items())
        for pair in _best_pairs(source, recent_shapes(connection, source_id, MOST_SHAPES), answered[source_id])
    ]
    best.sort(key=lambda pair: (-pair.odds, pair.earlier, pair.later))
    return best


def _best_pairs(source: str, shapes: Sequence[RecentShape], answered: Sequence[AnsweredShapes]) -> list[_ShapePair]:
    """Return the best pairs of shapes of different families, one of each two families."""
    if not shapes:
        return []
    family_of = {shape.id: shape.family_id for shape in shapes}
    table = ShapeTable([DatedShape(row.id, unpack(row.content), row.opened_s, row.marked) for row in shapes])
    families = np.array([family_of[shape.id] for shape in table.shapes], dtype=np.int64)
    first, second = candidate_pairs(table)
    apart = families[first] != families[second]
    first, second = first[apart], second[apart]
    best: dict[FamilyPair, _ShapePair] = {}
    for odds, marked, earlier, later in _ordered(table, first, second, answered):
        low, high = sorted((family_of[earlier], family_of[later]))
        best.setdefault((low, high), _ShapePair(source, odds, marked, earlier, later, (low, high)))
        if len(best) == MOST_PAIRS:
            break
    return list(best.values())


def _ordered(
    table: ShapeTable, first: Integers, second: Integers, answered: Sequence[AnsweredShapes]
) -> Iterator[tuple[float, bool, int, int]]:
    """Yield (log-odds, marked, earlier shape, later shape) of pairs of the table, the likeliest first."""
    values, marked = feature_values(table, first, second), _marked(table, first, second)
    candidates = Candidates(values.mean(axis=0), values.std(axis=0)) if len(values) else None
    weights = adapt(_answered_pairs(table, answered), candidates) if candidates else SHIPPED
    odds: Floats = np.round(log_odds(values, weights) + MARKED * marked.astype(float), DECIMALS)
    # Stable: what is equally likely stays in the order of time.
    for index in np.argsort(-odds, kind="stable"):
        yield float(odds[index]), bool(marked[index]), table.shapes[first[index]].id, table.shapes[second[index]].id


def _marked(table: ShapeTable, first: Integers, second: Integers) -> Flags:
    return np.asarray(table.marked[first] | table.marked[second])


def _answered_pairs(table: ShapeTable, answered: Sequence[AnsweredShapes]) -> AnsweredPairs:
    """Return the answers about pairs of the table as the regression takes them."""
    position = {shape.id: place for place, shape in enumerate(table.shapes)}
    pairs = [pair for pair in answered if pair.first in position and pair.second in position]
    first, second = (
        np.array([position[shape] for shape in shapes], dtype=np.int64)
        for shapes in ([pair.first for pair in pairs], [pair.second for pair in pairs])
    )
    return AnsweredPairs(
        feature_values(table, first, second),
        MARKED * _marked(table, first, second).astype(float),
        np.array([pair.is_same for pair in pairs], dtype=bool),
    )


def _shown(connection: Connection, best: Sequence[_ShapePair]) -> list[LikelyPair]:
    tickets = first_tickets(connection, sorted({id_ for pair in best for id_ in (pair.earlier, pair.later)}))
    stored = {row.number: row.ticket for row in reader.read(connection, sorted(row.number for row in tickets.values()))}
    # An analysis under way may have moved the tickets of a shape: its pairs come with the next one.
    shown = {shape: _likely_ticket(row, stored[row.number]) for shape, row in tickets.items() if row.number in stored}
    return [
        LikelyPair(pair.source, _probability(pair.odds), pair.marked, (shown[pair.earlier], shown[pair.later]))
        for pair in best if pair.earlier in shown and pair.later in shown
    ]  # fmt: skip


def _probability(odds: float) -> float:
    return float(probability(np.array([odds]))[0])


def _likely_ticket(first: FirstTicket, ticket: Ticket) -> LikelyTicket:
    return LikelyTicket(
        id=ticket.id,
        key=ticket.key,
        title=ticket.title,
        description=ticket.description,
        url=ticket.url,
        opened_at=ticket.opened_at,
        family=first.family,
        family_tickets=first.family_tickets,
    )
