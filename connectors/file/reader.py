"""Reading of files: their lines, and the tickets that these make."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from connectors.drafts import BadValue, refuse_defect
from connectors.errors import Unavailable
from connectors.file.columns import ColumnMap
from connectors.file.document import json_records
from connectors.file.events import EventLog
from connectors.file.fields import Fields
from connectors.file.forms import FileForms
from connectors.file.jsonl import jsonl_records
from connectors.file.layout import find_layout
from connectors.file.mapping import LineMapper
from connectors.file.record import BadFile, BadLine, LineRecord, NoTicket
from connectors.file.repeats import LineIds
from connectors.file.settings import FileSettings
from connectors.file.table import csv_records, sheet_records
from connectors.file.values import ValueReader
from connectors.model import LeftOut, Refusal, Ticket

Mapped = TypeVar("Mapped")

LINES_A_BATCH = 1000
IDS = ValueReader()


class Entry(NamedTuple):
    """The fields of one line, its place as `path:line`, and the line."""

    place: str
    fields: Fields
    line: int


class LineBatch(NamedTuple):
    """The tickets and refusals of some lines; `last` where the files have no more.

    `taken` lines were not refused since the batch before.
    """

    tickets: tuple[Ticket, ...]
    refused: tuple[Refusal, ...]
    last: bool
    taken: int
    left_out: tuple[LeftOut, ...]


class FileReader:
    """Read some files once.

    `damaged` is the set of paths that could not be read to their end, `barren` that of paths of which no line could
    be taken, `count` the number of different tickets of the files read, with those refused that have an id.
    With `only`, lines of other ids and broken lines are skipped. An event log is read whole before its tickets come;
    if a file of it is damaged or barren, their history is `truncated`.
    """

    def __init__(self, settings: FileSettings, paths: Sequence[Path], only: Collection[str] | None = None) -> None:
        self._settings = settings
        self._paths = paths
        self._only = only
        self._columns = ColumnMap(settings.columns, settings.form_of_lines)
        self._mapper = LineMapper(settings)
        self._abandoned = False
        self._taken = self._taken_before = 0
        self._line_ids = LineIds("")
        self.count = 0
        self.damaged: set[str] = set()
        self.barren: set[str] = set()

    def abandon(self) -> None:
        """Let a thread that is reading end at its next line: nobody waits for it any more."""
        self._abandoned = True

    def batches(self) -> Iterator[LineBatch]:
        """Yield the tickets and refusals of `LINES_A_BATCH` lines at a time, the latest version of each ticket."""
        items = self._log_tickets() if self._settings.form_of_lines != "snapshot" else self._tickets()
        last = False
        while not last:
            chunk = list(islice(items, LINES_A_BATCH))
            last = len(chunk) < LINES_A_BATCH
            # Asked about its own class, a model answers at once, and slowly about any other.
            tickets = [item for item in chunk if type(item) is Ticket]
            refused = () if len(tickets) == len(chunk) else tuple(item for item in chunk if type(item) is Refusal)
            taken = self._taken - self._taken_before
            self._taken_before = self._taken
            self._line_ids.end_batch()
            yield LineBatch(
                _latest(tickets),
                refused,
                last,
                taken,
                self._mapper.omissions.take(),
            )

    def ids(self) -> Iterator[set[str]]:
        """Yield the different ids of `LINES_A_BATCH` lines at a time."""
        # A line that is refused counts as well, as far as its id can be read: its ticket still exists.
        entries = self._entries()
        while chunk := list(islice(entries, LINES_A_BATCH)):
            yield {uid for uid in (id_of(item.fields) for item in chunk if isinstance(item, Entry)) if uid}

    def _entries(self) -> Iterator[Entry | Refusal | None]:
        """Yield each line with its fields or the reason of its refusal; None for one that is skipped."""
        for path in self._paths:
            yield from self._entries_of(path)

    def _entries_of(self, path: Path) -> Iterator[Entry | Refusal | None]:
        self._mapper.begin(forms_of(path, self._settings, self._columns))
        name, taken, lines = str(path), self._taken, 0
        try:
            for line, values in read_records(path, self._settings, self._columns):
                if self._abandoned:
                    raise Unavailable("the files were not read to their end: the run was asked to stop")
                entry = self._entry(f"{name}:{line}", line, values)
                lines += entry is not None
                yield entry
        except BadFile as problem:
            self.damaged.add(str(path))
            lines += 1
            yield Refusal(place=problem.place, reason=str(problem))
        if lines and self._taken == taken:
            self.barren.add(str(path))

    def _entry(self, place: str, line: int, values: Fields | BadLine) -> Entry | Refusal | None:
        if isinstance(values, NoTicket):
            return None
        if isinstance(values, BadLine):
            return Refusal(place=place, reason=str(values)) if self._only is None else None
        fields = self._columns.fields_of(values)
        return Entry(place, fields, line) if self._only is None or id_of(fields) in self._only else None

    def _tickets(self) -> Iterator[Ticket | Refusal | None]:
        for path in self._paths:
            self._line_ids = LineIds(str(path))
            for number, entry in enumerate(self._entries_of(path)):
                yield self._ticket(entry, number) if isinstance(entry, Entry) else entry
            self.count += self._line_ids.count()
            if self._only is None:
                self._mapper.omissions.merge(self.repeats())
            yield from self._read_again(path, self._line_ids.superseded())

    def _ticket(self, entry: Entry, number: int) -> Ticket | Refusal:
        mapped = self._mapped(entry, self._mapper.ticket)
        if isinstance(mapped, Ticket):
            self._taken += 1
            self._line_ids.add(mapped.id, entry.line, number, mapped.updated_at.timestamp())
        elif uid := id_of(entry.fields):
            self._line_ids.add_refused(uid)
        return mapped

    def repeats(self) -> tuple[LeftOut, ...]:
        """Return the count of the lines that repeat an id, in the file that is read, as far as it was."""
        return self._line_ids.repeats()

    def _read_again(self, path: Path, numbers: frozenset[int]) -> Iterator[Ticket]:
        """Yield the tickets of these lines: whoever stores the batches in their order keeps the last of an id."""
        if not numbers:
            return
        # Other omissions: those of the line were counted before.
        mapper = LineMapper(self._settings)
        mapper.begin(forms_of(path, self._settings, self._columns))
        # No further: what is behind them may be damaged.
        for number, entry in enumerate(islice(self._entries_of(path), max(numbers) + 1)):
            if number in numbers and isinstance(entry, Entry):
                ticket = self._mapped(entry, mapper.ticket)
                if isinstance(ticket, Ticket):
                    yield ticket

    def _log_tickets(self) -> Iterator[Ticket | Refusal | None]:
        with closing(EventLog(lambda: self._abandoned)) as log:
            for entry in self._entries():
                yield self._add_event(entry, log) if isinstance(entry, Entry) else entry
            is_whole = not self.damaged and not self.barren
            for item in log.tickets(self._mapper, "history" if is_whole else "truncated"):
                self.count += 1
                yield item

    def _add_event(self, entry: Entry, log: EventLog) -> Refusal | None:
        event = self._mapped(entry, self._mapper.event)
        if isinstance(event, Refusal):
            return event
        self._taken += 1
        log.add(entry.place, event)
        return None

    def _mapped(self, entry: Entry, make: Callable[[Fields], Mapped]) -> Mapped | Refusal:
        """Return what a line holds, or its refusal: a defect of the mapper costs its line alone."""
        try:
            return make(entry.fields)
        except BadLine as problem:
            return Refusal(place=entry.place, reason=reason_of(entry.fields, problem))
        except Exception:  # noqa: BLE001 - logged there
            return refuse_defect(entry.place)


def read_records(path: Path, settings: FileSettings, columns: ColumnMap) -> Iterator[LineRecord]:
    """Yield the records of a file, by its layout. Raise BadFile, after the records before it."""
    layout = find_layout(path, settings, columns)
    match layout.container:
        case "workbook":
            yield from sheet_records(path, settings.sheet, columns)
        case "csv":
            yield from csv_records(path, layout, columns)
        case "json":
            yield from json_records(path, layout.encoding, layout.records or "")
        case "jsonl":
            yield from jsonl_records(path, layout.encoding)


def forms_of(path: Path, settings: FileSettings, columns: ColumnMap) -> FileForms:
    """Return the forms of the values of a file, which is read where they are needed."""

    return FileForms(lambda: read_fields(path, settings, columns), columns.names_of("hours"))


def read_fields(path: Path, settings: FileSettings, columns: ColumnMap) -> Iterator[Fields]:
    """Yield the fields of the records that can be read. Raise BadFile, after those before it."""
    for record in read_records(path, settings, columns):
        if isinstance(record.values, dict):
            yield columns.fields_of(record.values)


def id_of(fields: Fields) -> str | None:
    """Return the id of a line; None where it has none that can be read."""
    try:
        return IDS.identity(fields.get("id"), "id")
    except BadValue:
        return None


def reason_of(fields: Fields, problem: BadLine) -> str:
    """Return why a line is refused, with its id."""
    uid = id_of(fields)
    return f"{uid}: {problem}" if uid else str(problem)


def _latest(tickets: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """Return the version of each ticket that was updated last; of equal ones the later line."""
    # Only within a batch, for files larger than memory: what a later batch supersedes wrongly is read again.
    latest: dict[str, Ticket] = {}
    for ticket in tickets:
        version = latest.get(ticket.id)
        if version is None or version.updated_at <= ticket.updated_at:
            latest[ticket.id] = ticket
    return tuple(latest.values())
