"""The JQL that the simulated Jira understands: conditions joined by AND, and an ascending order."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt

from service.demo.record import Record

CONDITION = re.compile(
    r"""\(*(\w+)\s*(>=|<=|!=|=|>|<|not\s+in\b|in\b)\s*(\([^()]*\)|"[^"]*"|[^\s()]+)\)*""", re.IGNORECASE
)
ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
AND = re.compile(r"""\sand\s(?=(?:[^"]*"[^"]*")*[^"]*$)""", re.IGNORECASE)
COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {">=": ge, ">": gt, "<=": le, "<": lt}
Key = tuple[str | int, ...]


class JqlError(Exception):
    """What Jira answers with 400."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which issues, and in which order."""

    conditions: Sequence[Callable[[Record], bool]]
    order: Sequence[str]

    def holds(self, record: Record) -> bool:
        """Whether the issue meets all conditions."""
        return all(condition(record) for condition in self.conditions)

    def key(self, record: Record) -> Key:
        """Where the issue stands in the order; no two stand at the same place."""
        return (*(part for name in self.order for part in ORDERS[name](record)), int(record.id))


def milliseconds(at: datetime) -> int:
    """Epoch milliseconds."""
    return round(at.timestamp() * 1000)


def number_of(key: str) -> tuple[str, int]:
    """A key as Jira sorts it: by project, then by number."""
    project, _, number = key.rpartition("-")
    return project, int(number)


INSTANTS: Mapping[str, Callable[[Record], int]] = {
    "updated": lambda record: milliseconds(record.updated_at),
    "created": lambda record: milliseconds(record.opened_at),
}
NAMES: Mapping[str, Callable[[Record], str]] = {
    "project": lambda record: number_of(record.key)[0],
    "issuetype": lambda record: record.kind,
    "status": lambda record: record.status,
    "id": lambda record: record.id,
    "key": lambda record: record.key,
}
ORDERS: Mapping[str, Callable[[Record], tuple[str | int, ...]]] = {
    "updated": lambda record: (milliseconds(record.updated_at),),
    "created": lambda record: (milliseconds(record.opened_at),),
    "key": lambda record: number_of(record.key),
    "id": lambda record: (int(record.id),),
}


def parse(text: str) -> Query:
    """The query. Raises JqlError for what is wrong, unbounded, or not understood here."""
    restriction, *order = ORDER.split(text)
    if not restriction.strip():
        raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    conditions = [_condition(part.strip()) for part in AND.split(restriction)]
    return Query(conditions, [_direction(part) for part in order[0].split(",")] if order else ["id"])


def _direction(part: str) -> str:
    name, *direction = part.lower().split()
    if name not in ORDERS or direction not in ([], ["asc"]):
        raise JqlError(f"This Jira does not understand the order '{part.strip()}'.")
    return name


def _condition(text: str) -> Callable[[Record], bool]:
    found = CONDITION.fullmatch(text)
    if found is None:
        raise JqlError(f"This Jira does not understand the condition '{text}'.")
    name, operator, value = found[1].lower(), " ".join(found[2].lower().split()), found[3]
    if name in INSTANTS and operator in COMPARISONS and value.isdigit():
        return _compares(INSTANTS[name], COMPARISONS[operator], int(value))
    if name in NAMES and operator in ("=", "!=", "in", "not in"):
        wanted = {part.strip().strip('"').casefold() for part in value.strip("()").split(",")}
        return _belongs(NAMES[name], wanted, operator in ("=", "in"))
    raise JqlError(f"This Jira does not understand the condition '{text}'.")


def _compares(
    read: Callable[[Record], int], compare: Callable[[int, int], bool], bound: int
) -> Callable[[Record], bool]:
    return lambda record: compare(read(record), bound)


def _belongs(read: Callable[[Record], str], wanted: set[str], inside: bool) -> Callable[[Record], bool]:
    return lambda record: (read(record).casefold() in wanted) == inside
