"""Labelled tickets from JSON lines, for the evaluation of the classifier."""

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
    """Problems of a file of labelled tickets, each with its line number, in `problems`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class LabelledTicket(NamedTuple):
    """A ticket with its true nature and, if it was labelled, its true work class."""

    ticket: Ticket
    nature: Nature
    work_class: WorkClass | None = None


def parse_labelled(lines: Iterable[str], name: str) -> list[LabelledTicket]:
    """Return the tickets of JSON lines, without the empty lines. `name` appears in the messages.

    A line is an object with `nature` and any of `id title description kind source_kind change_type work_class`; other
    members are ignored. A kind that Treadmill does not know becomes the `source_kind` of an `other`. Raises
    LabelledFileError with the number of every bad line, or if there is no ticket at all.
    """
    tickets: list[LabelledTicket] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            parsed = _parse_line(line, number)
            # Collected rather than raised: whoever mends a file wants all of its problems at once.
            problems += [f"{name}:{number}: {parsed}"] if isinstance(parsed, str) else []
            tickets += [] if isinstance(parsed, str) else [parsed]
    if problems or not tickets:
        raise LabelledFileError(problems or [f"{name}: has no tickets"])
    return tickets


def _parse_line(line: str, number: int) -> LabelledTicket | str:
    """Return the ticket of a line, or what is wrong with it."""
    try:
        values = _OBJECT.validate_json(line)
    except ValidationError:
        return 'is not a JSON object; write {"nature": "reactive", "title": "..."}'
    problem = _problem(values)
    if problem:
        return problem
    return LabelledTicket(_ticket(values, number), values["nature"], values.get("work_class"))


def _problem(values: dict[str, Any]) -> str | None:
    nature, work_class = values.get("nature"), values.get("work_class")
    if nature not in ("reactive", "proactive"):
        return f"nature must be reactive or proactive, not {json.dumps(nature)}"
    if work_class is not None and work_class not in CLASSES:
        return f"work_class must be one of {', '.join(CLASSES)}"
    if work_class is not None and NATURE[work_class] != nature:
        return f"work_class {work_class} is {NATURE[work_class]}, but nature says {nature}"
    wrong = [key for key in _TEXTS if not isinstance(values.get(key), str | None)]
    return f"{wrong[0]} must be a text or null" if wrong else None


def _ticket(values: dict[str, Any], number: int) -> Ticket:
    kind = (values.get("kind") or "other").strip().lower()
    return Ticket(
        id=values.get("id") or str(number),
        key=values.get("id") or str(number),
        kind=kind if kind in _KINDS else "other",  # type: ignore[arg-type] # the set holds the words of Kind
        source_kind=values.get("source_kind") or values.get("kind") or "",
        change_type=values.get("change_type"),
        title=values.get("title") or "",
        description=values.get("description") or "",
        status="",
        status_category="new",
        opened_at=_EPOCH,
        updated_at=_EPOCH,
        history_is="none",
    )
