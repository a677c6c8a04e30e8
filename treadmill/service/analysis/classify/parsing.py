"""From the text of a rules file to rules, with every problem named at once: file, line, what is wrong, the remedy."""

import difflib
import tomllib
from hashlib import blake2b
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from treadmill.connectors.model import Kind, Relation
from treadmill.service.analysis.classify.condition import Condition
from treadmill.service.analysis.classify.lines import Lines
from treadmill.service.analysis.classify.natures import CLASSES
from treadmill.service.analysis.classify.rules import Prior, Rules, StructuredRule, WordsRule

ASSUMED = Prior(reactive=0.55, reactive_class="failure", proactive_class="delivery")
_REMEDIES = {
    "class": f"must be one of {', '.join(CLASSES)}",
    "kind": f"must be one of {', '.join(get_args(Kind))}",
    "links": f"must be one of {', '.join(get_args(Relation))}",
    "confidence": "must be a number above 0.5 and below 1, e.g. 0.9",
    "weight": "must be a number from 0 to 3, e.g. 1.5",
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


def parse(text: str, name: str) -> Rules:
    """The rules of a TOML text; `name` stands in the messages. Raises RulesError with all problems at once."""
    lines = Lines(text)
    try:
        found = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise RulesError([f"{name}: is no TOML: {problem}"]) from None
    except ValidationError as error:
        raise RulesError(sorted({_told(name, lines, details) for details in error.errors()}, key=_line)) from None
    _refuse_doubles(found, name, lines)
    return Rules(
        version=f"{found.version}+{blake2b(text.encode(), digest_size=4).hexdigest()}",
        structured=found.rule,
        words=found.words,
        prior=found.prior,
        negations=frozenset(found.negations),
    )


def _refuse_doubles(found: _File, name: str, lines: Lines) -> None:
    """Raises RulesError where two rules have one name or one phrase speaks twice: the later would silently win."""
    seen: set[tuple[str, str]] = set()
    problems = []
    entries = [(("rule", at, "name"), rule.name, rule.name) for at, rule in enumerate(found.rule)]
    entries += [(("words", at, "name"), rule.name, rule.name) for at, rule in enumerate(found.words)]
    entries += [(("words", at, "phrases"), "", one) for at, rule in enumerate(found.words) for one in rule.phrases]
    for place, kind, one in entries:
        key = (kind and "name", one)
        if key in seen:
            what = "name" if kind else "phrase"
            problems.append(f"{name}:{lines.of(place, one)}: the {what} '{one}' is there twice; keep one of them")
        seen.add(key)
    if problems:
        raise RulesError(problems)


def _told(name: str, lines: Lines, details: ErrorDetails) -> str:
    place = [part for part in details["loc"] if not (isinstance(part, str) and part.startswith("function-"))]
    value = details["input"] if details["type"] != "missing" else None
    if details["type"] == "extra_forbidden":
        value = None
    keys = [part for part in place if isinstance(part, str)]
    where = place[:-1] if details["type"] == "missing" else place
    return f"{name}:{lines.of(where, value)}: {'.'.join(keys)} {_remedy(keys, details)}"


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


def _line(problem: str) -> tuple[int, str]:
    number = problem.split(":")[-2] if problem.count(":") > 1 else ""
    return (int(number) if number.isdigit() else 0), problem
