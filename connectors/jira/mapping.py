"""Tickets from issues."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from connectors.jira.adf import plain_text
from connectors.jira.fields import Fields
from connectors.jira.issue import RawIssue
from connectors.jira.links import links
from connectors.jira.site import Json
from connectors.jira.statuses import Statuses
from connectors.jira.transitions import TransitionMapper
from connectors.jira.values import People, instant, instant_or_none, label, sla_clocks
from connectors.jira.vocabulary import kind_of, priority_level
from connectors.model import Kind, Refusal, Sla, Ticket, Transition, Worklog

DONE = ("resolved", "closed")


class IssueMapper:
    """Map issues to tickets; `base` is the address at which people see them."""

    def __init__(
        self, base: str, fields: Fields, statuses: Statuses, people: People, kind_map: Mapping[str, Kind]
    ) -> None:
        self._base = base.rstrip("/")
        self._fields = fields
        self._statuses = statuses
        self._people = people
        self._kind_map = kind_map
        self._transition_mapper = TransitionMapper(fields, statuses, people)

    def map(self, raw: RawIssue) -> Ticket | Refusal:
        """Return the ticket, or the reason why the issue makes none."""
        # The fields of an issue are as free as its site: whatever one of them breaks costs this issue, not the page.
        try:
            return self.ticket(raw)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            place = raw.issue.get("key") or raw.issue.get("id") or "an issue without a key"
            return Refusal(place=str(place), reason=_reason(problem))

    def ticket(self, raw: RawIssue) -> Ticket:
        """Return the ticket. Raise KeyError, TypeError, ValueError or AttributeError for a malformed issue."""
        issue, fields = raw.issue, raw.issue["fields"]
        transitions = self._transition_mapper.transitions(raw.histories)
        category = self._statuses.category(fields["status"])
        # A reopened issue may keep its resolution date: only one that is done now was resolved.
        done = category in DONE
        return Ticket(
            id=issue["id"],
            key=issue["key"],
            url=f"{self._base}/browse/{issue['key']}",
            kind=self._kind(fields["issuetype"]["name"]),
            source_kind=fields["issuetype"]["name"],
            title=fields.get("summary") or "",
            description=plain_text(fields.get("description"), named=self._people.named),
            status=fields["status"]["name"],
            status_category=category,
            resolution=_name(fields.get("resolution")),
            opened_at=instant(fields["created"]),
            updated_at=instant(fields["updated"]),
            resolved_at=_resolved_at(fields) if done else None,
            closed_at=_closed_at(transitions) if category == "closed" else None,
            requester=self._people.person(fields.get("reporter")),
            assignee=self._people.person(fields.get("assignee")),
            resolver=self._resolver(fields, transitions) if done else None,
            project=issue["key"].rpartition("-")[0],
            components=tuple([component["name"] for component in fields.get("components") or ()]),
            labels=tuple(fields.get("labels") or ()),
            hours_logged=_hours(fields.get("timespent")),
            history_is=raw.history_is,
            transitions=tuple(transitions),
            links=tuple(links(fields)),
            worklogs=self._worklogs(fields),
            slas=self._slas(fields),
            **_priority(fields.get("priority")),
            **self._configured(fields),
        )

    def _kind(self, issue_type: str) -> Kind:
        return self._kind_map.get(issue_type.strip().casefold()) or kind_of(issue_type)

    def _configured(self, fields: Json) -> dict[str, Any]:
        """Return the labels of the fields that differ from site to site."""
        return {name: label(fields.get(field)) for name, field in self._fields.configured}

    def _resolver(self, fields: Json, transitions: list[Transition]) -> str | None:
        """Return the person who made the last step into a done status; the assignee if no history shows it."""
        last = next((step for step in reversed(transitions) if step.new_category in DONE), None)
        return (last and last.actor) or self._people.person(fields.get("assignee"))

    def _worklogs(self, fields: Json) -> tuple[Worklog, ...]:
        return tuple([self._worklog(log) for log in (fields.get("worklog") or {}).get("worklogs") or ()])

    def _worklog(self, log: Json) -> Worklog:
        return Worklog(
            id=log["id"],
            at=instant(log["started"]),
            seconds=log["timeSpentSeconds"],
            author=self._people.person(log.get("author")),
        )

    def _slas(self, fields: Json) -> tuple[Sla, ...]:
        return tuple([sla for field in self._fields.slas for sla in sla_clocks(fields.get(field))])


def _resolved_at(fields: Json) -> datetime | None:
    # Workflows that set no resolution leave no resolution date: the change of category stands in for it on Cloud.
    return instant_or_none(fields.get("resolutiondate") or fields.get("statuscategorychangedate"))


def _closed_at(transitions: list[Transition]) -> datetime | None:
    return next((step.at for step in reversed(transitions) if step.new_category == "closed"), None)


def _priority(priority: Json | None) -> dict[str, Any]:
    return {"priority": priority["name"], "priority_level": priority_level(priority["name"])} if priority else {}


def _name(value: Json | None) -> str | None:
    return value["name"] if value else None


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def _reason(problem: Exception) -> str:
    """Return the defect of the issue without its content, which may be confidential."""
    if isinstance(problem, ValidationError):
        return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
    if isinstance(problem, KeyError):
        return f"{problem.args[0]} is missing"
    return str(problem)
