"""The variables of a proposed source, as lines of an environment file."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import orjson

from connectors.file.columns import TIMES
from connectors.file.dates import Order, Written, read_open
from connectors.file.facts import ColumnFacts
from connectors.file.formats import format_of, is_format
from connectors.file.forms import FileForms
from connectors.file.proposal import Proposal
from connectors.file.times import parse_formatted
from connectors.words import category_of, kind_of

PREFIX = "TREADMILL_SOURCES__"
TIME_FIELDS = (*TIMES, "at")
MAX_TEXTS = 200
MAX_FORMATS = 6
# Where most people live who write in the language; those who live elsewhere are asked to look.
ZONES = {
    "de": "Europe/Berlin", "fr": "Europe/Paris", "es": "Europe/Madrid", "it": "Europe/Rome", "pt": "America/Sao_Paulo",
    "nl": "Europe/Amsterdam", "ja": "Asia/Tokyo",
}  # fmt: skip
MONTH_FIRST = {"en"}
WORD_MAPS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "status": ("STATUS_MAP", category_of), "kind": ("KIND_MAP", kind_of),
}  # fmt: skip
_NUMBER = re.compile(r"\d+|\d{1,3}([., ])\d{3}(\1\d{3})*")


class SourceVariable(NamedTuple):
    """A setting of the source and its value; `note` says what an operator should look at."""

    setting: str
    value: str
    note: str = ""


class Zone(NamedTuple):
    """The zone of times without an offset, and who says so."""

    name: str
    reason: str
    is_certain: bool


def variables_of(
    paths: Sequence[str], proposal: Proposal, facts: Sequence[ColumnFacts], zone: Zone
) -> tuple[SourceVariable, ...]:
    """Return the settings that a pull needs beside what it recognises by itself."""
    return tuple(_variables(paths, proposal, {column.name: column for column in facts}, zone))


def _variables(
    paths: Sequence[str], proposal: Proposal, facts: Mapping[str, ColumnFacts], zone: Zone
) -> Iterator[SourceVariable]:
    yield SourceVariable("CONNECTOR", "file")
    yield SourceVariable("PATH", ",".join(paths), "Inside a container: the path where the folder is mounted.")
    used = proposal.columns
    named = {column: field for column, field in used.items() if column != field}
    if named:
        yield SourceVariable("COLUMNS", as_json(named))
    if proposal.form != "snapshot":
        yield SourceVariable("FORM", proposal.form)
    if any(facts[column].naive_times for column, field in used.items() if field in TIME_FIELDS):
        note = f"By {zone.reason}." if zone.is_certain else f"Assumed by {zone.reason}: correct it where it is another."
        yield SourceVariable("TIMEZONE", zone.name, note)
    unit = proposal.system.profile.hours_unit if proposal.system else None
    hours = next((column for column, field in used.items() if field == "hours"), None)
    if unit and hours and all(map(_NUMBER.fullmatch, facts[hours].words)):
        yield SourceVariable("HOURS_UNIT", unit)
    for field, (setting, _) in WORD_MAPS.items():
        if mapping := _words_of_system(proposal, facts, field):
            yield SourceVariable(setting, as_json(mapping))


def _words_of_system(proposal: Proposal, facts: Mapping[str, ColumnFacts], field: str) -> dict[str, str]:
    """Return the words of a field that mean something else in this system than their words say."""
    column = next((column for column, used in proposal.columns.items() if used == field), None)
    if proposal.system is None or column is None:
        return {}
    meaning = WORD_MAPS[field][1]
    # Exports write the words with capitals, interfaces without.
    mapping = {word.casefold(): value for word, value in proposal.system.profile.maps.get(field, {}).items()}
    values = {word: mapping.get(word.casefold()) for word in facts[column].words}
    return {word: value for word, value in values.items() if value and meaning(word) != value}


def date_format(proposal: Proposal, facts: Sequence[ColumnFacts], forms: FileForms) -> SourceVariable | None:
    """Return the formats of times whose form does not say whether the day or the month is first.

    The values show it in `forms`, or it is assumed by the language. None where no time needs a format, and where
    columns differ in it, which no setting can say.
    """
    fields = {column.name: field for column in facts if (field := proposal.columns.get(column.name)) in TIME_FIELDS}
    times = [
        (fields[column.name], text, written)
        for column in facts
        if column.name in fields
        for text in list(column.words)[:MAX_TEXTS]
        if (written := read_open(text))
    ]
    usual: tuple[Order, Order] = ("mdy", "dmy") if proposal.language in MONTH_FIRST else ("dmy", "mdy")
    # No export tells of tomorrow.
    assumed = min(usual, key=lambda order: _future_times([written for _, _, written in times], order))
    orders: dict[str, set[Order | None]] = defaultdict(set)
    formats: Counter[str] = Counter()
    for field, text, written in times:
        if forms.is_slip(field, written.sign):
            continue
        order = forms.order(field, written.sign)
        orders[written.sign].add(order)
        form = format_of(text, order or assumed)
        formats[form] += _reads(form, text, written, order or assumed)
    fitting = [form for form, count in formats.most_common(MAX_FORMATS) if count]
    if not fitting or any(len(shown) > 1 for shown in orders.values()):
        return None
    if {None} in orders.values():
        which = "month" if assumed == "mdy" else "day"
        note = f"Assumed with the {which} first, for no time shows it: correct it where it is not."
    else:
        note = "As the times of these files show it; those of a later file may not."
    return SourceVariable("DATE_FORMAT", " | ".join(fitting), note)


def _reads(form: str, text: str, written: Written, order: Order) -> bool:
    """Return whether a format reads a time as its digits in this order say."""
    try:
        # A format that drops the offset reads another instant.
        return is_format(form) and parse_formatted(text, form) == written.at(order)
    except ValueError:
        return False


def _future_times(times: Iterable[Written], order: Order) -> int:
    """Return how many times lie in the future if their day, month and year come in this order."""
    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    return sum(written.at(order).replace(tzinfo=None) > tomorrow for written in times if order in written.orders)


def source_name(proposal: Proposal, path: Path, taken: Sequence[str]) -> str:
    """Return a name for the source that is not taken, by its system or its first file."""
    stem = f"{proposal.system.profile.name}_export" if proposal.system else path.name.partition(".")[0]
    name = re.sub(r"[^A-Z0-9]+", "_", stem.upper().encode("ascii", "ignore").decode()).strip("_") or "FILES"
    if not name[0].isalpha():
        name = f"FILES_{name}"
    numbered = (name if number == 1 else f"{name}_{number}" for number in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)


def as_json(value: object) -> str:
    """Return JSON in one line that no reader of environment files takes for a comment or a variable."""
    text = orjson.dumps(value).decode()
    return text.replace(" #", r" \u0023").replace("$", r"\u0024")


def full_name(source: str, setting: str) -> str:
    """Return the name of a variable."""
    return f"{PREFIX}{source}__{setting}"
