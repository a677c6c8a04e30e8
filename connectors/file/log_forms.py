"""Logs: files in which several lines belong to one ticket, recognised by their columns and values."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from connectors.file.columns import Form
from connectors.file.facts import ColumnFacts, Row
from connectors.file.profiles import fold, words

# A snapshot may repeat a ticket; a log has most of them several times.
LINES_A_TICKET = 1.3
# An export that was appended to an older one repeats most tickets as they were; a line of a log is something new.
LEAST_ADVANCING = 0.5


class LogForm(NamedTuple):
    """A form, and the columns by field that only this form has."""

    form: Form
    columns: dict[str, str]


SNAPSHOT = LogForm("snapshot", {})


def find_form(facts: Sequence[ColumnFacts], rows: Sequence[Row], by_field: Mapping[str, str], language: str) -> LogForm:
    """Return the form of the lines; `by_field` are the columns whose fields their names give away."""
    ids = by_field.get("id") or _repeated_id(facts)
    if not ids or not rows:
        return SNAPSHOT
    lines = [row for row in rows if ids in row]
    if len(lines) < LINES_A_TICKET * len({row[ids] for row in lines}):
        return SNAPSHOT
    times = [column.name for column in facts if column.holds_times]
    at = _named("at", facts, language, times) or _changing(times, lines, ids)
    if at is None or not _advances(at, lines, ids):
        return SNAPSHOT
    if at == by_field.get("opened_at") and "title" in by_field and _advances(by_field["title"], lines, ids):
        # Other tickets, each with an opening and a title of its own: the column of ids is none.
        return SNAPSHOT
    named = {field: _named(field, facts, language) for field in ("field", "old", "new", "actor")}
    columns = {"id": ids, "at": at} | {field: column for field, column in named.items() if column}
    if "field" in columns and ("new" in columns or "old" in columns):
        return LogForm("audit", columns)
    status = {} if "status" in by_field else {"status": _named("activity", facts, language)}
    events = {field: columns[field] for field in ("id", "at", "actor") if field in columns}
    return LogForm("events", events | {field: column for field, column in status.items() if column})


def _repeated_id(facts: Sequence[ColumnFacts]) -> str | None:
    named = [column for column in facts if fold(column.name) in ("case:concept:name", "case", "case id", "caseid")]
    return named[0].name if named else None


def _named(field: str, facts: Sequence[ColumnFacts], language: str, among: Sequence[str] | None = None) -> str | None:
    """Return the column that bears a name of the field, in the language of the file or in English."""
    for names in (words()[language].get(field, ()), words()["en"].get(field, ())):
        for name in names:
            for column in facts:
                if fold(column.name).replace("_", " ") == name and (among is None or column.name in among):
                    return column.name
    return None


def _changing(times: Sequence[str], lines: Sequence[Row], ids: str) -> str | None:
    """Return the column of times that differ most between the lines of one ticket; None where none does."""
    counts = {name: sum(_changes(name, lines, ids)) for name in times}
    best = max(counts, key=lambda name: counts[name], default=None)
    return best if best is not None and counts[best] else None


def _advances(at: str, lines: Sequence[Row], ids: str) -> bool:
    """Return whether most of the tickets with several lines have several times."""
    count = Counter(row[ids] for row in lines)
    times = _values(at, lines, ids)
    repeated = [ticket for ticket, n in count.items() if n > 1]
    return sum(len(times[ticket]) > 1 for ticket in repeated) >= LEAST_ADVANCING * len(repeated)


def _changes(name: str, lines: Sequence[Row], ids: str) -> Iterator[int]:
    return (len(values) - 1 for values in _values(name, lines, ids).values())


def _values(name: str, lines: Sequence[Row], ids: str) -> Mapping[str, set[str]]:
    """Return the different values of a column by ticket."""
    values = defaultdict[str, set[str]](set)
    for row in lines:
        if name in row:
            values[row[ids]].add(row[name])
    return values
