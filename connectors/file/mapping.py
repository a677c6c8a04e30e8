"""From the fields of a line to a ticket."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, get_args

from connectors.file.columns import COUNTS, EVENT_FIELDS, FIELDS, TEXTS, TIMES
from connectors.file.kinds import kind_of, priority_level
from connectors.file.problems import BadLine
from connectors.file.settings import FileSettings
from connectors.file.times import Times
from connectors.file.values import count, identifier, number, objects, one_of, text, texts
from connectors.model import Kind, Relation, StatusCategory, Ticket, TransitionField
from connectors.states import category_of

Fields = Mapping[str, object]
Reader = Callable[[object, str], Any]
"""Gives the value of a field, by its raw value and its name; None where there is none. Raises BadLine."""

CATEGORIES: tuple[StatusCategory, ...] = get_args(StatusCategory)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
TRANSITION_FIELDS: tuple[TransitionField, ...] = get_args(TransitionField)
LABELS_KEPT = 4096


class Event(NamedTuple):
    """One line of an event log: what its ticket was like from `at` on, and who made it so."""

    at: datetime
    actor: str | None
    state: dict[str, Any]


class Mapper:
    """Maps lines by the operator's settings. What a line holds beyond the known fields is passed over."""

    def __init__(self, settings: FileSettings) -> None:
        self._instant = Times(settings.date_format, settings.timezone).instant
        self._status_map = {status.casefold(): category for status, category in settings.status_map.items()}
        self._kind_map = {kind.casefold(): ours for kind, ours in settings.kind_map.items()}
        self._category = lru_cache(LABELS_KEPT)(self._judge_status)
        self._kind = lru_cache(LABELS_KEPT)(self._judge_kind)
        self._level = lru_cache(LABELS_KEPT)(priority_level)
        self._readers = self._choose_readers(EVENT_FIELDS if settings.events else FIELDS)

    def _choose_readers(self, fields: Iterable[str]) -> dict[str, Reader]:
        readers: dict[str, Reader] = {
            **dict.fromkeys((*TEXTS, "actor"), text),
            **dict.fromkeys((*TIMES, "at"), self._instant),
            **dict.fromkeys(("id", "key"), identifier),
            **dict.fromkeys(COUNTS, count),
            "status_category": partial(one_of, CATEGORIES),
            "labels": texts,
            "hours": number,
            "links": links,
            "transitions": self._transitions,
        }
        return {field: readers[field] for field in fields}

    def ticket(self, fields: Fields) -> Ticket:
        """The ticket of a line. Raises BadLine."""
        found = self._read(fields)
        counted = any(name in found for name in COUNTS)
        history_is = "history" if found.get("transitions") else "counter" if counted else "none"
        return complete(self._state(found) | {"history_is": history_is})

    def event(self, fields: Fields) -> Event:
        """The event of a line of an event log. Raises BadLine."""
        found = self._read(fields)
        at = found.pop("at", None)
        if at is None:
            raise BadLine("at: missing")
        actor = found.pop("actor", None)
        return Event(at, actor, self._state(found))

    def _read(self, fields: Fields) -> dict[str, Any]:
        """The known fields that hold something, each judged."""
        found = {}
        for name, value in fields.items():
            reader = self._readers.get(name)
            if reader is not None and value is not None:
                found[name] = reader(value, name)
        return {name: value for name, value in found.items() if value is not None}

    def _state(self, found: dict[str, Any]) -> dict[str, Any]:
        """A ticket's values as far as its fields tell them."""
        if "id" not in found:
            raise BadLine("id: missing")
        kind, priority = found.get("kind", ""), found.get("priority")
        status, category = self._status(found)
        hours = found.pop("hours", None)
        return found | {
            "key": found.get("key", found["id"]),
            "kind": self._kind(kind),
            "source_kind": kind,
            "status": status,
            "status_category": category,
            "priority_level": self._level(priority) if priority else None,
            "hours_logged": hours,
        }

    def _status(self, found: Mapping[str, Any]) -> tuple[str, StatusCategory]:
        """Status and category; without a status the category, the last transition or the times tell it."""
        category = found.get("status_category")
        status = found.get("status") or category or _last_status(found)
        return status, category or self._category(status)

    def _judge_status(self, status: str) -> StatusCategory:
        return self._status_map.get(status.casefold()) or category_of(status)

    def _judge_kind(self, kind: str) -> Kind:
        return self._kind_map.get(kind.casefold()) or kind_of(kind)

    def _transitions(self, value: object, field: str) -> list[dict[str, Any]]:
        """The line's own history, oldest first."""
        return sorted((self._transition(item) for item in objects(value, field)), key=itemgetter("at"))

    def _transition(self, item: Fields) -> dict[str, Any]:
        at = self._instant(item.get("at"), "transitions.at")
        field = one_of(TRANSITION_FIELDS, item.get("field"), "transitions.field")
        old, new = text(item.get("old"), "transitions.old"), text(item.get("new"), "transitions.new")
        if at is None or field is None:
            raise BadLine(f"transitions: one has no {'time at' if at is None else 'field'}")
        if old is None and new is None:
            raise BadLine("transitions: one has neither old nor new")
        change = {"at": at, "field": field, "old": old, "new": new, "actor": text(item.get("actor"), "actor")}
        if field == "status":
            change["old_category"] = self._category(old) if old else None
            change["new_category"] = self._category(new) if new else None
        return change


def links(value: object, field: str) -> list[dict[str, str]]:
    """The different links of a line."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for item in objects(value, field):
        relation = one_of(RELATIONS, item.get("relation"), "links.relation")
        target = identifier(item.get("target"), "links.target")
        if relation is None or target is None:
            raise BadLine(f"links: one has no {'relation' if relation is None else 'target'}")
        found[relation, target] = {"relation": relation, "target": target}
    return list(found.values())


def _last_status(found: Mapping[str, Any]) -> str:
    entered = [change["new"] for change in found.get("transitions", ()) if change["field"] == "status"]
    ended = "closed" if "closed_at" in found else "resolved" if "resolved_at" in found else "new"
    return (entered and entered[-1]) or ended


def complete(values: dict[str, Any], *seen: datetime) -> Ticket:
    """The ticket of judged values; it was updated at its newest instant unless it says otherwise.

    Raises BadLine where it was not opened, or resolved or closed before it was: one of its times is wrong then.
    """
    opened_at = values.get("opened_at")
    if opened_at is None:
        raise BadLine("opened_at: missing")
    ends = [values[name] for name in ("resolved_at", "closed_at") if name in values]
    if any(end < opened_at for end in ends):
        raise BadLine("resolved_at or closed_at is before opened_at")
    changes = (change["at"] for change in values.get("transitions", ()))
    return Ticket.model_validate({"updated_at": max([opened_at, *ends, *seen, *changes])} | values)
