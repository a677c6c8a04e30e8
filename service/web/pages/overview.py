"""The overview: the verdict and its reasons, four questions, the costliest cycles, the completeness of the data."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from service.analysis.calendar import local_date
from service.analysis.catalogue import label
from service.analysis.formatting import count, day
from service.analysis.trend import ChangePoint
from service.charts.line_chart import Curve, Curves
from service.charts.timeline import Bar, Timeline, TimeScale
from service.web.html.drilldown import driver_link, finding_links, number_links
from service.web.html.selection import View
from service.web.html.templates import render, requested_view
from service.web.website import Website

TREND_METRICS = ("repeat_hours_share", "reactive_hours_share")
KEY_FIGURES = ("repeat_hours_share", "reactive_hours_share", "endless_hours_share", "reopen_rate")


def router(site: Website) -> APIRouter:
    """Return the route `/`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def overview(request: Request) -> Response:
        view = requested_view(site, request)
        part = site.part(view, "overview")
        if part is None:
            return render(site, request, "empty.html", view=view)
        common: dict[str, Any] = {
            "report": part, "curves": trend_curves(part), "figures": KEY_FIGURES, "cost": repeat_cost(part),
            "timelines": timelines(part),
        }  # fmt: skip
        if part["verdict"] is None:
            return render(
                site, request, "period.html", view=view, headline=headline(part, site.zone),
                covered=is_covered(part), **common,
            )  # fmt: skip
        sentence, _, rest = part["verdict"]["sentence"].partition(": ")
        lead = rest[:1].upper() + rest[1:]
        return render(
            site, request, "overview.html", view=view, headline=sentence, lead=lead, number_links=number_links,
            driver_link=driver_link, findings=finding_rows(site, view, part), **common,
        )  # fmt: skip

    return routes


def headline(part: dict[str, Any], zone: ZoneInfo) -> str:
    """Return the period in words, e.g. `26 weeks from 1 June 2026 to 29 November 2026`."""
    begin, end = (datetime.fromisoformat(part["period"][name]) for name in ("from", "to"))
    first, after = local_date(begin, zone), local_date(end, zone)
    return f"{count((after - first).days // 7, 'week')} from {day(first)} to {day(after - timedelta(days=1))}"


def is_covered(part: dict[str, Any]) -> bool:
    """Return whether the tickets of the whole period are known."""
    known_from = part["known_from"]
    return known_from is not None and datetime.fromisoformat(known_from) <= datetime.fromisoformat(
        part["period"]["from"]
    )


def finding_rows(site: Website, view: View, part: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sentences of findings with their links."""
    has_fixes = any(finding["kind"] == "fix_did_not_hold" for finding in part["findings"])
    # A finding names a fix without its cycle: only then the list of all cycles is read.
    cycles_part = site.part(view, "cycles") if has_fixes else None
    cycles = cycles_part["cycles"] if cycles_part else ()
    return [
        {"sentence": finding["sentence"], **asdict(finding_links(view, finding, cycles))}
        for finding in part["findings"]
    ]


def trend_curves(part: dict[str, Any]) -> Curves:
    """Return the curves of the trend with their bands and changes of level."""
    lines = part["series"]["lines"]
    starts = [date.fromisoformat(week) for week in part["series"]["weeks"]]
    return Curves([_curve(id_, lines[id_]) for id_ in TREND_METRICS], starts, "share")


def _curve(id_: str, line: dict[str, Any]) -> Curve:
    changes = [ChangePoint(**change) for change in line["changes"]]
    return Curve(label(id_), line["values"], line["low"], line["high"], changes)


def repeat_cost(part: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the repeat hours cost, with its interval; None where no hourly rate is set or no share is known."""
    share, money = part["metrics"]["repeat_hours_share"], part["money"]
    if money is None or not share["value"] or share["low"] is None:
        return None
    cost = part["repeat_hours"] * money["hourly_rate"]
    low, high = (cost * share[name] / share["value"] for name in ("low", "high"))
    return {"value": cost, "low": low, "high": high, "currency": money["currency"], "rate": money["hourly_rate"]}


def timelines(part: dict[str, Any]) -> dict[str, Timeline]:
    """Return the timelines of the costliest cycles by their id, all on one time scale that ends now."""
    bars = {cycle["id"]: [] for cycle in part["costliest"]} | {
        id_: [Bar.from_json(episode) for episode in episodes] for id_, episodes in part["timelines"].items()
    }
    scale = TimeScale.over(bars.values(), datetime.fromisoformat(part["as_of"]))
    return {id_: Timeline(drawn, (), scale) for id_, drawn in bars.items()}
