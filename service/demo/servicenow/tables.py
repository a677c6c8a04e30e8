"""The tables of the simulated ServiceNow: their columns and the origin of their rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from service.demo.company import Company
from service.demo.organisation import HOSTS, PEOPLE, SERVICES, TEAMS
from service.demo.record import PRIORITIES, TABLES, FieldChange, SimulatedTicket
from service.demo.servicenow.query import Columns, parse
from service.demo.servicenow.task import STATES, TASK_COLUMNS, code, sys_id, text, vendor_of

HOURS_BY_PRIORITY = dict(zip(PRIORITIES, (6, 12, 48, 120, 240), strict=True))
AUDITED = {"status": "state", "team": "assignment_group", "assignee": "assigned_to", "priority": "priority"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `rows` returns all rows of a company, or those whose column `owner` has one of the given ids."""

    columns: Columns
    rows: Callable[[Company, set[str] | None], Iterable[Any]]
    owner: str = "sys_id"


@dataclass(frozen=True, slots=True)
class Audit:
    """A change of a ticket and its number in the history, from 1."""

    record: SimulatedTicket
    number: int
    change: FieldChange


@dataclass(frozen=True, slots=True)
class Clock:
    """The service level clock of an incident, as it stands at `as_of`."""

    record: SimulatedTicket
    as_of: datetime

    @property
    def due_at(self) -> datetime:
        """The instant from which the clock is breached."""
        return self.record.opened_at + timedelta(hours=HOURS_BY_PRIORITY[self.record.priority])

    @property
    def stopped_at(self) -> datetime | None:
        """The instant at which the incident was resolved or cancelled; None before."""
        return self.record.entered(self.record.workflow.ended | {self.record.workflow.cancelled})

    @property
    def is_breached(self) -> bool:
        """True if the incident was not resolved in time."""
        return (self.stopped_at or self.as_of) > self.due_at

    @property
    def stage(self) -> str:
        """The stage of the clock, in the words of ServiceNow."""
        if self.stopped_at:
            return "completed" if self.record.resolved_at else "cancelled"
        return "breached" if self.is_breached else "in_progress"


def select(table: Table, company: Company, text: str) -> list[Any]:
    """Return all rows of a query, in its order. Raises QueryError."""
    query = parse(text, table.columns)
    # The ids that a query names narrow the rows first: the history of a few tickets must not cost a walk through all.
    rows = list(filter(query.test(table.columns), table.rows(company, query.named(table.owner))))
    query.sort(rows, table.columns)
    return rows


def project_columns(table: Table, rows: Iterable[Any], fields: str) -> Iterator[dict[str, str]]:
    """Return rows with the columns in `fields`, unknown ones ignored; with all columns of the table for no fields."""
    names = fields.split(",") if fields else [name for name in table.columns if "." not in name]
    columns = [(name, table.columns[name]) for name in names if name in table.columns]
    return ({name: read(row) for name, read in columns} for row in rows)


def _tickets(company: Company, ids: set[str] | None) -> Iterable[SimulatedTicket]:
    records = company.records("servicenow")
    if ids is None:
        return records.values()
    return [records[name] for name in sorted(ids) if name in records]


def _tasks(table: str, company: Company, ids: set[str] | None) -> Iterator[SimulatedTicket]:
    return (record for record in _tickets(company, ids) if record.kind == table)


def _audits(company: Company, ids: set[str] | None) -> Iterator[Audit]:
    for record in _tickets(company, ids) if company.keeps_history else ():
        for number, change in enumerate(record.changes, 1):
            yield Audit(record, number, change)


def _clocks(company: Company, ids: set[str] | None) -> Iterator[Clock]:
    return (Clock(record, company.as_of) for record in _tasks("incident", company, ids))


def _nothing(_: Company, __: set[str] | None) -> tuple[()]:
    return ()


def _constant(rows: Iterable[Mapping[str, str]]) -> Table:
    """Return a table that never changes; all rows have the same columns."""
    constant = list(rows)
    columns = {name: partial(_value, name) for name in (constant[0] if constant else {"sys_id": ""})}
    return Table(columns, lambda _, ids: [row for row in constant if ids is None or row["sys_id"] in ids])


def _value(name: str, row: Mapping[str, str]) -> str:
    return row[name]


def _choices() -> Iterator[dict[str, str]]:
    for table, states in STATES.items():
        for label, value in states.items():
            # Labels of requested items stand at the parent table: the connector must look there, too.
            yield _choice("task" if table == "sc_req_item" else table, "state", value, label)
    for level, label in enumerate(PRIORITIES, 1):
        yield _choice("task", "priority", str(level), label)


def _choice(name: str, element: str, value: str, label: str) -> dict[str, str]:
    row = {"name": name, "element": element, "value": value, "label": label, "language": "en", "inactive": "false"}
    return {"sys_id": sys_id("sys_choice", f"{name}.{element}.{value}"), **row}


AUDIT: Mapping[str, Callable[[Audit], str]] = {
    "sys_id": lambda row: sys_id("sys_audit", f"{row.record.id}.{row.number}"),
    "tablename": lambda row: row.record.kind,
    "documentkey": lambda row: row.record.id,
    "fieldname": lambda row: AUDITED[row.change.field],
    "oldvalue": lambda row: code(row.change.field, row.change.old, row.record.kind),
    "newvalue": lambda row: code(row.change.field, row.change.new, row.record.kind),
    "user": lambda row: row.change.actor,
    "record_checkpoint": lambda row: str(row.number),
    "sys_created_on": lambda row: text(row.change.at),
}
CLOCK: Mapping[str, Callable[[Clock], str]] = {
    "sys_id": lambda row: sys_id("task_sla", row.record.id),
    "task": lambda row: row.record.id,
    "sla": lambda row: sys_id("contract_sla", row.record.priority),
    "sla.name": lambda row: f"Resolution, priority {row.record.priority}",
    "stage": lambda row: row.stage,
    "has_breached": lambda row: "true" if row.is_breached else "false",
    "start_time": lambda row: text(row.record.opened_at),
    "end_time": lambda row: text(row.stopped_at),
    "planned_end_time": lambda row: text(row.due_at),
}
METRIC = dict.fromkeys(("sys_id", "id", "field", "value", "start", "end", "definition"), str)

TABLES_BY_NAME: Mapping[str, Table] = {
    **{table: Table(TASK_COLUMNS[table], partial(_tasks, table)) for table in TABLES},
    "sc_task": Table(TASK_COLUMNS["sc_req_item"], _nothing),
    "sys_audit": Table(AUDIT, _audits, "documentkey"),
    "task_sla": Table(CLOCK, _clocks, "task"),
    "metric_instance": Table(METRIC, _nothing),
    "sys_choice": _constant(_choices()),
    "sys_user_group": _constant(
        {"sys_id": sys_id("sys_user_group", name), "name": name, "vendor": vendor_of(name)} for name in TEAMS
    ),
    "sys_user": _constant(
        {"sys_id": sys_id("sys_user", code), "user_name": code, "name": code, "time_zone": "UTC"} for code in PEOPLE
    ),
    "core_company": _constant(
        {"sys_id": sys_id("core_company", team.provider), "name": team.provider}
        for team in TEAMS.values()
        if team.provider
    ),
    "cmdb_ci": _constant({"sys_id": sys_id("cmdb_ci", host), "name": host} for host in HOSTS),
    "cmdb_ci_service": _constant({"sys_id": sys_id("cmdb_ci_service", name), "name": name} for name in SERVICES),
}
