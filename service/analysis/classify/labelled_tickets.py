"""Tickets whose nature people have told, from the lines of a file."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

from pydantic import TypeAdapter, ValidationError

from connectors.model import Kind, Ticket
from service.analysis.classify.natures import CLASSES, NATURE
from service.analysis.fact import Nature, WorkClass

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS: frozenset[str] = frozenset(get_args(Kind))
_OBJECT = TypeAdapter(dict[str, Any])
_TEXTS = ("id", "title", "description", "kind", "source_kind", "change_type")


class LabelledFileError(ValueError):
    """All that is wrong with a file of labelled tickets, in `problems`, each with its line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class LabelledTicket(NamedTuple):
    """A ticket with its true nature, and its true class where that was told."""

    ticket: Ticket
    nature: Nature
    work_class: WorkClass | None = None


def parse_labelled(lines: Iterable[str], name: str) -> list[LabelledTicket]:
    """The tickets of JSON lines; empty lines are passed over. `name` stands in the messages.

    A line is an object with `nature` and any of `id title description kind source_kind change_type work_class`;
    other members are passed over. A kind that is none of Treadmill's is kept as `source_kind` of an `other`.
    Raises LabelledError with the number of every bad line, or where there is none at all.
    """
    found: list[LabelledTicket] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            one = _one(line, number)
            problems += [f"{name}:{number}: {one}"] if isinstance(one, str) else []
            found += [] if isinstance(one, str) else [one]
    if problems or not found:
        raise LabelledFileError(problems or [f"{name}: holds no ticket"])
    return found


def _one(line: str, number: int) -> LabelledTicket | str:
    """The ticket of a line, or what is wrong with it."""
    try:
        told = _OBJECT.validate_json(line)
    except ValidationError:
        return 'is no JSON object; write {"nature": "reactive", "title": "..."}'
    problem = _problem(told)
    if problem:
        return problem
    return LabelledTicket(_ticket(told, number), told["nature"], told.get("work_class"))


def _problem(told: dict[str, Any]) -> str | None:
    nature, work_class = told.get("nature"), told.get("work_class")
    if nature not in ("reactive", "proactive"):
        return f"nature must be reactive or proactive, not {json.dumps(nature)}"
    if work_class is not None and work_class not in CLASSES:
        return f"work_class must be one of {', '.join(CLASSES)}"
    if work_class is not None and NATURE[work_class] != nature:
        return f"work_class {work_class} is {NATURE[work_class]}, but nature says {nature}"
    wrong = [key for key in _TEXTS if not isinstance(told.get(key), str | None)]
    return f"{wrong[0]} must be a text or null" if wrong else None


def _ticket(told: dict[str, Any], number: int) -> Ticket:
    kind = (told.get("kind") or "other").strip().lower()
    return Ticket(
        id=told.get("id") or str(number),
        key=told.get("id") or str(number),
        kind=kind if kind in _KINDS else "other",  # type: ignore[arg-type] # the set holds the words of Kind
        source_kind=told.get("source_kind") or told.get("kind") or "",
        change_type=told.get("change_type"),
        title=told.get("title") or "",
        description=told.get("description") or "",
        status="",
        status_category="new",
        opened_at=_EPOCH,
        updated_at=_EPOCH,
        history_is="none",
    )
