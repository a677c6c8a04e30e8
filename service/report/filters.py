"""Template filters that pages and the printed report share, so that a number looks the same in both."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from service.analysis import formatting
from service.analysis.catalogue import STATE_LABELS, label
from service.analysis.money import basis_in_words, rough_money
from service.analysis.verdict import Verdict

COMPLETENESS: Mapping[bool | None, str] = {True: "complete", False: "not complete", None: "not reconciled"}
"""By whether all tickets of a source are in the store; None where a census never compared them."""


def seen(verdict: Verdict) -> str:
    """Return how much a verdict could see, and how many of the repeats are recognised, in one line."""
    visible, recall = verdict.visibility, verdict.recall
    share = "not counted" if visible is None else formatting.percent(visible.visible)
    recognised = "not known"
    if recall is not None:
        bounds = formatting.interval(recall.low, recall.high, "share")
        recognised = f"{formatting.percent(recall.value)} ({bounds}, n = {formatting.integer(recall.n)})"
    return f"How much we can see: {share}. How much we recognise: {recognised}."


def filters(zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Return the filters by name; days begin in `zone`."""
    return {
        "label": label,
        "number": formatting.number,
        "interval": formatting.interval,
        "percent": partial(formatting.number, unit="share"),
        "in_hours": partial(formatting.number, unit="hours"),
        "work": _work,
        "in_days": partial(formatting.number, unit="days"),
        "ratio": partial(formatting.number, unit="ratio"),
        "integer": formatting.integer,
        "count": formatting.count,
        "money": formatting.money,
        "seen": seen,
        "rough_money": rough_money,
        "money_basis": basis_in_words,
        "state_label": STATE_LABELS.__getitem__,
        "duration": formatting.duration,
        "weekly_slope": formatting.weekly_slope,
        "p_value": formatting.p_value,
        "completeness": COMPLETENESS.__getitem__,
        "day": partial(_day, zone=zone),
        "last_day": partial(_last_day, zone=zone),
        "moment": partial(_moment, zone=zone),
    }


def _work(hours: float) -> str:
    """Return a sum of work; one without any known work is no zero."""
    return formatting.number(hours, "hours") if hours else "unknown hours"


def _day(at: datetime | date | None, zone: ZoneInfo) -> str:
    if at is None:
        return formatting.NO_NUMBER
    # A datetime is a date, too: asked the other way round, every instant would be shown as its day in UTC.
    return formatting.local_day(at, zone) if isinstance(at, datetime) else formatting.day(at)


def _last_day(until: datetime, zone: ZoneInfo) -> str:
    """Return the last day before an instant: periods end with the first instant after them."""
    return formatting.local_day(until - timedelta(seconds=1), zone)


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return formatting.NO_NUMBER if at is None else formatting.moment(at, zone)
