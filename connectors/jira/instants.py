"""Instants as Jira writes them."""

from datetime import UTC, datetime


def instant(written: str | float) -> datetime:
    """The UTC instant of `2023-06-24T19:24:50.000+0000` or of epoch milliseconds.

    Raises ValueError where the text is no instant or has no offset, TypeError where it is neither text nor number.
    """
    if not isinstance(written, str):
        return datetime.fromtimestamp(written / 1000, UTC)
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError(f"the instant {written!r} has no offset")
    return at.astimezone(UTC)


def instant_or_none(written: str | float | None) -> datetime | None:
    """The same, None for None or an empty text."""
    return instant(written) if written else None
