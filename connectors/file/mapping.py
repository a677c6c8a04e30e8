"""Tickets from the fields of a line."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, get_args

from connectors.file.columns import COUNTS, EVENT_FIELDS, FIELDS, TEXTS, TIMES
from connectors.file.record import BadLine
from connectors.file.settings import FileSettings
from connectors.file.times import TimeParser
from connectors.file.values import (
    parse_count,
    parse_id,
    parse_number,
    parse_objects,
    parse_person,
    parse_text,
    parse_texts,
    parse_word,
)
from connectors.model import Relation, StatusCategory, Ticket, TransitionField
from connectors.people import person_or_none
from connectors.words import settle, words_of

Fields = Mapping[str, object]
Parser = Callable[[object, str], Any]
"""Returns the value of a field by its raw value and name; None for an empty one. Raises BadLine."""

CATEGORIES: tuple[StatusCategory, ...] = get_args(StatusCategory)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
TRANSITION_FIELDS: tuple[TransitionField, ...] = get_args(TransitionField)
CACHE_SIZE = 4096
PEOPLE = ("requester", "assignee", "resolver", "actor")


class Event(NamedTuple):
    """One line of an event log: the state of its ticket from `at` on, and the person who changed it."""

    at: datetime
    actor: str | None
    state: dict[str, Any]


class LineMapper:
    """Map lines by the operator's settings; ignore values without a field."""

    def __init__(self, settings: FileSettings) -> None:
        self._instant = TimeParser(settings.date_format, settings.timezone).instant
        words = words_of(settings)
        # A file repeats a few labels millions of times.
        self._category = lru_cache(CACHE_SIZE)(words.status)
        self._kind = lru_cache(CACHE_SIZE)(words.kind)
        self._level = lru_cache(CACHE_SIZE)(words.level)
        self._parsers = self._choose_parsers(EVENT_FIELDS if settings.events else FIELDS)

    def _choose_parsers(self, fields: Iterable[str]) -> dict[str, Parser]:
        parsers: dict[str, Parser] = {
            **dict.fromkeys(TEXTS, parse_text),
            **dict.fromkeys(PEOPLE, parse_person),
            **dict.fromkeys((*TIMES, "at"), self._instant),
            **dict.fromkeys(("id", "key"), parse_id),
            **dict.fromkeys(COUNTS, parse_count),
            "status_category": partial(parse_word, CATEGORIES),
            "labels": parse_texts,
            "hours": parse_number,
            "links": parse_links,
            "transitions": self._transitions,
        }
        return {field: parsers[field] for field in fields}

    def ticket(self, fields: Fields) -> Ticket:
        """Return the ticket of a line. Raise BadLine."""
        values = self._parse(fields)
        has_counters = any(name in values for name in COUNTS)
        history_is = "history" if values.get("transitions") else "counter" if has_counters else "none"
        return make_ticket(self._state(values) | {"history_is": history_is})

    def event(self, fields: Fields) -> Event:
        """Return the event of a line of an event log. Raise BadLine."""
        values = self._parse(fields)
        at = values.pop("at", None)
        if at is None:
            raise BadLine("at: missing")
        actor = values.pop("actor", None)
        return Event(at, actor, self._state(values))

    def _parse(self, fields: Fields) -> dict[str, Any]:
        """Return the values of the fields that are not empty."""
        values = {}
        for name, raw in fields.items():
            parser = self._parsers.get(name)
            if parser is not None and raw is not None:
                values[name] = parser(raw, name)
        return {name: value for name, value in values.items() if value is not None}

    def _state(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return a ticket's attributes, as far as the values give them."""
        if "id" not in values:
            raise BadLine("id: missing")
        kind, priority = values.get("kind", ""), values.get("priority")
        status, category = self._status(values)
        hours = values.pop("hours", None)
        return values | {
            "key": values.get("key", values["id"]),
            "kind": self._kind(kind),
            "source_kind": kind,
            "status": status,
            "status_category": category,
            "priority_level": self._level(priority) if priority else None,
            "hours_logged": hours,
        }

    def _status(self, values: Mapping[str, Any]) -> tuple[str, StatusCategory]:
        """Return status and category; without a status the category, the last transition or the times decide."""
        category = values.get("status_category")
        status = values.get("status") or category or _last_status(values)
        has_ended = "resolved_at" in values or "closed_at" in values
        return status, category or settle(self._category(status), has_ended=has_ended)

    def _transitions(self, value: object, field: str) -> list[dict[str, Any]]:
        """Return the history that the line itself holds, oldest first."""
        return sorted((self._transition(item) for item in parse_objects(value, field)), key=itemgetter("at"))

    def _transition(self, item: Fields) -> dict[str, Any]:
        at = self._instant(item.get("at"), "transitions.at")
        field = parse_word(TRANSITION_FIELDS, item.get("field"), "transitions.field")
        old, new = parse_text(item.get("old"), "transitions.old"), parse_text(item.get("new"), "transitions.new")
        if at is None or field is None:
            raise BadLine(f"transitions: an entry has no {'at' if at is None else 'field'}")
        if old is None and new is None:
            raise BadLine("transitions: an entry has neither old nor new")
        change = {"at": at, "field": field, "old": old, "new": new, "actor": parse_person(item.get("actor"), "actor")}
        if field == "assignee":
            change |= {"old": person_or_none(old), "new": person_or_none(new)}
        if field == "status":
            change["old_category"] = self._category(old) if old else None
            change["new_category"] = self._category(new) if new else None
        return change


def parse_links(value: object, field: str) -> list[dict[str, str]]:
    """Return the different links of a line."""
    links: dict[tuple[str, str], dict[str, str]] = {}
    for item in parse_objects(value, field):
        relation = parse_word(RELATIONS, item.get("relation"), "links.relation")
        target = parse_id(item.get("target"), "links.target")
        if relation is None or target is None:
            raise BadLine(f"links: an entry has no {'relation' if relation is None else 'target'}")
        links[relation, target] = {"relation": relation, "target": target}
    return list(links.values())


def _last_status(values: Mapping[str, Any]) -> str:
    entered = [change["new"] for change in values.get("transitions", ()) if change["field"] == "status"]
    by_times = "closed" if "closed_at" in values else "resolved" if "resolved_at" in values else "new"
    return (entered and entered[-1]) or by_times


def make_ticket(values: dict[str, Any], *events: datetime) -> Ticket:
    """Return the ticket of parsed values; without an update time it was updated at its latest instant.

    Raises BadLine where it was not opened, or was resolved or closed before it was opened.
    """
    opened_at = values.get("opened_at")
    if opened_at is None:
        raise BadLine("opened_at: missing")
    ends = [values[name] for name in ("resolved_at", "closed_at") if name in values]
    # One of the times is wrong, most often by swapped day and month: durations of it would be nonsense.
    if any(end < opened_at for end in ends):
        raise BadLine("resolved_at or closed_at is before opened_at")
    changes = (change["at"] for change in values.get("transitions", ()))
    return Ticket.model_validate({"updated_at": max([opened_at, *ends, *events, *changes])} | values)
