"""Which tickets a number counts: for every metric, loop and denominator, what its tickets meet, as SQL."""

from typing import Any

from sqlalchemy import and_, func, literal, select

from service.analysis.tally import MAJOR_LEVEL, REOPEN_WINDOW
from service.store.queries.statistics import Span
from service.store.results.tables import FactRow, FamilyRow, FixRow, Label
from service.store.sql import seconds_between
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
FIX = table_of(FixRow)
LABEL = table_of(Label)

_OPENED, _RESOLVED, _OPEN, _FIRST = "opened from", "resolved from", "open at the end of", "first resolved from"
EVER = "of all time"
_REACTIVE, _FAILURE = FACT.c.nature == "reactive", FACT.c.work_class == "failure"
_REPEAT = and_(_REACTIVE, FACT.c.opened_s > FAMILY.c.first_end, FAMILY.c.is_dismissed.is_(False))
_ENDLESS = and_(_REACTIVE, FAMILY.c.is_endless)
_MAJOR = and_(_FAILURE, FACT.c.priority_level <= MAJOR_LEVEL)
_TOLD, _HISTORY = FACT.c.pingpong_strict.is_not(None), FACT.c.history_is.in_(("history", "truncated"))
_ALL = literal(True)
_CAME_BACK = func.coalesce(
    seconds_between(FACT.c.first_resolved_at, FACT.c.first_reopened_at) <= REOPEN_WINDOW.total_seconds(), False
)
_SAID = FACT.alias("said")
_LABELLED = FACT.c.ticket_id.in_(
    select(_SAID.c.ticket_id).where(_SAID.c.source_id == LABEL.c.source_id, _SAID.c.external_id == LABEL.c.external_id)
)
"""By way of the labels, which are few: what they cost does not grow with the tickets."""


def _fixes(*outcomes: str) -> Any:
    return FACT.c.ticket_id.in_(select(FIX.c.ticket_id).where(FIX.c.outcome.in_(outcomes)))


ABOUT: dict[str, tuple[str, str, Any]] = {
    "tickets": ("Tickets", EVER, _ALL),
    "labelled": ("Tickets that persons decided,", EVER, _LABELLED),
    "opened": ("Tickets", _OPENED, _ALL),
    "resolved": ("Tickets", _RESOLVED, _ALL),
    "backlog": ("Tickets", _OPEN, _ALL),
    "net_flow": ("Tickets", _OPENED, _ALL),
    "reactive_share": ("Reactive tickets", _OPENED, _REACTIVE),
    "reactive_hours_share": ("Reactive tickets", _OPENED, _REACTIVE),
    "failure_demand_share": ("Failures and rework", _OPENED, FACT.c.work_class.in_(("failure", "rework"))),
    "repeat_share": ("Repeats", _OPENED, _REPEAT),
    "repeat_hours_share": ("Repeats", _OPENED, _REPEAT),
    "endless_hours_share": ("Tickets of endless cycles", _OPENED, _ENDLESS),
    "reopen_rate": ("Tickets that were reopened within 30 days,", _FIRST, _CAME_BACK),
    "first": ("Tickets with a history", _FIRST, _ALL),
    "stayed": ("Tickets that stayed closed for 30 days,", _FIRST, ~_CAME_BACK),
    "told": ("Tickets with a history", _RESOLVED, _TOLD),
    "pingpong_rate_strict": ("Tickets that went straight back,", _RESOLVED, FACT.c.pingpong_strict > 0),
    "pingpong_rate_loose": ("Tickets that returned to an earlier holder,", _RESOLVED, FACT.c.pingpong_loose > 0),
    "handoffs": ("Tickets that changed hands,", _RESOLVED, FACT.c.handoffs > 0),
    "handoffs_known": ("Tickets with known handoffs,", _RESOLVED, FACT.c.handoffs.is_not(None)),
    "one_touch_rate": (
        "Tickets without handoff and reopen,", _RESOLVED,
        and_(_TOLD, func.coalesce(FACT.c.handoffs, 0) == 0, func.coalesce(FACT.c.reopens, 0) == 0),
    ),
    "stall_rate": ("Tickets that stalled twice or more,", _RESOLVED, and_(_TOLD, FACT.c.stall_loops > 0)),
    "time_to_resolve_p50": ("Tickets", _RESOLVED, _ALL),
    "time_to_resolve_p90": ("Tickets", _RESOLVED, _ALL),
    "recurrence_gap": ("Repeats", _OPENED, _REPEAT),
    "failures": ("Failures", _OPENED, _FAILURE),
    "failures_with_level": ("Failures of known priority", _OPENED, and_(
        _FAILURE, FACT.c.priority_level.is_not(None))),
    "major_incidents": ("Major incidents", _OPENED, _MAJOR),
    "mtbf": ("Major incidents", _OPENED, _MAJOR),
    "sla_breach_rate": ("Tickets with a breached service level clock,", _OPENED, FACT.c.sla_breached > 0),
    "problem_link_rate": ("Failures linked to a fix,", _OPENED, and_(_FAILURE, FACT.c.fix_linked)),
    "changes": ("Changes", _OPENED, FACT.c.kind == "change"),
    "change_failure_rate": (
        "Changes named as a cause,", _OPENED, and_(FACT.c.kind == "change", FACT.c.named_cause)
    ),
    "fix_hold_rate": ("Fixes that held,", _RESOLVED, _fixes("held")),
    "fixes_judged": ("Fixes that held or did not hold,", _RESOLVED, _fixes("held", "did not hold")),
    "prevention_yield": (
        "Fixes that are not too early to judge,", _RESOLVED, _fixes("held", "did not hold", "unclear")
    ),
    "absence_factor": ("Reactive tickets with a known resolver,", _RESOLVED, and_(
        _REACTIVE, FACT.c.resolver.is_not(None))),
    "delivery_lead_time": ("Proactive tickets", _RESOLVED, FACT.c.nature == "proactive"),
    "with_kind": ("Tickets whose kind tells a nature,", _OPENED, FACT.c.own_nature.is_not(None)),
    "misfiled_share": ("Tickets whose text contradicts their kind,", _OPENED, and_(
        FACT.c.contradicts, FACT.c.own_nature.is_not(None))),
    "after_hours_share": ("Reactive tickets outside business hours,", _OPENED, and_(_REACTIVE, FACT.c.after_hours)),
    "with_history": ("Tickets with a history", _RESOLVED, _HISTORY),
    "reopened": ("Tickets that were reopened,", _RESOLVED, and_(_HISTORY, FACT.c.reopens > 0)),
    "pingpong": ("Tickets that went straight back,", _RESOLVED, and_(_HISTORY, FACT.c.pingpong_strict > 0)),
    "stalled": ("Tickets that stalled twice or more,", _RESOLVED, and_(_HISTORY, FACT.c.stall_loops > 0)),
}  # fmt: skip

