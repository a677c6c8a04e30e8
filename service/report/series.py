"""The weekly values that charts draw, with their intervals and the weeks from which the level has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service.analysis.metrics import Metric, measure
from service.analysis.trend import change_points
from service.report.numbers import atom
from service.store.queries.snapshot import Snapshot
from service.store.results import cells

DRAWN = ("repeat_hours_share", "reactive_hours_share", "repeat_share", "reactive_share")


def series(connection: Connection, snapshot: Snapshot, known_from: datetime | None) -> dict[str, Any]:
    """By metric: the values of the weeks that a look draws; None before `known_from` and where not measurable."""
    number = cells.scope_id(connection, snapshot.scope.dimension, snapshot.scope.value)
    known = cells.weekly_sums(connection, number) if number is not None else {}
    weeks: list[Mapping[str, Metric]] = []
    for week in snapshot.chart_weeks:
        one = atom(known, week, snapshot.frame)
        whole = known_from is not None and one.begin >= known_from
        weeks.append({metric.id: metric for metric in measure([one], {}, 0, snapshot.frame.as_of)} if whole else {})
    lines = {id_: _line([week.get(id_) for week in weeks]) for id_ in DRAWN}
    return {"weeks": [week.isoformat() for week in snapshot.chart_weeks], "lines": lines}


def _line(metrics: Sequence[Metric | None]) -> dict[str, Any]:
    values = [metric.value if metric else None for metric in metrics]
    return {
        "values": values,
        "low": [metric.low if metric else None for metric in metrics],
        "high": [metric.high if metric else None for metric in metrics],
        "changes": [asdict(change) for change in change_points(values)],
    }
