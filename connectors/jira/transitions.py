"""From change histories to transitions."""

from datetime import datetime

from connectors.jira.fields import Fields
from connectors.jira.instants import instant
from connectors.jira.people import People
from connectors.jira.site import Json
from connectors.jira.statuses import Statuses
from connectors.model import StatusCategory, Transition, TransitionField


class Transitions:
    """Reads the changes of status, assignee, priority, kind and team out of histories."""

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

    def of(self, histories: list[Json]) -> list[Transition]:
        """The transitions in the order of time, history id and place in the history; each once."""
        by_id = {str(history["id"]): history for history in histories}
        order = sorted([(instant(history["created"]), len(uid), uid) for uid, history in by_id.items()])
        return [step for at, _, uid in order for step in self._of_one(at, by_id[uid])]

    def _of_one(self, at: datetime, history: Json) -> list[Transition]:
        """Older servers name the field by what people read, newer ones by its id as well."""
        changes = [(self._fields.get(item.get("fieldId") or item["field"]), item) for item in history["items"]]
        actor = self._people.person(history.get("author"))
        return [self._transition(at, field, item, actor) for field, item in changes if field]

    def _transition(self, at: datetime, field: TransitionField, item: Json, actor: str | None) -> Transition:
        if field == "assignee":
            old, new = self._people.changed(item, "from"), self._people.changed(item, "to")
            return Transition(at=at, field=field, old=old, new=new, actor=actor)
        old, new = item.get("fromString"), item.get("toString")
        if field != "status":
            return Transition(at=at, field=field, old=old, new=new, actor=actor)
        return Transition(
            at=at,
            field=field,
            old=old,
            new=new,
            old_category=self._category(item.get("from"), old),
            new_category=self._category(item.get("to"), new),
            actor=actor,
        )

    def _category(self, status_id: str | None, name: str | None) -> StatusCategory | None:
        return None if name is None else self._statuses.past_category(status_id, name)
