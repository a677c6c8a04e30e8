"""Counts of hidden reopens and workarounds in a period."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from service.analysis.recurrence import UNKNOWN, PartCount
from service.store.queries.metric_filters import DENOMINATORS, FACT, RIPE_ONLY, matches
from service.store.queries.scopes import Span
from service.store.queries.snapshot import Snapshot


def count_recurrence(connection: Connection, snapshot: Snapshot) -> Mapping[str, PartCount]:
    """Return the counts of each share over the period of a snapshot, by the id of the metric."""
    return {
        id_: PartCount(*(_count(connection, snapshot, name, id_) for name in (id_, DENOMINATORS[id_])))
        for id_ in UNKNOWN
    }


def _count(connection: Connection, snapshot: Snapshot, name: str, metric: str) -> int:
    span: Span = snapshot.ripe_span if metric in RIPE_ONLY else snapshot.span
    conditions = matches(name, span, snapshot.scope.dimension), snapshot.scope.condition(connection)
    return int(connection.execute(select(func.count()).select_from(FACT).where(*conditions)).scalar_one())
