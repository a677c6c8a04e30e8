"""Statuses of tickets by all that a line tells of them: its own category, the history, the times."""

from collections.abc import Mapping
from typing import Any

from connectors.model import StatusCategory

# Jira's own categories, by key and by name. They are coarse: a status that waits is active there.
COARSE: Mapping[str, StatusCategory] = {
    "to do": "new", "indeterminate": "active", "in progress": "active", "done": "resolved",
}  # fmt: skip
FINER: Mapping[StatusCategory, tuple[StatusCategory, ...]] = {
    "active": ("waiting",),
    "resolved": ("closed", "cancelled"),
}


def refine(coarse: StatusCategory, by_words: StatusCategory) -> StatusCategory:
    """Return the category of a status by that of its system, and by its words where these say more."""
    return by_words if by_words in FINER.get(coarse, ()) else coarse


def leads_to_status(values: Mapping[str, Any]) -> bool:
    """Return whether the history ends in the status of the ticket: interfaces give a part of a long one."""
    status, entered = values.get("status"), _statuses(values)
    return not status or not entered or (entered[-1] or "").casefold() == status.casefold()


def _statuses(values: Mapping[str, Any]) -> list[str]:
    return [change["new"] for change in values.get("transitions", ()) if change["field"] == "status"]


def last_status(values: Mapping[str, Any]) -> str:
    """Return the status of a ticket that has no column of it: the last of its history, else by its times."""
    entered = _statuses(values)
    by_times = "closed" if "closed_at" in values else "resolved" if "resolved_at" in values else "new"
    return (entered and entered[-1]) or by_times
