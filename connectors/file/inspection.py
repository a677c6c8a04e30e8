"""What `check` tells of files: how much there is, which columns are used, what would be refused."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.file.columns import Columns
from connectors.file.mapping import Mapper
from connectors.file.problems import BadFile, BadLine
from connectors.file.reading import records
from connectors.file.record import Record
from connectors.file.settings import FileSettings
from connectors.model import Account

SAMPLE = 1000
MOST_NAMED = 30


class Inspection:
    """Reads files to their end, and judges the first `SAMPLE` lines of each as a pull would."""

    def __init__(self, settings: FileSettings) -> None:
        self._settings = settings
        self._columns = Columns(settings.columns, events=settings.events)
        self._mapper = Mapper(settings)
        self._names: dict[str, None] = {}
        self._lines = self._unjudged = self._refused = 0
        self._example = ""
        self._missing: list[str] = []

    def read(self, path: Path) -> None:
        """Takes a file into account."""
        lines = taken = 0
        example = ""
        try:
            for lines, record in enumerate(records(path, self._settings, self._columns), 1):
                reason = self._reason(record, sampled=lines <= SAMPLE)
                taken += lines <= SAMPLE and not reason
                self._refused += bool(reason)
                example = example or (f"{path}:{record.line}: {reason}" if reason else "")
        except BadFile as problem:
            self._missing.append(f"{problem.place}: {problem}")
        if lines and not taken:
            self._missing.append(f"{path}: none of the first {min(lines, SAMPLE):,} lines can be taken, e.g. {example}")
        self._example = self._example or example
        self._lines += lines
        self._unjudged += max(0, lines - SAMPLE)

    def _reason(self, record: Record, *, sampled: bool) -> str:
        """Why a line is refused, as far as it is looked at; empty for a good one."""
        try:
            if isinstance(record.values, BadLine):
                return str(record.values)
            if sampled:
                self._judge(record.values)
        except BadLine as problem:
            return str(problem)
        return ""

    def _judge(self, values: dict[str, object]) -> None:
        self._names.update(dict.fromkeys(values))
        fields = self._columns.fields_of(values)
        if self._settings.events:
            self._mapper.event(fields)
        else:
            self._mapper.ticket(fields)

    def account(self, paths: Sequence[Path]) -> Account:
        """What was found in these files."""
        return Account(
            system="files",
            user=f"uid {os.geteuid()}",
            time_zone=self._settings.timezone,
            tickets=self._tickets(),
            missing=tuple(self._missing),
            notes=(f"files: {len(paths)}, lines: {self._lines:,}", *self._notes()),
        )

    def _tickets(self) -> int | None:
        """How many tickets there are, if it can be told: not of an event log, nor where unjudged lines may be bad."""
        if self._settings.events or (self._refused and self._unjudged):
            return None
        return self._lines - self._refused

    def _notes(self) -> Iterator[str]:
        used = self._columns.field_by_column(self._names)
        lists = {
            "columns used": [name if name == field else f"{name} as {field}" for name, field in used.items()],
            "columns not used": [name for name in self._names if name not in used],
            "fields without a column": [field for field in self._columns.fields if field not in used.values()],
            "columns that COLUMNS names and no file has": self._columns.absent(self._names),
        }
        if self._refused:
            yield f"lines that would be refused: {self._refused:,}, e.g. {self._example}"
        if self._names:
            yield from (f"{title}: {_listed(names)}" for title, names in lists.items() if names)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"
