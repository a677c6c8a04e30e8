"""Walking through files: what stands on each line, and the tickets that come of it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from connectors.file import jsonl, table
from connectors.file.columns import Columns
from connectors.file.events import EventLog
from connectors.file.mapping import Fields, Mapper
from connectors.file.problems import BadFile, BadLine
from connectors.file.record import Record
from connectors.file.settings import FileSettings
from connectors.file.values import identifier
from connectors.model import Refusal, Ticket

BATCH = 1000


class Entry(NamedTuple):
    """The fields of one line, and its place as `path:line`."""

    place: str
    fields: Fields


class Batch(NamedTuple):
    """What some lines gave; `last` where the files have no more."""

    tickets: tuple[Ticket, ...]
    refused: tuple[Refusal, ...]
    last: bool


class Reading:
    """Reads some files once. `damaged` holds the paths of those that were not read to their end.

    With `only`, lines of other ids and lines that are broken give nothing. An event log is read whole before its
    tickets come; where a file of it is damaged, their history is `truncated`.
    """

    def __init__(self, settings: FileSettings, paths: Sequence[Path], only: Collection[str] | None = None) -> None:
        self._settings = settings
        self._paths = paths
        self._only = only
        self._columns = Columns(settings.columns, events=settings.events)
        self._mapper = Mapper(settings)
        self.damaged: set[str] = set()

    def batches(self) -> Iterator[Batch]:
        """The tickets and refusals of `BATCH` lines at a time.

        Of several lines of one id the one updated last counts, of equals the later one; across batches the store
        does the same.
        """
        items = self._histories() if self._settings.events else self._tickets()
        last = False
        while not last:
            step = list(islice(items, BATCH))
            last = len(step) < BATCH
            refused = tuple(item for item in step if isinstance(item, Refusal))
            yield Batch(_newest(item for item in step if isinstance(item, Ticket)), refused, last)

    def ids(self) -> Iterator[set[str]]:
        """The different ids of `BATCH` lines at a time, of refused tickets too as far as they can be read."""
        entries = self._entries()
        while step := list(islice(entries, BATCH)):
            yield {id_ for id_ in (_id(item.fields) for item in step if isinstance(item, Entry)) if id_}

    def _entries(self) -> Iterator[Entry | Refusal | None]:
        """Every line with its fields or why it is refused; None for one that is not wanted."""
        for path in self._paths:
            try:
                for line, values in records(path, self._settings, self._columns):
                    yield self._entry(f"{path}:{line}", values)
            except BadFile as problem:
                self.damaged.add(str(path))
                yield Refusal(place=problem.place, reason=str(problem))

    def _entry(self, place: str, values: Fields | BadLine) -> Entry | Refusal | None:
        if isinstance(values, BadLine):
            return Refusal(place=place, reason=str(values)) if self._only is None else None
        fields = self._columns.fields_of(values)
        return Entry(place, fields) if self._only is None or _id(fields) in self._only else None

    def _tickets(self) -> Iterator[Ticket | Refusal | None]:
        for entry in self._entries():
            if isinstance(entry, Entry):
                try:
                    yield self._mapper.ticket(entry.fields)
                except BadLine as problem:
                    yield _refusal(entry, problem)
            else:
                yield entry

    def _histories(self) -> Iterator[Ticket | Refusal | None]:
        with closing(EventLog()) as log:
            for entry in self._entries():
                yield self._gathered(entry, log) if isinstance(entry, Entry) else entry
            yield from log.tickets("truncated" if self.damaged else "history")

    def _gathered(self, entry: Entry, log: EventLog) -> Refusal | None:
        try:
            log.add(entry.place, self._mapper.event(entry.fields))
        except BadLine as problem:
            return _refusal(entry, problem)
        return None


def records(path: Path, settings: FileSettings, columns: Columns) -> Iterator[Record]:
    """What a file says line by line, in the form that its name tells. Raises BadFile, after what stands before it."""
    if path.name.lower().removesuffix(".gz").endswith(".csv"):
        return table.records(path, settings.encoding, settings.delimiter, columns)
    return jsonl.records(path, settings.encoding)


def _id(fields: Fields) -> str | None:
    try:
        return identifier(fields.get("id"), "id")
    except BadLine:
        return None


def _refusal(entry: Entry, problem: BadLine) -> Refusal:
    id_ = _id(entry.fields)
    return Refusal(place=entry.place, reason=f"{id_}: {problem}" if id_ else str(problem))


def _newest(tickets: Iterator[Ticket]) -> tuple[Ticket, ...]:
    found: dict[str, Ticket] = {}
    for ticket in tickets:
        known = found.get(ticket.id)
        if known is None or known.updated_at <= ticket.updated_at:
            found[ticket.id] = ticket
    return tuple(found.values())
