"""The lifecycle of a ticket: resolutions, reopens, handoffs, loops and hours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from connectors.model import HistoryIs, StatusCategory, Ticket, Transition
from service.analysis.clock import BusinessCalendar

DONE: frozenset[StatusCategory | None] = frozenset({"resolved", "closed"})
OPEN: frozenset[StatusCategory | None] = frozenset({"new", "active", "waiting"})
HOURS_A_DAY = 8.0
HOURS_A_TICKET = 40.0
HOURS_A_TOUCH = 0.25
ROUNDS_OF_A_STALL = 2

Holder = Literal["team", "assignee"]
EndedIs = Literal["known", "assumed"]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The findings of a ticket's history. None if the inputs are incomplete: never a zero in their place.

    `stall_loops` counts the rounds active -> waiting -> active of a ticket that made two or more, else 0. `hours` are
    `logged`, or `estimated` from the time in active, or from its touches without a history. `ended_is` is `assumed`
    where the ticket has ended without a time: then `resolved_at`, or `closed_at` if it was cancelled, is its last known
    change. It is None while the ticket is open.
    """

    status_category: StatusCategory
    first_resolved_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    ended_is: EndedIs | None
    first_reopened_at: datetime | None
    reopens: int | None
    handoffs: int | None
    pingpong_strict: int | None
    pingpong_loose: int | None
    stall_loops: int | None
    hours: float
    hours_are: Literal["logged", "estimated"]
    history_is: HistoryIs


def trace_lifecycle(ticket: Ticket, hours: BusinessCalendar, as_of: datetime, holder: Holder = "team") -> Lifecycle:
    """Return the lifecycle of a ticket up to `as_of`. Changes of `holder` are handoffs."""
    changes = [change for change in ticket.transitions if change.at <= as_of]
    statuses = [change for change in changes if change.field == "status"]
    category = _category(ticket, statuses, as_of)
    has_history = ticket.history_is in ("history", "truncated")
    holders = _holders(ticket, changes, holder)
    first, last = _resolutions(ticket, statuses, category, has_history=has_history)
    closed = _closed_at(ticket, statuses, category)
    is_assumed = category not in OPEN and last is None and closed is None
    # Without any end, a ticket that is done would stay in the backlog for ever.
    end = _last_change(ticket, changes) if is_assumed else closed
    return Lifecycle(
        status_category=category,
        first_resolved_at=first,
        resolved_at=last or end if category in DONE else None,
        closed_at=end if category == "cancelled" else closed,
        ended_is=None if category in OPEN else "assumed" if is_assumed else "known",
        first_reopened_at=next((change.at for change in statuses if _reopens(change)), None),
        reopens=sum(map(_reopens, statuses)) if has_history else ticket.reopen_count,
        handoffs=len(holders) - 1 if has_history and holders else 0 if has_history else ticket.reassignment_count,
        pingpong_strict=strict_pingpong(holders) if has_history else None,
        pingpong_loose=loose_pingpong(holders) if has_history else None,
        stall_loops=_stall_loops(ticket, statuses) if has_history else None,
        hours=_hours(ticket, statuses, hours, as_of, has_history=has_history),
        hours_are="estimated" if ticket.hours_logged is None else "logged",
        history_is=ticket.history_is,
    )


def has_growing_estimate(lifecycle: Lifecycle) -> bool:
    """Return whether a ticket's hours grow as time passes: it is active, and below the cap of a ticket."""
    has_history = lifecycle.history_is in ("history", "truncated")
    return (
        has_history
        and lifecycle.hours_are == "estimated"
        and lifecycle.status_category == "active"
        and lifecycle.hours < HOURS_A_TICKET
    )


def collapse(values: Iterable[str | None]) -> list[str]:
    """Return the sequence without empty values and without repeats of the value before."""
    collapsed: list[str] = []
    for value in values:
        if value and (not collapsed or collapsed[-1] != value):
            collapsed.append(value)
    return collapsed


def strict_pingpong(holders: Sequence[str]) -> int:
    """Return the strict ping-pong, A-B-A: how many i have s[i] = s[i-2] in a collapsed sequence."""
    return sum(holders[i] == holders[i - 2] for i in range(2, len(holders)))


