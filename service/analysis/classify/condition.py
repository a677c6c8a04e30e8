"""Conditions of structured rules on the fields of a ticket."""

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from connectors.model import Kind, Relation, StatusCategory, Ticket
from service.analysis.lifecycle import DONE, OPEN
from service.analysis.limits import TITLE_LENGTH

SOURCE_KIND_FIELDS = frozenset({"kind", "source_kind", "change_type"})


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _pattern(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as problem:
        raise ValueError(f"is not a regular expression: {problem}") from None


Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]


class Condition(BaseModel):
    """A condition that holds when all of its fields match. Patterns are regular expressions that ignore case.

    `kind` and `links` match if one of the ticket's does. `reopens` matches a ticket reopened at least that often.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    kind: Annotated[tuple[Kind, ...], BeforeValidator(_listed)] = ()
    source_kind: Pattern | None = None
    change_type: Pattern | None = None
    links: Annotated[tuple[Relation, ...], BeforeValidator(_listed)] = ()
    reopens: Annotated[int, Field(ge=1)] | None = None
    title: Pattern | None = None
    team: Pattern | None = None
    service: Pattern | None = None
    category: Pattern | None = None
    project: Pattern | None = None
    component: Pattern | None = None
    label: Pattern | None = None
    _checks: tuple[Callable[[Ticket], bool], ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _asks_something(self) -> "Condition":
        if not self.fields:
            raise ValueError('has no field: give at least one, e.g. kind = "incident"')
        return self

    def model_post_init(self, _context: Any, /) -> None:
        """Prepare one check per field, once for a million tickets."""
        self._checks = tuple(_check(name, getattr(self, name)) for name in self.fields)

    @property
    def fields(self) -> list[str]:
        """Names of the fields that the condition looks at."""
        return [name for name in type(self).model_fields if getattr(self, name) not in (None, ())]

    @property
    def repeats_source_kind(self) -> bool:
        """True if it only repeats what the system itself calls the ticket."""
        return SOURCE_KIND_FIELDS.issuperset(self.fields)

    def holds(self, ticket: Ticket) -> bool:
        """Return whether every field matches this ticket."""
        return all(check(ticket) for check in self._checks)


def reopens_of(ticket: Ticket) -> int:
    """Return how often a ticket left {resolved, closed} for {new, active, waiting}."""
    counted = sum(_reopens(change.old_category, change.new_category) for change in ticket.transitions)
    # A truncated history may lack reopens that the system's own counter has seen; a full one needs no counter.
    return counted or (0 if ticket.history_is == "history" else ticket.reopen_count or 0)


def _reopens(old: StatusCategory | None, new: StatusCategory | None) -> bool:
    return old in DONE and new in OPEN


def _check(name: str, expected: Any) -> Callable[[Ticket], bool]:
    if name == "kind":
        return lambda ticket: ticket.kind in expected
    if name == "links":
        return lambda ticket: any(link.relation in expected for link in ticket.links)
    if name == "reopens":
        return lambda ticket: reopens_of(ticket) >= expected
    return lambda ticket: any(expected.search(value) for value in _values(ticket, name))


def _values(ticket: Ticket, name: str) -> Iterable[str]:
    many = {"component": ticket.components, "label": ticket.labels}
    values = many[name] if name in many else (getattr(ticket, name) or "",)
    # The patterns are the organisation's own: nobody can promise that their time grows slowly.
    return [value[:TITLE_LENGTH] for value in values]
