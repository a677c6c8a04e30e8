"""The proposal of a mapping: by the columns of known exports, by names in twelve languages, and by the values."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from connectors.file.columns import COUNTS, FIELDS, ONLY_IN_EVENTS, REQUIRED, TIMES, Form
from connectors.file.facts import ColumnFacts, Row
from connectors.file.log_forms import find_form
from connectors.file.profiles import KnownExport, Names, elapsed_words, excluded_words, fold, recognise, words
from connectors.words import category_of, kind_of

Certainty = Literal["sure", "likely", "guess"]
"""By the columns of a known export, by the name of the column, by its values."""

TIME_FIELDS = (*TIMES, "at")
# The order decides who takes a column first.
BY_NAME = (
    "id", "opened_at", "resolved_at", "closed_at", "updated_at", "title", "status", "priority", "kind", "team",
    "assignee", "requester", "description", "service", "configuration_item", "category", "labels", "hours",
    "reopen_count", "reassignment_count",
)  # fmt: skip
FEW_WORDS = ("status", "priority", "kind")
LINK_COLUMN = re.compile(r"(in|out)ward issue link \((duplicate|problem|cause|change|fix)", re.IGNORECASE)
DISTINCT = 1_000
KIND_REPEATS = 3
BOOLEANS = {"true", "false", "yes", "no"}


class Assignment(NamedTuple):
    """A column and the field that it is taken for; `reason` says why."""

    column: str
    field: str
    certainty: Certainty
    reason: str


class Proposal(NamedTuple):
    """A mapping of columns to fields; `missing` are the required fields without a column."""

    system: KnownExport | None
    language: str | None
    form: Form
    assignments: tuple[Assignment, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """The field of each column that is used."""
        return {assignment.column: assignment.field for assignment in self.assignments}


def propose(facts: Sequence[ColumnFacts], rows: Sequence[Row], histories: Sequence[str] = ()) -> Proposal:
    """Return a mapping for these columns, of which the rows are a sample; `histories` hold lists of changes."""
    system = recognise(column.name for column in facts)
    languages = [system.language] if system else _languages(facts)
    language = next(iter(languages), None)
    assignments = _Assignments(facts)
    if system:
        assignments.take_known(system)
    assignments.take_namesakes()
    assignments.take_histories(histories)
    # Systems are often set up in English, whatever the language of the rest; and columns are added in a third.
    for code in dict.fromkeys([*languages[:1], "en", *languages]):
        assignments.take_named(words()[code], BY_NAME)
    # A word of effort means nothing else in any language.
    for names in words().values():
        assignments.take_named(names, ("hours",))
    form = find_form(facts, rows, assignments.by_field, language or "en")
    assignments.replace(form.columns, FORM_REASONS[form.form])
    assignments.take_by_values(form.form)
    return assignments.proposal(system, language, form.form)


FORM_REASONS: Mapping[Form, str] = {
    "snapshot": "",
    "events": "several lines have one id, at different times",
    "audit": "a line names a field with its old and new value",
}


def _languages(facts: Sequence[ColumnFacts]) -> list[str]:
    """Return the languages that names of the columns are in, that of most names first."""
    names = {fold(column.name) for column in facts}
    counts = {
        language: sum(any(name in names for name in spellings) for spellings in table.values())
        for language, table in words().items()
    }
    return sorted(filter(counts.__getitem__, counts), key=lambda language: -counts[language])


class _Assignments:
    """Columns and fields that are assigned so far; a column and a field are assigned once, lists excepted."""

    def __init__(self, facts: Sequence[ColumnFacts]) -> None:
        self._facts = {column.name: column for column in facts}
        self._made: dict[str, Assignment] = {}

    @property
    def by_field(self) -> dict[str, str]:
        """The column of each field."""
        return {assignment.field: column for column, assignment in self._made.items()}

    def take_known(self, system: KnownExport) -> None:
        """Take the columns of a known export."""
        for field, column in system.column_by_field.items():
            if field != "hours" or not self._facts[column].holds_times:
                self._take(column, field, "sure", f"a column of {system.profile.title}")
        for column in self._facts:
            if LINK_COLUMN.match(column) and column not in self._made:
                self._made[column] = Assignment(column, "links", "sure", f"links of {system.profile.title}")

    def take_namesakes(self) -> None:
        """Take the columns that bear the name of a field."""
        for column in self._facts:
            if column in (*FIELDS, *ONLY_IN_EVENTS):
                self._take(column, column, "sure", "the name of the field")

    def take_histories(self, names: Sequence[str]) -> None:
        """Take the first column that holds lists of changes."""
        for name in names[:1]:
            self._take(name, "transitions", "likely", "lists of changes, each with a time, a field and its values")

    def take_named(self, names: Names, fields: Sequence[str]) -> None:
        """Take the columns by their names: first those that are a name, then those that contain it."""
        for match in (_is_name, _contains_name):
            for field in fields:
                if field in self.by_field:
                    continue
                matching = (column for column in self._free() if match(fold(column.name), names.get(field, ())))
                # Many a name has its id beside it, which tells nobody anything.
                candidates = sorted(matching, key=lambda column: field != "id" and _names_id(column.name))
                column = next((column for column in candidates if fits(column, field)), None)
                if column:
                    self._take(column.name, field, "likely", "its name")

    def take_by_values(self, form: Form) -> None:
        """Take the columns whose values show what they are, where no name did."""
        required = {"id": _as_id, "opened_at" if form == "snapshot" else "at": _as_time}
        for field, choose in (required | {"status": _as_status, "kind": _as_kind, "title": _as_title}).items():
            if field not in self.by_field and (column := choose(list(self._free()))):
                self._take(column.name, field, "guess", VALUE_REASONS[field])

    def replace(self, columns: Mapping[str, str], reason: str) -> None:
        """Assign these columns to fields, whatever they were before."""
        for field, column in columns.items():
            self._made = {name: made for name, made in self._made.items() if name != column and made.field != field}
            self._made[column] = Assignment(column, field, "likely", reason)

    def proposal(self, system: KnownExport | None, language: str | None, form: Form) -> Proposal:
        """Return what was assigned, in the order of the columns."""
        made = tuple(self._made[name] for name in self._facts if name in self._made)
        fields = {assignment.field for assignment in made}
        return Proposal(
            system=system,
            language=language,
            form=form,
            assignments=made,
            unused=tuple(name for name in self._facts if name not in self._made),
            missing=tuple(field for field in REQUIRED[form] if field not in fields),
        )

    def _free(self) -> Iterator[ColumnFacts]:
        return (column for name, column in self._facts.items() if name not in self._made)

    def _take(self, column: str, field: str, certainty: Certainty, reason: str) -> None:
        if column not in self._made and field not in self.by_field:
            self._made[column] = Assignment(column, field, certainty, reason)


def fits(column: ColumnFacts, field: str) -> bool:
    """Return whether the values of a column can be those of a field; an empty column fits any."""
    if not column.filled:
        return field not in ("id", "opened_at") and not (field == "hours" and _tells_elapsed_time(column))
    if field in TIME_FIELDS:
        return column.holds_times
    if field == "id":
        return column.filled >= 0.9 * column.rows and column.length <= 64 and not column.holds_times
    if field in ("hours", *COUNTS):
        has_digits = any(character.isdigit() for text in column.words for character in text)
        return has_digits and not column.holds_times and not (field == "hours" and _tells_elapsed_time(column))
    is_few = field not in FEW_WORDS or (len(column.words) <= DISTINCT and column.length <= 60)
    return is_few and not column.holds_times and not {word.casefold() for word in column.words} <= BOOLEANS


def _tells_elapsed_time(column: ColumnFacts) -> bool:
    return _has_word(fold(column.name), (*excluded_words(), *elapsed_words()))


def _is_name(name: str, names: Sequence[str]) -> bool:
    return _spaced(name) in names or name in names


def _contains_name(name: str, names: Sequence[str]) -> bool:
    return not _has_word(name, excluded_words()) and _has_word(name, [word for word in names if len(word) > 2])


def _names_id(name: str) -> bool:
    return _spaced(fold(name)).endswith(" id")


def _has_word(name: str, parts: Sequence[str]) -> bool:
    spaced = f" {_spaced(name)} "
    return any(f" {word} " in spaced for word in parts)


def _spaced(name: str) -> str:
    return " ".join(re.split(r"[\s_./:()\[\]-]+", name)).strip()


def _as_id(columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    fitting = (column for column in columns if column.is_unique and fits(column, "id") and column.length <= 40)
    # Numbers of tickets have no blanks; titles have.
    return next((column for column in fitting if sum(" " in word for word in column.words) < column.rows / 10), None)


def _as_time(columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    times = [column for column in columns if column.holds_times]
    return max(times, key=lambda column: column.filled, default=None)


def _as_status(columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    return _most_understood(columns, lambda word: category_of(word) != "unknown", least=0.6)


def _as_kind(columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    # A few titles would do in a short file: "Change of a printer", "Problem with mail".
    repeating = [column for column in columns if column.filled >= KIND_REPEATS * len(column.words)]
    return _most_understood(repeating, lambda word: kind_of(word) != "other", least=0.75)


def _as_title(columns: Sequence[ColumnFacts]) -> ColumnFacts | None:
    texts = [column for column in columns if not column.holds_times and 12 <= column.length <= 250]
    wordy = [column for column in texts if sum(" " in word for word in column.words) > len(column.words) / 2]
    return max(wordy, key=lambda column: len(column.words), default=None)


VALUE_REASONS = {
    "id": "every line has another value",
    "opened_at": "times in every line",
    "at": "times in every line",
    "status": "few words, most of which are a status",
    "kind": "few words, most of which are a kind",
    "title": "different texts of several words",
}


def _most_understood(
    columns: Sequence[ColumnFacts], is_understood: Callable[[str], bool], least: float
) -> ColumnFacts | None:
    """Return the column of few words of which most are understood, at least this share of them."""
    shares = {
        column.name: sum(map(is_understood, column.words)) / len(column.words)
        for column in columns
        if column.has_few_words and len(column.words) > 1 and not column.holds_times
    }
    best = max(shares, key=lambda name: shares[name], default=None)
    return next((column for column in columns if best == column.name and shares[column.name] >= least), None)
