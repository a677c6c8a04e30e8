"""The environment as a source of settings, which names every problem at once."""

import difflib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from config.advice import advise
from config.catalogue import list_variables
from config.names import intended_variable
from config.settings import DELIMITER, PREFIX, SOURCES_PREFIX, Settings

FILE_SUFFIX = "_FILE"
QUOTES = "\"'"
SIMILAR_PREFIX, TYPO = 0.85, 0.93
"""Similarity of texts, 0 to 1, from which on a prefix, and a whole name, counts as mistyped."""
NETWORKS = "must hold addresses or networks only, e.g. 10.0.0.7 or 10.0.0.0/8"
SENTENCES = {
    "missing": "must be set",
    "time_delta_parsing": "must be an ISO 8601 duration, e.g. PT2H",
    "float_parsing": "must be a number, e.g. 80.50",
    "finite_number": "must be a number, e.g. 80.50",
    "int_parsing": "must be a whole number",
    "bool_parsing": "must be true or false",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "ip_v4_network": NETWORKS,
    "ip_v6_network": NETWORKS,
    "path_not_file": "names a file that does not exist",
}
"""The errors of pydantic in our words, by their type."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of one variable and its remedy. Never holds the value, which may be a secret."""

    variable: str
    text: str

    def __str__(self) -> str:
        return f"{self.variable} {self.text}"


