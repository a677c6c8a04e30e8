"""Lists of objects inside a line: the links of its ticket, and its history."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar, get_args

from connectors.drafts import BadValue
from connectors.file.fields import CACHE_SIZE, FieldReader, Fields
from connectors.file.histories import changes_in
from connectors.file.nesting import value_at
from connectors.file.values import parse_objects
from connectors.model import Relation, StatusCategory, TransitionField
from connectors.people import person_or_none
from connectors.placeholders import label_or_none
from connectors.relations import relation_of
from connectors.words import kind_of

Item = TypeVar("Item")

RELATIONS: tuple[Relation, ...] = get_args(Relation)
KIND_OF_ISSUE = ("fields", "issuetype", "name")

# The names of fields in audit logs; the first that matches decides, for a group is assigned as well.
TRACKED: tuple[tuple[TransitionField, str], ...] = (
    ("team", r"group|team|queue|gruppe|groupe|grup|equip|équipe|bereich|warteschlange|zespół|squadra"),
    ("assignee", r"assign|owner|agent|technici|bearbeiter|zugewiesen|zuweisung|behandler|toegewezen|przypisan"),
    ("priority", r"priori"),
    ("status", r"stat(us|e|o|ut)?$|^stat|zustand|estado|état|situa"),
    ("kind", r"type|typ$|kind|tipo|rodzaj"),
)
_TRACKED = tuple((field, re.compile(pattern, re.IGNORECASE)) for field, pattern in TRACKED)


@lru_cache(CACHE_SIZE)
def tracked_field(name: str) -> TransitionField | None:
    """Return the field of a ticket whose changes are followed, by its name in an audit log."""
    return next((field for field, pattern in _TRACKED if pattern.search(name.strip())), None)


class ListReader:
    """Reads the links and the changes of a line; an entry that cannot be read is noted in the draft of `fields`."""

    def __init__(self, fields: FieldReader, category: Callable[[str], StatusCategory]) -> None:
        self._fields = fields
        self._category = category

    def links(self, value: object, field: str) -> list[dict[str, str]]:
        """Return the different links of a line."""
        links = filter(None, self._collect(field, self._link, value))
        return list({(link["relation"], link["target"]): link for link in links}.values())

    def _link(self, item: Fields) -> dict[str, str] | None:
        if isinstance(item.get("type"), dict):
            return self._issue_link(item)
        relation = self._fields.values.word(RELATIONS, item.get("relation"), "links")
        target = self._fields.values.identity(item.get("target"), "links")
        if relation is None or target is None:
            raise BadValue(f"have an entry without {'relation' if relation is None else 'target'}")
        return {"relation": relation, "target": target}

    def _issue_link(self, item: Mapping[str, Any]) -> dict[str, str] | None:
        """Return a link as the interface of Jira writes it; None for one whose other side the account may not see."""
        # The `outward` phrase leads from this issue to the linked one, the `inward` phrase the opposite way.
        side = "outward" if item.get("outwardIssue") else "inward"
        issue = item.get(f"{side}Issue")
        if not isinstance(issue, dict):
            return None
        target = self._fields.values.identity(issue.get("key") or issue.get("id"), "links")
        if target is None:
            raise BadValue("have an entry without target")
        name, phrase, kind = (
            self._fields.values.text(value, "links") or ""
            for value in (item["type"].get("name"), item["type"].get(side), value_at(issue, KIND_OF_ISSUE))
        )
        return {"relation": relation_of(name, phrase, kind_of(kind)), "target": target}

    def transitions(self, value: object, field: str) -> list[dict[str, Any]]:
        """Return the history that the line itself holds, oldest first."""
        steps = self._collect(field, self._transition, list(changes_in(parse_objects(value))))
        return sorted(filter(None, steps), key=itemgetter("at"))

    def _collect(self, field: str, read: Callable[[Any], Item], value: object) -> list[Item]:
        """Return the values of the items of a list; those that cannot be read are noted."""
        items: list[Item] = []
        for item in parse_objects(value):
            if not isinstance(item, dict):
                self._fields.draft.leave_out(field, BadValue("hold an entry that is no object"))
                continue
            try:
                items.append(read(item))
            except BadValue as problem:
                self._fields.draft.leave_out(field, problem)
        return items

    def _transition(self, item: Fields) -> dict[str, Any] | None:
        """Return the change of a field; None where the field is none that is followed, or stays as it is."""
        fields = self._fields
        at = fields.times.instant(item.get("at"), "transitions")
        name = fields.values.text(item.get("field"), "transitions")
        field = tracked_field(name) if name else None
        if name and field is None:
            return None
        old, new = fields.text(item.get("old"), "transitions"), fields.text(item.get("new"), "transitions")
        if at is None or field is None:
            raise BadValue(f"have an entry without {'at' if at is None else 'field'}")
        if old is None and new is None:
            raise BadValue("have an entry with neither old nor new")
        if old == new:
            return None
        return self.as_transition(at, field, old, new, fields.person(item.get("actor"), "transitions"))

    def as_transition(
        self, at: datetime, field: TransitionField, old: str | None, new: str | None, actor: str | None
    ) -> dict[str, Any]:
        """Return the attributes of a transition, without placeholders."""
        change: dict[str, Any] = {"at": at, "field": field, "old": old, "new": new, "actor": actor}
        if field == "assignee":
            change["old"], change["new"] = person_or_none(old), person_or_none(new)
        if field in ("team", "priority"):
            change["old"], change["new"] = label_or_none(old), label_or_none(new)
        if field == "status":
            change["old_category"] = self._category(old) if old else None
            change["new_category"] = self._category(new) if new else None
        return change
