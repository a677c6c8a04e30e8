"""Which tickets a number counts: for every metric and loop, the condition that its tickets meet, as SQL."""

from typing import Any

from sqlalchemy import and_, func, literal, or_

from treadmill.service.store.analysed import FactRow, FamilyRow
from treadmill.service.store.looking import Span
from treadmill.service.store.tables import table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
MAJOR_LEVEL = 2

_OPENED, _RESOLVED, _OPEN, _FIRST = "opened in", "resolved in", "open at the end of", "first resolved in"
_REACTIVE, _FAILURE = FACT.c.nature == "reactive", FACT.c.work_class == "failure"
_REPEAT = and_(_REACTIVE, FACT.c.opened_s > FAMILY.c.first_end, FAMILY.c.is_dismissed.is_(False))
_ENDLESS = and_(_REACTIVE, FAMILY.c.is_endless)

ABOUT: dict[str, tuple[str, str, Any]] = {
    "opened": ("Tickets", _OPENED, literal(True)),
    "resolved": ("Tickets", _RESOLVED, literal(True)),
    "backlog": ("Tickets", _OPEN, literal(True)),
    "net_flow": ("Tickets", _OPENED, literal(True)),
    "reactive_share": ("Reactive tickets", _OPENED, _REACTIVE),
    "reactive_hours_share": ("Reactive tickets", _OPENED, _REACTIVE),
    "failure_demand_share": ("Failures and rework", _OPENED, FACT.c.work_class.in_(("failure", "rework"))),
    "repeat_share": ("Repeats", _OPENED, _REPEAT),
    "repeat_hours_share": ("Repeats", _OPENED, _REPEAT),
    "endless_hours_share": ("Tickets of endless cycles", _OPENED, _ENDLESS),
    "reopen_rate": ("Tickets that were reopened,", _FIRST, FACT.c.first_reopened_at.is_not(None)),
    "pingpong_rate_strict": ("Tickets that went straight back,", _RESOLVED, FACT.c.pingpong_strict > 0),
    "pingpong_rate_loose": ("Tickets that returned to an earlier holder,", _RESOLVED, FACT.c.pingpong_loose > 0),
    "handoffs": ("Tickets that changed hands,", _RESOLVED, FACT.c.handoffs > 0),
    "one_touch_rate": (
        "Tickets without handoff and reopen,", _RESOLVED,
        and_(FACT.c.pingpong_strict.is_not(None), func.coalesce(FACT.c.handoffs, 0) == 0,
             func.coalesce(FACT.c.reopens, 0) == 0),
    ),
    "stall_rate": ("Tickets that stalled twice or more,", _RESOLVED, FACT.c.stall_loops > 0),
    "time_to_resolve_p50": ("Tickets", _RESOLVED, literal(True)),
    "time_to_resolve_p90": ("Tickets", _RESOLVED, literal(True)),
    "recurrence_gap": ("Repeats", _OPENED, _REPEAT),
    "major_incidents": ("Major incidents", _OPENED, and_(_FAILURE, FACT.c.priority_level <= MAJOR_LEVEL)),
    "mtbf": ("Major incidents", _OPENED, and_(_FAILURE, FACT.c.priority_level <= MAJOR_LEVEL)),
    "sla_breach_rate": ("Tickets with a breached service level clock,", _OPENED, FACT.c.sla_breached > 0),
    "problem_link_rate": ("Failures linked to a fix,", _OPENED, and_(_FAILURE, FACT.c.fix_linked)),
    "change_failure_rate": (
        "Changes named as a cause,", _OPENED, and_(FACT.c.kind == "change", FACT.c.named_cause)
    ),
    "fix_hold_rate": ("Preventions", _RESOLVED, FACT.c.work_class == "prevention"),
    "prevention_yield": ("Preventions", _RESOLVED, FACT.c.work_class == "prevention"),
    "absence_factor": ("Reactive tickets with a known resolver,", _RESOLVED, and_(
        _REACTIVE, FACT.c.resolver.is_not(None))),
    "delivery_lead_time": ("Proactive tickets", _RESOLVED, FACT.c.nature == "proactive"),
    "misfiled_share": ("Tickets whose text contradicts their kind,", _OPENED, and_(
        FACT.c.contradicts, FACT.c.own_nature.is_not(None))),
    "after_hours_share": ("Reactive tickets outside business hours,", _OPENED, and_(_REACTIVE, FACT.c.after_hours)),
    "reopened": ("Tickets that were reopened,", _RESOLVED, FACT.c.reopens > 0),
    "pingpong": ("Tickets that went straight back,", _RESOLVED, FACT.c.pingpong_strict > 0),
    "stalled": ("Tickets that stalled twice or more,", _RESOLVED, FACT.c.stall_loops > 0),
}  # fmt: skip


def meets(name: str, span: Span) -> Any:
    """What holds of the tickets, and their families, that a metric or loop counts in a span, as SQL."""
    _, when, condition = ABOUT[name]
    return and_(condition, _WHEN[when](span))


def told(name: str) -> str:
    """What these tickets are, e.g. `Repeats opened in`: a span is to follow."""
    what, when, _ = ABOUT[name]
    return f"{what} {when}"


def is_by_resolution(name: str) -> bool:
    """Whether a metric or loop counts tickets by when they were resolved."""
    return ABOUT[name][1] == _RESOLVED


def is_by_family(name: str) -> bool:
    """Whether a metric counts tickets of families that came back, which few tickets are."""
    return any(ABOUT[name][2] is condition for condition in (_REPEAT, _ENDLESS))


def _opened(span: Span) -> Any:
    return and_(FACT.c.opened_s >= span.begin, FACT.c.opened_s < span.end)


def _resolved(span: Span) -> Any:
    ended = and_(FACT.c.ended_s >= span.begin, FACT.c.ended_s < span.end)
    return and_(ended, FACT.c.resolved_at.is_not(None))


def _open(span: Span) -> Any:
    return and_(FACT.c.opened_s < span.end, or_(FACT.c.ended_s >= span.end))


def _first(span: Span) -> Any:
    """By the instant itself: the first resolution is no number of seconds in the store."""
    first = FACT.c.first_resolved_at
    return and_(first >= span.from_instant, first < span.to_instant, FACT.c.opened_s < span.end)


_WHEN = {_OPENED: _opened, _RESOLVED: _resolved, _OPEN: _open, _FIRST: _first}
