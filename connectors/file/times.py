"""Instants as files write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.file.problems import BadLine
from connectors.file.values import quoted, text

EARLIEST, LATEST = 1970, 2200


class Times:
    """Reads times in the operator's format, if there is one, or in ISO 8601.

    A time without an offset is one of the operator's time zone; the earlier of two where clocks are set back.
    """

    def __init__(self, date_format: str | None, timezone: str | None) -> None:
        self._format = date_format
        self._zone = ZoneInfo(timezone) if timezone else None

    def instant(self, value: object, field: str) -> datetime | None:
        """The instant in UTC, None where there is none. Raises BadLine."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise BadLine(f"{field}: a time must be text, as ISO 8601")
        found = text(value, field)
        return None if found is None else self._in_utc(found, field)

    def _in_utc(self, found: str, field: str) -> datetime:
        at = self._parsed(found, field)
        if not EARLIEST <= at.year <= LATEST:
            raise BadLine(f"{field}: {quoted(found)} is not within {EARLIEST} and {LATEST}")
        if at.tzinfo is None:
            if self._zone is None:
                raise BadLine(f"{field}: {quoted(found)} has no offset: set TIMEZONE")
            at = at.replace(tzinfo=self._zone)
        return at.astimezone(UTC)

    def _parsed(self, found: str, field: str) -> datetime:
        if self._format is not None:
            try:
                return datetime.strptime(found, self._format)  # noqa: DTZ007 - the caller adds the zone
            except ValueError:
                pass
        try:
            return datetime.fromisoformat(found)
        except ValueError:
            expected = f"ISO 8601 or {self._format}" if self._format else "ISO 8601 (else set DATE_FORMAT)"
            raise BadLine(f"{field}: {quoted(found)} is no time in {expected}") from None