def loose_pingpong(holders: Sequence[str]) -> int:
    """Return the loose ping-pong: how many entries of a collapsed sequence return to any earlier holder."""
    return len(holders) - len(set(holders))


def _category(ticket: Ticket, statuses: Sequence[Transition], as_of: datetime) -> StatusCategory:
    """Return the category at `as_of`."""
    # The system's present status is the truth, unless it changed after the moment that is asked for.
    if ticket.transitions and any(change.at > as_of and change.field == "status" for change in ticket.transitions):
        return (statuses[-1].new_category if statuses else _initial(ticket)) or "new"
    return ticket.status_category


def _initial(ticket: Ticket) -> StatusCategory:
    first = next((change for change in ticket.transitions if change.field == "status"), None)
    return (first.old_category if first else ticket.status_category) or "new"


def _resolutions(
    ticket: Ticket, statuses: Sequence[Transition], category: StatusCategory, *, has_history: bool
) -> tuple[datetime | None, datetime | None]:
    """Return (first, last) entry into {resolved, closed}; the last only of a ticket that is in one of them now."""
    entries = [change.at for change in statuses if change.new_category in DONE and change.old_category not in DONE]
    system_time = ticket.resolved_at or ticket.closed_at
    if category not in DONE:
        return (entries[0] if entries else None), None
    if entries and has_history:
        return entries[0], entries[-1]
    # Without a history the system's time is that of the last resolution: it is the first only if none came before.
    never_reopened = not ticket.reopen_count
    return (system_time if never_reopened else None), system_time


def _closed_at(ticket: Ticket, statuses: Sequence[Transition], category: StatusCategory) -> datetime | None:
    if category not in ("closed", "cancelled"):
        return None
    entries = [change.at for change in statuses if change.new_category == category != change.old_category]
    return entries[-1] if entries else ticket.closed_at


def _last_change(ticket: Ticket, changes: Sequence[Transition]) -> datetime:
    """Return the moment of the last known change of a ticket, which is never before its opening."""
    return max(ticket.opened_at, changes[-1].at if changes else ticket.updated_at)


def _reopens(change: Transition) -> bool:
    return change.old_category in DONE and change.new_category in OPEN


def _holders(ticket: Ticket, changes: Iterable[Transition], holder: Holder) -> list[str]:
    """Return who held the ticket, in order: the first known holder, then each change."""
    handovers = [change for change in changes if change.field == holder]
    if not handovers:
        return collapse([ticket.team if holder == "team" else ticket.assignee])
    return collapse([handovers[0].old, *(change.new for change in handovers)])


def _stall_loops(ticket: Ticket, statuses: Sequence[Transition]) -> int:
    categories = collapse([_initial(ticket), *(change.new_category for change in statuses)])
    rounds = sum(
        (first, middle, last) == ("active", "waiting", "active")
        for first, middle, last in zip(categories, categories[1:], categories[2:], strict=False)
    )
    # One wait for an answer is normal.
    return rounds if rounds >= ROUNDS_OF_A_STALL else 0


def _hours(
    ticket: Ticket, statuses: Sequence[Transition], hours: BusinessCalendar, as_of: datetime, *, has_history: bool
) -> float:
    if ticket.hours_logged is not None:
        return ticket.hours_logged
    if not has_history:
        return HOURS_A_TOUCH * (1 + (ticket.reopen_count or 0) + (ticket.reassignment_count or 0))
    # A ticket that stays active over nights and months was not worked on all the time: 8 h a day and 40 h in all at
    # most.
    total = 0.0
    for begin, end in _active_spans(ticket, statuses, as_of):
        total += hours.hours(begin, end, day_limit=HOURS_A_DAY, limit=HOURS_A_TICKET - total)
    return round(total, 4)


def _active_spans(ticket: Ticket, statuses: Sequence[Transition], as_of: datetime) -> list[tuple[datetime, datetime]]:
    moments = [(ticket.opened_at, _initial(ticket)), *((change.at, change.new_category) for change in statuses)]
    ends = [*moments, (as_of, None)]
    return [(begin, end) for (begin, category), (end, _) in pairwise(ends) if category == "active" and end > begin]