class ConfigurationError(Exception):
    """Everything that is wrong with the settings, in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class EnvironmentSource(EnvSettingsSource):
    """The variables of a mapping, each as its text or as the content of the file that `NAME_FILE` names.

    pydantic-settings nests them by their names. `problems` holds the faults of names and files; the faults of
    values are for pydantic to find. The variables of sources are taken as they are: only their connectors know them.
    """

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self.problems: list[Problem] = []
        self._file_variables: dict[str, str] = {}
        self._unreadable: set[str] = set()
        self._names = [name for name, _ in list_variables(settings_cls)]
        self._note_other_prefixes(environ)
        # Compose files pass an unset variable on as an empty one, and files with the line ends of Windows a blank.
        stripped = {name.upper(): text.strip() for name, text in environ.items() if name.upper().startswith(PREFIX)}
        texts = self._read_files({name: text for name, text in stripped.items() if text})
        # pydantic-settings looks for lower-case names, and would ignore a variable that it does not know.
        self.env_vars = {name.lower(): text for name, text in texts.items() if self._accept(name)}

    @property
    def sources(self) -> dict[str, dict[str, str]]:
        """The variables of every ticketing system by its name, in lower case."""
        return {name: dict(texts) for name, texts in self().get("sources", {}).items()}

    def accepts(self, problem: Problem) -> bool:
        """Return True for a problem that does not merely follow from a file that cannot be read."""
        return problem.variable not in self._unreadable

    def locate(self, problem: Problem) -> Problem:
        """Return a problem of a value as one of the variable that was set, which may name the file of the value."""
        if problem.variable not in self._file_variables:
            return problem
        return Problem(self._file_variables[problem.variable], f"names a file whose text {problem.text}")

    def _read_files(self, prefixed: Mapping[str, str]) -> dict[str, str]:
        texts: dict[str, str] = {}
        for name, text in prefixed.items():
            target = name.removesuffix(FILE_SUFFIX)
            # RULES_FILE ends like a secret's file, and is a setting itself.
            if text[0] in QUOTES and text[-1] == text[0] and len(text) > 1:
                self.problems.append(Problem(name, "is in quotes: remove the quotes"))
                self._unreadable |= {name, target}
            elif name in self._names or target == name:
                texts[name] = text
            elif target in prefixed:
                self.problems.append(Problem(name, f"and {target} are both set: keep one"))
            elif content := self._read_file(name, text):
                texts[target] = content
                self._file_variables[target] = name
            else:
                self._unreadable.add(target)
        return texts

    def _read_file(self, name: str, path: str) -> str:
        """Return the content of the file that a variable names, empty where there is a problem."""
        try:
            content = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
            self.problems.append(Problem(name, f"names a file that cannot be read: {path}: {reason}"))
            return ""
        if not content:
            self.problems.append(Problem(name, f"names an empty file: {path}"))
        return content

    def _accept(self, name: str) -> bool:
        """Return True for a variable that a setting or a source may have; note a problem for any other."""
        path = name.removeprefix(PREFIX).split(DELIMITER)
        if path[0] != "SOURCES":
            if name not in self._names:
                self.problems.append(Problem(name, f"is unknown{self._suggest(name)}"))
            return name in self._names
        if len(path) == 3 and all(path):
            return True
        example = f"{SOURCES_PREFIX}<NAME>{DELIMITER}<SETTING>, e.g. {SOURCES_PREFIX}JIRA{DELIMITER}URL"
        intended = intended_variable(name, self._names)
        text = f"is unknown; did you mean {intended}?" if intended else f"must read {example}"
        self.problems.append(Problem(name, text))
        return False

    def _note_other_prefixes(self, environ: Mapping[str, str]) -> None:
        """Note a problem for each variable whose prefix is a mistyped one of ours."""
        for name in map(str.upper, environ):
            head, _, rest = name.partition("_")
            similar = difflib.SequenceMatcher(None, head, PREFIX[:-1]).ratio() if rest else 0
            if head != PREFIX[:-1] and similar >= SIMILAR_PREFIX:
                self.problems.append(Problem(name, f"is not read; did you mean {PREFIX}{rest.lstrip('_')}?"))

    def _suggest(self, name: str) -> str:
        typo = difflib.get_close_matches(name, self._names, n=1, cutoff=TYPO)
        intended = next(iter(typo), "") or intended_variable(name, self._names)
        return f"; did you mean {intended}?" if intended else suggest(name, self._names)


_active_source: ContextVar[EnvironmentSource] = ContextVar("_active_source")


class EnvironmentSettings(BaseSettings, Settings):
    """The settings as variables say them. `Settings(...)` in code is what code says, whatever the variables are."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        # The fields read text themselves: decoding it as JSON would make a number of a token of digits.
        enable_decoding=False,
        # The defaults are ours and tested: checking them would load the scheduler and SQLAlchemy for every command.
        validate_default=False,
    )

    @classmethod
    def settings_customise_sources(
        cls, *_built_in: object, **_built_in_by_name: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return our source alone: the built-in ones ignore unknown names and stop at the first fault."""
        return (_active_source.get(),)


def read(environ: Mapping[str, str]) -> tuple[Settings | None, EnvironmentSource]:
    """Return (the settings of these variables or None, the source of them with every problem)."""
    source = EnvironmentSource(EnvironmentSettings, environ)
    token = _active_source.set(source)
    try:
        return EnvironmentSettings(), source
    except ValidationError as error:
        problems = filter(source.accepts, list_problems(error, EnvironmentSettings, PREFIX))
        source.problems += map(source.locate, problems)
        return None, source
    finally:
        _active_source.reset(token)


def validate(model: type[Model], values: Mapping[str, str], prefix: str) -> tuple[Model | None, list[Problem]]:
    """Return (the model of these values or None, the problems of the variables that begin with `prefix`)."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, list_problems(error, model, prefix)


def list_problems(error: ValidationError, model: type[BaseModel], prefix: str) -> list[Problem]:
    """Return every failure of the validation of a model as a problem of its variable."""
    meanings = {name: info.description or "" for name, info in list_variables(model, prefix)}
    # A value that is none of several types fails once for each of them: the operator made one mistake.
    return list(dict.fromkeys(_problem(details, prefix, meanings) for details in error.errors()))


def _problem(details: ErrorDetails, prefix: str, meanings: Mapping[str, str]) -> Problem:
    path = [str(part) for part in details["loc"] if isinstance(part, str)]
    variables = [f"{prefix}{DELIMITER.join(path[:length]).upper()}" for length in range(len(path), 0, -1)]
    variable = next((name for name in variables if name in meanings), variables[-1] if variables else "")
    message = details["msg"].removeprefix("Value error, ")
    # A check of several settings begins with the name of the one that is wrong.
    head, _, rest = message.partition(" ")
    if not variable and f"{prefix}{head}" in meanings:
        return Problem(f"{prefix}{head}", rest)
    advice = advise(details["type"], f"{message} {meanings.get(variable, '')}", details["input"], _bounds(details))
    text = _sentence(details, message, meanings.get(variable, ""))
    if advice:
        text = f"{text.partition(', e.g. ')[0]}: write {advice}"
    # The entry of a mapping: pydantic adds its key, and the type that it tried, whose name has brackets.
    keys = [part for part in path[variable.removeprefix(prefix).count(DELIMITER) + 1 :] if "[" not in part]
    if variable.endswith("_MAP") and keys:
        text = f'has a value for "{keys[0]}" that {text}'
    return Problem(variable or prefix.removesuffix(DELIMITER), text)


def _bounds(details: ErrorDetails) -> dict[str, object]:
    return {name: _whole(value) for name, value in details.get("ctx", {}).items()}


def _sentence(details: ErrorDetails, message: str, meaning: str) -> str:
    """Return what is wrong, as the end of a sentence that the variable begins."""
    bounds = _bounds(details)
    if details["type"] in SENTENCES:
        return SENTENCES[details["type"]].format_map(bounds)
    if details["type"] == "too_short":
        least = bounds["min_length"]
        return "must not be empty" if least == 1 else f"needs {least} characters or more"
    # Few can read a regular expression; the description of every setting that has one gives an example.
    if details["type"] == "string_pattern_mismatch" and meaning:
        return f"has the wrong form; expected: {meaning}"
    # Pydantic begins with a capital; a name such as USER keeps its own.
    text = message if message[1:2].isupper() else message[:1].lower() + message[1:]
    # Our own validators continue the sentence; pydantic's messages do not.
    continues = text.startswith(("must", "is ", "has ", "names ", "listening", "days"))
    return text if continues else f"is not valid: {text}"


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def suggest(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean X?" for the most similar of these names, or nothing where none is similar."""
    matches = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean {matches[0]}?" if matches else ""
