"""The columns of the simulated task tables, in database values."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b

from service.demo.organisation import SERVICES, TEAMS
from service.demo.record import PRIORITIES, TABLES, Relation, SimulatedTicket

Column = Callable[[SimulatedTicket], str]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STATES: Mapping[str, Mapping[str, str]] = {
    "incident": {"New": "1", "In Progress": "2", "On Hold": "3", "Resolved": "6", "Closed": "7", "Canceled": "8"},
    "problem": {
        "New": "101",
        "Root Cause Analysis": "103",
        "Fix in Progress": "104",
        "Resolved": "106",
        "Closed": "107",
    },
    "change_request": {
        "New": "-5",
        "Assess": "-4",
        "Scheduled": "-2",
        "Implement": "-1",
        "Review": "0",
        "Closed": "3",
        "Canceled": "4",
    },
    "sc_req_item": {
        "Open": "1",
        "Work in Progress": "2",
        "Pending": "-5",
        "Closed Complete": "3",
        "Closed Incomplete": "4",
    },
}


@cache
def sys_id(table: str, name: str) -> str:
    """Return the id of a row by its name; empty for an empty name."""
    return blake2b(f"{table}:{name}".encode(), digest_size=16).hexdigest() if name else ""


def text(at: datetime | None) -> str:
    """Return an instant as the database writes it: UTC, to the second, no zone."""
    return at.isoformat(" ")[:19] if at else ""


def code(field: str, value: str, table: str) -> str:
    """Return the database value of a value that people see."""
    match field:
        case "status":
            return STATES[table][value]
        case "priority":
            return str(PRIORITIES.index(value) + 1)
        case "team":
            return sys_id("sys_user_group", value)
        case _:
            return sys_id("sys_user", value)


def vendor_of(team: str) -> str:
    """Return the id of the company that a team belongs to; empty for one of our own."""
    return sys_id("core_company", TEAMS[team].provider or "")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _coded(field: str) -> Column:
    return lambda record: code(field, getattr(record, field), record.kind)


def _related(relation: Relation) -> Column:
    return lambda record: target.id if (target := record.linked(relation)) else ""


def _user(record: SimulatedTicket) -> str:
    return sys_id("sys_user", record.requester)


def _resolver(record: SimulatedTicket) -> str:
    return sys_id("sys_user", record.resolved_by)


def _closed_at(record: SimulatedTicket) -> str:
    # Tables without a closed state close with the resolution; cancelled tickets are closed, too.
    flow = record.workflow
    return text(record.entered({flow.closed or flow.resolved, flow.cancelled} - {""}))


def _reopenings(record: SimulatedTicket) -> str:
    ended = record.workflow.ended
    moves = [change for change in record.changes if change.field == "status"]
    return str(sum(move.old in ended and move.new not in ended for move in moves))


def _close_notes(record: SimulatedTicket) -> str:
    return record.resolution if record.resolved_at else ""


def _time_worked(record: SimulatedTicket) -> str:
    # ServiceNow stores a duration as an instant, counted from the beginning of 1970.
    return text(EPOCH + timedelta(seconds=record.seconds)) if record.work else ""


TASK: Mapping[str, Column] = {
    "sys_id": lambda record: record.id,
    "number": lambda record: record.key,
    "sys_class_name": lambda record: record.kind,
    "short_description": lambda record: record.title,
    "description": lambda record: record.description,
    "state": _coded("status"),
    "active": lambda record: _flag(not _closed_at(record)),
    "priority": _coded("priority"),
    "impact": _coded("priority"),
    "urgency": _coded("priority"),
    "contact_type": lambda record: "event" if record.by_monitoring else "self-service",
    "opened_at": lambda record: text(record.opened_at),
    "opened_by": _user,
    "closed_at": _closed_at,
    "closed_by": lambda record: _resolver(record) if _closed_at(record) else "",
    "close_notes": _close_notes,
    "assignment_group": _coded("team"),
    "assignment_group.vendor": lambda record: vendor_of(record.team),
    "assigned_to": _coded("assignee"),
    "business_service": lambda record: sys_id("cmdb_ci_service", record.service),
    "cmdb_ci": lambda record: sys_id("cmdb_ci", record.host),
    "time_worked": _time_worked,
    "reassignment_count": lambda record: str(sum(change.field == "team" for change in record.changes)),
    "sys_created_on": lambda record: text(record.opened_at),
    "sys_created_by": lambda record: record.requester,
    "sys_updated_on": lambda record: text(record.updated_at),
    "sys_updated_by": lambda record: record.changes[-1].actor if record.changes else record.requester,
    "sys_mod_count": lambda record: str(len(record.changes)),
}
_CATEGORY: Mapping[str, Column] = {"category": lambda record: SERVICES[record.service].category}
_RESOLVED: Mapping[str, Column] = {
    "resolved_at": lambda record: text(record.resolved_at),
    "resolved_by": _resolver,
    "reopen_count": _reopenings,
}
TABLE_COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "incident": {
        **_CATEGORY,
        **_RESOLVED,
        "caller_id": _user,
        "parent_incident": _related("parent"),
        "problem_id": _related("problem"),
        "rfc": _related("change"),
        "caused_by": _related("caused_by"),
    },
    "problem": {**_CATEGORY, **_RESOLVED, "rfc": _related("change")},
    "change_request": {
        **_CATEGORY,
        "type": lambda record: record.change_type,
        "requested_by": _user,
    },
    "sc_req_item": {"requested_for": _user},
}
TASK_COLUMNS: Mapping[str, Mapping[str, Column]] = {table: {**TASK, **TABLE_COLUMNS[table]} for table in TABLES}
