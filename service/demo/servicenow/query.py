"""The encoded queries that the simulated ServiceNow understands."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

CONDITION = re.compile(r"([a-z][a-z0-9_.]*)(ISNOTEMPTY|ISEMPTY|IN|!=|>=|<=|=|>|<)(.*)", re.DOTALL)
COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {"=": eq, "!=": ne, ">": gt, ">=": ge, "<": lt, "<=": le}

Columns = Mapping[str, Callable[[Any], str]]
Test = Callable[[Any], bool]


class QueryError(Exception):
    """A part that this ServiceNow does not know, although a real one may."""


@dataclass(frozen=True, slots=True)
class ColumnCondition:
    """One column compared with a value."""

    column: str
    operator: str
    value: str

    def test(self, columns: Columns) -> Test:
        """Return the test of whether a row meets the condition."""
        read, value = columns[self.column], self.value
        if self.operator == "IN":
            values = self.values
            return lambda row: read(row) in values
        if self.operator.endswith("EMPTY"):
            filled = self.operator == "ISNOTEMPTY"
            return lambda row: bool(read(row)) == filled
        compare = COMPARISONS[self.operator]
        return lambda row: compare(read(row), value)

    @property
    def values(self) -> set[str]:
        """The values of which the column must have one."""
        return set(self.value.split(","))


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """`groups` are alternatives; each is a list of clauses that must all hold, a clause a list of alternatives.

    `order` holds columns, and whether each is descending.
    """

    groups: Sequence[Sequence[Sequence[ColumnCondition]]]
    order: Sequence[tuple[str, bool]]

    def test(self, columns: Columns) -> Test:
        """Return the test of whether a row meets the query."""
        groups = [[[c.test(columns) for c in clause] for clause in group] for group in self.groups]
        return lambda row: any(all(any(test(row) for test in clause) for clause in group) for group in groups)

    def sort(self, rows: list[Any], columns: Columns) -> None:
        """Sort rows in place into the order of the query."""
        # Python sorts stably: from the last column to the first gives the order of all of them.
        for column, descending in reversed(self.order):
            rows.sort(key=columns[column], reverse=descending)

    def named(self, column: str) -> set[str] | None:
        """Return all values that a column may have by this query; None where the query does not restrict it."""
        allowed: set[str] = set()
        for group in self.groups:
            narrow = [clause[0].values for clause in group if len(clause) == 1 and _names(clause[0], column)]
            # One alternative without the column lets every value through.
            if not narrow:
                return None
            allowed |= set.intersection(*narrow)
        return allowed


def parse(text: str, columns: Columns) -> EncodedQuery:
    """Return the parsed query. Raises QueryError for an operator that this ServiceNow does not know."""
    parts = [_group(part, columns) for part in text.split("^NQ")]
    return EncodedQuery([group for group, _ in parts], parts[-1][1])


def _group(text: str, columns: Columns) -> tuple[list[list[ColumnCondition]], list[tuple[str, bool]]]:
    clauses: list[list[ColumnCondition]] = []
    order: list[tuple[str, bool]] = []
    for part in filter(None, text.split("^")):
        if part.startswith("ORDERBY"):
            descending = part.startswith("ORDERBYDESC")
            order.append((part.removeprefix("ORDERBY").removeprefix("DESC"), descending))
            continue
        condition = _condition(part.removeprefix("OR"))
        # The real one ignores an unknown column in silence, and so answers with more rows than were asked for.
        if condition.column not in columns:
            continue
        if part.startswith("OR") and clauses:
            clauses[-1].append(condition)
        else:
            clauses.append([condition])
    return clauses, [(column, descending) for column, descending in order if column in columns]


def _condition(text: str) -> ColumnCondition:
    match = CONDITION.fullmatch(text)
    if match is None or match[3].startswith("javascript:"):
        raise QueryError(f"This ServiceNow does not understand the condition '{text}'.")
    return ColumnCondition(*match.groups())


def _names(condition: ColumnCondition, column: str) -> bool:
    return condition.column == column and condition.operator in ("=", "IN")
