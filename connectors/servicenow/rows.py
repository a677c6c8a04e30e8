"""Rows of any table, as the Table API returns them."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeVar
from urllib.parse import quote

T = TypeVar("T")
IDS_A_QUERY = 100
SYS_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)

Row: TypeAlias = dict[str, str]
"""Database values by column; an empty value is "", a column that the account may not read is missing."""


@dataclass(frozen=True, slots=True)
class RowPage:
    """One page of rows, requested with a limit of `limit` rows.

    `total` counts the matches of the query, hidden rows included, where the instance gives it.
    `more` is True if rows follow, whatever the length of this page.
    """

    rows: list[Row]
    total: int | None
    limit: int
    more: bool


def is_sys_id(value: str) -> bool:
    """Return True for an id that may stand in a query; not all of them have 32 hexadecimal digits."""
    return SYS_ID.fullmatch(value) is not None


def clean_row(row: object) -> Row:
    """Return a row whose values are texts: numbers and truth values as texts, references by id, all else empty."""
    if not isinstance(row, dict):
        return {}
    # Almost every row of every answer is one of texts: to build each anew would cost more than to map it.
    try:
        "".join(row.values())
    except TypeError:
        return {column: _text_of(value) for column, value in row.items()}
    return row


def _text_of(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""


def class_of(table: str, row: Row) -> str:
    """Return the table of the row's own class: the one that was read, or one that extends it."""
    return row.get("sys_class_name") or table


def first_value(row: Row, columns: Iterable[str]) -> str | None:
    """Return the first value among these columns that is not empty."""
    for column in columns:
        if value := row.get(column):
            return value
    return None


def complete_rows(rows: Iterable[Row], columns: Collection[str]) -> list[Row]:
    """Return the rows that show all of these columns."""
    required = frozenset(columns)
    return [row for row in rows if row.keys() >= required]


def chunked(values: Iterable[T], size: int = IDS_A_QUERY) -> Iterator[list[T]]:
    """Yield the values in lists of at most `size`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def fit_chunks(values: Iterable[str], room: int) -> Iterator[list[str]]:
    """Yield the values in lists that take at most `room` characters of an address, and `IDS_A_QUERY` values."""
    chunk: list[str] = []
    taken = 0
    for value in values:
        length = len(quote(value)) + 1
        if chunk and (taken + length > room or len(chunk) == IDS_A_QUERY):
            yield chunk
            chunk, taken = [], 0
        chunk.append(value)
        taken += length
    if chunk:
        yield chunk
