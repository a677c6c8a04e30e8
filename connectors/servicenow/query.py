"""Encoded queries: the form of ServiceNow's conditions, instants and order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

FORMAT = "%Y-%m-%d %H:%M:%S"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Durations are written as the instant that lies so far behind this one."""


def literal(at: datetime) -> str:
    """An instant as encoded queries write it: UTC, to the second, without a zone."""
    return at.astimezone(UTC).strftime(FORMAT)


def instant(text: str) -> datetime:
    """The aware UTC instant of a database value. Raises ValueError for anything else."""
    try:
        return datetime.fromisoformat(text + "+00:00")
    except ValueError:
        raise ValueError(f"{text!r} is no date and time") from None


def both(*conditions: str) -> str:
    """All of the conditions; empty ones are left out."""
    return "^".join(filter(None, conditions))


def among(column: str, values: Iterable[str]) -> str:
    """`column` holds one of the values."""
    return f"{column}IN{','.join(values)}"


def ordered(columns: Sequence[str]) -> str:
    """Ascending order by the columns; belongs behind the last group."""
    return "".join(f"^ORDERBY{column}" for column in columns)


def beyond(columns: Sequence[str], values: Sequence[str]) -> list[str]:
    """Conditions of which each row behind `values`, in the order of the columns, meets exactly one."""
    equal = [f"{column}={value}" for column, value in zip(columns, values, strict=True)]
    return [both(*equal[:n], f"{columns[n]}>{values[n]}") for n in range(len(columns))]


def any_of(base: str, groups: Sequence[str]) -> str:
    """Rows that meet `base` and at least one of the groups; `base` is repeated, since ^NQ begins anew."""
    return "^NQ".join(both(base, group) for group in groups) if groups else base


def instant_or_none(text: str | None) -> datetime | None:
    """The instant of a value that may be empty or missing."""
    return instant(text) if text else None
