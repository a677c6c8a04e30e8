"""The lifecycle of a ticket: resolutions, reopens, handoffs, loops and the times in which it was active."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Literal

from connectors.model import HistoryIs, StatusCategory, Ticket, Transition
from service.analysis.work import NOBODY, STILL_ACTIVE, ActiveSpan

DONE: frozenset[StatusCategory | None] = frozenset({"resolved", "closed"})
OPEN: frozenset[StatusCategory | None] = frozenset({"new", "active", "waiting"})
ENDED = DONE | {"cancelled"}
ROUNDS_OF_A_STALL = 2

Holder = Literal["team", "assignee"]
EndedIs = Literal["known", "assumed"]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The findings of a ticket's history. None if the inputs are incomplete: never a zero in their place.

    `stall_loops` counts the rounds active -> waiting -> active of a ticket that made two or more, else 0. `active` are
    the times in which it was active, none without a history. `ended_is` is `assumed` where the ticket has ended without
    a time: then `resolved_at`, or `closed_at` if it was cancelled, is its last known change. It is None while the
    ticket is open.
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
    active: tuple[ActiveSpan, ...]
    resolver: str | None
    history_is: HistoryIs


def trace_lifecycle(ticket: Ticket, as_of: datetime, holder: Holder = "team") -> Lifecycle:
    """Return the lifecycle of a ticket up to `as_of`. Changes of `holder` are handoffs."""
    changes = [change for change in ticket.transitions if change.at <= as_of]
    every_status = [change for change in changes if change.field == "status"]
    category, statuses = _category(ticket, every_status, as_of), _known_statuses(every_status)
    has_history = ticket.history_is in ("history", "truncated")
    holders = _holders(ticket, changes, holder)
    first, last = _resolutions(ticket, statuses, category, has_history=has_history)
    closed = _closed_at(ticket, statuses, category)
    is_assumed = category in ENDED and last is None and closed is None
    # Without any end, a ticket that is done would stay in the backlog for ever.
    end = _last_change(ticket, changes) if is_assumed else closed
    resolved = last or end if category in DONE else None
    return Lifecycle(
        status_category=category,
        first_resolved_at=first,
        resolved_at=resolved,
        closed_at=end if category == "cancelled" else closed,
        ended_is=None if category not in ENDED else "assumed" if is_assumed else "known",
        first_reopened_at=next((change.at for change in statuses if _reopens(change)), None),
        reopens=sum(map(_reopens, statuses)) if has_history else ticket.reopen_count,
        handoffs=len(holders) - 1 if has_history and holders else 0 if has_history else ticket.reassignment_count,
        pingpong_strict=strict_pingpong(holders) if has_history else None,
        pingpong_loose=loose_pingpong(holders) if has_history else None,
        stall_loops=_stall_loops(ticket, statuses) if has_history else None,
        active=_active_spans(ticket, changes, category, resolved or closed or end) if has_history else (),
        resolver=_resolver(ticket, changes, category),
        history_is=ticket.history_is,
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


def _known_statuses(statuses: Sequence[Transition]) -> Sequence[Transition]:
    """Return the changes of status as if the ticket had stayed where it was while its status was unknown."""
    if all(change.old_category != "unknown" != change.new_category for change in statuses):
        return statuses
    explained: list[Transition] = []
    last: StatusCategory | None = None
    for change in statuses:
        old = last if change.old_category == "unknown" else change.old_category
        if change.new_category == "unknown":
            last = old
        else:
            explained.append(change.model_copy(update={"old_category": old}))
            last = change.new_category
    return explained


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


def _resolver(ticket: Ticket, changes: Sequence[Transition], category: StatusCategory) -> str | None:
    """Return the person who resolved a ticket that is done, None if nobody is known."""
    if category not in DONE:
        return None
    statuses = [change for change in changes if change.field == "status"]
    spell = list(takewhile(lambda change: change.new_category in DONE, reversed(statuses)))
    if not spell:
        return ticket.resolver or ticket.assignee
    # Connectors name no app as an actor: one that closes what a person has resolved takes nothing from that person.
    person = next((change.actor for change in spell if change.actor), None)
    return person or _assignee_at(ticket, changes, spell[0].at) or ticket.resolver


def _assignee_at(ticket: Ticket, changes: Sequence[Transition], at: datetime) -> str | None:
    assignments = [change.new for change in changes if change.field == "assignee" and change.at <= at]
    return assignments[-1] if assignments else _first_assignee(ticket)


def _first_assignee(ticket: Ticket) -> str | None:
    first = next((change for change in ticket.transitions if change.field == "assignee"), None)
    return first.old if first else ticket.assignee


def _active_spans(
    ticket: Ticket, changes: Sequence[Transition], category: StatusCategory, left_at: datetime | None
) -> tuple[ActiveSpan, ...]:
    """Return the times in which a ticket was active, each with its assignee, in order."""
    begin = int(ticket.opened_at.timestamp())
    status: StatusCategory | None = _initial(ticket)
    person, spans = _first_assignee(ticket), list[ActiveSpan]()
    for change in changes:
        at = max(int(change.at.timestamp()), begin)
        if status == "active":
            _append(spans, person, begin, at)
        begin = at
        if change.field == "status":
            status = change.new_category
        elif change.field == "assignee":
            person = change.new
    if status == "active":
        # A history that lacks the last step leaves a ticket active that has ended.
        last = STILL_ACTIVE if category == "active" else int(left_at.timestamp()) if left_at else begin
        _append(spans, person, begin, last)
    return tuple(spans)


def _append(spans: list[ActiveSpan], person: str | None, begin: int, end: int) -> None:
    last = spans[-1] if spans else None
    if last and (last.person, last.end_s) == (person or NOBODY, begin):
        spans[-1] = last._replace(end_s=max(begin, end))
    elif begin < end:
        spans.append(ActiveSpan(person or NOBODY, begin, end))
