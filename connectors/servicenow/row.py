"""One record of any table, as it is read."""

from collections.abc import Collection, Iterable
from typing import TypeAlias

Row: TypeAlias = dict[str, str]
"""Database values by column; an empty value is "", a column that may not be read is missing."""


def class_of(table: str, row: Row) -> str:
    """The table that the row belongs to most closely: the one that was read, or one that extends it."""
    return row.get("sys_class_name") or table


def first(row: Row, columns: Iterable[str]) -> str | None:
    """The value of the first of these columns that is filled."""
    for column in columns:
        if value := row.get(column):
            return value
    return None


def complete(rows: Iterable[Row], columns: Collection[str]) -> list[Row]:
    """Those of the rows that show all of these columns."""
    needed = frozenset(columns)
    return [row for row in rows if row.keys() >= needed]
