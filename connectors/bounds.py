"""The bounds of every value that a connector hands over, whoever wrote it: what exceeds them is mended or left out."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from connectors.drafts import (
    EARLIEST,
    ENDS,
    IDS,
    INVISIBLE,
    MAX_COUNT,
    MAX_HOURS,
    MAX_SECONDS,
    SAFE_YEAR,
    UNREADABLE,
    BadValue,
    Draft,
    Unmappable,
    finish,
    number_of,
    plausible,
    require,
)
from connectors.model import Link, Page, Record, Refusal, Sla, Ticket, Transition, Worklog
from connectors.omissions import Omissions
from connectors.texts import clean_id, clean_text, is_clean

COUNTERS = ("reopen_count", "reassignment_count")
SLA_TIMES = ("started_at", "stopped_at", "due_at")
CLEAN_IDS = (*IDS, "target")
FIRST_YEAR = EARLIEST.year


def bound_page(page: Page) -> Page:
    """Return a page whose values all lie within bounds, with what was left out or mended among its omissions.

    A ticket without a plausible `opened_at` or `id` is refused; any other value costs its field alone.
    """
    notes = (*page.refused, *page.left_out)
    odd = {place for place, ticket in enumerate(page.tickets) if not is_bounded(ticket)}
    if not odd and clean_deep(notes) == notes:
        return page
    omissions = Omissions()
    omissions.merge(clean_deep(page.left_out))
    tickets, refused = list[Ticket](), list[Refusal](clean_deep(page.refused))
    for place, ticket in enumerate(page.tickets):
        match _bounded(ticket, omissions) if place in odd else ticket:
            case Ticket() as bounded:
                tickets.append(bounded)
            case Refusal() as refusal:
                refused.append(refusal)
    lost = len(page.tickets) - len(tickets)
    return page.model_copy(
        update={
            "tickets": tuple(tickets),
            "refused": tuple(refused),
            "left_out": omissions.as_tuple(),
            "taken": None if page.taken is None else page.taken - lost,
        }
    )


def is_bounded(ticket: Ticket) -> bool:
    """Return True for a ticket whose values all lie within bounds."""
    # Every ticket of every pull comes by: one walk over plain values, and one search through all its texts.
    texts: list[str | None] = []
    try:
        for step in ticket.transitions:
            if step.at.tzinfo is not UTC or not FIRST_YEAR <= step.at.year <= SAFE_YEAR:
                return False
            texts += step.old, step.new, step.actor
        for record in (ticket, *ticket.links, *ticket.worklogs, *ticket.slas):
            if not _collect(record.__dict__, texts):
                return False
        texts += ticket.components
        texts += ticket.labels
        return is_clean("\n".join(filter(None, texts))) and _has_clean_ids(ticket) and _is_in_order(ticket)
    except UNREADABLE:
        return False


def _collect(values: dict[str, Any], texts: list[str | None]) -> bool:
    """Add the texts among values; return False where a time or a number is out of bounds."""
    for value in values.values():
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind is datetime:
            if value.tzinfo is not UTC or not FIRST_YEAR <= value.year <= SAFE_YEAR:
                return False
        elif kind is int:
            if not 0 <= value <= MAX_SECONDS:
                return False
        elif kind is float and not 0 <= value <= MAX_HOURS:
            return False
    return True


def _has_clean_ids(ticket: Ticket) -> bool:
    ids = ticket.id, ticket.key, *[link.target for link in ticket.links]
    return bool(ticket.id) and all(clean_id(text) == text for text in ids)


def _is_in_order(ticket: Ticket) -> bool:
    opened_at, resolved_at, closed_at = ticket.opened_at, ticket.resolved_at, ticket.closed_at
    if (resolved_at and resolved_at < opened_at) or (closed_at and closed_at < opened_at):
        return False
    return not any(sla.started_at and sla.stopped_at and sla.stopped_at < sla.started_at for sla in ticket.slas)


def _bounded(ticket: Ticket, omissions: Omissions) -> Ticket | Refusal:
    place = getattr(ticket, "key", None) or getattr(ticket, "id", None) or "a ticket without a key"
    return finish(clean_id(str(place)), partial(_mended, ticket), omissions)


def _mended(ticket: Ticket, draft: Draft) -> Ticket:
    """Return the ticket within bounds. Raise Unmappable."""
    values: dict[str, Any] = {name: _clean(value, name, draft) for name, value in ticket.__dict__.items()}
    if not values.get("id"):
        raise Unmappable("id", "is missing")
    values["opened_at"] = require("opened_at", _instant, values["opened_at"])
    for name, read in _CHILDREN.items():
        values[name] = draft.collect(name, partial(read, draft), values.get(name))
    is_whole = len(values["transitions"]) == len(ticket.transitions)
    if not is_whole and values.get("history_is") != "none":
        values["history_is"] = "truncated"
    for name, read_value in _OPTIONAL.items():
        if values.get(name) is not None:
            values[name] = draft.attempt(name, None, read_value, values[name])
    latest = max([values["opened_at"], *(step.at for step in values["transitions"])])
    values["updated_at"] = draft.attempt("updated_at", latest, _instant, values.get("updated_at"))
    return draft.make_ticket(values)


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise BadValue("has no time zone", at.isoformat())
    return plausible(at)


def _count(value: object) -> int:
    return int(number_of(value, MAX_COUNT))


def _transition(_draft: Draft, step: Transition) -> Transition:
    return step.model_copy(update={"at": _instant(step.at)})


def _link(_draft: Draft, link: Link) -> Link | None:
    return link if link.target else None


def _worklog(_draft: Draft, log: Worklog) -> Worklog:
    return log.model_copy(update={"at": _instant(log.at), "seconds": int(number_of(log.seconds, MAX_SECONDS))})


def _sla(draft: Draft, sla: Sla) -> Sla:
    times = {name: getattr(sla, name) for name in SLA_TIMES}
    times = {name: at and draft.attempt(f"slas.{name}", None, _instant, at) for name, at in times.items()}
    started_at, stopped_at = times["started_at"], times["stopped_at"]
    if started_at and stopped_at and stopped_at < started_at:
        draft.leave_out("slas.stopped_at", BadValue("is before started_at", stopped_at.isoformat()))
        times["stopped_at"] = None
    return sla.model_copy(update=times)


_CHILDREN: dict[str, Callable[[Draft, Any], Any]] = {
    "transitions": _transition, "links": _link, "worklogs": _worklog, "slas": _sla,
}  # fmt: skip
_OPTIONAL: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(ENDS, _instant),
    **dict.fromkeys(COUNTERS, _count),
    "hours_logged": partial(number_of, limit=MAX_HOURS),
}


def _clean(value: Any, field: str, draft: Draft) -> Any:
    """Return a value whose texts are clean, with a note where one was not."""
    cleaned = clean_deep(value, field)
    if cleaned != value:
        draft.mend(field, INVISIBLE)
    return cleaned


def clean_deep(value: Any, field: str = "") -> Any:
    """Return a value whose texts, however deep, hold neither control characters nor half an emoji."""
    match value:
        case str():
            return clean_id(value) if field in CLEAN_IDS else clean_text(value)
        case tuple() | list():
            return tuple([clean_deep(part) for part in value])
        case Record():
            changes = {name: clean_deep(part, name) for name, part in value.__dict__.items()}
            return value.model_copy(update=changes) if changes != value.__dict__ else value
        case _:
            return value
