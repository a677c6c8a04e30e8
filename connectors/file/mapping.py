"""Tickets from the fields of a line."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from connectors.drafts import ENDS, BadValue, Draft, Unmappable
from connectors.file.columns import COUNTS, FIELDS_BY_FORM, REQUIRED
from connectors.file.fields import CACHE_SIZE, MANY, FieldReader, Fields
from connectors.file.forms import FileForms
from connectors.file.lists import ListReader, tracked_field
from connectors.file.prefixes import kind_of_number
from connectors.file.record import BadLine
from connectors.file.settings import FileSettings
from connectors.file.statuses import COARSE, last_status, leads_to_status, refine
from connectors.file.values import quote
from connectors.model import HistoryIs, StatusCategory, Ticket
from connectors.omissions import Omissions
from connectors.words import settle, words_of


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
        words = words_of(settings)
        self._mapped_status = words.mapped_status
        self._category = lru_cache(CACHE_SIZE)(words.status)
        self._kind = lru_cache(CACHE_SIZE)(words.kind)
        self._level = lru_cache(CACHE_SIZE)(words.level)
        self._reader = FieldReader(settings)
        self._lists = ListReader(self._reader, self._category)
        self.audits = settings.form_of_lines == "audit"
        self._required = REQUIRED[settings.form_of_lines]
        parsers = {**self._reader.parsers, "links": self._lists.links, "transitions": self._lists.transitions}
        self._parsers = {
            field: (parsers[field], self._reader.repeated.get(field))
            for field in FIELDS_BY_FORM[settings.form_of_lines]
        }

    def begin(self, forms: FileForms) -> None:
        """Map the lines of another file from now on."""
        self._reader.begin(forms)

    def ticket(self, fields: Fields) -> Ticket:
        """Return the ticket of a line. Raise BadLine."""
        values = self._parse(fields)
        history_is: HistoryIs = "none" if values.keys().isdisjoint(COUNTS) else "counter"
        if values.get("transitions"):
            history_is = "history" if leads_to_status(values) else "truncated"
        omissions = self._reader.draft.omissions
        if omissions and any(omission.field.startswith("transitions") for omission in omissions):
            history_is = "truncated"
        state = self.state(values)
        state["history_is"] = history_is
        return self.make_ticket(state)

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
        return self._lists.as_transition(at, field, old, new, actor) if field and old != new else None

    def _finish(self, key: str) -> None:
        if self._reader.draft.omissions:
            self.omissions.add(key, self._reader.draft.omissions)
            self._reader.draft = Draft()

    def _parse(self, fields: Fields) -> dict[str, Any]:
        """Return the values of the fields that are not empty. Raise BadLine where a required one has none."""
        # A line that was refused has left its notes.
        if self._reader.draft.omissions:
            self._reader.draft = Draft()
        values = {}
        for name, raw in fields.items():
            # Half the cells of an export are empty; an empty list, however, is a value.
            if name not in self._parsers or raw is None or (raw == "" and name not in MANY):
                continue
            parse, repeated = self._parsers[name]
            try:
                value = parse(raw, name) if repeated is None or type(raw) is not str else repeated[raw]
            except BadValue as problem:
                if name in self._required:
                    raise BadLine(_reason(name, problem)) from None
                self._reader.draft.leave_out(name, problem)
                continue
            if value is not None:
                values[name] = value
        for name in self._required:
            if name not in values:
                raise BadLine(f"{name}: missing")
        return values

    def state(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return a ticket's attributes, as far as the values give them, which are completed in place."""
        key, kind, priority = values.get("key", values["id"]), values.get("kind", ""), values.get("priority")
        status, category = self._status(values)
        values["key"] = key
        values["kind"] = self._kind(kind) if kind else kind_of_number(key)
        values["source_kind"] = kind
        values["status"], values["status_category"] = status, category
        values["priority_level"] = self._level(priority) if priority else None
        values["hours_logged"] = values.pop("hours", None)
        return values

    def _status(self, values: Mapping[str, Any]) -> tuple[str, StatusCategory]:
        """Return status and category; without a status the category, the last transition or the times decide."""
        given = values.get("status_category")
        status = values.get("status") or given or last_status(values)
        if coarse := COARSE.get(given or ""):
            return status, self._mapped_status(status) or refine(coarse, self._category(status))
        category = given or self._category(status)
        has_ended = "resolved_at" in values or "closed_at" in values
        return status, settle(category, has_ended=has_ended) if category == "unknown" and not given else category

    def make_ticket(self, values: dict[str, Any], *events: datetime) -> Ticket:
        """Return the ticket of parsed values; without an update time it was updated at its latest instant.

        Raises BadLine.
        """
        opened_at = values["opened_at"]
        if "updated_at" in values and values["updated_at"] < opened_at:
            problem = BadValue("is before opened_at", values.pop("updated_at").isoformat())
            self._reader.draft.leave_out("updated_at", problem)
        if "updated_at" not in values:
            ends = [values[name] for name in ENDS if name in values]
            changes = (change["at"] for change in values.get("transitions", ()))
            values["updated_at"] = max([opened_at, *ends, *events, *changes])
        try:
            ticket = self._reader.draft.make_ticket(values)
        except Unmappable as problem:
            raise BadLine(str(problem)) from None
        self._finish(ticket.key)
        return ticket


def _reason(field: str, problem: BadValue) -> str:
    shown = f"{quote(problem.value)} " if problem.value is not None else ""
    return f"{field}: {shown}{problem}"
