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
    require,
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
from connectors.model import Refusal, StatusCategory, Ticket, Transition, Worklog
from connectors.omissions import Omissions
from connectors.words import settle

DONE = ("resolved", "closed")


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
        key = require("key", lambda: text_of(issue["key"]))
        status = require("status", lambda: text_of(fields["status"]["name"]))
        category = require("status", self._statuses.category, fields["status"])
        category = settle(category, has_ended=bool(fields.get("resolutiondate")))
        source_kind = require("issuetype", lambda: text_of(fields["issuetype"]["name"]))
        opened_at = require("created", lambda: instant(fields["created"]))
        transitions, is_whole = self._transition_mapper.transitions(raw.histories, draft)
        required = {
            "id": issue["id"],
            "key": key,
            "kind": require("issuetype", self._labels.kind, fields["issuetype"]),
            "source_kind": source_kind,
            "status": status,
            "status_category": category,
            "opened_at": opened_at,
            "history_is": raw.history_is if is_whole or raw.history_is == "none" else "truncated",
            "transitions": tuple(transitions),
        }
        optional = draft.read_all(self._readers(key, fields, draft)) | self._ends(category, fields, transitions, draft)
        updated_at = draft.attempt("updated_at", None, instant, fields.get("updated"))
        updated_at = updated_at or max([opened_at, *(step.at for step in transitions)])
        return draft.make_ticket(required | optional | {"updated_at": updated_at})

    def _readers(self, key: str, fields: Json, draft: Draft) -> dict[str, Callable[[], Any]]:
        """Return a function for each field that a ticket can do without."""
        person, configured = self._people.person, self._fields.configured
        return {
            "url": lambda: f"{self._base}/browse/{key}",
            "title": lambda: fields.get("summary") or "",
            "description": lambda: plain_text(fields.get("description"), named=self._people.named),
            **dict.fromkeys(("resolution", "resolution_code"), lambda: _name(fields.get("resolution"))),
            "requester": lambda: person(fields.get("reporter")),
            "assignee": lambda: person(fields.get("assignee")),
            "project": lambda: key.rpartition("-")[0],
            "components": lambda: draft.collect("components", _name, fields.get("components")),
            "labels": lambda: draft.collect("labels", text_of, fields.get("labels")),
            "hours_logged": lambda: _hours(fields.get("timespent")),
            "links": lambda: tuple(links(fields, draft)),
            "worklogs": lambda: draft.collect("worklogs", self._worklog, (fields.get("worklog") or {}).get("worklogs")),
            "slas": lambda: tuple([sla for field in self._fields.slas for sla in sla_clocks(fields.get(field), draft)]),
            "priority": lambda: _name(fields.get("priority")),
            "priority_level": lambda: self._level(fields.get("priority")),
            # The labels of the fields that differ from site to site.
            **{name: partial(_label_of, fields, field) for name, field in configured},
        }

    def _ends(
        self, category: StatusCategory, fields: Json, transitions: list[Transition], draft: Draft
    ) -> dict[str, Any]:
        """Return when and by whom an issue was resolved and closed."""
        # A reopened issue may keep its resolution date: only one that is done now was resolved.
        if category not in DONE:
            return {}
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


def _label_of(fields: Json, field: str) -> str | None:
    return label(fields.get(field))
