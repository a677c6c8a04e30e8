"""The overview, for a leader with one minute, and the evidence one level below it."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from service.analysis.calendar import local_date
from service.analysis.correction import LIMIT
from service.analysis.formatting import count, day
from service.report.drawing import drawn_timelines, weekly_curves
from service.report.sections.cycles import CyclesSection
from service.report.sections.report import Overview
from service.web.html.drilldown import FindingLinks, driver_link, finding_links, number_links
from service.web.html.templates import render, requested_view
from service.web.selection import View
from service.web.website import Website

TREND_METRICS = ("repeat_share", "reactive_share")
KEY_FIGURES = ("repeat_share", "endless_share", "reactive_share", "reopen_rate")


def router(site: Website) -> APIRouter:
    """Return the routes `/` and `/evidence`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def overview(request: Request) -> Response:
        return page(request, "overview.html")

    @routes.get("/evidence")
    def evidence(request: Request) -> Response:
        return page(request, "evidence.html")

    def page(request: Request, template: str) -> Response:
        view = requested_view(site, request)
        section = site.section(Overview, view)
        if section is None:
            return render(site, request, "empty.html", view=view)
        common: dict[str, Any] = {
            "report": section, "curves": weekly_curves(section.series, TREND_METRICS), "figures": KEY_FIGURES,
            "cost": section.paid_again, "timelines": drawn_timelines(section.timelines, {}, section.as_of),
        }  # fmt: skip
        if section.verdict is None:
            return render(
                site, request, "period.html", view=view, headline=headline(section, site.zone),
                covered=is_covered(section), **common,
            )  # fmt: skip
        sentence, _, rest = section.verdict.sentence.partition(": ")
        lead = rest[:1].upper() + rest[1:]
        return render(
            site, request, template, view=view, headline=sentence, lead=lead, number_links=number_links,
            repeats=weekly_curves(section.series, TREND_METRICS[:1], LIMIT),
            driver_link=driver_link, findings=finding_rows(site, view, section), steps=other_steps(section), **common,
        )  # fmt: skip

    return routes


def headline(overview: Overview, zone: ZoneInfo) -> str:
    """Return the period in words, e.g. `26 weeks from 1 June 2026 to 29 November 2026`."""
    first, after = local_date(overview.period.begin, zone), local_date(overview.period.end, zone)
    return f"{count((after - first).days // 7, 'week')} from {day(first)} to {day(after - timedelta(days=1))}"


def is_covered(overview: Overview) -> bool:
    """Return True if all tickets of the period are known."""
    return overview.known_from is not None and overview.known_from <= overview.period.begin


def other_steps(overview: Overview) -> list[str]:
    """Return the first steps without those about a problem that the page shows with its own step."""
    shown = [f"({cycle.id})" for cycle in overview.costliest]
    steps = overview.verdict.first_steps if overview.verdict else ()
    return [step for step in steps if not any(id_ in step for id_ in shown)]


def finding_rows(site: Website, view: View, overview: Overview) -> list[tuple[str, FindingLinks]]:
    """Return the sentences of findings with their links."""
    has_fixes = any(finding.kind == "fix_did_not_hold" for finding in overview.findings)
    # A finding names a fix without its cycle: only then the list of all cycles is read.
    section = site.section(CyclesSection, view) if has_fixes else None
    cycles = section.cycles if section else ()
    return [(finding.sentence, finding_links(view, finding, cycles)) for finding in overview.findings]
