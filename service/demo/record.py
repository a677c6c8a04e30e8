"""A ticket of the simulated company and the workflow of its kind."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

System = Literal["jira", "servicenow"]
Field = Literal["status", "team", "assignee", "priority"]
Relation = Literal["parent", "problem", "change", "caused_by", "duplicate"]

PRIORITIES = ("1 - Critical", "2 - High", "3 - Moderate", "4 - Low", "5 - Planning")


@dataclass(frozen=True, slots=True)
class Workflow:
    """The names of the states of one kind, the `active` ones in order; an empty name stands for no such state."""

    new: str
    active: tuple[str, ...]
    waiting: str
    resolved: str
    closed: str
    cancelled: str

    @property
    def ended(self) -> set[str]:
        """The states in which the work is done."""
        return {self.resolved, self.closed} - {""}


_ISSUE = Workflow("To Do", ("In Progress", "In Review"), "Waiting", "Done", "", "Cancelled")

WORKFLOWS = {
    "incident": Workflow("New", ("In Progress",), "On Hold", "Resolved", "Closed", "Canceled"),
    "sc_req_item": Workflow("Open", ("Work in Progress",), "Pending", "Closed Complete", "", "Closed Incomplete"),
    "problem": Workflow("New", ("Root Cause Analysis", "Fix in Progress"), "", "Resolved", "Closed", ""),
    "change_request": Workflow("New", ("Assess", "Scheduled", "Implement", "Review"), "", "Closed", "", "Canceled"),
    "Bug": _ISSUE,
    "Story": _ISSUE,
    "Improvement": _ISSUE,
    "Task": _ISSUE,
}
TABLES = ("incident", "sc_req_item", "problem", "change_request")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One dated change of one field by one person."""

    at: datetime
    field: Field
    old: str
    new: str
    actor: str


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """Logged work that began at `at`."""

    at: datetime
    seconds: int
    author: str


@dataclass(frozen=True, slots=True, eq=False)
class TicketLink:
    """A ticket's relation to another one."""

    relation: Relation
    target: "SimulatedTicket"


@dataclass(slots=True, eq=False)
class SimulatedTicket:
    """A ticket with its whole history; its fields hold the present values."""

    kind: str
    work_class: str
    title: str
    description: str
    service: str
    opened_at: datetime
    requester: str
    team: str
    priority: str
    status: str
    assignee: str = ""
    id: str = ""
    key: str = ""
    host: str = ""
    change_type: str = ""
    resolution: str = ""
    by_monitoring: bool = False
    deleted: bool = False
    updated_at: datetime = field(init=False)
    changes: list[FieldChange] = field(default_factory=list, repr=False)
    links: list[TicketLink] = field(default_factory=list, repr=False)
    linked_by: list[TicketLink] = field(default_factory=list, repr=False)
    work: list[WorkEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.updated_at = self.opened_at

    @property
    def system(self) -> System:
        """The system that holds tickets of this kind."""
        return "servicenow" if self.kind in TABLES else "jira"

    @property
    def workflow(self) -> Workflow:
        """The states of this kind."""
        return WORKFLOWS[self.kind]

    def change(self, at: datetime, name: Field, new: str, actor: str) -> None:
        """Set a field and record the change, unless the field has this value already."""
        old = getattr(self, name)
        if old != new:
            setattr(self, name, new)
            self.changes.append(FieldChange(at, name, old, new, actor))
            self.updated_at = at

    def link(self, relation: Relation, target: "SimulatedTicket") -> None:
        """Relate this ticket to another one, in both directions."""
        self.links.append(TicketLink(relation, target))
        target.linked_by.append(TicketLink(relation, self))

    def rewind(self, at: datetime) -> None:
        """Undo all changes and work after an instant."""
        # The simulation writes whole lives, also beyond the end of its time; a system shows only what has happened.
        while self.changes and self.changes[-1].at > at:
            undone = self.changes.pop()
            setattr(self, undone.field, undone.old)
        self.work = [work for work in self.work if work.at <= at]
        self.updated_at = self.changes[-1].at if self.changes else self.opened_at

    def entered(self, states: set[str]) -> datetime | None:
        """Return the instant of the last move into these states; None where the ticket is in none of them now."""
        if self.status not in states:
            return None
        moves = [change for change in self.changes if change.field == "status"]
        return next((change.at for change in reversed(moves) if change.old not in states), None)

    @property
    def resolved_at(self) -> datetime | None:
        """The instant at which the work was done; None while it is not."""
        return self.entered(self.workflow.ended)

    @property
    def resolved_by(self) -> str:
        """The person or app that resolved it last; empty while the work is not done."""
        moves = (change for change in reversed(self.changes) if change.field == "status")
        return next((change.actor for change in moves if change.at == self.resolved_at), "")

    @property
    def seconds(self) -> int:
        """The seconds of all logged work."""
        return sum(work.seconds for work in self.work)

    def linked(self, relation: Relation) -> "SimulatedTicket | None":
        """Return the first ticket in a relation; None where there is none."""
        return next((link.target for link in self.links if link.relation == relation), None)
