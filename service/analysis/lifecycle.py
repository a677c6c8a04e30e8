"""A ticket's life: when it was resolved, how often it came back, through whose hands it went, what it cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from connectors.model import HistoryIs, StatusCategory, Ticket, Transition
from service.analysis.business_hours import BusinessHours

DONE: frozenset[StatusCategory | None] = frozenset({"resolved", "closed"})
OPEN: frozenset[StatusCategory | None] = frozenset({"new", "active", "waiting"})
HOURS_A_DAY = 8.0
HOURS_A_TICKET = 40.0
HOURS_A_TOUCH = 0.25
ROUNDS_OF_A_STALL = 2

Holder = Literal["team", "assignee"]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What a ticket's history says. None where the inputs are incomplete: never a zero in their place.

    `stall_loops` counts the rounds active -> waiting -> active of a ticket that made two or more, else 0.
    `hours` are `logged`, or `estimated` from the time in active, or from its touches without a history.
    """

    status_category: StatusCategory
    first_resolved_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    first_reopened_at: datetime | None
    reopens: int | None
    handoffs: int | None
    pingpong_strict: int | None
    pingpong_loose: int | None
    stall_loops: int | None
    hours: float
    hours_are: Literal["logged", "estimated"]
    history_is: HistoryIs


def lifecycle(ticket: Ticket, hours: BusinessHours, as_of: datetime, holder: Holder = "team") -> Lifecycle:
    """The life of a ticket up to `as_of`. Changes of `holder` are handoffs: the assignee where no team is known."""
    changes = [change for change in ticket.transitions if change.at <= as_of]
    statuses = [change for change in changes if change.field == "status"]
    category = _category(ticket, statuses, as_of)
    told = ticket.history_is in ("history", "truncated")
    holders = _holders(ticket, changes, holder)
    first, last = _resolutions(ticket, statuses, category, told=told)
    return Lifecycle(
        status_category=category,
        first_resolved_at=first,
        resolved_at=last,
        closed_at=_closed_at(ticket, statuses, category),
        first_reopened_at=next((change.at for change in statuses if _reopens(change)), None),
        reopens=sum(map(_reopens, statuses)) if told else ticket.reopen_count,
        handoffs=len(holders) - 1 if told and holders else 0 if told else ticket.reassignment_count,
        pingpong_strict=strict_pingpong(holders) if told else None,
        pingpong_loose=loose_pingpong(holders) if told else None,
        stall_loops=_stalls(ticket, statuses) if told else None,
        hours=_hours(ticket, statuses, hours, as_of, told=told),
        hours_are="estimated" if ticket.hours_logged is None else "logged",
        history_is=ticket.history_is,
    )


def has_growing_estimate(of: Lifecycle) -> bool:
    """Whether the hours of a ticket grow while time passes: it is active, and below what a ticket may take."""
    told = of.history_is in ("history", "truncated")
    return told and of.hours_are == "estimated" and of.status_category == "active" and of.hours < HOURS_A_TICKET


def collapse(values: Iterable[str | None]) -> list[str]:
    """The sequence without empty values and without a value that follows its equal."""
    out: list[str] = []
    for value in values:
        if value and (not out or out[-1] != value):
            out.append(value)
    return out


def strict_pingpong(holders: Sequence[str]) -> int:
    """Strict ping-pong, A-B-A: how many i with s[i] = s[i-2] in a collapsed sequence."""
    return sum(holders[i] == holders[i - 2] for i in range(2, len(holders)))


def loose_pingpong(holders: Sequence[str]) -> int:
    """Loose ping-pong: how many entries return to any earlier holder of a collapsed sequence."""
    return len(holders) - len(set(holders))


def _category(ticket: Ticket, statuses: Sequence[Transition], as_of: datetime) -> StatusCategory:
    """The category at `as_of`: what the system says now, unless it changed after that."""
    if ticket.transitions and any(change.at > as_of and change.field == "status" for change in ticket.transitions):
        return (statuses[-1].new_category if statuses else _initial(ticket)) or "new"
    return ticket.status_category


def _initial(ticket: Ticket) -> StatusCategory:
    first = next((change for change in ticket.transitions if change.field == "status"), None)
    return (first.old_category if first else ticket.status_category) or "new"


def _resolutions(
    ticket: Ticket, statuses: Sequence[Transition], category: StatusCategory, *, told: bool
) -> tuple[datetime | None, datetime | None]:
    """(first entry, last entry) into {resolved, closed}; the last only of a ticket that is in one of them now."""
    entries = [change.at for change in statuses if change.new_category in DONE and change.old_category not in DONE]
    own = ticket.resolved_at or ticket.closed_at
    if category not in DONE:
        return (entries[0] if entries else None), None
    if entries and told:
        return entries[0], entries[-1]
    never_reopened = not ticket.reopen_count
    return (own if never_reopened else None), own


def _closed_at(ticket: Ticket, statuses: Sequence[Transition], category: StatusCategory) -> datetime | None:
    if category not in ("closed", "cancelled"):
        return None
    entries = [change.at for change in statuses if change.new_category == category != change.old_category]
    return entries[-1] if entries else ticket.closed_at


def _reopens(change: Transition) -> bool:
    return change.old_category in DONE and change.new_category in OPEN


def _holders(ticket: Ticket, changes: Iterable[Transition], holder: Holder) -> list[str]:
    """Who held the ticket, in order: the first known one, then each change."""
    own = [change for change in changes if change.field == holder]
    if not own:
        return collapse([ticket.team if holder == "team" else ticket.assignee])
    return collapse([own[0].old, *(change.new for change in own)])


def _stalls(ticket: Ticket, statuses: Sequence[Transition]) -> int:
    categories = collapse([_initial(ticket), *(change.new_category for change in statuses)])
    rounds = sum(
        (first, middle, last) == ("active", "waiting", "active")
        for first, middle, last in zip(categories, categories[1:], categories[2:], strict=False)
    )
    return rounds if rounds >= ROUNDS_OF_A_STALL else 0


def _hours(
    ticket: Ticket, statuses: Sequence[Transition], hours: BusinessHours, as_of: datetime, *, told: bool
) -> float:
    if ticket.hours_logged is not None:
        return ticket.hours_logged
    if not told:
        return HOURS_A_TOUCH * (1 + (ticket.reopen_count or 0) + (ticket.reassignment_count or 0))
    total = 0.0
    for begin, end in _active_spans(ticket, statuses, as_of):
        total += hours.hours(begin, end, day_limit=HOURS_A_DAY, limit=HOURS_A_TICKET - total)
    return round(total, 4)


def _active_spans(ticket: Ticket, statuses: Sequence[Transition], as_of: datetime) -> list[tuple[datetime, datetime]]:
    moments = [(ticket.opened_at, _initial(ticket)), *((change.at, change.new_category) for change in statuses)]
    ends = [*moments, (as_of, None)]
    return [(begin, end) for (begin, category), (end, _) in pairwise(ends) if category == "active" and end > begin]
