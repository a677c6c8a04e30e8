"""From the text of a rules file to rules, with every problem named at once: file, line, what is wrong, the remedy."""

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

ASSUMED = Prior(reactive=0.55, reactive_class="failure", proactive_class="delivery")
_REMEDIES = {
    "class": f"must be one of {', '.join(CLASSES)}; none too, where words are to say nothing",
    "kind": f"must be one of {', '.join(get_args(Kind))}",
    "links": f"must be one of {', '.join(get_args(Relation))}",
    "confidence": "must be a number above 0.5 and below 1, e.g. 0.9",
    "weight": "must be a number from 0 to 3, e.g. 1.5",
    "phrases": 'must be a list of at least one text, e.g. ["broken", "not work*"]',
    "reactive": "must be a share between 0 and 1, e.g. 0.55",
}


class RulesError(ValueError):
    """All that is wrong with a rules file, in `problems`, each with its line and the remedy."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, Field(min_length=1)]
    prior: Prior = ASSUMED
    negations: tuple[str, ...] = ()
    rule: tuple[StructuredRule, ...] = ()
    words: tuple[WordsRule, ...] = ()


def parse_rules(text: str, name: str) -> Rules:
    """The rules of a TOML text; `name` stands in the messages. Raises RulesError with all problems at once."""
    lines = TomlLines(text)
    try:
        found = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise RulesError([f"{name}: is no TOML: {problem}"]) from None
    except ValidationError as error:
        raise _refusal(name, [_told(lines, details) for details in error.errors()]) from None
    if doubles := _doubles(found, lines):
        raise _refusal(name, doubles)
    return Rules(
        version=f"{found.version}+{blake2b(text.encode(), digest_size=4).hexdigest()}",
        structured=found.rule,
        words=found.words,
        prior=found.prior,
        negations=frozenset(found.negations),
    )


def _refusal(name: str, problems: list[tuple[int, str]]) -> RulesError:
    return RulesError([f"{name}:{line}: {text}" for line, text in sorted(set(problems))])


def _doubles(found: _File, lines: TomlLines) -> list[tuple[int, str]]:
    """Names and phrases that are there twice: of a phrase the later would silently win."""
    rules = [(("rule", at, "name"), one.name) for at, one in enumerate(found.rule)]
    names = rules + [(("words", at, "name"), one.name) for at, one in enumerate(found.words)]
    phrases = [(("words", at, "phrases"), text) for at, one in enumerate(found.words) for text in one.phrases]
    return [
        (lines.of(place, text), f"the {what} '{text}' is there twice; keep one of them")
        for what, entries in (("name", names), ("phrase", phrases))
        for place, text in _repeated(entries)
    ]


def _repeated(entries: Sequence[tuple[Place, str]]) -> list[tuple[Place, str]]:
    return [(place, text) for at, (place, text) in enumerate(entries) if any(text == one for _, one in entries[:at])]


def _told(lines: TomlLines, details: ErrorDetails) -> tuple[int, str]:
    """The line and what is wrong with it."""
    place = list(details["loc"])
    keys = [part for part in place if isinstance(part, str)]
    is_missing, is_unknown = details["type"] == "missing", details["type"] == "extra_forbidden"
    value = None if is_missing or is_unknown else details["input"]
    line = lines.of(place[:-1] if is_missing else place, value)
    return line, f"{'.'.join(keys)} {_remedy(keys, details)}"


def _remedy(keys: list[str], details: ErrorDetails) -> str:
    if details["type"] == "missing":
        return "must be there"
    if details["type"] == "extra_forbidden":
        return f"is unknown{_closest(keys)}"
    if details["type"] == "value_error":
        return details["msg"].removeprefix("Value error, ")
    message = details["msg"][:1].lower() + details["msg"][1:]
    return next((_REMEDIES[key] for key in reversed(keys) if key in _REMEDIES), f"is not valid: {message}")


def _closest(keys: list[str]) -> str:
    tables: dict[str, Any] = {"rule": StructuredRule, "words": WordsRule, "prior": Prior, "when": Condition}
    model = next((tables[key] for key in reversed(keys[:-1]) if key in tables), _File)
    known = [field.alias or name for name, field in model.model_fields.items()]
    found = difflib.get_close_matches(keys[-1], known, n=1)
    return f"; did you mean {found[0]}?" if found else f"; known are {', '.join(known)}"
