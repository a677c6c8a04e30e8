"""The report as one page of HTML that needs nothing else: read on a screen, sent by mail, printed on A4."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.analysis.catalogue import DEFINITIONS, VERDICT_LABELS, label
from service.analysis.drivers import LOOPS
from service.analysis.formatting import local_day, p_value, weekly_slope
from service.analysis.reasons import LIMIT
from service.charts.curve import curve
from service.charts.timeline import Axis, strip
from service.report.filters import filters

Document = Mapping[str, Any]

DRAWN = {"repeat_hours_share": ("#b4442b", LIMIT), "reactive_hours_share": ("#2f5d8a", None)}


def as_html(document: Document) -> str:
    """A report document as HTML: one file without scripts and without anything that would have to be fetched."""
    zone = ZoneInfo(document["timezone"])
    begin, end, as_of = (datetime.fromisoformat(at) for at in (*document["period"].values(), document["as_of"]))
    return _templates(zone).get_template("report.html").render(
        document=document,
        style=Markup(files(__package__).joinpath("templates", "report.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of ours
        state=VERDICT_LABELS[document["verdict"]["state"]],
        sentence=document["verdict"]["sentence"].partition(": "),
        scope="everything" if document["scope"] == "all" else document["scope"].replace(":", " ", 1),
        period=f"{local_day(begin, zone)} to {local_day(end - timedelta(seconds=1), zone)}",
        curves=[_curve(id_, document) for id_ in DRAWN],
        questions=[_question(one, document["scope"]) for one in document["questions"]],
        cycles=_cycles(document, as_of),
        definitions=DEFINITIONS,
        loops=LOOPS,
    )  # fmt: skip


@cache
def _templates(zone: ZoneInfo) -> Environment:
    loader = PackageLoader("service.report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= filters(zone)
    return environment


def _curve(id_: str, document: Document) -> dict[str, Any]:
    """A chart with what is said below it."""
    colour, limit = DRAWN[id_]
    series, trend = document["series"], document["metrics"][id_]["trend"]
    drawn = series["lines"][id_]
    known = sum(value is not None for value in drawn["values"])
    title = f"{label(id_)} by week, {known} of {len(drawn['values'])} weeks with a number"
    return {
        "id": id_,
        "is_known": known > 0,
        "picture": curve(title, series["weeks"], drawn, colour, limit),
        "trend": _trend(trend) if trend else "No trend: too few weeks with a number.",
    }


def _trend(trend: Mapping[str, Any]) -> str:
    slope = weekly_slope(trend["slope_per_week"], trend["low"], trend["high"], "share")
    return f"{trend['direction'].capitalize()} over {trend['weeks']} weeks: {slope}, {p_value(trend['p'])}."


def _question(answer: Mapping[str, Any], scope: str) -> dict[str, Any]:
    """An answer with the numbers of the scope, and the others as a table: a row for what they are of."""
    own = [one for one in answer["evidence"] if one["of"] == scope]
    others = [one for one in answer["evidence"] if one["of"] != scope]
    columns = list(dict.fromkeys(one["metric"] for one in others))
    rows: dict[str, dict[str, Any]] = {}
    for one in others:
        rows.setdefault(one["of"], {})[one["metric"]] = one
    short = len(columns) == 1 and all(one["low"] is None for one in others)
    return {**answer, "own": own, "columns": columns, "rows": rows, "is_short": short}


def _cycles(document: Document, as_of: datetime) -> Sequence[Mapping[str, Any]]:
    """The costliest cycles, each with its line of time."""
    timelines = document["timelines"]
    axis = Axis.over(timelines, as_of)
    return [
        {**cycle, "picture": _strip(cycle, timelines[cycle["id"]], axis)}
        for cycle in document["cycles"] if cycle["id"] in timelines
    ]  # fmt: skip


def _strip(cycle: Mapping[str, Any], episodes: Sequence[Mapping[str, Any]], axis: Axis) -> Markup:
    return strip(f"Episodes of cycle {cycle['id']} over time", episodes, cycle["fixes"], axis)
