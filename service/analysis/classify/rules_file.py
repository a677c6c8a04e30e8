"""Rules files: TOML parsed to rules, with every problem named at once by file, line and remedy."""

import difflib
import tomllib
from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from connectors.model import Kind, Relation
from service.analysis.classify.condition import Condition
from service.analysis.classify.natures import CLASSES
from service.analysis.classify.rules import Prior, Rules, StructuredRule, WordsRule
from service.analysis.classify.toml_lines import Place, TomlLines

DEFAULT_PRIOR = Prior(reactive=0.55, reactive_class="failure", proactive_class="delivery")
_REMEDIES = {
    "class": f"must be one of {', '.join(CLASSES)}, or none for words that mean nothing",
    "kind": f"must be one of {', '.join(get_args(Kind))}",
    "links": f"must be one of {', '.join(get_args(Relation))}",
    "confidence": "must be a number above 0.5 and below 1, e.g. 0.9",
    "weight": "must be a number from 0 to 3, e.g. 1.5",
    "phrases": 'must be a list of at least one text, e.g. ["broken", "not work*"]',
    "reactive": "must be a share between 0 and 1, e.g. 0.55",
}


class RulesError(ValueError):
    """Problems of a rules file, each with its line and remedy, in `problems`."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, Field(min_length=1)]
    prior: Prior = DEFAULT_PRIOR
    negations: tuple[str, ...] = ()
    rule: tuple[StructuredRule, ...] = ()
    words: tuple[WordsRule, ...] = ()


def parse_rules(text: str, name: str) -> Rules:
    """Return the rules of a TOML text. `name` appears in the messages. Raises RulesError with all problems at once."""
    lines = TomlLines(text)
    try:
        content = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise RulesError([f"{name}: is not valid TOML: {problem}"]) from None
    except ValidationError as error:
        raise _rules_error(name, [_located_problem(lines, details) for details in error.errors()]) from None
    if duplicates := _duplicates(content, lines):
        raise _rules_error(name, duplicates)
    return Rules(
        version=f"{content.version}+{blake2b(text.encode(), digest_size=4).hexdigest()}",
        structured=content.rule,
        words=content.words,
        prior=content.prior,
        negations=frozenset(content.negations),
    )


def _rules_error(name: str, problems: list[tuple[int, str]]) -> RulesError:
    return RulesError([f"{name}:{line}: {text}" for line, text in sorted(set(problems))])


def _duplicates(content: _File, lines: TomlLines) -> list[tuple[int, str]]:
    """Return the names and phrases that occur twice."""
    rules = [(("rule", at, "name"), rule.name) for at, rule in enumerate(content.rule)]
    names = rules + [(("words", at, "name"), rule.name) for at, rule in enumerate(content.words)]
    # Of two equal phrases the later would silently win in the lexicon.
    phrases = [(("words", at, "phrases"), text) for at, rule in enumerate(content.words) for text in rule.phrases]
    return [
        (lines.of(place, text), f"the {what} '{text}' occurs twice; keep one of them")
        for what, entries in (("name", names), ("phrase", phrases))
        for place, text in _later_occurrences(entries)
    ]


def _later_occurrences(entries: Sequence[tuple[Place, str]]) -> list[tuple[Place, str]]:
    first = {text: at for at, (_, text) in reversed([*enumerate(entries)])}
    return [(place, text) for at, (place, text) in enumerate(entries) if first[text] != at]


def _located_problem(lines: TomlLines, details: ErrorDetails) -> tuple[int, str]:
    """Return the line of a problem and its message."""
    place = list(details["loc"])
    keys = [part for part in place if isinstance(part, str)]
    is_missing, is_unknown = details["type"] == "missing", details["type"] == "extra_forbidden"
    value = None if is_missing or is_unknown else details["input"]
    # A missing key has no line of its own: its table has.
    line = lines.of(place[:-1] if is_missing else place, value)
    return line, f"{'.'.join(keys)} {_remedy(keys, details)}"


def _remedy(keys: list[str], details: ErrorDetails) -> str:
    if details["type"] == "missing":
        return "is missing"
    if details["type"] == "extra_forbidden":
        return f"is unknown{_closest(keys)}"
    if details["type"] == "value_error":
        return details["msg"].removeprefix("Value error, ")
    message = details["msg"][:1].lower() + details["msg"][1:]
    return next((_REMEDIES[key] for key in reversed(keys) if key in _REMEDIES), f"is not valid: {message}")


def _closest(keys: list[str]) -> str:
    tables: dict[str, Any] = {"rule": StructuredRule, "words": WordsRule, "prior": Prior, "when": Condition}
    model = next((tables[key] for key in reversed(keys[:-1]) if key in tables), _File)
    names = [field.alias or name for name, field in model.model_fields.items()]
    matches = difflib.get_close_matches(keys[-1], names, n=1)
    return f"; did you mean {matches[0]}?" if matches else f"; known are {', '.join(names)}"
