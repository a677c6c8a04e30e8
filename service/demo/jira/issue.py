"""Issues of the simulated Jira with their history and worklogs, as its API writes them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from service.demo.jira.jql import milliseconds, number_of
from service.demo.jira.values import (
    RESOLUTIONS,
    STATUSES,
    TYPES,
    Json,
    account_id,
    document,
    named,
    person,
    priority,
    project,
    service,
    status,
    team,
    timestamp,
)
from service.demo.record import FieldChange, SimulatedTicket, WorkEntry

TEAM_FIELD, SERVICE_FIELD = "customfield_10001", "customfield_10002"
CUSTOM = {
    TEAM_FIELD: ("Team", "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team"),
    SERVICE_FIELD: ("Affected services", "com.atlassian.jira.plugins.service-entity:service-entity-field-cftype"),
}
FIRST_WORKLOGS = 20
PARTS_AN_ISSUE = 10_000
DATED: Mapping[str, tuple[str, Callable[[str], Json]]] = {
    "status": ("status", status),
    "priority": ("priority", priority),
    "team": (TEAM_FIELD, team),
    "assignee": ("assignee", lambda code: {"id": account_id(code), "name": code}),
}


def issue(record: SimulatedTicket, fields: Iterable[str]) -> Json:
    """Return an issue with these fields; its id alone where no other field is requested."""
    requested = set(fields)
    if requested <= {"id"}:
        return {"id": record.id}
    values = {name: read(record) for name, read in FIELDS.items() if name in requested or "*all" in requested}
    return {"id": record.id, "key": record.key, "fields": values}


def worklogs(record: SimulatedTicket) -> list[Json]:
    """Return all worklogs of an issue."""
    return [_worklog(record, number, work) for number, work in enumerate(record.work, 1)]


def histories(record: SimulatedTicket) -> list[Json]:
    """Return all changes of an issue, oldest first; `created` is in epoch milliseconds."""
    return [
        {
            "id": _part_id(record, number),
            "author": person(change.actor),
            "created": milliseconds(change.at),
            "items": [_item(change)],
        }
        for number, change in enumerate(record.changes, 1)
    ]


def _part_id(record: SimulatedTicket, number: int) -> str:
    # Unique over all issues, and in the order of the changes, as Jira's own ids are.
    return str(int(record.id) * PARTS_AN_ISSUE + number)


def _worklog(record: SimulatedTicket, number: int, work: WorkEntry) -> Json:
    at = timestamp(work.at)
    return {
        "id": _part_id(record, number),
        "issueId": record.id,
        "author": person(work.author),
        "started": at,
        "created": at,
        "updated": at,
        "timeSpentSeconds": work.seconds,
    }


def _item(change: FieldChange) -> Json:
    field_id, write = DATED[change.field]
    # An empty side is null in both forms, as when an issue had no assignee.
    old, new = (write(value) if value else {"id": None, "name": None} for value in (change.old, change.new))
    return {
        "field": "Team" if change.field == "team" else change.field,
        "fieldId": field_id,
        "fieldtype": "custom" if change.field == "team" else "jira",
        "from": old["id"],
        "fromString": old["name"],
        "to": new["id"],
        "toString": new["name"],
    }


def _first_worklogs(record: SimulatedTicket) -> Json:
    logs = worklogs(record)
    return {"startAt": 0, "maxResults": FIRST_WORKLOGS, "total": len(logs), "worklogs": logs[:FIRST_WORKLOGS]}


def _resolution(record: SimulatedTicket) -> Json | None:
    if STATUSES[record.status] != "done":
        return None
    # Every issue in a done status has a resolution, cancelled ones included: their status names it.
    name = record.resolution if record.status == "Done" else record.status
    return named(name if name in RESOLUTIONS else RESOLUTIONS[0], RESOLUTIONS)


def _resolved_at(record: SimulatedTicket) -> str | None:
    at = record.entered({name for name, category in STATUSES.items() if category == "done"})
    return timestamp(at) if at else None


def _category_changed_at(record: SimulatedTicket) -> str:
    same_category = {name for name, category in STATUSES.items() if category == STATUSES[record.status]}
    return timestamp(record.entered(same_category) or record.opened_at)


def _links(record: SimulatedTicket) -> list[Json]:
    outward = [_link("outwardIssue", link.target, record.id + link.target.id) for link in record.links]
    inward = [_link("inwardIssue", link.target, link.target.id + record.id) for link in record.linked_by]
    return [link for link in outward + inward if link]


def _link(side: str, target: SimulatedTicket, link_id: str) -> Json:
    """Return a link to an issue under the id that both ends have; empty where that issue was deleted."""
    if target.deleted:
        return {}
    kind = {"id": "10002", "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}
    fields = {"summary": target.title, "status": status(target.status)}
    return {"id": link_id, "type": kind, side: {"id": target.id, "key": target.key, "fields": fields}}


FIELDS: Mapping[str, Callable[[SimulatedTicket], Any]] = {
    "summary": lambda record: record.title,
    "description": lambda record: document(record.description),
    "issuetype": lambda record: {**named(record.kind, TYPES), "subtask": False, "hierarchyLevel": 0},
    "project": lambda record: project(number_of(record.key)[0]),
    "status": lambda record: status(record.status),
    "statuscategorychangedate": _category_changed_at,
    "resolution": _resolution,
    "resolutiondate": _resolved_at,
    "priority": lambda record: priority(record.priority),
    "created": lambda record: timestamp(record.opened_at),
    "updated": lambda record: timestamp(record.updated_at),
    "reporter": lambda record: person(record.requester),
    "creator": lambda record: person(record.requester),
    "assignee": lambda record: person(record.assignee),
    "components": lambda record: [service(record.service)],
    "labels": lambda _: [],
    "issuelinks": _links,
    "subtasks": lambda _: [],
    "timespent": lambda record: record.seconds or None,
    "worklog": _first_worklogs,
    TEAM_FIELD: lambda record: team(record.team),
    SERVICE_FIELD: lambda record: [service(record.service)],
}


def catalogue() -> list[Json]:
    """Return all fields with their names and types."""
    return [_entry(name) for name in FIELDS]


def _entry(field_id: str) -> Json:
    label, custom = CUSTOM.get(field_id, (field_id.capitalize(), None))
    schema = {"type": "any", "custom": custom} if custom else {"type": "string", "system": field_id}
    return {"id": field_id, "key": field_id, "name": label, "custom": custom is not None, "schema": schema}
