"""Tickets from the fields of a line."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, get_args

from connectors.drafts import ENDS, BadValue, Draft, Unmappable
from connectors.file.columns import COUNTS, FIELDS_BY_FORM, LISTS, REQUIRED, TEXTS, TIMES
from connectors.file.durations import parse_hours
from connectors.file.forms import FileForms
from connectors.file.histories import changes_in
from connectors.file.prefixes import kind_of_number
from connectors.file.record import BadLine
from connectors.file.settings import FileSettings
from connectors.file.statuses import COARSE, last_status, leads_to_status, refine
from connectors.file.times import TimeParser
from connectors.file.values import ValueReader, is_fit, mend_text, parse_objects, quote
from connectors.model import HistoryIs, Relation, StatusCategory, Ticket, TransitionField
from connectors.omissions import Omissions
from connectors.people import is_person, person_or_none
from connectors.placeholders import label_or_none
from connectors.words import settle, words_of

Fields = Mapping[str, object]
Item = TypeVar("Item")
Parser = Callable[[Any, str], Any]
"""Returns the value of a field by its raw value and name; None for an empty one. Raises BadValue."""

CATEGORIES: tuple[StatusCategory, ...] = get_args(StatusCategory)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
UNREADABLE_CAUSE = "holds characters that cannot be read"
PEOPLE = ("requester", "assignee", "resolver", "actor")
# Logs compare the labels of their lines before a ticket is made, which drops the words for nothing.
LABELS_OF_LOGS = ("team", "priority")
MANY = (*LISTS, "transitions")
CACHE_SIZE = 4096
# A number that is another one where commas separate decimals.
_UNCLEAR = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")

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


class Event(NamedTuple):
    """One line of a log: the state of its ticket from `at` on, or `change`, one of its fields, and who changed it."""

    at: datetime
    actor: str | None
    state: dict[str, Any]
    change: dict[str, Any] | None = None


class LineMapper:
    """Map lines by the operator's settings; ignore values without a field.

    A value that cannot be read costs its field, and is counted in `omissions`; a required one costs the line.
    """

    def __init__(self, settings: FileSettings) -> None:
        self.omissions = Omissions()
        self._draft = Draft()
        self._values = ValueReader(settings.nulls)
        self._times = TimeParser(settings.date_format, settings.timezone, self._values)
        self._unit = settings.hours_unit
        self._forms: FileForms | None = None
        words = words_of(settings)
        # A file repeats a few labels millions of times.
        self._mapped_status = words.mapped_status
        self._category = lru_cache(CACHE_SIZE)(words.status)
        self._kind = lru_cache(CACHE_SIZE)(words.kind)
        self._level = lru_cache(CACHE_SIZE)(words.level)
        self.audits = settings.form_of_lines == "audit"
        self._required = REQUIRED[settings.form_of_lines]
        self._parsers = self._choose_parsers(FIELDS_BY_FORM[settings.form_of_lines])

    def begin(self, forms: FileForms) -> None:
        """Map the lines of another file from now on."""
        self._forms = self._times.forms = forms

    def _choose_parsers(self, fields: tuple[str, ...]) -> dict[str, Parser]:
        values = self._values
        parsers: dict[str, Parser] = {
            **dict.fromkeys((*TEXTS, "old", "new", "field"), self._text),
            **dict.fromkeys(LABELS_OF_LOGS, self._label),
            **dict.fromkeys(PEOPLE, self._person),
            **dict.fromkeys((*TIMES, "at"), self._times.instant),
            **dict.fromkeys(("id", "key"), self._identity),
            **dict.fromkeys(COUNTS, self._count),
            "status_category": partial(values.word, (*CATEGORIES, *COARSE)),
            "labels": self._labels,
            "hours": self._hours,
            "links": self._links,
            "transitions": self._transitions,
        }
        return {field: parsers[field] for field in fields}

    def ticket(self, fields: Fields) -> Ticket:
        """Return the ticket of a line. Raise BadLine."""
        values = self._parse(fields)
        history_is: HistoryIs = "none" if values.keys().isdisjoint(COUNTS) else "counter"
        if values.get("transitions"):
            history_is = "history" if leads_to_status(values) else "truncated"
        omissions = self._draft.omissions
        if omissions and any(omission.field.startswith("transitions") for omission in omissions):
            history_is = "truncated"
        return self.make_ticket(self.state(values) | {"history_is": history_is})

    def event(self, fields: Fields) -> Event:
        """Return the event of a line of a log. Raise BadLine."""
        values = self._parse(fields)
        at, actor = values.pop("at"), values.pop("actor", None)
        change = self._change(values, at, actor) if self.audits else None
        self._finish(values.get("key", values["id"]))
        return Event(at, actor, values if self.audits else self.state(values), change)

    def _change(self, values: dict[str, Any], at: datetime, actor: str | None) -> dict[str, Any] | None:
        """Take the change of a line out of its values; None where the field is none that is followed."""
        name, old, new = (values.pop(part, None) for part in ("field", "old", "new"))
        field = tracked_field(name)
        return self._as_transition(at, field, old, new, actor) if field and old != new else None

    def _finish(self, key: str) -> None:
        if self._draft.omissions:
            self.omissions.add(key, self._draft.omissions)
            self._draft = Draft()

    def _parse(self, fields: Fields) -> dict[str, Any]:
        """Return the values of the fields that are not empty. Raise BadLine where a required one has none."""
        self._draft = Draft()
        values = {}
        for name, raw in fields.items():
            parser = self._parsers.get(name)
            # Half the cells of an export are empty; an empty list, however, is a value.
            if parser is not None and raw is not None and (raw != "" or name in MANY):
                try:
                    value = parser(raw, name)
                except BadValue as problem:
                    if name in self._required:
                        raise BadLine(_reason(name, problem)) from None
                    self._draft.leave_out(name, problem)
                    continue
                if value is not None:
                    values[name] = value
        for name in self._required:
            if name not in values:
                raise BadLine(f"{name}: missing")
        return values

    def _text(self, value: object, field: str) -> str | None:
        # Most values of most lines are texts that print.
        if isinstance(value, str) and value.isprintable():
            return self._values.stripped(value)
        text = self._values.text(value, field)
        if text is None or is_fit(text):
            return text
        self._draft.mend(field, UNREADABLE_CAUSE)
        return mend_text(text).strip() or None

    def _label(self, value: object, field: str) -> str | None:
        """Return the label of a field; None for a placeholder."""
        return label_or_none(self._text(value, field))

    def _person(self, value: object, field: str) -> str | None:
        """Return the id or name of a person; None for a placeholder or a program."""
        name = self._text(value, field)
        return name if name is None or is_person(name) else None

    def _identity(self, value: object, field: str) -> str | None:
        identity = self._values.identity(value, field)
        if isinstance(value, str) and identity is not None and identity != value.strip():
            self._draft.mend(field, "holds control or invisible characters")
        return identity

    def _labels(self, value: object, field: str) -> tuple[str, ...]:
        labels = self._values.texts(value, field)
        if "".join(labels).isprintable() or all(map(is_fit, labels)):
            return labels
        self._draft.mend(field, UNREADABLE_CAUSE)
        return tuple(dict.fromkeys(filter(None, map(mend_text, labels))))

    def _count(self, value: object, field: str) -> int | None:
        return self._values.count(value, field, decimal_comma=self._decimal_comma(value, field))

    def _hours(self, value: object, field: str) -> float | None:
        text = self._values.text(value, field)
        if text is None:
            return None
        unit = self._unit or (self._forms.hours_unit if self._forms else None)
        return parse_hours(text, unit, decimal_comma=self._decimal_comma(value, field))

    def _decimal_comma(self, value: object, field: str) -> bool | None:
        if self._forms is None or not isinstance(value, str) or value.isdecimal():
            return None
        if not _UNCLEAR.fullmatch(value.strip()):
            return None
        return self._forms.decimal_comma(field)

    def state(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return a ticket's attributes, as far as the values give them."""
        key, kind, priority = values.get("key", values["id"]), values.get("kind", ""), values.get("priority")
        status, category = self._status(values)
        hours = values.pop("hours", None)
        return values | {
            "key": key,
            "kind": self._kind(kind) if kind else kind_of_number(key),
            "source_kind": kind,
            "status": status,
            "status_category": category,
            "priority_level": self._level(priority) if priority else None,
            "hours_logged": hours,
        }

    def _status(self, values: Mapping[str, Any]) -> tuple[str, StatusCategory]:
        """Return status and category; without a status the category, the last transition or the times decide."""
        given = values.get("status_category")
        status = values.get("status") or given or last_status(values)
        has_ended = "resolved_at" in values or "closed_at" in values
        if coarse := COARSE.get(given or ""):
            return status, self._mapped_status(status) or refine(coarse, self._category(status))
        return status, given or settle(self._category(status), has_ended=has_ended)

    def _transitions(self, value: object, field: str) -> list[dict[str, Any]]:
        """Return the history that the line itself holds, oldest first."""
        steps = self._collect(field, self._transition, list(changes_in(parse_objects(value))))
        return sorted(filter(None, steps), key=itemgetter("at"))

    def _collect(self, field: str, read: Callable[[Any], Item], value: object) -> list[Item]:
        """Return the values of the items of a list; those that cannot be read are noted."""
        items: list[Item] = []
        for item in parse_objects(value):
            if not isinstance(item, dict):
                self._draft.leave_out(field, BadValue("hold an entry that is no object"))
                continue
            try:
                items.append(read(item))
            except BadValue as problem:
                self._draft.leave_out(field, problem)
        return items

    def _transition(self, item: Fields) -> dict[str, Any] | None:
        """Return the change of a field; None where the field is none that is followed, or stays as it is."""
        at = self._times.instant(item.get("at"), "transitions")
        name = self._values.text(item.get("field"), "transitions")
        field = tracked_field(name) if name else None
        if name and field is None:
            return None
        old, new = self._text(item.get("old"), "transitions"), self._text(item.get("new"), "transitions")
        if at is None or field is None:
            raise BadValue(f"have an entry without {'at' if at is None else 'field'}")
        if old is None and new is None:
            raise BadValue("have an entry with neither old nor new")
        if old == new:
            return None
        return self._as_transition(at, field, old, new, self._person(item.get("actor"), "transitions"))

    def _as_transition(
        self, at: datetime, field: TransitionField, old: str | None, new: str | None, actor: str | None
    ) -> dict[str, Any]:
        change: dict[str, Any] = {"at": at, "field": field, "old": old, "new": new, "actor": actor}
        if field == "assignee":
            change["old"], change["new"] = person_or_none(old), person_or_none(new)
        if field in ("team", "priority"):
            change["old"], change["new"] = label_or_none(old), label_or_none(new)
        if field == "status":
            change["old_category"] = self._category(old) if old else None
            change["new_category"] = self._category(new) if new else None
        return change

    def _links(self, value: object, field: str) -> list[dict[str, str]]:
        """Return the different links of a line."""
        links = self._collect(field, self._link, value)
        return list({(link["relation"], link["target"]): link for link in links}.values())

    def _link(self, item: Fields) -> dict[str, str]:
        relation = self._values.word(RELATIONS, item.get("relation"), "links")
        target = self._values.identity(item.get("target"), "links")
        if relation is None or target is None:
            raise BadValue(f"have an entry without {'relation' if relation is None else 'target'}")
        return {"relation": relation, "target": target}

    def make_ticket(self, values: dict[str, Any], *events: datetime) -> Ticket:
        """Return the ticket of parsed values; without an update time it was updated at its latest instant.

        Raises BadLine.
        """
        opened_at = values["opened_at"]
        if "updated_at" in values and values["updated_at"] < opened_at:
            self._draft.leave_out("updated_at", BadValue("is before opened_at", values.pop("updated_at").isoformat()))
        if "updated_at" not in values:
            ends = [values[name] for name in ENDS if name in values]
            changes = (change["at"] for change in values.get("transitions", ()))
            values["updated_at"] = max([opened_at, *ends, *events, *changes])
        try:
            ticket = self._draft.make_ticket(values)
        except Unmappable as problem:
            raise BadLine(str(problem)) from None
        self._finish(ticket.key)
        return ticket


def _reason(field: str, problem: BadValue) -> str:
    shown = f"{quote(problem.value)} " if problem.value is not None else ""
    return f"{field}: {shown}{problem}"
