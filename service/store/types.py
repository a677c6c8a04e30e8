"""The column types of instants and of JSON that may be empty."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# A plain JSON column stores None as the JSON text null, which "IS NULL" does not find.
NULLABLE_JSON = JSON(none_as_null=True)
TEXT_LENGTH = len("2026-03-31 09:00:00.000000")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. SQLite holds it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    # The two processors replace those of DateTime, which would add a second step: a row has up to six instants.

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Return the conversion on the way to the database: to text for SQLite, to UTC for others."""
        return _to_text if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002 - the signature of SQLAlchemy
        """Return the conversion of a value from the database to an instant in UTC."""
        return _from_text if dialect.name == "sqlite" else _to_utc


def _to_utc(at: datetime | None) -> datetime | None:
    """Return the instant in UTC. Raises ValueError for a naive datetime."""
    if at is None or at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)


def _to_text(at: datetime | None) -> str | None:
    utc = _to_utc(at)
    # Always with microseconds and without offset: texts of one length sort as their instants do.
    return utc.isoformat(" ", "microseconds")[:TEXT_LENGTH] if utc else None


def _from_text(text: str | None) -> datetime | None:
    # With the zone in the text, the parser sets it: that takes a seventh of the time of `replace`.
    return datetime.fromisoformat(f"{text}Z") if text else None
