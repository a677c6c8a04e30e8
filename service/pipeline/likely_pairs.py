"""Likely pairs: tickets of different families that may be the same problem, for a person to decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from service.analysis.families.candidates import DECIMALS, DatedShape, Floats, Integers, ShapeTable, candidate_pairs
from service.analysis.families.likelihood import MARKED, log_odds, probability
from service.analysis.families.similarity import unpack
from service.pipeline.analyst import Analyst
from service.store.queries.audit_sample import ShownTicket
from service.store.queries.recent_shapes import RecentShape, first_tickets, recent_shapes
from service.store.results import state
from service.store.tickets import reader

PERIOD = timedelta(weeks=52)
MOST_SHAPES = 10_000
"""So many shapes of a source are compared, the latest: some seven seconds of work, whatever the store holds."""


@dataclass(frozen=True, slots=True)
class LikelyTicket:
    """A ticket of a likely pair, with the name of its family."""

    key: str
    title: str
    url: str | None
    opened_at: datetime
    family: str


@dataclass(frozen=True, slots=True)
class LikelyPair:
    """Two tickets of different families, the earlier first, and the likelihood that people would link them.

    `marked` if people closed a ticket like one of them as a duplicate, of which they did not name the original.
    """

    source: str
    likelihood: float
    marked: bool
    tickets: tuple[LikelyTicket, LikelyTicket]


@dataclass(frozen=True, slots=True)
class _ShapePair:
    """The best pair of shapes of two families."""

    urgency: float
    likelihood: float
    marked: bool
    earlier: int
    later: int


def likely_pairs(analyst: Analyst, limit: int) -> list[LikelyPair]:
    """Return the pairs that a person should decide, the likeliest first; of each two families only the best.

    It is computed from what is stored: the same tickets have the same pairs, in whatever order they came.
    """
    with analyst.database.read() as connection:
        as_of = state.load(connection).as_of
        if as_of is None:
            return []
        since_s = int((as_of - PERIOD).timestamp())
        best = [
            (source, pair)
            for source_id, source in sorted(reader.source_names(analyst.database).items())
            for pair in _best_pairs(recent_shapes(connection, source_id, since_s, MOST_SHAPES), limit)
        ]
        best.sort(key=lambda entry: (-entry[1].urgency, entry[1].earlier, entry[1].later))
        return _shown(connection, best[:limit], since_s)


def _best_pairs(shapes: Sequence[RecentShape], limit: int) -> list[_ShapePair]:
    """Return the best pairs of shapes of different families, one of each two families."""
    if not shapes:
        return []
    family_of = {shape.id: shape.family_id for shape in shapes}
    table = ShapeTable([DatedShape(row.id, unpack(row.content), row.opened_s, row.marked) for row in shapes])
    families = np.array([family_of[shape.id] for shape in table.shapes], dtype=np.int64)
    first, second = candidate_pairs(table)
    apart = families[first] != families[second]
    first, second = first[apart], second[apart]
    best: dict[tuple[int, int], _ShapePair] = {}
    for pair in _ordered(table, first, second):
        low, high = sorted((family_of[pair.earlier], family_of[pair.later]))
        best.setdefault((low, high), pair)
        if len(best) == limit:
            break
    return list(best.values())


def _ordered(table: ShapeTable, first: Integers, second: Integers) -> Iterator[_ShapePair]:
    """Yield pairs of the table, the most urgent first."""
    odds: Floats = np.round(log_odds(table, first, second), DECIMALS)
    marked = table.marked[first] | table.marked[second]
    urgency, likelihood = odds + MARKED * marked, probability(odds)
    # Stable: what is equally urgent stays in the order of time.
    for index in np.argsort(-urgency, kind="stable"):
        earlier, later = table.shapes[first[index]].id, table.shapes[second[index]].id
        yield _ShapePair(float(urgency[index]), float(likelihood[index]), bool(marked[index]), earlier, later)


def _shown(connection: Connection, best: Sequence[tuple[str, _ShapePair]], since_s: int) -> list[LikelyPair]:
    ids = sorted({id_ for _, pair in best for id_ in (pair.earlier, pair.later)})
    tickets = {id_: _likely_ticket(*entry) for id_, entry in first_tickets(connection, ids, since_s).items()}
    return [
        LikelyPair(source, pair.likelihood, pair.marked, (tickets[pair.earlier], tickets[pair.later]))
        for source, pair in best
    ]


def _likely_ticket(shown: ShownTicket, family: str) -> LikelyTicket:
    return LikelyTicket(shown.key, shown.title, shown.url, shown.opened_at, family)
