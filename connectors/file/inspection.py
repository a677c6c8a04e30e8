"""The check of files: their number and size, the columns that are used, and the lines that would be refused."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.file.columns import ColumnMap, nearest_name
from connectors.file.fields import Fields
from connectors.file.mapping import LineMapper
from connectors.file.nesting import flatten
from connectors.file.reader import forms_of, id_of, read_records, reason_of
from connectors.file.record import BadFile, BadLine, LineRecord, NoTicket
from connectors.file.repeats import FileIds, LineIds
from connectors.file.settings import FileSettings
from connectors.model import Account, MappedSample, Refusal
from connectors.unknowns import UnknownWords

SAMPLE = 1000
MAX_NAMES = 30
MAX_REFUSALS = 5


class Inspection:
    """Read files to their end and map the first `SAMPLE` lines of each, as a pull would."""

    def __init__(self, settings: FileSettings) -> None:
        self._settings = settings
        self._columns = ColumnMap(settings.columns, settings.form_of_lines)
        self._mapper = LineMapper(settings)
        self._is_snapshot = settings.form_of_lines == "snapshot"
        self._names: dict[str, None] = {}
        self._lines = self._unmapped = self._refused = 0
        self._taken = self._sampled = self._damaged = 0
        self._ids = FileIds()
        self._refusals: list[Refusal] = []
        self._missing: list[str] = []
        self._remarks: list[str] = []
        self._unknown = UnknownWords()
        self._abandoned = False

    def abandon(self) -> None:
        """Let a thread that is reading end at its next line."""
        self._abandoned = True

    def read(self, path: Path) -> None:
        """Add a file to the account."""
        lines = accepted = 0
        ids = LineIds(str(path))
        self._mapper.begin(forms_of(path, self._settings, self._columns))
        try:
            for record in read_records(path, self._settings, self._columns):
                if self._abandoned:
                    return
                if isinstance(record.values, NoTicket):
                    self._remarks.append(f"{path}:{record.line} {record.values}")
                    continue
                lines += 1
                reason = self._refusal_reason(record, ids, sampled=lines <= SAMPLE)
                accepted += lines <= SAMPLE and not reason
                self._refused += bool(reason)
                if reason:
                    self._refuse(f"{path}:{record.line}", reason)
        except BadFile as problem:
            self._missing.append(f"{problem.place}: {problem}")
            self._refuse(problem.place, str(problem))
            self._damaged += 1
        # No good line at all is a wrong setting; some bad lines are normal, and only noted.
        if lines and not accepted:
            self._missing.append(f"{path}: all of the first {min(lines, SAMPLE):,} lines would be refused")
        self._ids.add(ids)
        self._mapper.omissions.merge(ids.repeats())
        self._lines += lines
        self._sampled += min(lines, SAMPLE)
        self._taken += accepted
        self._unmapped += max(0, lines - SAMPLE)

    def _refuse(self, place: str, reason: str) -> None:
        if len(self._refusals) < MAX_REFUSALS:
            self._refusals.append(Refusal(place=place, reason=reason))

    def _refusal_reason(self, record: LineRecord, ids: LineIds, *, sampled: bool) -> str:
        """Return the reason why a line would be refused; empty for a good one."""
        if isinstance(record.values, BadLine):
            return str(record.values)
        fields = self._columns.fields_of(record.values)
        try:
            if sampled:
                self._note_names(record.values)
                self._map(fields)
        except BadLine as problem:
            return reason_of(fields, problem)
        if self._is_snapshot and (uid := id_of(fields)):
            ids.add(uid, record.line)
        return ""

    def _note_names(self, values: dict[str, object]) -> None:
        # An object is named by what it holds, unless it is used whole.
        self._names.update(dict.fromkeys([*self._columns.field_by_column(values), *dict(flatten(values))]))

    def _map(self, fields: Fields) -> None:
        # A line of a log of changes has no state.
        self._unknown.add(vars(self._mapper.ticket(fields)) if self._is_snapshot else self._mapper.event(fields).state)

    def account(self, paths: Sequence[Path]) -> Account:
        """Return the account of these files."""
        return Account(
            system="files",
            user=f"uid {os.geteuid()}",
            time_zone=self._settings.timezone,
            tickets=self._count(),
            missing=tuple(self._missing),
            notes=(f"files: {len(paths)}, lines: {self._lines:,}", *self._notes()),
            sample=MappedSample(
                taken=self._taken,
                # A pull counts what is behind the damage of a file as one refusal, too.
                refused=self._sampled - self._taken + self._damaged,
                refusals=tuple(self._refusals),
                left_out=self._mapper.omissions.as_tuple(),
                unknown=self._unknown.as_tuple(),
            ),
        )

    def _count(self) -> int | None:
        """Return the number of tickets; None for an event log, and where lines beyond the sample may be bad."""
        if not self._is_snapshot or (self._refused and self._unmapped):
            return None
        return self._ids.count()

    def _notes(self) -> Iterator[str]:
        used = self._columns.field_by_column(self._names)
        lists = {
            "columns used": [name if name == field else f"{name} as {field}" for name, field in used.items()],
            "columns not used": [name for name in self._names if name not in used],
            "fields without a column": [field for field in self._columns.fields if field not in used.values()],
            "columns in COLUMNS that no file has": [self._absent(name) for name in self._columns.absent(self._names)],
        }
        if self._refused:
            yield f"lines that would be refused: {self._refused:,}"
        if shared := self._ids.shared():
            yield f"ids that a further file has as well, and of which the last file read counts: {shared:,}"
        if self._remarks:
            yield f"lines without a ticket: {len(self._remarks):,}, e.g. {self._remarks[0]}"
        if self._names:
            yield from (f"{title}: {_listing(names)}" for title, names in lists.items() if names)

    def _absent(self, name: str) -> str:
        near = nearest_name(name, self._names)
        return f"{name} (is {near} meant?)" if near else name


def _listing(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{', '.join(names[:MAX_NAMES])}{more}"
