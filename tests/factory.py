"""Tickets with defaults for all that a test does not care about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.model import StatusCategory, Ticket, Transition

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
NAMES: dict[str, StatusCategory] = {
    "New": "new", "Active": "active", "Waiting": "waiting", "Resolved": "resolved", "Closed": "closed",
    "Cancelled": "cancelled", "Odd": "unknown",
}  # fmt: skip


def at(hours: float) -> datetime:
    """Return the moment so many hours after `START`."""
    return START + timedelta(hours=hours)


def moved(hours: float, old: str, new: str, actor: str | None = None) -> Transition:
    """Return a change of status."""
    return Transition(
        at=at(hours), field="status", old=old, new=new, old_category=NAMES[old], new_category=NAMES[new], actor=actor
    )


def handed(hours: float, old: str | None, new: str | None) -> Transition:
    """Return a change of team."""
    return Transition(at=at(hours), field="team", old=old, new=new)


def assigned(hours: float, old: str | None, new: str | None) -> Transition:
    """Return a change of assignee."""
    return Transition(at=at(hours), field="assignee", old=old, new=new)


def ticket(id_: str = "1", **given: Any) -> Ticket:
    """Return a ticket whose status is the last one it moved to."""
    transitions: tuple[Transition, ...] = given.get("transitions", ())
    moves = [change for change in transitions if change.field == "status"]
    status = given.pop("status", (moves[-1].new if moves else None) or "New")
    values: dict[str, Any] = {
        "id": id_,
        "key": f"INC{id_}",
        "kind": "incident",
        "source_kind": "incident",
        "title": f"Printer {id_} does not print",
        "status": status,
        "status_category": NAMES[status],
        "opened_at": START,
        "updated_at": START,
        "history_is": "history",
    }
    return Ticket(**values | given)