BASES: dict[str, str] = {
    "opened": "opened", "resolved": "resolved", "backlog": "backlog", "reactive_share": "opened",
    "reactive_hours_share": "opened", "failure_demand_share": "reactive_share", "repeat_share": "reactive_share",
    "repeat_hours_share": "reactive_share", "endless_hours_share": "opened", "reopen_rate": "first",
    "pingpong_rate_strict": "told", "pingpong_rate_loose": "told", "handoffs": "handoffs_known",
    "one_touch_rate": "told", "stall_rate": "told", "time_to_resolve_p50": "resolved",
    "time_to_resolve_p90": "resolved", "major_incidents": "failures_with_level", "mtbf": "major_incidents",
    "problem_link_rate": "failures", "change_failure_rate": "changes", "fix_hold_rate": "fixes_judged",
    "prevention_yield": "prevention_yield", "absence_factor": "absence_factor",
    "delivery_lead_time": "delivery_lead_time", "misfiled_share": "with_kind", "after_hours_share": "reactive_share",
    "reopened": "with_history", "pingpong": "with_history", "stalled": "with_history",
}  # fmt: skip
"""By metric or loop: which tickets its denominator counts. Clocks, gaps and sums of two kinds are no tickets."""

UNCOUNTED = frozenset({"net_flow", "absence_factor"})
"""Whole numbers that count no tickets, though they rest on some."""

RIPE = frozenset({"reopen_rate", "first", "stayed"})
"""Of a period these count only what was first resolved so long ago that it is known whether it came back."""


def meets(name: str, span: Span) -> Any:
    """What holds of the tickets, and their families, that a metric, loop or denominator counts in a span, as SQL."""
    _, when, condition = ABOUT[name]
    return and_(condition, _WHEN[when](span))


def title(name: str) -> str:
    """What these tickets are, e.g. `Repeats`."""
    return ABOUT[name][0].removesuffix(",")


def told(name: str) -> str:
    """The same with how they belong to a span, e.g. `Repeats opened from`: the span is to follow, if it matters."""
    what, when, _ = ABOUT[name]
    return f"{what} {when}"


def is_of_all_time(name: str) -> bool:
    """Whether these tickets are the same whatever the span."""
    return ABOUT[name][1] == EVER


def is_by_resolution(name: str) -> bool:
    """Whether a metric or loop counts tickets by when they were resolved."""
    return ABOUT[name][1] == _RESOLVED


def is_by_family(name: str) -> bool:
    """Whether a metric counts tickets of families that came back, which few tickets are."""
    return any(ABOUT[name][2] is condition for condition in (_REPEAT, _ENDLESS))


def _ever(_span: Span) -> Any:
    return _ALL


def _opened(span: Span) -> Any:
    return and_(FACT.c.opened_s >= span.begin, FACT.c.opened_s < span.end)


def _resolved(span: Span) -> Any:
    ended = and_(FACT.c.ended_s >= span.begin, FACT.c.ended_s < span.end)
    return and_(ended, FACT.c.resolved_at.is_not(None))


def _open(span: Span) -> Any:
    return and_(FACT.c.opened_s < span.end, FACT.c.ended_s >= span.end)


def _first(span: Span) -> Any:
    """By the instant itself: the first resolution is no number of seconds in the store."""
    first = FACT.c.first_resolved_at
    within = and_(first >= span.from_instant, first < span.to_instant, FACT.c.opened_s < span.end)
    return and_(within, FACT.c.stall_loops.is_not(None))


_WHEN = {EVER: _ever, _OPENED: _opened, _RESOLVED: _resolved, _OPEN: _open, _FIRST: _first}
