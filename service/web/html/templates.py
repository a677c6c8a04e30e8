"""The templates of the pages, with the filters and links that they use."""

import hashlib
import json
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.analysis.catalogue import DEFINITIONS
from service.analysis.formatting import unbroken_html
from service.analysis.weeks import parse_weeks
from service.charts import line_chart, timeline
from service.charts.share_bar import share_bar
from service.report.filters import filters
from service.store.queries.metric_filters import DENOMINATORS, FILTERS, NOT_A_COUNT
from service.store.queries.scopes import Scope, parse_scope, verify_scope
from service.store.queries.ticket_lists import MAX_COUNTED
from service.store.results import cells
from service.web.auth.request_checks import path_of
from service.web.html.commands import with_links
from service.web.html.tables import labelled
from service.web.notices import NOTHING, REFRESH_SECONDS
from service.web.parameters import check
from service.web.selection import View, link
from service.web.website import Website

STATIC = files("service.web").joinpath("static")
REFRESHED = "empty.html", "sources.html"
"""The pages that refresh themselves until there is a report."""
MAX_LISTED_SCOPES = 400
"""Up to so many scopes are offered as a list; of more a visitor types the name."""


def render(
    site: Website, request: Request, template: str, status: int = 200, *, view: View | None = None, **variables: Any
) -> HTMLResponse:
    """Return a page. Its template writes links that keep scope and period with `href`, others with `link`."""
    view = view or View()
    visitor = getattr(request.state, "visitor", None)
    # Strangers must not read names of sources, and a page about an error must not wait for a database that is down.
    notices = site.notices if visitor and status < HTTPStatus.BAD_REQUEST else NOTHING
    common = {
        "notices": notices,
        "visitor": visitor,
        "token": site.sessions.form_token(visitor) if visitor else "",
        "path": path_of(request.scope),
        "query": {name: value for name, value in request.query_params.items() if name not in view.parameters},
        "view": view,
        "scope": view.scope,
        "scopes": view.scopes,
        "href": view.link,
        "prices": site.analyst.prices,
        "currency": site.settings.currency or "",
        "is_open": site.settings.web.is_open,
        "is_proxy": site.settings.web.auth == "proxy",
    }
    text = environment(site.zone).get_template(template).render({**common, **variables})
    # A header: it works without scripts, and pages that hold more than a progress stay as they are.
    is_refreshed = template in REFRESHED and not (notices.is_analysed or variables.get("report"))
    headers = {"refresh": str(REFRESH_SECONDS)} if is_refreshed else None
    return HTMLResponse(unbroken_html(text), status_code=status, headers=headers)


def requested_view(site: Website, request: Request) -> View:
    """Return the view that a request asks for. Raises ScopeError, PeriodError, ParameterError, UnknownScope."""
    query = request.query_params
    check(query)
    asked_scope = existing_scope(site, query.get("scope") or "all")
    period = parse_weeks(query.get("weeks"), query.get("until"))
    with site.database.read() as connection:
        return View(asked_scope, period, cells.scope_values(connection))


def existing_scope(site: Website, text: str) -> Scope:
    """Return the scope that a text means. Raises ScopeError, and UnknownScope where no ticket belongs to it."""
    parsed = parse_scope(text)
    with site.database.read() as connection:
        verify_scope(connection, parsed)
    return parsed


@cache
def environment(zone: ZoneInfo) -> Environment:
    """Return the templates; days begin in `zone`."""
    # StrictUndefined: a misspelt name fails in a test instead of leaving a gap on a page.
    templates = Environment(
        loader=PackageLoader("service.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    templates.filters |= filters(zone) | {"as_json": _as_json, "labelled": labelled, "with_links": with_links}
    templates.globals |= {
        "link": link,
        "static": static_url,
        "line_plot": line_chart.line_plot,
        "hover_data": line_chart.hover_data,
        "column_size": line_chart.COLUMN,
        "page_size": line_chart.PAGE,
        "timeline": timeline.timeline,
        "timeline_plot": timeline.timeline_plot,
        "card_size": timeline.CARD,
        "share_bar": share_bar,
        "definitions": DEFINITIONS,
        "listed_metrics": FILTERS.keys() - NOT_A_COUNT,
        "denominators": DENOMINATORS,
        "max_listed_scopes": MAX_LISTED_SCOPES,
        "max_counted": MAX_COUNTED,
        "refresh_seconds": REFRESH_SECONDS,
    }
    return templates


@cache
def static_url(name: str) -> str:
    """Return the URL of a static file."""
    # The digest changes with the content, so that browsers may keep the file for a year.
    content = STATIC.joinpath(name).read_bytes()
    return f"/static/{name}?v={hashlib.blake2b(content, digest_size=6).hexdigest()}"


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
