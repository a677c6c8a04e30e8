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
    """The names of the states of one kind. `active` ones are gone through in order; an empty name: no such state."""

    new: str
    active: tuple[str, ...]
    waiting: str
    resolved: str
    closed: str
    cancelled: str

    @property
    def ended(self) -> set[str]:
        """States in which the work is done."""
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
class Change:
    """One dated change of one field."""

    at: datetime
    field: Field
    old: str
    new: str
    actor: str


@dataclass(frozen=True, slots=True)
class Work:
    """Logged work that began at `at`."""

    at: datetime
    seconds: int
    author: str


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """This ticket's relation to another one."""

    relation: Relation
    target: "Record"


@dataclass(slots=True, eq=False)
class Record:
    """A ticket with its whole history; the fields of `Field` hold what is true now."""

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
    changes: list[Change] = field(default_factory=list, repr=False)
    links: list[Link] = field(default_factory=list, repr=False)
    linked_by: list[Link] = field(default_factory=list, repr=False)
    work: list[Work] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.updated_at = self.opened_at

    @property
    def system(self) -> System:
        """The system that holds this kind."""
        return "servicenow" if self.kind in TABLES else "jira"

    @property
    def workflow(self) -> Workflow:
        """The states of this kind."""
        return WORKFLOWS[self.kind]

    def change(self, at: datetime, name: Field, new: str, actor: str) -> None:
        """Sets a field and writes it down; nothing where it has this value already."""
        old = getattr(self, name)
        if old != new:
            setattr(self, name, new)
            self.changes.append(Change(at, name, old, new, actor))
            self.updated_at = at

    def link(self, relation: Relation, target: "Record") -> None:
        """Relates this ticket to another one; both know of it."""
        self.links.append(Link(relation, target))
        target.linked_by.append(Link(relation, self))

    def rewind(self, at: datetime) -> None:
        """Undoes all that came after this instant."""
        while self.changes and self.changes[-1].at > at:
            undone = self.changes.pop()
            setattr(self, undone.field, undone.old)
        self.work = [work for work in self.work if work.at <= at]
        self.updated_at = self.changes[-1].at if self.changes else self.opened_at

    def entered(self, states: set[str]) -> datetime | None:
        """When it came into these states the last time; None where it is in none of them now."""
        if self.status not in states:
            return None
        moves = [change for change in self.changes if change.field == "status"]
        return next((change.at for change in reversed(moves) if change.old not in states), None)

    @property
    def resolved_at(self) -> datetime | None:
        """When the work was done; None while it is not."""
        return self.entered(self.workflow.ended)

    @property
    def seconds(self) -> int:
        """Logged work in all."""
        return sum(work.seconds for work in self.work)

    def linked(self, relation: Relation) -> "Record | None":
        """The first ticket in this relation."""
        return next((link.target for link in self.links if link.relation == relation), None)
