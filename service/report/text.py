"""The report for a terminal or a mail: the verdict first, then the numbers behind it."""

from collections.abc import Iterator
from datetime import timedelta
from textwrap import fill
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.analysis.catalogue import label
from service.analysis.formatting import NO_BREAK_SPACE, count, day, integer, interval, local_day, number, unbroken
from service.analysis.printable import printable
from service.report.filters import COMPLETENESS
from service.report.sections.cycles import CycleFix, ReportedCycle
from service.report.sections.groups import LoopResult
from service.report.sections.metrics import MetricResult
from service.report.sections.report import Report, ReportedSource

CYCLES_SHOWN = 10
TITLE_LENGTH = 60
LABEL_WIDTH = 30
WIDTH = 110


def as_text(report: Report) -> str:
    """Return a report as text."""
    parts = (_verdict, _questions, _findings, _cycles, _metrics, _loops, _sources)
    blocks = ("\n".join(map(_wrap, part(report))) for part in parts)
    return "\n\n".join(block for block in blocks if block) + "\n"


class Row(NamedTuple):
    """A line of two columns."""

    label: str
    text: str


def _wrap(line: str | Row) -> str:
    """Return a line wrapped to the width; what follows the first line is indented below its beginning."""
    if isinstance(line, Row):
        return _fill(f"  {line.label:<{LABEL_WIDTH}} {line.text}", LABEL_WIDTH + 3)
    indent = len(line) - len(line.lstrip(" -"))
    return _fill(line, indent + 2 if indent <= 2 else indent)


def _fill(line: str, hanging: int) -> str:
    whole = unbroken(printable(line))
    # Ids and URLs must stay whole, so that they can be copied from a terminal.
    wrapped = fill(whole, WIDTH, subsequent_indent=" " * hanging, break_on_hyphens=False, break_long_words=False)
    return wrapped.replace(NO_BREAK_SPACE, " ")


def _verdict(report: Report) -> Iterator[str]:
    verdict, zone = report.verdict, ZoneInfo(report.timezone)
    yield verdict.sentence
    yield from (f"  - {reason}" for reason in (*verdict.why, *verdict.missing))
    yield from (f"  - {driver.text}" for driver in verdict.drivers)
    scope = "everything" if report.scope == "all" else report.scope
    first_day = local_day(report.period.begin, zone)
    last_day = local_day(report.period.end - timedelta(seconds=1), zone)
    yield f"  Scope: {scope}, from {first_day} to {last_day} ({zone.key})."


def _questions(report: Report) -> Iterator[str]:
    for place, answer in enumerate(report.questions, 1):
        yield f"{place}. {answer.question}"
        yield f"   {answer.answer}"


def _findings(report: Report) -> Iterator[str]:
    if report.findings:
        yield "What stands out"
        yield from (f"  - {finding.sentence}" for finding in report.findings)


def _cycles(report: Report) -> Iterator[str]:
    # The cheap ones are in the JSON and on the pages; a mail with a hundred of them would not be read.
    if report.cycles:
        yield f"Cycles, the costliest of {len(report.cycles)} first"
    for cycle in report.cycles[:CYCLES_SHOWN]:
        yield f"  {cycle.id}  {cycle.title[:TITLE_LENGTH]}"
        yield f"    {_numbers(cycle)}"
        yield from (_fix(fix, ZoneInfo(report.timezone)) for fix in cycle.fixes)


def _numbers(cycle: ReportedCycle) -> str:
    endless = ", endless" if cycle.endless else ""
    gap = "" if cycle.median_gap_days is None else f" every {number(cycle.median_gap_days, 'days')}"
    return (
        f"{cycle.state}{endless}: {count(cycle.episodes, 'episode')}{gap}, {count(cycle.tickets, 'ticket')}, "
        f"{number(cycle.hours, 'hours')}, {number(cycle.repeat_hours_in_period, 'hours')} of repeats in the period"
    )


def _fix(fix: CycleFix, zone: ZoneInfo) -> str:
    return f"    fix {fix.ticket} of {local_day(fix.at, zone)}: {fix.outcome}"


def _metrics(report: Report) -> Iterator[str | Row]:
    yield "Metrics"
    metrics = report.metrics.items()
    yield from (Row(label(id_), _metric(metric)) for id_, metric in metrics if metric.measurable)
    yield from (
        Row(label(id_), f"not measurable: {metric.why_not}") for id_, metric in metrics if not metric.measurable
    )


def _metric(metric: MetricResult) -> str:
    bounds = interval(metric.low, metric.high, metric.unit)
    between = f" (95 % interval {bounds})" if bounds else ""
    trend = f"; {metric.trend.direction} over {count(metric.trend.weeks, 'week')}" if metric.trend else ""
    note = f"; {metric.note}" if metric.note else ""
    value = f"{number(metric.value, metric.unit)}{between}, n = {integer(metric.n)}"
    return f"{value}{trend}{_level_change(metric)}{note}"


def _level_change(metric: MetricResult) -> str:
    change = metric.change_point
    if change is None:
        return ""
    before, after = number(change.before, metric.unit), number(change.after, metric.unit)
    return f"; {before} in the median week before {day(change.week)}, {after} since"


def _loops(report: Report) -> Iterator[str | Row]:
    yield "Loops inside tickets resolved in the period"
    yield from (Row(label(name), _loop(loop)) for name, loop in report.loops.by_name())


def _loop(loop: LoopResult) -> str:
    return f"{integer(loop.tickets)} of {integer(loop.n)}, {number(loop.hours, 'hours')} in all"


def _sources(report: Report) -> Iterator[str | Row]:
    yield "Sources" if report.sources else "Sources: none yet"
    for source in report.sources:
        yield from _source(source)


def _source(source: ReportedSource) -> Iterator[str | Row]:
    tickets = f"{count(source.tickets, 'ticket')}, {COMPLETENESS[source.complete]}"
    yield Row(source.name, f"{tickets}, {integer(source.deleted)} gone from the source")
    if source.handoffs_between == "assignees":
        yield "    This source has no teams: handoffs and ping-pong are between assignees."
    yield from (f"    {gap.text}" for gap in source.gaps)
