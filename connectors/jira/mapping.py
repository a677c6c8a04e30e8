"""Tickets from issues."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from connectors.drafts import (
    MAX_SECONDS,
    Draft,
    Unmappable,
    finish,
    hours_of,
    number_of,
    require_all,
    text_of,
)
from connectors.jira.adf import plain_text
from connectors.jira.fields import Fields
from connectors.jira.issue import RawIssue
from connectors.jira.labels import Labels
from connectors.jira.links import links
from connectors.jira.site import Json
from connectors.jira.statuses import Statuses
from connectors.jira.transitions import TransitionMapper
from connectors.jira.values import People, instant, instant_or_none, label, sla_clocks
from connectors.model import Refusal, Sla, StatusCategory, Ticket, Transition, Worklog
from connectors.omissions import Omissions
from connectors.words import settle

DONE = ("resolved", "closed")
EMPTY: tuple[Any, ...] = ()


class IssueMapper:
    """Map issues to tickets; `base` is the address at which people see them.

    `omissions` are the values that were left out since they were last taken.
    """

    def __init__(self, base: str, fields: Fields, statuses: Statuses, people: People, labels: Labels) -> None:
        self._base = base.rstrip("/")
        self._fields = fields
        self._statuses = statuses
        self._people = people
        self._labels = labels
        self._transition_mapper = TransitionMapper(fields, statuses, people)
        self._required, self._readers = self._choose_required(), self._choose_readers()
        self.omissions = Omissions()

    def map(self, raw: RawIssue) -> Ticket | Refusal:
        """Return the ticket, or the reason why the issue makes none."""
        # The fields of an issue are as free as its site: whatever one of them breaks costs this field or this issue.
        place = raw.issue.get("key") or raw.issue.get("id") or "an issue without a key"
        return finish(place, partial(self.ticket, raw), self.omissions)

    def ticket(self, raw: RawIssue, draft: Draft) -> Ticket:
        """Return the ticket. Raise Unmappable where a value is unreadable that it cannot do without."""
        issue, fields = raw.issue, raw.issue["fields"]
        if not issue["id"]:
            raise Unmappable("id", "is missing or malformed")
        required = require_all(self._required, issue)
        key, opened_at = required["key"], required["opened_at"]
        category = settle(required["status_category"], has_ended=bool(fields.get("resolutiondate")))
        transitions, is_whole = self._transition_mapper.transitions(raw.histories, draft)
        updated_at = draft.attempt("updated_at", None, instant, fields.get("updated"))
        values = required | {
            "id": issue["id"],
            "url": f"{self._base}/browse/{key}",
            "project": key.rpartition("-")[0],
            "status_category": category,
            "updated_at": updated_at or max([opened_at, *(step.at for step in transitions)]),
            "history_is": raw.history_is if is_whole or raw.history_is == "none" else "truncated",
            "transitions": tuple(transitions),
            "links": draft.attempt("links", EMPTY, links, fields, draft),
            "components": draft.collect("components", _name, fields.get("components")),
            "labels": draft.collect("labels", text_of, fields.get("labels")),
            "worklogs": draft.attempt("worklogs", EMPTY, self._worklogs, fields, draft),
            "slas": draft.attempt("slas", EMPTY, self._slas, fields, draft) if self._fields.slas else (),
        }
        values |= draft.read_all(self._readers, fields)
        # A reopened issue may keep its resolution date: only one that is done now was resolved.
        if category in DONE:
            values |= self._ends(category, fields, transitions, draft)
        return draft.make_ticket(values)

    def _choose_required(self) -> dict[str, tuple[str, Callable[[Json], Any]]]:
        """Return Jira's name and a function of the issue for each field that a ticket cannot do without."""
        return {
            "key": ("key", lambda issue: text_of(issue["key"])),
            "status": ("status", lambda issue: text_of(issue["fields"]["status"]["name"])),
            "status_category": ("status", lambda issue: self._statuses.category(issue["fields"]["status"])),
            "source_kind": ("issuetype", lambda issue: text_of(issue["fields"]["issuetype"]["name"])),
            "opened_at": ("created", lambda issue: instant(issue["fields"]["created"])),
            "kind": ("issuetype", lambda issue: self._labels.kind(issue["fields"]["issuetype"])),
        }

    def _choose_readers(self) -> dict[str, Callable[[Json], Any]]:
        """Return a function of an issue's fields for each field that a ticket can do without."""
        person, named = self._people.person, self._people.named
        return {
            "title": lambda fields: fields.get("summary") or None,
            "description": lambda fields: plain_text(fields.get("description"), named=named),
            **dict.fromkeys(("resolution", "resolution_code"), lambda fields: _name(fields.get("resolution"))),
            "requester": lambda fields: person(fields.get("reporter")),
            "assignee": lambda fields: person(fields.get("assignee")),
            "hours_logged": lambda fields: _hours(fields.get("timespent")),
            "priority": lambda fields: _name(fields.get("priority")),
            "priority_level": lambda fields: self._level(fields.get("priority")),
            # The labels of the fields that differ from site to site.
            **{name: partial(_label_of, field) for name, field in self._fields.configured},
        }

    def _ends(
        self, category: StatusCategory, fields: Json, transitions: list[Transition], draft: Draft
    ) -> dict[str, Any]:
        """Return when and by whom an issue was resolved and closed."""
        return {
            "resolved_at": draft.attempt("resolved_at", None, _resolved_at, fields),
            "closed_at": _closed_at(transitions) if category == "closed" else None,
            "resolver": draft.attempt("resolver", None, self._resolver, fields, transitions),
        }

    def _level(self, priority: Json | None) -> int | None:
        return self._labels.level(priority) if priority else None

    def _resolver(self, fields: Json, transitions: list[Transition]) -> str | None:
        """Return the person who made the last step into a done status; the assignee if no history shows one."""
        # A rule may close days later what an agent resolved: the steps back to the resolution are all of its end.
        for step in reversed(transitions):
            if step.new_category in DONE and step.actor:
                return step.actor
            if step.new_category in DONE and step.old_category not in DONE:
                break
        return self._people.person(fields.get("assignee"))

    def _worklogs(self, fields: Json, draft: Draft) -> tuple[Worklog, ...]:
        return draft.collect("worklogs", self._worklog, (fields.get("worklog") or {}).get("worklogs"))

    def _slas(self, fields: Json, draft: Draft) -> tuple[Sla, ...]:
        return tuple([sla for field in self._fields.slas for sla in sla_clocks(fields.get(field), draft)])

    def _worklog(self, log: Json) -> Worklog:
        return Worklog(
            id=log["id"],
            at=instant(log["started"]),
            seconds=int(number_of(log["timeSpentSeconds"], MAX_SECONDS)),
            author=self._people.person(log.get("author")),
        )


def _resolved_at(fields: Json) -> datetime | None:
    # Workflows that set no resolution leave no resolution date: the change of category stands in for it on Cloud.
    return instant_or_none(fields.get("resolutiondate") or fields.get("statuscategorychangedate"))


def _closed_at(transitions: list[Transition]) -> datetime | None:
    return next((step.at for step in reversed(transitions) if step.new_category == "closed"), None)


def _name(value: Json | None) -> str | None:
    return text_of(value["name"]) if value else None


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else hours_of(seconds)


def _label_of(field: str, fields: Json) -> str | None:
    return label(fields.get(field))
