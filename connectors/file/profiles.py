"""The exports of known systems, and the names that columns of unknown ones may bear."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from connectors.file.durations import Unit

Names = Mapping[str, tuple[str, ...]]
"""The names of columns by field, the preferred one first."""


class ExportProfile(NamedTuple):
    """The export of one system: the columns that give it away, its columns by language, and its words by field."""

    name: str
    title: str
    marks: tuple[frozenset[str], ...]
    columns: Mapping[str, Names]
    hours_unit: Unit | None = None
    maps: Mapping[str, Mapping[str, str]] = {}


class KnownExport(NamedTuple):
    """A known export: its language, and its columns by field."""

    profile: ExportProfile
    language: str
    column_by_field: dict[str, str]


def fold(name: str) -> str:
    """Return the name of a column as it is compared: without case, and the signs by which Remedy marks fields."""
    return " ".join(name.replace("\ufeff", "").split()).casefold().rstrip("*+ :")


@cache
def profiles() -> tuple[ExportProfile, ...]:
    """Return the exports of all known systems."""
    return tuple(_profile(name, data) for name, data in _load("profiles.toml").items())


def _profile(name: str, data: Mapping[str, Any]) -> ExportProfile:
    return ExportProfile(
        name=name,
        title=data["title"],
        marks=tuple(frozenset(mark) for mark in data["marks"]),
        columns={language: _names(columns) for language, columns in data["columns"].items()},
        hours_unit=data.get("hours_unit"),
        maps=data.get("maps", {}),
    )


@cache
def words() -> Mapping[str, Names]:
    """Return the names of columns in files of unknown systems by language."""
    return {
        language: _names(names) for language, names in _load("column_words.toml").items() if isinstance(names, dict)
    }


@cache
def excluded_words() -> tuple[str, ...]:
    """Return the words of columns that hold times and durations of something else than the ticket."""
    return tuple(_load("column_words.toml")["exclude"])


@cache
def elapsed_words() -> tuple[str, ...]:
    """Return the words of columns that hold time which passes whether or not anybody works."""
    return tuple(_load("column_words.toml")["elapsed"])


@cache
def all_names() -> frozenset[str]:
    """Return every name of a column in any language."""
    tables = [*words().values(), *(table for profile in profiles() for table in profile.columns.values())]
    return frozenset(name for table in tables for names in table.values() for name in names)


def recognise(columns: Iterable[str]) -> KnownExport | None:
    """Return the known export that has these columns; None where no mark of any is whole."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(fold(column), column)
    fitting = [profile for profile in profiles() if any(mark <= by_name.keys() for mark in profile.marks)]
    matches = [_match(profile, language, by_name) for profile in fitting for language in profile.columns]
    return max(matches, key=lambda match: len(match.column_by_field), default=None)


def _match(profile: ExportProfile, language: str, by_name: Mapping[str, str]) -> KnownExport:
    used = {
        field: next((by_name[name] for name in names if name in by_name), None)
        for field, names in profile.columns[language].items()
    }
    return KnownExport(profile, language, {field: column for field, column in used.items() if column is not None})


def _names(table: Mapping[str, Iterable[str]]) -> Names:
    return {field: tuple(names) for field, names in table.items()}


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(files("connectors.file").joinpath(name).read_text(encoding="utf-8"))
