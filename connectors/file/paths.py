"""The files that the operator's paths and globs match."""

import re
from collections.abc import Iterable
from pathlib import Path

from connectors.errors import MissingPermission, WrongSettings

PLAIN_SUFFIXES = (
    ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods",
)  # fmt: skip
SUFFIXES = (*PLAIN_SUFFIXES, *(f"{suffix}.gz" for suffix in PLAIN_SUFFIXES))
MAX_LISTED = 10
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
    suffixes = [suffix for suffix in SUFFIXES[::-1] for name in names if name.lower().endswith(suffix)]
    if not rest and suffixes:
        raise WrongSettings(
            f"PATH {pattern} is a folder; {folder} contains {_listing(names)}",
            f"Write {folder}/*{suffixes[0]} for all of its files of this kind, or the path of one file.",
        )
    if not matches:
        raise WrongSettings(
            f"PATH {pattern} matches no {', '.join(PLAIN_SUFFIXES)} file; {folder} contains {_listing(names)}"
        )
    return matches


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
            "Correct the path; in a container, check that the directory is mounted.",
        ) from None
    except NotADirectoryError:
        raise WrongSettings(f"PATH {pattern}: {folder} is not a directory") from None


def _listing(names: list[str]) -> str:
    if not names:
        return "nothing"
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f"{', '.join(names[:MAX_LISTED])}{more}"
