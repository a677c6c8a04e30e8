"""Tickets from rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from connectors.drafts import BadValue, Draft, Unmappable, attempt, count_of, finish, hours_of, make_transition, require
from connectors.model import Kind, Link, Refusal, Ticket, Transition, TransitionField
from connectors.omissions import Omissions
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
from connectors.servicenow.query import EPOCH, instant, instant_or_none, parse_time
from connectors.servicenow.references import References
from connectors.servicenow.rows import Row, class_of, first_value, is_sys_id
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import sla_of
from connectors.texts import clean_id
from connectors.words import kind_of

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
DONE = ("resolved", "closed")
UNNAMED = "an account without a name"
MAX_DIGITS = 20
CACHE_SIZE = 256


class RowMapper:
    """Map rows to tickets. `omissions` are the values that were left out since they were last taken."""

    def __init__(self, settings: ServiceNowSettings, choices: Choices, references: References) -> None:
        self._settings = settings
        self._choices = choices
        self._references = references
        self._kinds = {**KINDS, **settings.kind_map}
        # Made for millions of rows of a few tables.
        self._readers = lru_cache(CACHE_SIZE)(self._choose_readers)
        self.omissions = Omissions()

    def map(self, table: str, row: Row, history: History, slas: Sequence[Row]) -> Ticket | Refusal:
        """Return the ticket of a row of `table`, or the reason why it makes none."""
        place = row.get("number") or row.get("sys_id") or "a row without number and sys_id"
        return finish(place, partial(self.ticket, table, row, history, slas), self.omissions)

    def ticket(self, table: str, row: Row, history: History, slas: Sequence[Row], draft: Draft) -> Ticket:
        """Return the ticket of a row of `table`. Raise Unmappable."""
        owner, sys_id = choice_table(table, row), _require(row, "sys_id")
        if not is_sys_id(clean_id(sys_id)):
            raise Unmappable("sys_id", "is not an id")
        status, status_category = self._choices.status_of(owner, row)
        kind = self._kind(table, row)
        opened_at = _opened_at(row, draft)
        resolver = draft.attempt("resolver", None, self._resolver, row)
        changes = list(history.changes)
        resolution = attempt(None, self._last_resolution, owner, changes) if status_category in DONE else None
        read = partial(self._transition, owner, resolution, resolver)
        transitions = draft.collect("transitions", read, changes)
        is_whole = len(transitions) == len(changes)
        values: dict[str, Any] = {
            "id": sys_id,
            "key": row.get("number") or sys_id,
            "kind": kind,
            "source_kind": class_of(table, row),
            "status": status,
            "status_category": status_category,
            "opened_at": opened_at,
            "resolver": resolver,
            "history_is": history.history_is if is_whole else "truncated",
            "transitions": transitions,
            "slas": draft.collect("slas", partial(sla_of, draft), list(slas)),
        }
        updated_at = draft.attempt("updated_at", None, instant, _require(row, "sys_updated_on"))
        values["updated_at"] = updated_at or max([opened_at, *(step.at for step in transitions)])
        values |= draft.read_all(self._readers(table, owner, kind), row)
        if code := values.get("resolution_code"):
            values.setdefault("resolution", code)
        return draft.make_ticket(values)

    def _choose_readers(self, table: str, owner: str, kind: Kind) -> dict[str, Callable[[Row], Any]]:
        """Return a function of the row for each field that a ticket can do without."""
        settings, name, person = self._settings, self._references.name, self._references.person
        label, level = partial(self._choices.label, owner), partial(self._choices.level, owner, PRIORITY)
        address = f"{settings.url}/nav_to.do?uri={table}.do%3Fsys_id%3D"
        readers: dict[str, Callable[[Row], Any]] = {
            "url": lambda row: address + row["sys_id"],
            "title": lambda row: row.get("short_description"),
            "description": lambda row: row.get("description"),
            "resolution": lambda row: first_value(row, RESOLUTIONS),
            "resolution_code": lambda row: (
                label("close_code", row.get("close_code")) or label("resolution_code", row.get("resolution_code"))
            ),
            "priority": lambda row: label(PRIORITY, row.get(PRIORITY)),
            "priority_level": lambda row: level(row[PRIORITY]) if row.get(PRIORITY) else None,
            "resolved_at": lambda row: instant_or_none(row.get("resolved_at")),
            "closed_at": lambda row: instant_or_none(row.get("closed_at")),
            "requester": lambda row: person(first_value(row, REQUESTERS)),
            "assignee": lambda row: person(row.get(ASSIGNEE)),
            "team": lambda row: name(row.get(settings.team_field)),
            "service": lambda row: name(row.get(settings.service_field)),
            "configuration_item": lambda row: name(row.get(CONFIGURATION_ITEM)),
            "category": partial(self._category, owner),
            "hours_logged": lambda row: _hours(row.get("time_worked", "")),
            "reopen_count": lambda row: _number(row.get(REOPENED)),
            "reassignment_count": lambda row: _number(row.get(REASSIGNED)),
            "links": _links,
        }
        if settings.provider_field:
            readers["provider"] = lambda row: name(row.get(settings.provider_field or ""))
        # Other tables have a column `type` as well, with another meaning.
        if kind == "change":
            readers["change_type"] = lambda row: row.get("type") or None
        return readers

    def _resolver(self, row: Row) -> str | None:
        """Return the first person who resolved or closed the ticket."""
        for column in RESOLVERS:
            if person := self._references.person(row.get(column)):
                return person
        return None

    def _kind(self, table: str, row: Row) -> Kind:
        cls = class_of(table, row)
        return self._kinds.get(cls) or self._kinds.get(table) or kind_of(cls)

    def _category(self, owner: str, row: Row) -> str | None:
        column, label = self._settings.category_field, self._choices.label
        category = label(owner, column, row.get(column))
        subcategory = label(owner, SUBCATEGORY, row.get(SUBCATEGORY)) if column == CATEGORY else None
        return f"{category} / {subcategory}" if category and subcategory else category or subcategory

    def _last_resolution(self, owner: str, changes: Sequence[Row]) -> Row | None:
        """Return the change that resolved the ticket last; None where an automation made it."""
        for change in reversed(changes):
            if change["fieldname"] == STATE and self._resolves(owner, change):
                return change if self._references.person(change.get("user") or UNNAMED) else None
        return None

    def _resolves(self, owner: str, change: Row) -> bool:
        old, new, status = change["oldvalue"], change["newvalue"], self._choices.status
        return bool(new) and status(owner, new)[1] in DONE and not (old and status(owner, old)[1] in DONE)

    def _transition(self, owner: str, resolution: Row | None, resolver: str | None, change: Row) -> Transition:
        """Return the transition of a change; the resolver is the actor of the resolution."""
        at, column = instant(change["sys_created_on"]), change["fieldname"]
        old, new = change["oldvalue"], change["newvalue"]
        if column == STATE:
            status = self._choices.status
            old_label, old_category = status(owner, old) if old else NO_STATUS
            new_label, new_category = status(owner, new) if new else NO_STATUS
            # Never the user of the change: it is a login, which no other field has, and one person must not be two.
            return make_transition(
                {
                    "at": at,
                    "field": "status",
                    "old": old_label,
                    "new": new_label,
                    "old_category": old_category,
                    "new_category": new_category,
                    "actor": resolver if change is resolution else None,
                }
            )
        actor = self._references.person(change.get("user"))
        if column == PRIORITY:
            label = self._choices.label
            old_label, new_label = label(owner, column, old), label(owner, column, new)
            return make_transition({"at": at, "field": "priority", "old": old_label, "new": new_label, "actor": actor})
        field: TransitionField = "assignee" if column == ASSIGNEE else "team"
        name = self._references.person if field == "assignee" else self._references.name
        return make_transition({"at": at, "field": field, "old": name(old), "new": name(new), "actor": actor})


def _require(row: Row, column: str) -> str:
    value = row.get(column)
    # A field ACL shows nowhere: the column is simply missing from the row.
    if not value:
        raise Unmappable(column, "is missing: grant the account read access to this column")
    return value


def _opened_at(row: Row, draft: Draft) -> datetime:
    """Return when the ticket was opened, else when its row was created. Raise Unmappable."""
    opened_at = draft.attempt("opened_at", None, instant_or_none, row.get("opened_at"))
    return opened_at or require("sys_created_on", instant, _require(row, "sys_created_on"))


def _hours(worked: str) -> float | None:
    """Return the hours of a timer, written as seconds or as a duration; None if it never ran."""
    if not worked:
        return None
    if worked.isdecimal() and worked.isascii() and len(worked) <= MAX_DIGITS:
        seconds = float(worked)
    else:
        try:
            seconds = (parse_time(worked) - EPOCH).total_seconds()
        except BadValue:
            raise BadValue("is no duration", worked) from None
    return hours_of(seconds) or None


def _number(text: str | None) -> int | None:
    return count_of(text) if text else None


def _links(row: Row) -> tuple[Link, ...] | None:
    """Return a link to each ticket that a column refers to, once per relation."""
    pairs = [(relation, target) for column, relation in LINKS.items() if (target := row.get(column))]
    if not pairs:
        return None
    return tuple([Link(relation=relation, target=clean_id(target)) for relation, target in dict.fromkeys(pairs)])
