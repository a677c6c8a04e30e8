"""The overview: the verdict, why, the four questions, what costs most, and whether the data can be trusted."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from service.analysis.calendar import day_of
from service.analysis.catalogue import label
from service.analysis.formatting import count, day
from service.charts.server_side import Line
from service.charts.timeline import Span, TimeScale
from service.web.html.drilldown import driver_link, finding_link, number_links
from service.web.html.templates import render, requested_view
from service.web.website import Website

TREND = ("repeat_hours_share", "reactive_hours_share")
KEY_FIGURES = ("repeat_hours_share", "reactive_hours_share", "endless_hours_share", "reopen_rate")


def router(site: Website) -> APIRouter:
    """`/`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/")
    def overview(request: Request) -> Response:
        view = requested_view(site, request)
        part = site.part(view, "overview")
        if part is None:
            return render(site, request, "empty.html", view=view)
        common: dict[str, Any] = {
            "report": part, "lines": trend_lines(part), "figures": KEY_FIGURES, "again": again(part),
            "spans": timelines(part),
        }  # fmt: skip
        if part["verdict"] is None:
            covered = is_covered(part)
            return render(
                site, request, "period.html", view=view, headline=headline(part, site.zone), covered=covered, **common
            )
        sentence, _, rest = part["verdict"]["sentence"].partition(": ")
        lead = rest[:1].upper() + rest[1:]
        return render(
            site, request, "overview.html", view=view, headline=sentence, lead=lead, number_links=number_links,
            driver_link=driver_link, finding_link=finding_link, **common,
        )  # fmt: skip

    return found


def headline(part: dict[str, Any], zone: ZoneInfo) -> str:
    """Which period this is, e.g. `26 weeks from 1 June 2026 to 29 November 2026`."""
    begin, end = (datetime.fromisoformat(part["period"][name]) for name in ("from", "to"))
    first, after = day_of(begin, zone), day_of(end, zone)
    return f"{count((after - first).days // 7, 'week')} from {day(first)} to {day(after - timedelta(days=1))}"


def is_covered(part: dict[str, Any]) -> bool:
    """Whether the tickets of the whole period are known."""
    known_from = part["known_from"]
    return known_from is not None and datetime.fromisoformat(known_from) <= datetime.fromisoformat(
        part["period"]["from"]
    )


def trend_lines(part: dict[str, Any]) -> list[Line]:
    """The lines of the trend with their bands and changes of level."""
    drawn = part["series"]["lines"]
    return [
        Line(label(id_), one["values"], one["low"], one["high"], [change["index"] for change in one["changes"]])
        for id_, one in ((id_, drawn[id_]) for id_ in TREND)
    ]


def again(part: dict[str, Any]) -> dict[str, Any] | None:
    """What the repeat hours cost with its interval; None where no rate is known."""
    share, money = part["metrics"]["repeat_hours_share"], part["money"]
    if money is None or not share["value"] or share["low"] is None:
        return None
    paid = part["repeat_hours"] * money["hourly_rate"]
    low, high = (paid * share[name] / share["value"] for name in ("low", "high"))
    return {"value": paid, "low": low, "high": high, "currency": money["currency"], "rate": money["hourly_rate"]}


def timelines(part: dict[str, Any]) -> dict[str, list[Span]]:
    """The episodes of the costliest cycles, all on one line of time that ends now."""
    own = {cycle["id"]: part["timelines"].get(cycle["id"], []) for cycle in part["costliest"]}
    end = datetime.fromisoformat(part["as_of"])
    starts = [datetime.fromisoformat(one["start"]) for episodes in own.values() for one in episodes]
    axis = TimeScale(min(starts, default=end), end)
    return {
        id_: [axis.span(one["start"], one["end"], one["tickets"]) for one in episodes] for id_, episodes in own.items()
    }
