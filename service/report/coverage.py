"""From when on the tickets of a scope are all known, read from the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from service.analysis import coverage
from service.analysis.coverage import SourceCoverage, is_before
from service.analysis.wording import before_data
from service.store.queries import statistics
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.tickets import sources
from service.store.tickets.sources import SourceState

Openings = Mapping[date, int]
"""The tickets of a source that were opened in each week, by its Monday."""


class ScopeCoverage:
    """The beginnings of the data of many scopes, for which the sources are read once."""

    def __init__(self, connection: Connection, snapshot: Snapshot) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._openings = _openings(connection, sources.states(snapshot.tickets))
        zone = snapshot.clock.zone
        alone = (
            coverage.known_from([SourceCoverage(state.reach, by_week, 0)], zone) for state, by_week in self._openings
        )
        self._latest = max((begin for begin in alone if begin), default=None)
        self._known_from: dict[Scope, datetime | None] = {}

    def why_unknown(self, end: datetime, scope: Scope) -> str | None:
        """Return why nothing of a period that ends then is known in a scope; None where its data begin before that."""
        # No scope begins later than the last of the sources, and most periods end after that: they cost no query.
        if not is_before(end, self._latest) or not is_before(end, begin := self.known_from(scope)):
            return None
        return before_data(begin, self._snapshot.clock.zone)

    def known_from(self, scope: Scope) -> datetime | None:
        """Return the instant from which all tickets of a scope are known; None without any."""
        if scope not in self._known_from:
            snapshot = replace(self._snapshot, scope=scope)
            openings = [(state, by_week) for state, by_week in self._openings if _may_hold(state, scope)]
            self._known_from[scope] = _known_from(self._connection, snapshot, openings)
        return self._known_from[scope]


def snapshot_known_from(snapshot: Snapshot) -> datetime | None:
    """Return the instant from which all tickets of the scope of a snapshot are known; None without any."""
    states = scope_sources(snapshot)
    with snapshot.results.read() as connection:
        return read_known_from(connection, snapshot, states)


def read_known_from(connection: Connection, snapshot: Snapshot, states: Iterable[SourceState]) -> datetime | None:
    """Return the instant from which all tickets of the scope of a snapshot are known; None without any."""
    return _known_from(connection, snapshot, _openings(connection, states))


def scope_sources(snapshot: Snapshot) -> list[SourceState]:
    """Return the sources that a scope may take tickets from."""
    return [state for state in sources.states(snapshot.tickets) if _may_hold(state, snapshot.scope)]


def _may_hold(state: SourceState, scope: Scope) -> bool:
    return scope.dimension != "source" or state.name == scope.value


def _openings(connection: Connection, states: Iterable[SourceState]) -> list[tuple[SourceState, Openings]]:
    return [(state, _by_week(connection, state)) for state in states]


def _by_week(connection: Connection, state: SourceState) -> Openings:
    sums = cells.weekly_sums_of(connection, "source", state.name)
    return {date.fromisoformat(week): measures.get("opened", 0) for week, measures in sums.items()}


def _known_from(
    connection: Connection, snapshot: Snapshot, openings: Sequence[tuple[SourceState, Openings]]
) -> datetime | None:
    in_period = statistics.openings_by_source(connection, snapshot.scope, snapshot.span)
    return coverage.known_from(
        [SourceCoverage(state.reach, by_week, in_period.get(state.id, 0)) for state, by_week in openings],
        snapshot.clock.zone,
    )
