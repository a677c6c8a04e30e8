"""Sections of the report as the charts draw them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from service.analysis.catalogue import label
from service.analysis.formatting import HOUR
from service.charts.line_chart import Curve, Curves
from service.charts.timeline import Bar, Mark, Timeline, TimeScale
from service.report.sections.cycles import CycleFix, EpisodeSpan, Timelines
from service.report.sections.metrics import WeeklySeries


def weekly_curves(series: WeeklySeries, metrics: Iterable[str], limit: float | None = None) -> Curves:
    """Return the curves of some shares of a weekly series; `limit` is a share to compare them with."""
    lines = {metric: series.lines[metric] for metric in metrics}
    curves = [
        Curve(label(metric), line.values, line.low, line.high, line.changes, line.comparable)
        for metric, line in lines.items()
    ]
    return Curves(curves, series.weeks, "share", limit=limit)


def drawn_timelines(
    timelines: Timelines, fixes: Mapping[str, Iterable[CycleFix]], end: datetime
) -> dict[str, Timeline]:
    """Return the timelines by the cycle's id, with the fixes of those cycles that have any in `fixes`.

    All share one scale, from the first of all episodes to `end`, so that readers can compare them.
    """
    # The end is the moment of the report, not the last episode: the silence after it is what a reader looks for.
    bars = {id_: _bars(episodes) for id_, episodes in timelines.items()}
    scale = TimeScale.over(bars.values(), end)
    return {id_: Timeline(drawn, marks(fixes.get(id_, ())), scale) for id_, drawn in bars.items()}


def _bars(episodes: Iterable[EpisodeSpan]) -> Sequence[Bar]:
    return [Bar(episode.start, episode.end, episode.tickets, episode.hours * HOUR) for episode in episodes]


def marks(fixes: Iterable[CycleFix]) -> Sequence[Mark]:
    """Return the marks of fixes on a timeline."""
    return [Mark(fix.ticket, fix.at, fix.outcome) for fix in fixes]
