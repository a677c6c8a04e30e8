"""Which files the operator's paths and globs name."""

import re
from collections.abc import Iterable
from pathlib import Path

from connectors.errors import MissingPermission, WrongSettings

SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".csv.gz")
MOST_SHOWN = 10
_MAGIC = re.compile(r"[*?\[]")


def found(patterns: Iterable[str]) -> list[Path]:
    """All files that the patterns name, each once, in the order of their paths; names with a leading dot are left out.

    Raises WrongSettings where a pattern names no file, MissingPermission where a directory cannot be read.
    """
    return sorted({path for pattern in patterns for path in _matches(pattern)})


def _matches(pattern: str) -> list[Path]:
    literal = Path(pattern)
    try:
        if literal.is_file():
            return [_supported(literal)]
        folder, rest = _split(literal)
        names = _listing(folder, pattern)
        matches = [path for path in folder.glob(rest) if _is_ours(path)] if rest else []
    except PermissionError as problem:
        raise MissingPermission(
            f"PATH {pattern}: {problem.filename} cannot be read",
            "Let the user that runs Treadmill list this directory (r and x), and read its files (r).",
        ) from problem
    if not matches:
        raise WrongSettings(f"PATH {pattern} names no {', '.join(SUFFIXES)} file; {folder} holds {_shown(names)}")
    return matches


def _supported(path: Path) -> Path:
    if not path.name.lower().endswith(SUFFIXES):
        raise WrongSettings(f"PATH {path} is none of {', '.join(SUFFIXES)}", "Export it in one of these, or rename it.")
    return path


def _is_ours(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES) and not path.name.startswith(".") and path.is_file()


def _split(pattern: Path) -> tuple[Path, str]:
    """The directory before the first wildcard and the pattern below it; no pattern for a directory itself."""
    if pattern.is_dir():
        return pattern, ""
    magic = (index for index, part in enumerate(pattern.parts) if _MAGIC.search(part))
    depth = next(magic, len(pattern.parts) - 1)
    return Path(*pattern.parts[:depth]), str(Path(*pattern.parts[depth:]))


def _listing(folder: Path, pattern: str) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        raise WrongSettings(
            f"PATH {pattern}: the directory {folder} does not exist",
            "Correct the path; in a container, see that the directory is mounted.",
        ) from None
    except NotADirectoryError:
        raise WrongSettings(f"PATH {pattern}: {folder} is not a directory") from None


def _shown(names: list[str]) -> str:
    if not names:
        return "nothing"
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return f"{', '.join(names[:MOST_SHOWN])}{more}"
