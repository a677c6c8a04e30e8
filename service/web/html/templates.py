"""Templates, and how numbers, days and links are written in them."""

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.analysis.catalogue import CATALOGUE
from service.analysis.weeks import weeks
from service.charts import server_side
from service.report.text import number
from service.store.queries.metric_filters import ABOUT, BASES, UNCOUNTED
from service.store.queries.scopes import Scope, scope
from service.store.results import cells
from service.web.html.selection import View, to
from service.web.website import Website

STATIC = files("service.web").joinpath("static")
DEFINED = {definition.id: definition for definition in CATALOGUE}
NAMES = {
    "reactive_share": "Reactive share", "reactive_hours_share": "Reactive share of hours",
    "repeat_share": "Repeat share", "repeat_hours_share": "Repeat share of hours",
    "endless_hours_share": "Hours in endless cycles", "pingpong_rate_strict": "Ping-pong, strict",
    "pingpong_rate_loose": "Ping-pong, loose", "mtbf": "Time between major incidents",
    "time_to_resolve_p50": "Time to resolve, median", "time_to_resolve_p90": "Time to resolve, nine of ten",
    "sla_breach_rate": "Service levels breached", "one_touch_rate": "One-touch rate",
}  # fmt: skip
UP_TO_ALL = 400
"""Up to so many scopes are offered as a list; more are to be typed."""


def name_of(metric: str) -> str:
    """What people call a metric."""
    return NAMES.get(metric) or metric.replace("_", " ").capitalize()


def render(
    site: Website, request: Request, template: str, status: int = 200, *, view: View | None = None, **context: Any
) -> HTMLResponse:
    """A page. Its templates write links with `here`, that of the view, and those that leave it with `to`."""
    view = view or View()
    visitor = getattr(request.state, "visitor", None)
    common = {
        "visitor": visitor,
        "token": site.sessions.form_token(visitor) if visitor else "",
        "path": request.url.path,
        "query": {name: value for name, value in request.query_params.items() if name not in view.told},
        "view": view,
        "scope": view.scope,
        "scopes": view.scopes,
        "here": view.to,
        "rate": site.settings.hourly_rate,
        "currency": site.settings.currency or "",
        "is_open": site.settings.web.is_open,
        "is_proxy": site.settings.web.auth == "proxy",
    }
    text = environment(site.zone).get_template(template).render({**common, **context})
    return HTMLResponse(text, status_code=status)


def viewed(site: Website, request: Request) -> View:
    """What a request asks for. Raises ScopeError, PeriodError, and UnknownScope where a scope holds no ticket."""
    query = request.query_params
    wanted, period = known_scope(site, query.get("scope") or "all"), weeks(query.get("weeks"), query.get("until"))
    with site.database.read() as connection:
        return View(wanted, period, cells.scope_values(connection))


def known_scope(site: Website, text: str) -> Scope:
    """The scope that a text means. Raises ScopeError, and UnknownScope where it holds no ticket."""
    wanted = scope(text)
    with site.database.read() as connection:
        if wanted.dimension != "all" and cells.scope_id(connection, wanted.dimension, wanted.value) is None:
            raise UnknownScope(str(wanted))
    return wanted


class UnknownScope(LookupError):
    """No ticket belongs to this scope."""


@cache
def environment(zone: ZoneInfo) -> Environment:
    """The templates, for days in a zone."""
    made = Environment(
        loader=PackageLoader("service.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip

    def day(at: str | datetime | date | None) -> str:
        found = _local(at, zone)
        return f"{found.day} {found:%b %Y}" if found else ""

    def moment(at: str | datetime | None) -> str:
        found = _local(at, zone)
        return f"{found.day} {found:%b %Y %H:%M}" if found else ""

    def last_day(until: str | datetime) -> str:
        """The last day before a moment."""
        found = datetime.fromisoformat(until) if isinstance(until, str) else until
        return day(found - timedelta(seconds=1))

    made.filters.update(
        day=day,
        moment=moment,
        last_day=last_day,
        number=_number,
        hours=_hours,
        money=_money,
        percent=_percent,
        span=_span,
        named=name_of,
        short=_short,
        as_chart=asdict,
        as_json=_json,
    )
    made.globals.update(
        to=to, static=static, drawing=server_side, definitions=DEFINED,
        with_tickets=ABOUT.keys() - UNCOUNTED, bases=BASES,
        many=UP_TO_ALL,
    )  # fmt: skip
    return made


@cache
def static(name: str) -> str:
    """The address of a static file, another one for other content."""
    content = STATIC.joinpath(name).read_bytes()
    return f"/static/{name}?v={hashlib.blake2b(content, digest_size=6).hexdigest()}"


def _local(at: str | datetime | date | None, zone: ZoneInfo) -> datetime | date | None:
    found = datetime.fromisoformat(at) if isinstance(at, str) and len(at) > len("2026-03-31") else at
    if isinstance(found, str):
        return date.fromisoformat(found)
    return found.astimezone(zone) if isinstance(found, datetime) else found


def _number(value: float | None, unit: str) -> str:
    if value is not None and unit == "per ticket":
        return f"{value:,.2f}"
    return number(value, unit).replace("%", " %")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _short(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%b}"


def _hours(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f} h" if abs(value) >= 10 or value == 0 else f"{value:,.1f} h"


def _money(value: float | None, currency: str) -> str:
    return "" if value is None else f"{currency} {value:,.0f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}".replace("%", " %")


def _span(low: float | None, high: float | None, unit: str) -> str:
    if low is None or high is None:
        return ""
    if unit.startswith("share"):
        return f"{low * 100:.1f} to {high * 100:.1f} %"
    return f"{_number(low, unit)} to {_number(high, unit)}"
