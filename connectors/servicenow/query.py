"""Encoded queries: ServiceNow's notation of conditions, instants and order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from connectors.drafts import BadValue, plausible

FORMAT = "%Y-%m-%d %H:%M:%S"
# Database values of durations are instants, counted from this one.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Nearly each time stands several times in the rows of its ticket: in its columns and in its changes.
MOST_INSTANTS = 256


def literal(at: datetime) -> str:
    """Return an instant as encoded queries write it: UTC, to the second, without a zone."""
    # Not by javascript:gs.dateGenerate(), which reads its arguments in the time zone of the account.
    return at.astimezone(UTC).strftime(FORMAT)


@lru_cache(MOST_INSTANTS)
def instant(text: str) -> datetime:
    """Return the aware UTC instant of a database value. Raise BadValue for anything else."""
    return plausible(parse_time(text), text)


def parse_time(text: str) -> datetime:
    """Return the UTC time of a database value, of whatever age. Raise BadValue for anything else."""
    try:
        return datetime.fromisoformat(text + "+00:00")
    except ValueError:
        raise BadValue("is not a date and time", text) from None


def instant_or_none(text: str | None) -> datetime | None:
    """Return the aware UTC instant of a database value; None for an empty or missing one."""
    return instant(text) if text else None


def all_of(*conditions: str) -> str:
    """Return the conjunction of the conditions; empty ones are left out."""
    return "^".join(filter(None, conditions))


def any_of(base: str, groups: Sequence[str]) -> str:
    """Return the condition that a row meets `base` and at least one of the groups."""
    # ^NQ begins a new query, which knows nothing of the conditions before it: each group has to repeat the base.
    return "^NQ".join(all_of(base, group) for group in groups) if groups else base


def is_in(column: str, values: Iterable[str]) -> str:
    """Return the condition that a column has one of the values."""
    return f"{column}IN{','.join(values)}"


def after_key(columns: Sequence[str], values: Sequence[str]) -> list[str]:
    """Return conditions of which each row after `values`, in the order of the columns, meets exactly one."""
    equal = [f"{column}={value}" for column, value in zip(columns, values, strict=True)]
    return [all_of(*equal[:n], f"{columns[n]}>{values[n]}") for n in range(len(columns))]


def order_by(columns: Sequence[str]) -> str:
    """Return the ascending order by these columns, to be appended to a whole query."""
    return "".join(f"^ORDERBY{column}" for column in columns)
