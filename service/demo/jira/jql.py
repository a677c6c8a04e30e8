"""The JQL that the simulated Jira understands: conditions joined by AND, and an ascending order."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt

from service.demo.record import SimulatedTicket

CONDITION = re.compile(
    r"""\(*(\w+)\s*(>=|<=|!=|=|>|<|not\s+in\b|in\b)\s*(\([^()]*\)|"[^"]*"|[^\s()]+)\)*""", re.IGNORECASE
)
ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
AND = re.compile(r"""\sand\s(?=(?:[^"]*"[^"]*")*[^"]*$)""", re.IGNORECASE)
COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {">=": ge, ">": gt, "<=": le, "<": lt}
SortKey = tuple[str | int, ...]


class JqlError(Exception):
    """A query that Jira refuses with 400."""


@dataclass(frozen=True, slots=True)
class JqlQuery:
    """Conditions that issues must meet, and the order of those that do."""

    conditions: Sequence[Callable[[SimulatedTicket], bool]]
    order: Sequence[str]

    def holds(self, record: SimulatedTicket) -> bool:
        """Return whether an issue meets all conditions."""
        return all(condition(record) for condition in self.conditions)

    def key(self, record: SimulatedTicket) -> SortKey:
        """Return the place of an issue in the order."""
        # The id at the end makes places unique: a page token names one, and equal ones would skip issues.
        return (*(part for name in self.order for part in ORDERS[name](record)), int(record.id))


def milliseconds(at: datetime) -> int:
    """Return an instant in epoch milliseconds."""
    return round(at.timestamp() * 1000)


def number_of(key: str) -> tuple[str, int]:
    """Return a key as Jira sorts it: by project, then by number."""
    project, _, number = key.rpartition("-")
    return project, int(number)


INSTANTS: Mapping[str, Callable[[SimulatedTicket], int]] = {
    "updated": lambda record: milliseconds(record.updated_at),
    "created": lambda record: milliseconds(record.opened_at),
}
NAMES: Mapping[str, Callable[[SimulatedTicket], str]] = {
    "project": lambda record: number_of(record.key)[0],
    "issuetype": lambda record: record.kind,
    "status": lambda record: record.status,
    "id": lambda record: record.id,
    "key": lambda record: record.key,
}
ORDERS: Mapping[str, Callable[[SimulatedTicket], tuple[str | int, ...]]] = {
    "updated": lambda record: (milliseconds(record.updated_at),),
    "created": lambda record: (milliseconds(record.opened_at),),
    "key": lambda record: number_of(record.key),
    "id": lambda record: (int(record.id),),
}


def parse(text: str) -> JqlQuery:
    """Return the parsed query. Raises JqlError for one that is wrong, unbounded, or unknown to this Jira."""
    restriction, *order = ORDER.split(text)
    # The token-paged search of Jira Cloud refuses a query that restricts nothing.
    if not restriction.strip():
        raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    conditions = [_condition(part.strip()) for part in AND.split(restriction)]
    return JqlQuery(conditions, [_direction(part) for part in order[0].split(",")] if order else ["id"])


def _direction(part: str) -> str:
    name, *direction = part.lower().split()
    if name not in ORDERS or direction not in ([], ["asc"]):
        raise JqlError(f"This Jira does not understand the order '{part.strip()}'.")
    return name


def _condition(text: str) -> Callable[[SimulatedTicket], bool]:
    match = CONDITION.fullmatch(text)
    if match is None:
        raise JqlError(f"This Jira does not understand the condition '{text}'.")
    name, operator, value = match[1].lower(), " ".join(match[2].lower().split()), match[3]
    if name in INSTANTS and operator in COMPARISONS and value.isdigit():
        return _compares(INSTANTS[name], COMPARISONS[operator], int(value))
    if name in NAMES and operator in ("=", "!=", "in", "not in"):
        values = {part.strip().strip('"').casefold() for part in value.strip("()").split(",")}
        return _belongs(NAMES[name], values, operator in ("=", "in"))
    raise JqlError(f"This Jira does not understand the condition '{text}'.")


def _compares(
    read: Callable[[SimulatedTicket], int], compare: Callable[[int, int], bool], bound: int
) -> Callable[[SimulatedTicket], bool]:
    return lambda record: compare(read(record), bound)


def _belongs(
    read: Callable[[SimulatedTicket], str], values: set[str], inside: bool
) -> Callable[[SimulatedTicket], bool]:
    return lambda record: (read(record).casefold() in values) == inside
