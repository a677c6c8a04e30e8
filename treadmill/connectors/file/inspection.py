"""What `check` tells of files: how much there is, which columns are used, what would be refused."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from treadmill.connectors.file.columns import Columns
from treadmill.connectors.file.mapping import Mapper
from treadmill.connectors.file.problems import BadFile, BadLine
from treadmill.connectors.file.reading import records
from treadmill.connectors.file.record import Record
from treadmill.connectors.file.settings import FileSettings
from treadmill.connectors.model import Account

SAMPLE = 1000
MOST_NAMED = 30


class Inspection:
    """Reads files to their end, and judges the first `SAMPLE` lines of each as a pull would."""

    def __init__(self, settings: FileSettings) -> None:
        self._settings = settings
        self._columns = Columns(settings.columns, events=settings.events)
        self._mapper = Mapper(settings)
        self._names: dict[str, None] = {}
        self._lines = 0
        self._refused = 0
        self._example = ""
        self._missing: list[str] = []

    def read(self, path: Path) -> None:
        """Takes a file into account."""
        lines = refused = 0
        try:
            for lines, record in enumerate(records(path, self._settings, self._columns), 1):
                refused += self._is_refused(path, record, sampled=lines <= SAMPLE)
        except BadFile as problem:
            self._missing.append(f"{problem.place}: {problem}")
        if lines and refused >= min(lines, SAMPLE):
            self._missing.append(f"{path}: no line can be taken, e.g. {self._example}")
        self._lines += lines
        self._refused += refused

    def _is_refused(self, path: Path, record: Record, *, sampled: bool) -> bool:
        try:
            if isinstance(record.values, BadLine):
                raise record.values
            if sampled:
                self._judge(record.values)
        except BadLine as problem:
            self._example = self._example or f"{path}:{record.line}: {problem}"
            return True
        return False

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
            tickets=None if self._settings.events else self._lines - self._refused,
            missing=tuple(self._missing),
            notes=(f"{len(paths)} files, {self._lines:,} lines", *self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        used = self._columns.field_by_column(self._names)
        unused = [name for name in self._names if name not in used]
        lacking = [field for field in self._columns.fields if field not in used.values()]
        absent = self._columns.absent(self._names)
        if self._refused:
            yield f"{self._refused} lines would be refused, e.g. {self._example}"
        if self._names:
            yield f"columns used: {_listed(n if n == f else f'{n} as {f}' for n, f in used.items())}"
            yield f"columns not used: {_listed(unused)}"
            yield f"fields without a column: {_listed(lacking)}"
            yield f"columns that COLUMNS names and no file has: {_listed(absent)}"


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return f"{', '.join(every[:MOST_NAMED])}{more}" if every else "none"
