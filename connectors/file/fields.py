"""The values of a line by field."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args

from connectors.drafts import Draft
from connectors.file.columns import COUNTS, LISTS, TEXTS, TIMES
from connectors.file.durations import parse_hours
from connectors.file.forms import FileForms
from connectors.file.settings import FileSettings
from connectors.file.statuses import COARSE
from connectors.file.times import TimeParser
from connectors.file.values import ValueReader, is_fit, mend_text
from connectors.model import StatusCategory
from connectors.people import is_person
from connectors.placeholders import label_or_none

Fields = Mapping[str, object]
Parser = Callable[[Any, str], Any]
"""Returns the value of a field by its raw value and name; None for an empty one. Raises BadValue."""

CATEGORIES: tuple[StatusCategory, ...] = get_args(StatusCategory)
UNREADABLE_CAUSE = "holds characters that cannot be read"
PEOPLE = ("requester", "assignee", "resolver", "actor")
# Logs compare the labels of their lines before a ticket is made, which drops the words for nothing.
LABELS_OF_LOGS = ("team", "priority")
UNIQUE_TEXTS = ("title", "description")
MANY = (*LISTS, "transitions")
# A file repeats a few labels millions of times.
CACHE_SIZE = 4096
MAX_REPEATED = 100
# A number that is another one where commas separate decimals.
_UNCLEAR = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


class RepeatedTexts(dict[str, Any]):
    """The values of one field by their raw texts, each parsed when it is first met."""

    def __init__(self, field: str, parse: Parser) -> None:
        super().__init__()
        self._field = field
        self._parse = parse

    def __missing__(self, text: str) -> Any:
        """Return the value of a text that is met for the first time. Raise BadValue."""
        value = self._parse(text, self._field)
        # One that does not print is noted in each line anew.
        if len(text) <= MAX_REPEATED and text.isprintable():
            if len(self) >= CACHE_SIZE:
                self.clear()
            self[text] = value
        return value


class FieldReader:
    """Reads single values of a line; `draft` notes those that were left out or mended, until the line is finished."""

    def __init__(self, settings: FileSettings) -> None:
        self.draft = Draft()
        self.values = ValueReader(settings.nulls)
        self.times = TimeParser(settings.date_format, settings.timezone, self.values)
        self._unit = settings.hours_unit
        self._forms: FileForms | None = None
        self.parsers: dict[str, Parser] = {
            **dict.fromkeys((*TEXTS, "old", "new", "field"), self.text),
            **dict.fromkeys(LABELS_OF_LOGS, self._label),
            **dict.fromkeys(PEOPLE, self.person),
            **dict.fromkeys((*TIMES, "at"), self.times.instant),
            **dict.fromkeys(("id", "key"), self._identity),
            **dict.fromkeys(COUNTS, self._count),
            "status_category": partial(self.values.word, (*CATEGORIES, *COARSE)),
            "labels": self._labels,
            "hours": self._hours,
        }
        """The function that reads a field, by its name."""
        repeated = (*TEXTS, *COUNTS, "field", "actor", "status_category", "labels", "hours")
        self.repeated = {
            field: RepeatedTexts(field, self.parsers[field]) for field in repeated if field not in UNIQUE_TEXTS
        }
        """The values of those fields whose texts are mostly met before, by the name of the field."""

    def begin(self, forms: FileForms) -> None:
        """Read the lines of another file from now on."""
        self._forms = forms
        self.times.begin(forms)
        # What a number means depends on the others of its file.
        for texts in self.repeated.values():
            texts.clear()

    def text(self, value: object, field: str) -> str | None:
        """Return a text without the blanks around it, and without what a database cannot hold."""
        text = self.values.stripped(value) if type(value) is str else self.values.text(value, field)
        if text is None or is_fit(text):
            return text
        self.draft.mend(field, UNREADABLE_CAUSE)
        return mend_text(text).strip() or None

    def _label(self, value: object, field: str) -> str | None:
        """Return the label of a field; None for a placeholder."""
        return label_or_none(self.text(value, field))

    def person(self, value: object, field: str) -> str | None:
        """Return the id or name of a person; None for a placeholder or a program."""
        name = self.text(value, field)
        return name if name is None or is_person(name) else None

    def _identity(self, value: object, field: str) -> str | None:
        identity = self.values.identity(value, field)
        if identity is not value and isinstance(value, str) and identity is not None and identity != value.strip():
            self.draft.mend(field, "holds control or invisible characters")
        return identity

    def _labels(self, value: object, field: str) -> tuple[str, ...]:
        labels = self.values.texts(value, field)
        if "".join(labels).isprintable() or all(map(is_fit, labels)):
            return labels
        self.draft.mend(field, UNREADABLE_CAUSE)
        return tuple(dict.fromkeys(filter(None, map(mend_text, labels))))

    def _count(self, value: object, field: str) -> int | None:
        comma = None if type(value) is int else self._decimal_comma(value, field)
        return self.values.count(value, field, decimal_comma=comma)

    def _hours(self, value: object, field: str) -> float | None:
        text = self.values.text(value, field)
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
