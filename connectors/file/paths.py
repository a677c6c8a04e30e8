"""The files that the operator's paths and globs match."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from connectors.errors import MissingPermission, WrongSettings

PLAIN_SUFFIXES = (
    ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods",
)  # fmt: skip
SUFFIXES = (*PLAIN_SUFFIXES, *(f"{suffix}.gz" for suffix in PLAIN_SUFFIXES))
MAX_SIMILAR = 3
ABSENT = (
    "Correct PATH, or put the file where it says; in a container, check that the directory is mounted. The next pull "
    "goes on once the file is there."
)
_MAGIC = re.compile(r"[*?\[]")


def matching_files(patterns: Iterable[str]) -> list[Path]:
    """Return all files that match a pattern, each once, in the order of their paths.

    Raises WrongSettings where a pattern matches no file, MissingPermission where a directory cannot be read.
    """
    return sorted({path for pattern in patterns for path in _matches(pattern)})


def _matches(pattern: str) -> list[Path]:
    literal = Path(pattern)
    try:
        # A file name may contain brackets: as an existing name it goes before its meaning as a glob.
        if literal.is_file():
            return [_check_suffix(literal)]
        folder, rest = _split(literal)
        names = _list_names(folder, pattern)
        matches = [path for path in folder.glob(rest) if _is_export(path)] if rest else []
    except PermissionError as problem:
        raise MissingPermission(
            f"PATH {pattern}: {problem.filename} cannot be read",
            "Let the user that runs Treadmill list this directory (r and x), and read its files (r).",
        ) from problem
    # No file is more likely a mistake, or a directory that is not mounted, than a source without tickets: a census
    # would mark all of them as deleted.
    if not matches:
        raise _no_match(pattern, folder, rest, names)
    return matches


def _no_match(pattern: str, folder: Path, rest: str, names: list[str]) -> WrongSettings:
    """Return the error of a pattern without a file; of the names in its folder it quotes only what may be meant."""
    suffixes = [suffix for suffix in SUFFIXES[::-1] for name in names if name.lower().endswith(suffix)]
    if not rest and suffixes:
        remedy = f"Write {folder}/*{suffixes[0]} for all of its files of this kind, or the path of one file."
        return WrongSettings(f"PATH {pattern} is a folder", remedy)
    if not names:
        hint = f"; {folder} is empty"
    elif similar := _similar(rest, names):
        hint = f"; {folder} has {', '.join(similar)}"
    else:
        hint = ""
    if rest and not _MAGIC.search(pattern):
        return WrongSettings(f"PATH {pattern}: the file is not there{hint}", ABSENT)
    return WrongSettings(f"PATH {pattern} matches no {', '.join(PLAIN_SUFFIXES)} file{hint}", ABSENT)


def _similar(name: str, names: list[str]) -> list[str]:
    """Return the exports of the same kind whose names are similar to that of a file."""
    suffix = _suffix(name)
    if not suffix or _MAGIC.search(name):
        return []
    # The same suffix would make any two short names similar.
    stems = {each[: -len(suffix)]: each for each in names if _suffix(each) == suffix}
    return [stems[stem] for stem in get_close_matches(name[: -len(suffix)], stems, MAX_SIMILAR)]


def _suffix(name: str) -> str:
    """Return the suffix of an export in lower case; empty for any other file."""
    return next((suffix for suffix in SUFFIXES[::-1] if name.lower().endswith(suffix)), "")


def _check_suffix(path: Path) -> Path:
    if not path.name.lower().endswith(SUFFIXES):
        raise WrongSettings(
            f"PATH {path} does not end in {', '.join(PLAIN_SUFFIXES)}",
            "Export it in one of these formats, or rename it.",
        )
    return path


def _is_export(path: Path) -> bool:
    # Copying tools write under a hidden name first: such a file is not complete yet.
    return path.name.lower().endswith(SUFFIXES) and not path.name.startswith(".") and path.is_file()


def _split(pattern: Path) -> tuple[Path, str]:
    """Return the directory before the first wildcard and the pattern below it; no pattern for a directory itself."""
    if pattern.is_dir():
        return pattern, ""
    magic = (index for index, part in enumerate(pattern.parts) if _MAGIC.search(part))
    depth = next(magic, len(pattern.parts) - 1)
    return Path(*pattern.parts[:depth]), str(Path(*pattern.parts[depth:]))


def _list_names(folder: Path, pattern: str) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        raise WrongSettings(
            f"PATH {pattern}: the directory {folder} does not exist",
            ABSENT,
        ) from None
    except NotADirectoryError:
        raise WrongSettings(f"PATH {pattern}: {folder} is not a directory", "Correct PATH.") from None
