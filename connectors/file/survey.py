"""The survey of files of which nothing is known yet: what they are, and the source that would read them."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from connectors.errors import ConnectorError
from connectors.file.columns import ColumnMap
from connectors.file.facts import Row, as_row, facts_of
from connectors.file.forms import FileForms
from connectors.file.histories import is_history
from connectors.file.nesting import flatten
from connectors.file.paths import SUFFIXES, matching_files
from connectors.file.profiles import all_names, fold, recognise
from connectors.file.proposal import Proposal, propose
from connectors.file.reader import read_fields, read_records
from connectors.file.record import BadFile, BadLine
from connectors.file.settings import FileSettings
from connectors.file.shape import FileShape, sniff
from connectors.file.trial import Trial, try_out
from connectors.file.variables import (
    ZONES,
    SourceVariable,
    Zone,
    date_format,
    source_name,
    variables_of,
)

SAMPLE = 2_000
MAX_ROWS = 20_000
MAX_COLUMNS = 2_000


Problem = tuple[str, str]
"""A place, and the reason why it cannot be read."""


class FileSample(NamedTuple):
    """The first records of a file: the names of its columns, the texts of each record, and columns with histories."""

    path: Path
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    histories: tuple[str, ...] = ()


class SurveyedSource(NamedTuple):
    """A proposed source: files that belong together, and the settings that read them."""

    name: str
    paths: tuple[Path, ...]
    shape: FileShape
    proposal: Proposal
    variables: tuple[SourceVariable, ...]
    trial: Trial


class Survey(NamedTuple):
    """The sources that files make, and the files that cannot be read, each with the reason."""

    sources: tuple[SurveyedSource, ...]
    unreadable: tuple[Problem, ...]


class _AnyColumns(ColumnMap):
    """Columns of which nothing is known: the row that bears most names that columns usually have is the header."""

    def __init__(self) -> None:
        super().__init__({})
        self._header: tuple[str, ...] | None = None

    def field_by_column(self, names: Iterable[str]) -> dict[str, str]:
        names = tuple(names)
        used = {name: name for name in names if fold(name) in all_names()}
        if names != self._header:
            return used
        # Columns of one name are joined; totals are recognised by what they lack.
        used |= {name: name for name in names if names.count(name) > 1}
        system = recognise(names)
        columns = system.column_by_field if system else {}
        return used | {columns.get("opened_at", names[-1]): "opened_at"} | {columns.get("id", names[0]): "id"}

    def check_header(self, names: list[str]) -> None:
        if len(names) > MAX_COLUMNS:
            raise BadLine(f"has {len(names):,} columns, and no more than {MAX_COLUMNS:,} are looked at: set COLUMNS")
        if len(set(names)) < 2:
            raise BadLine("has one column only: an id and a time are needed, so it is no table of tickets")
        self._header = tuple(names)


def list_files(arguments: Sequence[str]) -> tuple[list[Path], list[Problem]]:
    """Return the files of these paths, folders and globs, and those that name none, each with the reason.

    Raise WrongSettings or MissingPermission where all of them name none.
    """
    paths: dict[Path, None] = {}
    problems: list[tuple[str, ConnectorError]] = []
    for argument in arguments:
        try:
            paths |= dict.fromkeys(matching_files([str(Path(argument) / "*") if Path(argument).is_dir() else argument]))
        except ConnectorError as problem:
            problems.append((argument, problem))
    if not paths:
        raise problems[0][1]
    return list(paths), [
        (argument, str(problem).removeprefix(f"PATH {argument}").lstrip(": ")) for argument, problem in problems
    ]


def survey(paths: Sequence[Path], problems: Iterable[Problem] = (), zone: Zone | None = None) -> Survey:
    """Return the sources that these files make; `zone` goes before the zone of their language.

    `problems` are those of files that could not even be opened.
    """
    unreadable = list(problems)
    groups: dict[object, list[FileSample]] = defaultdict(list)
    for path in paths:
        try:
            sample = sample_file(path)
            groups[_group_key(sample)].append(sample)
        except BadFile as problem:
            unreadable.append((problem.place, str(problem)))
        except ConnectorError as problem:
            unreadable.append((str(path), str(problem)))
    sources: list[SurveyedSource] = []
    for samples in groups.values():
        try:
            sources.append(_survey_source(samples, zone, [source.name for source in sources]))
        except BadFile as problem:
            unreadable.append((problem.place, str(problem)))
    return Survey(tuple(sources), tuple(unreadable))


def sample_file(path: Path) -> FileSample:
    """Return the first records of a file, those before its damage. Raise BadFile where it has none."""
    names: dict[str, None] = {}
    rows: list[Row] = []
    histories: dict[str, None] = {}
    defect = BadFile(str(path), "holds no record")
    try:
        for record in islice(read_records(path, FileSettings(path=(str(path),)), _AnyColumns()), SAMPLE):
            if isinstance(record.values, BadLine):
                reason = f"holds no record that can be read: line {record.line}: {record.values}"
                defect = BadFile(str(path), reason)
                continue
            names.update((name, None) for name, _ in flatten(record.values) if name)
            histories.update((name, None) for name, value in flatten(record.values) if is_history(value))
            rows.append(as_row(record.values))
    except BadFile as problem:
        # What stands before a cut shows the columns; a pull takes it as well.
        defect = problem
    if not rows:
        raise defect
    return FileSample(path, tuple(names), tuple(rows), tuple(histories))


def _group_key(sample: FileSample) -> object:
    """Return what files of one source have in common: the header of tables, the system of objects."""
    system = recognise(sample.names)
    is_table = "json" not in sample.path.name.lower()
    return (is_table, frozenset(sample.names)) if is_table or system is None else (is_table, system.profile.name)


def _survey_source(samples: Sequence[FileSample], zone: Zone | None, taken: Sequence[str]) -> SurveyedSource:
    names = dict.fromkeys(name for sample in samples for name in sample.names)
    rows = list(islice((row for sample in samples for row in sample.rows), MAX_ROWS))
    facts = facts_of(names, rows)
    proposal = propose(facts, rows, [name for sample in samples for name in sample.histories])
    paths = tuple(sample.path for sample in samples)
    variables = variables_of(list(_patterns(paths)), proposal, facts, zone or _zone_of(proposal.language))
    trial = Trial()
    if not proposal.missing:
        if formats := date_format(proposal, facts, _forms_of(variables, paths)):
            variables = (*variables, formats)
        trial = try_out(settings_of(variables), paths)
    return SurveyedSource(
        name=source_name(proposal, paths[0], taken),
        paths=paths,
        shape=sniff(paths[0], settings_of(variables) if not proposal.missing else _makeshift(paths[0], names)),
        proposal=proposal,
        variables=variables,
        trial=trial,
    )


def _makeshift(path: Path, names: Iterable[str]) -> FileSettings:
    """Return settings that read a file of which a required column is not known: any will do to look at its form."""
    first, *others = names
    columns = {first: "id"} | ({others[-1]: "opened_at"} if others else {})
    return FileSettings(path=(str(path),), columns=columns)


def _zone_of(language: str | None) -> Zone:
    if language in ZONES:
        return Zone(ZONES[language], f"the language ({language}) of the columns", is_certain=False)
    return Zone("UTC", "default", is_certain=False)


def _patterns(paths: Sequence[Path]) -> Iterator[str]:
    """Yield a glob for each folder of which all files of a kind belong to the source, else the files."""
    by_kind: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in paths:
        suffix = next((suffix for suffix in SUFFIXES[::-1] if path.name.lower().endswith(suffix)), path.suffix)
        by_kind[_absolute(path).parent, suffix].append(path)
    for (folder, suffix), members in by_kind.items():
        pattern = str(folder / f"*{suffix}")
        is_whole = len(members) > 1 and [_absolute(path) for path in members] == matching_files([pattern])
        yield from [pattern] if is_whole else [str(_absolute(path)) for path in members]


def _absolute(path: Path) -> Path:
    # Not `resolve`: a link is the name under which the next export comes.
    return Path(os.path.abspath(path))  # noqa: PTH100


def settings_of(variables: Iterable[SourceVariable]) -> FileSettings:
    """Return the settings of a source by its variables, as the environment gives them."""
    values = {variable.setting.lower(): variable.value for variable in variables if variable.setting != "CONNECTOR"}
    return FileSettings.model_validate(values)


def _forms_of(variables: Iterable[SourceVariable], paths: Sequence[Path]) -> FileForms:
    """Return the forms that the times of all files show together."""
    settings = settings_of(variables)
    columns = ColumnMap(settings.columns, settings.form_of_lines)
    return FileForms(lambda: (fields for path in paths for fields in read_fields(path, settings, columns)))
