"""The report as one page of HTML that needs nothing else: for a screen, a mail, or print on A4."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.analysis.answer import Number, QuestionAnswer
from service.analysis.calendar import Period
from service.analysis.catalogue import DEFINITIONS, label
from service.analysis.correction import LIMIT
from service.analysis.drivers import LOOPS
from service.analysis.formatting import count, local_day, p_value, unbroken_html, weekly_slope
from service.analysis.trend import Trend
from service.analysis.wording import before_data, weeks_of
from service.charts.line_chart import line_chart
from service.charts.timeline import timeline
from service.report.drawing import drawn_timelines, weekly_curves
from service.report.filters import filters
from service.report.sections.base import ReportPeriod
from service.report.sections.cycles import ReportedCycle
from service.report.sections.report import Report

CURVES = {"repeat_share": LIMIT, "reactive_share": None}
"""The shares to draw, each with the limit to compare it with, if any."""


@dataclass(frozen=True, slots=True)
class CurveFigure:
    """The chart of a metric with its trend as a sentence; `has_values` is false where no week could be measured."""

    metric: str
    has_values: bool
    picture: Markup
    trend: str


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """An answer with the numbers of its scope, and all others as a table with a row for each team or other subject."""

    question: str
    answer: str
    scope_numbers: Sequence[Number]
    columns: Sequence[str]
    rows: Mapping[str, Mapping[str, Number]]
    is_short: bool


def as_html(report: Report) -> str:
    """Return a report as HTML: one file without scripts that fetches nothing."""
    zone = ZoneInfo(report.timezone)
    style = files(__package__).joinpath("templates", "report.css").read_text(encoding="utf-8")
    html = _templates(zone).get_template("report.html").render(
        report=report,
        style=Markup(style),  # noqa: S704 - a file of the package
        state=report.verdict.headline,
        sentence=report.verdict.sentence.partition(": "),
        scope="everything" if report.scope == "all" else report.scope.replace(":", " ", 1),
        period=_days(report.period, zone),
        weeks=weeks_of(Period(report.period.begin, report.period.end), zone),
        curves=[_curve(metric, report) for metric in CURVES],
        questions=[_table(answer, report.scope) for answer in report.questions],
        cycles=list(_cycles(report)),
        problems=[cycle for cycle in report.cycles if cycle.work == "failure"],
        requests=[cycle for cycle in report.cycles if cycle.work == "request"],
        definitions=DEFINITIONS,
        before_data=before_data(report.known_from, zone),
        loops=LOOPS,
    )  # fmt: skip
    return unbroken_html(html)


@cache
def _templates(zone: ZoneInfo) -> Environment:
    # Titles of tickets are text of strangers: everything is escaped unless it is Markup.
    environment = Environment(
        loader=PackageLoader("service.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters(zone)
    return environment


def _days(period: ReportPeriod, zone: ZoneInfo) -> str:
    return f"{local_day(period.begin, zone)} to {local_day(period.end - timedelta(seconds=1), zone)}"


def _curve(metric: str, report: Report) -> CurveFigure:
    curves, trend = weekly_curves(report.series, [metric], CURVES[metric]), report.metrics[metric].trend
    weeks, measured = len(curves.starts), sum(value is not None for value in curves.lines[0].values)
    title = f"{label(metric)} by week, {measured} of {weeks} weeks with a number"
    text = _trend(trend) if trend else "No trend: too few weeks with a number."
    return CurveFigure(metric, measured > 0, line_chart(curves, title), text)


def _trend(trend: Trend) -> str:
    slope = weekly_slope(trend.slope_per_week, trend.low, trend.high, "share")
    return f"{trend.direction.capitalize()} over {count(trend.weeks, 'week')}: {slope}, {p_value(trend.p)}."


def _table(answer: QuestionAnswer, scope: str) -> AnswerTable:
    others = [number for number in answer.evidence if number.of != scope]
    columns = list(dict.fromkeys(number.metric for number in others))
    rows: dict[str, dict[str, Number]] = {}
    for number in others:
        rows.setdefault(number.of, {})[number.metric] = number
    return AnswerTable(
        question=answer.question,
        answer=answer.answer,
        scope_numbers=[number for number in answer.evidence if number.of == scope],
        columns=columns,
        rows=rows,
        is_short=len(columns) == 1 and all(number.low is None for number in others),
    )


def _cycles(report: Report) -> Iterator[tuple[ReportedCycle, Markup]]:
    """Yield the cycles of failures with most repeats, each with the drawing of its timeline."""
    drawn = drawn_timelines(report.timelines, {cycle.id: cycle.fixes for cycle in report.cycles}, report.as_of)
    for cycle in report.cycles:
        if cycle.id in drawn:
            yield cycle, timeline(drawn[cycle.id], f"Episodes of cycle {cycle.id} over time")
