"""From environment variables to settings, with every problem named at once."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.settings import Settings

PREFIX = "TREADMILL_"
NEST = "__"
FROM_FILE = "_FILE"
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one variable, and what to do. Never holds its value."""

    variable: str
    text: str

    def __str__(self) -> str:
        return f"{self.variable} {self.text}"


class ConfigurationError(Exception):
    """All that is wrong with the settings, in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Environment:
    """The variables of ours by upper-case name, those that named a file replaced by its content."""

    values: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """Settings from the environment, or None, and all problems found.

    The variables of sources are gathered unjudged in `Settings.sources`: only their connectors know them.
    """
    found = from_files(environ)
    known = {name for name, _ in leaves(Settings)}
    nested: dict[str, Any] = {}
    for name, value in found.values.items():
        path = name.removeprefix(PREFIX).split(NEST)
        if path[0] == "SOURCES":
            found.problems += _put_source(nested, name, path, value)
        elif name in known:
            _put(nested, [part.lower() for part in path], value)
        else:
            found.problems.append(Problem(name, f"is unknown{closest(name, known)}"))
    settings, problems = validated(Settings, nested, PREFIX)
    return settings, found.problems + problems


def from_files(environ: Mapping[str, str]) -> Environment:
    """Our variables, with `NAME_FILE` read into `NAME` (Docker and Kubernetes secrets); empty ones count as unset."""
    out = Environment()
    own = {name for name, _ in leaves(Settings) if name.endswith(FROM_FILE)}
    ours = {name.upper(): value for name, value in environ.items() if name.upper().startswith(PREFIX) and value}
    for name, value in ours.items():
        target = name.removesuffix(FROM_FILE)
        if name in own or target == name:
            out.values[name] = value
        elif target in ours:
            out.problems.append(Problem(name, f"and {target} are both set: keep one"))
        else:
            _read_file(out, name, target, value)
    return out


def _read_file(out: Environment, name: str, target: str, path: str) -> None:
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        out.problems.append(Problem(name, f"names a file that cannot be read: {reason}"))
        return
    if content:
        out.values[target] = content
    else:
        out.problems.append(Problem(name, "names an empty file"))


def _put_source(nested: dict[str, Any], name: str, path: list[str], value: str) -> list[Problem]:
    if len(path) != 3 or not all(path):
        return [Problem(name, f"must read {PREFIX}SOURCES__<NAME>__<SETTING>, e.g. {PREFIX}SOURCES__JIRA__URL")]
    _put(nested, [part.lower() for part in path], value)
    return []


def _put(nested: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        nested = nested.setdefault(part, {})
    nested[path[-1]] = value


def leaves(model: type[BaseModel], prefix: str = PREFIX) -> list[tuple[str, Any]]:
    """(variable, field) of every setting of a model, sections opened; `sources` is left out."""
    out: list[tuple[str, Any]] = []
    for name, info in model.model_fields.items():
        inner = info.annotation
        if name == "sources":
            continue
        if isinstance(inner, type) and issubclass(inner, BaseModel) and not info.description:
            out += leaves(inner, f"{prefix}{name.upper()}{NEST}")
        else:
            out.append((f"{prefix}{name.upper()}", info))
    return out


def closest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean X?" for the known name that is most alike, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


def validated(model: type[Model], values: Mapping[str, Any], prefix: str) -> tuple[Model | None, list[Problem]]:
    """The model of these values, or None and what is wrong with each variable."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, [_problem(details, prefix) for details in error.errors()]


def _problem(details: ErrorDetails, prefix: str) -> Problem:
    path = [str(part) for part in details["loc"] if isinstance(part, str)]
    variable = f"{prefix}{NEST.join(path).upper()}"
    if details["type"] == "missing":
        return Problem(variable, "must be set")
    text = details["msg"].removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    return Problem(variable, text if text.startswith(("must", "is ", "listening", "days")) else f"is not valid: {text}")
