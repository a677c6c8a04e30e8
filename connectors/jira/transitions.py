"""Transitions from change histories."""

from datetime import datetime
from typing import TypeAlias

from connectors.drafts import UNREADABLE, Draft, make_transition
from connectors.jira.fields import Fields
from connectors.jira.site import Json
from connectors.jira.statuses import Statuses
from connectors.jira.values import People, instant
from connectors.model import Transition, TransitionField

Order: TypeAlias = tuple[datetime, int, str]


class TransitionMapper:
    """Map changes of status, assignee, priority, kind and team; skip other changes."""

    def __init__(self, fields: Fields, statuses: Statuses, people: People) -> None:
        self._fields: dict[str, TransitionField] = {
            "status": "status",
            "assignee": "assignee",
            "priority": "priority",
            "issuetype": "kind",
        }
        for name in filter(None, (fields.team, fields.team_name)):
            self._fields[name] = "team"
        self._statuses = statuses
        self._people = people

    def transitions(self, histories: list[Json], draft: Draft) -> tuple[list[Transition], bool]:
        """Return the transitions by time, history id and position, and False where an entry cannot be read."""
        entries = draft.collect("transitions", _entry, histories)
        # An entry may come twice where the history of an issue is spread over pages.
        by_order = dict(entries)
        steps: list[Transition] = []
        is_whole = len(entries) == len(histories)
        for order in sorted(by_order):
            try:
                steps += self._history_transitions(order[0], by_order[order])
            except UNREADABLE as problem:
                draft.leave_out("transitions", problem)
                is_whole = False
        return steps, is_whole

    def _history_transitions(self, at: datetime, history: Json) -> list[Transition]:
        actor = self._people.person(history.get("author"))
        # Older servers give no fieldId, only the field's name.
        return [
            self._transition(at, field, item, actor)
            for item in history["items"]
            if (field := self._fields.get(item.get("fieldId") or item["field"]))
        ]

    def _transition(self, at: datetime, field: TransitionField, item: Json, actor: str | None) -> Transition:
        if field == "assignee":
            old, new = self._people.changed_person(item, "from"), self._people.changed_person(item, "to")
        else:
            old, new = item.get("fromString"), item.get("toString")
        values = {"at": at, "field": field, "old": old, "new": new, "actor": actor}
        if field == "status":
            past_category = self._statuses.past_category
            values["old_category"] = None if old is None else past_category(item.get("from"), old)
            values["new_category"] = None if new is None else past_category(item.get("to"), new)
        return make_transition(values)


def _entry(history: Json) -> tuple[Order, Json]:
    """Return the position of an entry of a history, and the entry."""
    uid = str(history["id"])
    # Ids are numbers in text: the length comes before the text, or 10 would precede 9.
    return (instant(history["created"]), len(uid), uid), history
