"""The bounds of every value that a connector hands over, whoever wrote it: what exceeds them is mended or left out."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Any, get_args, get_type_hints

from pydantic import AwareDatetime

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
from connectors.model import NAME_LENGTH, Link, Page, Record, Refusal, Sla, Ticket, Transition, Worklog
from connectors.omissions import Omissions
from connectors.texts import clean_id, clean_text, is_clean, is_plain

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
    # Every ticket of every pull comes by: its values are collected by kind, and looked at together.
    try:
        values = ticket.__dict__
        texts = [*_TEXTS(values), *ticket.components, *ticket.labels]
        times, numbers = [*_TIMES(values)], [*_NUMBERS(values)]
        for step in ticket.transitions:
            times.append(step.at)
            texts += step.old, step.new, step.actor
        for record in (*ticket.links, *ticket.worklogs, *ticket.slas):
            _collect(record.__dict__, texts, times, numbers)
        return (
            _are_near(times)
            and all(0 <= number <= MAX_SECONDS for number in numbers if number is not None)
            and (ticket.hours_logged or 0) <= MAX_HOURS
            and is_clean("".join(filter(None, texts)))
            and _has_clean_ids(ticket)
            and _is_in_order(ticket)
            and max(len(ticket.status), len(ticket.source_kind), len(ticket.priority or "")) <= NAME_LENGTH
        )
    except UNREADABLE:
        return False


def _names(kind: object) -> tuple[str, ...]:
    """Return the fields of a ticket that hold one value of this kind, or None."""
    kinds = {name: get_args(hint) or (hint,) for name, hint in get_type_hints(Ticket).items()}
    return tuple(name for name, parts in kinds.items() if kind in parts and Ellipsis not in parts)


_TEXTS, _TIMES = itemgetter(*_names(str)), itemgetter(*_names(AwareDatetime))
_NUMBERS = itemgetter(*_names(int), *_names(float))


def _collect(values: dict[str, Any], texts: list[Any], times: list[Any], numbers: list[Any]) -> None:
    """Add the values of a part of a ticket to those of their kinds."""
    for value in values.values():
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind is datetime:
            times.append(value)
        elif kind is int or kind is float:
            numbers.append(value)


def _are_near(times: Iterable[datetime | None]) -> bool:
    """Return True if all of these times are in UTC and of this age."""
    for at in times:
        if at is not None and (at.tzinfo is not UTC or not FIRST_YEAR <= at.year <= SAFE_YEAR):
            return False
    return True


def _has_clean_ids(ticket: Ticket) -> bool:
    ids = [ticket.id, ticket.key, *[link.target for link in ticket.links]]
    return bool(ticket.id) and (is_plain("".join(ids)) or all(clean_id(text) == text for text in ids))


def _is_in_order(ticket: Ticket) -> bool:
    opened_at, resolved_at, closed_at = ticket.opened_at, ticket.resolved_at, ticket.closed_at
    if (resolved_at and resolved_at < opened_at) or (closed_at and closed_at < opened_at):
        return False
    clocks = ticket.slas
    return not (clocks and any(sla.started_at and sla.stopped_at and sla.stopped_at < sla.started_at for sla in clocks))


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
