"""Tickets from rows."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from connectors.model import Kind, Link, Refusal, Ticket, Transition, TransitionField
from connectors.servicenow.choices import Choices, choice_table
from connectors.servicenow.columns import (
    ASSIGNEE,
    CATEGORY,
    CONFIGURATION_ITEM,
    LINKS,
    PRIORITY,
    REASSIGNED,
    REOPENED,
    REQUESTERS,
    RESOLUTIONS,
    RESOLVERS,
    STATE,
    SUBCATEGORY,
)
from connectors.servicenow.history import History
from connectors.servicenow.query import EPOCH, instant, instant_or_none
from connectors.servicenow.references import References
from connectors.servicenow.rows import Row, class_of, first_value
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import sla_of

KINDS: Mapping[str, Kind] = {
    "incident": "incident",
    "incident_task": "task",
    "problem": "problem",
    "problem_task": "task",
    "change_request": "change",
    "change_task": "task",
    "sc_request": "request",
    "sc_req_item": "request",
    "sc_task": "task",
    "sn_si_incident": "incident",
}
NO_STATUS: tuple[None, None] = None, None
LEVELS: Mapping[str, int] = {str(level): level for level in range(1, 6)}


class RowMapper:
    """Map rows to tickets."""

    def __init__(self, settings: ServiceNowSettings, choices: Choices, references: References) -> None:
        self._settings = settings
        self._choices = choices
        self._references = references
        self._kinds = {**KINDS, **settings.kind_map}

    def ticket(self, table: str, row: Row, history: History, slas: Sequence[Row]) -> Ticket:
        """Return the ticket of a row of `table`. Raise ValueError or KeyError for a malformed row."""
        settings, get, name = self._settings, row.get, self._references.name
        owner = choice_table(table, row)
        status, status_category = self._choices.status_of(owner, row)
        kind = self._kind(table, row)
        return Ticket(
            id=row["sys_id"],
            key=get("number") or row["sys_id"],
            url=f"{settings.url}/nav_to.do?uri={table}.do%3Fsys_id%3D{row['sys_id']}",
            kind=kind,
            source_kind=class_of(table, row),
            # Other tables have a column `type` as well, with another meaning.
            change_type=get("type") or None if kind == "change" else None,
            title=get("short_description", ""),
            description=get("description", ""),
            status=status,
            status_category=status_category,
            resolution=self._resolution(owner, row),
            priority=self._label(owner, row, PRIORITY),
            priority_level=LEVELS.get(get(PRIORITY, "")),
            opened_at=instant(get("opened_at") or row["sys_created_on"]),
            updated_at=instant(row["sys_updated_on"]),
            resolved_at=instant_or_none(get("resolved_at")),
            closed_at=instant_or_none(get("closed_at")),
            requester=name(first_value(row, REQUESTERS)),
            assignee=name(get(ASSIGNEE)),
            resolver=name(first_value(row, RESOLVERS)),
            team=name(get(settings.team_field)),
            service=name(get(settings.service_field)),
            configuration_item=name(get(CONFIGURATION_ITEM)),
            category=self._category(owner, row),
            provider=name(get(settings.provider_field or "")),
            hours_logged=_hours(get("time_worked", "")),
            reopen_count=_number(get(REOPENED)),
            reassignment_count=_number(get(REASSIGNED)),
            history_is=history.history_is,
            transitions=tuple([self._transition(owner, change) for change in history.changes]),
            links=_links(row),
            slas=tuple([sla_of(clock) for clock in slas]),
        )

    def _kind(self, table: str, row: Row) -> Kind:
        return self._kinds.get(class_of(table, row)) or self._kinds.get(table, "other")

    def _label(self, owner: str, row: Row, column: str) -> str | None:
        return self._choices.label(owner, column, row.get(column))

    def _category(self, owner: str, row: Row) -> str | None:
        column = self._settings.category_field
        parts = [self._label(owner, row, column)]
        if column == CATEGORY:
            parts.append(self._label(owner, row, SUBCATEGORY))
        return " / ".join(filter(None, parts)) or None

    def _resolution(self, owner: str, row: Row) -> str | None:
        """Return the text of the resolution; the label of its code if there is no text."""
        if text := first_value(row, RESOLUTIONS):
            return text
        return self._label(owner, row, "close_code") or self._label(owner, row, "resolution_code")

    def _transition(self, owner: str, change: Row) -> Transition:
        at, column = instant(change["sys_created_on"]), change["fieldname"]
        old, new, actor = change["oldvalue"], change["newvalue"], change.get("user") or None
        if column == STATE:
            status = self._choices.status
            old_label, old_category = status(owner, old) if old else NO_STATUS
            new_label, new_category = status(owner, new) if new else NO_STATUS
            return Transition(
                at=at,
                field="status",
                old=old_label,
                new=new_label,
                old_category=old_category,
                new_category=new_category,
                actor=actor,
            )
        if column == PRIORITY:
            label = self._choices.label
            return Transition(
                at=at, field="priority", old=label(owner, column, old), new=label(owner, column, new), actor=actor
            )
        field: TransitionField = "assignee" if column == ASSIGNEE else "team"
        name = self._references.name
        return Transition(at=at, field=field, old=name(old), new=name(new), actor=actor)


def refusal(row: Row, problem: Exception) -> Refusal:
    """Return the report of a row that cannot be mapped, without its content."""
    if isinstance(problem, ValidationError):
        reason = "; ".join(f"{error['loc'][0] if error['loc'] else '?'}: {error['msg']}" for error in problem.errors())
    elif isinstance(problem, KeyError):
        # A field ACL shows nowhere: the column is simply missing from the row.
        reason = f"{problem.args[0]} is missing: grant the account read access to this column"
    else:
        reason = str(problem)
    return Refusal(place=row.get("number") or row.get("sys_id") or "a row without number and sys_id", reason=reason)


def _hours(worked: str) -> float | None:
    """Return the hours of a timer, written as seconds or as a duration; None if it never ran."""
    if not worked:
        return None
    seconds = int(worked) if worked.isdigit() else (instant(worked) - EPOCH).total_seconds()
    return seconds / 3600 if seconds > 0 else None


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _links(row: Row) -> tuple[Link, ...]:
    """Return a link to each ticket that a column refers to, once per relation."""
    pairs = [(relation, target) for column, relation in LINKS.items() if (target := row.get(column))]
    return tuple([Link(relation=relation, target=target) for relation, target in dict.fromkeys(pairs)]) if pairs else ()
