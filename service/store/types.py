"""The column type of instants: aware UTC on both sides, and text that sorts by time in SQLite."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

TO_MICROSECONDS = 26


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. Every row has several, so they are written in one step each."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """What is sent to the database: text in SQLite, the instant itself elsewhere."""
        return _to_text if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002 - the signature of SQLAlchemy
        """What comes back: an instant in UTC."""
        return _from_text if dialect.name == "sqlite" else _to_utc


def _to_utc(at: datetime | None) -> datetime | None:
    """Raises ValueError for a naive datetime."""
    if at is None or at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)


def _to_text(at: datetime | None) -> str | None:
    utc = _to_utc(at)
    return utc.isoformat(" ", "microseconds")[:TO_MICROSECONDS] if utc else None


def _from_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
