"""Filters: for every metric, loop and denominator the tickets that it counts, as an SQL condition.

Lists of pages, ids in reports and answers of the API all come from here, so that no list differs from its number. The
numbers themselves are sums that the analysis keeps; tests compare the two for every filter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, func, literal, literal_column, select

from service.analysis.aftermath import WINDOW as AFTERMATH_WINDOW
from service.analysis.major_incidents import LEAD_BITS
from service.analysis.recurrence import HIDDEN_WINDOW, WORKAROUND_SPAN, WORKAROUND_TICKETS
from service.analysis.tally import FAILURES, REOPEN_WINDOW
from service.store.queries.natures import IS_DECIDED, IS_UNDECIDED
from service.store.queries.scopes import Span
from service.store.results.tables import FactRow, FixRow, LabelRow
from service.store.sql import seconds_between
from service.store.tickets.tables import table_of

Timing = Literal["opened from", "resolved from", "open at the end of", "first resolved from", "of all time"]

FACT = table_of(FactRow)
FIX = table_of(FixRow)
LABEL = table_of(LabelRow)

_ANY = literal(True)
_HAS_KNOWN_END = FACT.c.ended_is == "known"
_REACTIVE, _PROACTIVE = and_(FACT.c.nature == "reactive", IS_DECIDED), and_(FACT.c.nature == "proactive", IS_DECIDED)
_FAILURE = and_(FACT.c.work_class == "failure", IS_DECIDED)
FAILURES_AND_REWORK = and_(FACT.c.work_class.in_(FAILURES), IS_DECIDED)
_REQUEST = and_(FACT.c.work_class == "request", IS_DECIDED)
_CHANGE, _HAS_OWN_NATURE = FACT.c.kind == "change", and_(FACT.c.own_nature.is_not(None), IS_DECIDED)
_HAS_HANDOFF_HISTORY = FACT.c.pingpong_strict.is_not(None)
_HAS_HISTORY = FACT.c.history_is.in_(("history", "truncated"))
_REPEAT, _REQUEST_REPEAT = and_(FAILURES_AND_REWORK, FACT.c.is_repeat), and_(_REQUEST, FACT.c.is_repeat)
_ENDLESS = and_(FAILURES_AND_REWORK, FACT.c.is_endless)
_REOPENED_IN_TIME = func.coalesce(
    seconds_between(FACT.c.first_resolved_at, FACT.c.first_reopened_at) <= REOPEN_WINDOW.total_seconds(), False
)
# The few labels lead to their facts by an index; asking each fact for its label would read the whole table.
_LABELLED_FACT = FACT.alias("labelled")
_LABELLED = FACT.c.ticket_id.in_(
    select(_LABELLED_FACT.c.ticket_id).where(
        _LABELLED_FACT.c.source_id == LABEL.c.source_id, _LABELLED_FACT.c.external_id == LABEL.c.external_id
    )
)


_NEXT, _SAME = FACT.alias("next"), FACT.alias("same")
_HAS_REQUESTER = and_(FAILURES_AND_REWORK, _HAS_KNOWN_END, FACT.c.requester.is_not(None), FACT.c.family_id.is_not(None))
# The one who reported it first asks again: the ticket was closed, the problem was not.
_HIDDEN_REOPEN = and_(
    _HAS_REQUESTER,
    select(_NEXT.c.ticket_id)
    .where(
        _NEXT.c.family_id == FACT.c.family_id, _NEXT.c.requester == FACT.c.requester,
        _NEXT.c.opened_s > FACT.c.ended_s, _NEXT.c.opened_s <= FACT.c.ended_s + HIDDEN_WINDOW,
    )
    .exists(),
)  # fmt: skip


def _is_done_change(table: Any) -> Any:
    # Literal, as the index of done changes has it: SQLite uses that for no parameter.
    return and_(table.c.kind == literal_column("'change'"), table.c.resolved_at.is_not(None))


IS_DONE_CHANGE = and_(_is_done_change(FACT), FACT.c.service.is_not(None))
_DONE = FACT.alias("done")
_AFTER_A_CHANGE = and_(
    FAILURES_AND_REWORK,
    select(_DONE.c.ticket_id)
    .where(
        _is_done_change(_DONE), _DONE.c.service == FACT.c.service,
        _DONE.c.ended_s <= FACT.c.opened_s, _DONE.c.ended_s > FACT.c.opened_s - AFTERMATH_WINDOW,
    )
    .exists(),
)  # fmt: skip
_HAS_REMEDY = and_(_REACTIVE, FACT.c.remedy.is_not(None), FACT.c.family_id.is_not(None))


def _closed_by_the_same(column: Any) -> Any:
    same = _SAME.c.family_id == FACT.c.family_id, _SAME.c.remedy == FACT.c.remedy
    return select(column).where(*same, _SAME.c.resolved_at.is_not(None)).correlate(FACT)


# A third ticket, and the first and the last, are enough: a count of all would walk a family once for each ticket.
_WORKAROUND = and_(
    _HAS_REMEDY,
    _closed_by_the_same(_SAME.c.ticket_id).limit(1).offset(WORKAROUND_TICKETS - 1).exists(),
    _closed_by_the_same(func.max(_SAME.c.opened_s) - func.min(_SAME.c.opened_s)).scalar_subquery() > WORKAROUND_SPAN,
)


def _fixes(*outcomes: str) -> Any:
    return FACT.c.ticket_id.in_(select(FIX.c.ticket_id).where(FIX.c.outcome.in_(outcomes)))


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """The tickets that one number counts: in words, by which of their times they belong to a span, and a condition.

    The words end in a comma where the timing is to follow a clause. `leads`: only those that begin a major
    incident of the scope.
    """

    words: str
    timing: Timing
    condition: Any
    leads: bool = False

    @property
    def title(self) -> str:
        """The tickets in words: `Repeats`."""
        return self.words.removesuffix(",")

    @property
    def phrase(self) -> str:
        """The words that come before a span: `Repeats opened from`."""
        return f"{self.words} {self.timing}"


FILTERS: Mapping[str, TicketFilter] = {
    "tickets": TicketFilter("Tickets", "of all time", _ANY),
    "labelled": TicketFilter("Tickets that people have decided,", "of all time", _LABELLED),
    "opened": TicketFilter("Tickets", "opened from", _ANY),
    "resolved": TicketFilter("Tickets", "resolved from", _ANY),
    "backlog": TicketFilter("Tickets", "open at the end of", _ANY),
    "net_flow": TicketFilter("Tickets", "opened from", _ANY),
    "decided": TicketFilter("Decided tickets", "opened from", IS_DECIDED),
    "undecided": TicketFilter("Undecided tickets", "opened from", IS_UNDECIDED),
    "reactive_share": TicketFilter("Reactive tickets", "opened from", _REACTIVE),
    "reactive_hours_share": TicketFilter("Reactive tickets", "opened from", _REACTIVE),
    "failure_demand_share": TicketFilter(
        "Failures and rework", "opened from", FAILURES_AND_REWORK
    ),
    "repeat_share": TicketFilter("Repeats", "opened from", _REPEAT),
    "repeat_hours_share": TicketFilter("Repeats", "opened from", _REPEAT),
    "endless_share": TicketFilter("Tickets of endless cycles", "opened from", _ENDLESS),
    "requests": TicketFilter("Requests", "opened from", _REQUEST),
    "request_repeat_share": TicketFilter("Requests that came again,", "opened from", _REQUEST_REPEAT),
    "reopen_rate": TicketFilter(
        "Tickets that were reopened within 30 days,", "first resolved from", _REOPENED_IN_TIME
    ),
    "first": TicketFilter("Tickets with a history", "first resolved from", _ANY),
    "stayed": TicketFilter("Tickets that stayed closed for 30 days,", "first resolved from", ~_REOPENED_IN_TIME),
    "told": TicketFilter("Tickets with a history", "resolved from", _HAS_HANDOFF_HISTORY),
    "hidden_reopen_rate": TicketFilter(
        "Failures that their requester reported again within 14 days,", "resolved from", _HIDDEN_REOPEN
    ),
    "with_requester": TicketFilter("Failures with a known requester,", "resolved from", _HAS_REQUESTER),
    "workaround_share": TicketFilter(
        "Tickets closed by a workaround,", "resolved from", _WORKAROUND
    ),
    "with_remedy": TicketFilter("Reactive tickets that say what was done,", "resolved from", _HAS_REMEDY),
    "pingpong_rate_strict": TicketFilter(
        "Tickets that went straight back,", "resolved from", FACT.c.pingpong_strict > 0
    ),
    "pingpong_rate_loose": TicketFilter(
        "Tickets that returned to an earlier holder,", "resolved from", FACT.c.pingpong_loose > 0
    ),
    "handoffs": TicketFilter("Tickets that changed hands,", "resolved from", FACT.c.handoffs > 0),
    "handoffs_known": TicketFilter("Tickets with known handoffs,", "resolved from", FACT.c.handoffs.is_not(None)),
    "ripe": TicketFilter("Tickets with a history", "resolved from", _HAS_HANDOFF_HISTORY),
    "one_touch_rate": TicketFilter(
        "Tickets without a handoff or a reopen,", "resolved from",
        and_(_HAS_HANDOFF_HISTORY, func.coalesce(FACT.c.handoffs, 0) == 0, func.coalesce(FACT.c.reopens, 0) == 0),
    ),
    "stall_rate": TicketFilter(
        "Tickets that stalled twice or more,", "resolved from", and_(_HAS_HANDOFF_HISTORY, FACT.c.stall_loops > 0)
    ),
    "time_to_resolve_p50": TicketFilter("Tickets with a known end,", "resolved from", _HAS_KNOWN_END),
    "time_to_resolve_p90": TicketFilter("Tickets with a known end,", "resolved from", _HAS_KNOWN_END),
    "recurrence_gap": TicketFilter("Repeats", "opened from", _REPEAT),
    "failures": TicketFilter("Failures", "opened from", _FAILURE),
    "failures_with_level": TicketFilter(
        "Failures of known priority", "opened from", and_(_FAILURE, FACT.c.priority_level.is_not(None))
    ),
    "major_incidents": TicketFilter("First tickets of major incidents,", "opened from", _FAILURE, leads=True),
    "mtbf": TicketFilter("First tickets of major incidents,", "opened from", _FAILURE, leads=True),
    "sla_breach_rate": TicketFilter(
        "Tickets with a breached service level clock,", "opened from", FACT.c.sla_breached > 0
    ),
    "problem_link_rate": TicketFilter("Failures linked to a fix,", "opened from", and_(_FAILURE, FACT.c.fix_linked)),
    "changes": TicketFilter("Changes", "opened from", _CHANGE),
    "change_failure_rate": TicketFilter("Changes named as a cause,", "opened from", and_(_CHANGE, FACT.c.named_cause)),
    "aftermath": TicketFilter(
        "All failures within 72 h after a change of their service,", "opened from", _AFTER_A_CHANGE
    ),
    "fix_hold_rate": TicketFilter("Fixes that held,", "resolved from", _fixes("held")),
    "net_hold": TicketFilter("Fixes that held,", "resolved from", _fixes("held")),
    "fixes_judged": TicketFilter("Fixes that held or did not hold,", "resolved from", _fixes("held", "did not hold")),
    "prevention_yield": TicketFilter(
        "Fixes that are not too early to judge,", "resolved from", _fixes("held", "did not hold", "unclear")
    ),
    "absence_factor": TicketFilter(
        "Reactive tickets with a known resolver,", "resolved from", and_(_REACTIVE, FACT.c.resolver.is_not(None))
    ),
    "delivery_lead_time": TicketFilter(
        "Proactive tickets with a known end,", "resolved from", and_(_PROACTIVE, _HAS_KNOWN_END)
    ),
    "with_kind": TicketFilter("Tickets whose kind implies a nature,", "opened from", _HAS_OWN_NATURE),
    "misfiled_share": TicketFilter(
        "Tickets whose text contradicts their kind,", "opened from", and_(FACT.c.contradicts, _HAS_OWN_NATURE)
    ),
    "after_hours_share": TicketFilter(
        "Reactive tickets outside business hours,", "opened from", and_(_REACTIVE, FACT.c.after_hours)
    ),
    "with_history": TicketFilter("Tickets with a history", "resolved from", _HAS_HISTORY),
    "reopened": TicketFilter("Tickets that were reopened,", "resolved from", and_(_HAS_HISTORY, FACT.c.reopens > 0)),
    "pingpong": TicketFilter(
        "Tickets that went straight back,", "resolved from", and_(_HAS_HISTORY, FACT.c.pingpong_strict > 0)
    ),
    "stalled": TicketFilter(
        "Tickets that stalled twice or more,", "resolved from", and_(_HAS_HISTORY, FACT.c.stall_loops > 0)
    ),
}  # fmt: skip
"""By metric, loop or denominator; the names stand in URLs."""

DENOMINATORS: Mapping[str, str] = {
    "opened": "opened", "resolved": "resolved", "backlog": "backlog", "reactive_share": "decided",
    "reactive_hours_share": "decided", "failure_demand_share": "reactive_share",
    "repeat_share": "failure_demand_share", "repeat_hours_share": "failure_demand_share",
    "endless_share": "failure_demand_share", "request_repeat_share": "requests", "reopen_rate": "first",
    "hidden_reopen_rate": "with_requester", "workaround_share": "with_remedy",
    "pingpong_rate_strict": "told", "pingpong_rate_loose": "told", "handoffs": "handoffs_known",
    "one_touch_rate": "ripe", "stall_rate": "told", "time_to_resolve_p50": "time_to_resolve_p50",
    "time_to_resolve_p90": "time_to_resolve_p90", "major_incidents": "failures_with_level", "mtbf": "major_incidents",
    "problem_link_rate": "failures", "change_failure_rate": "changes", "fix_hold_rate": "fixes_judged",
    "net_hold": "fixes_judged",
    "prevention_yield": "prevention_yield", "absence_factor": "absence_factor",
    "delivery_lead_time": "delivery_lead_time", "misfiled_share": "with_kind", "after_hours_share": "reactive_share",
    "reopened": "with_history", "pingpong": "with_history", "stalled": "with_history",
}  # fmt: skip
"""By metric or loop: the filter of its denominator. Clocks, gaps and sums of two kinds are no tickets."""

NOT_A_COUNT = frozenset({"net_flow", "absence_factor"})
"""Whole numbers that rest on tickets without counting them."""

RIPE_ONLY = frozenset({
    "reopen_rate", "first", "stayed", "one_touch_rate", "ripe", "hidden_reopen_rate", "with_requester",
})  # fmt: skip
"""Filters that take only tickets resolved in days, weeks or months whose end is 30 days ago."""


def matches(name: str, span: Span, dimension: str = "all") -> Any:
    """Return the SQL condition of the tickets that a metric, loop or denominator counts in a span.

    `dimension` is that of the scope, whose own condition is to be added.
    """
    condition = and_(FILTERS[name].condition, _IN_SPAN[FILTERS[name].timing](span))
    return and_(condition, FACT.c.leads.bitwise_and(LEAD_BITS[dimension]) != 0) if FILTERS[name].leads else condition


def is_by_resolution(name: str) -> bool:
    """Return whether tickets belong to a span by when they were resolved."""
    return FILTERS[name].timing == "resolved from"


def is_by_family(name: str) -> bool:
    """Return whether only tickets of families that came back match, which are few of all tickets."""
    return any(FILTERS[name].condition is condition for condition in (_REPEAT, _REQUEST_REPEAT, _ENDLESS))


def _opened(span: Span) -> Any:
    return and_(FACT.c.opened_s >= span.begin, FACT.c.opened_s < span.end)


def _resolved(span: Span) -> Any:
    # `ended_s` alone would let cancelled tickets in, which ended without being resolved.
    ended = and_(FACT.c.ended_s >= span.begin, FACT.c.ended_s < span.end)
    return and_(ended, FACT.c.resolved_at.is_not(None))


def _open_at_end(span: Span) -> Any:
    return and_(FACT.c.opened_s < span.end, FACT.c.ended_s >= span.end)


def _first_resolved(span: Span) -> Any:
    # The store has no seconds of the first resolution: its instant is compared, and `opened_s` lets an index help.
    first = FACT.c.first_resolved_at
    within = and_(first >= span.from_instant, first < span.to_instant, FACT.c.opened_s < span.end)
    return and_(within, FACT.c.stall_loops.is_not(None))


_IN_SPAN: Mapping[Timing, Callable[[Span], Any]] = {
    "of all time": lambda _span: _ANY,
    "opened from": _opened,
    "resolved from": _resolved,
    "open at the end of": _open_at_end,
    "first resolved from": _first_resolved,
}
