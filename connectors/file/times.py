"""Instants as files write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.drafts import BadValue, plausible
from connectors.file.record import BadLine
from connectors.file.values import parse_text, quote


class TimeParser:
    """Read times in the operator's format, if there is one, or in ISO 8601."""

    def __init__(self, date_format: str | None, timezone: str | None) -> None:
        self._format = date_format
        self._zone = ZoneInfo(timezone) if timezone else None

    def instant(self, value: object, field: str) -> datetime | None:
        """Return the instant in UTC; None for an empty value. Raise BadLine."""
        if value is None:
            return None
        # Epoch seconds and milliseconds look alike: a guess would be wrong by decades without notice.
        if not isinstance(value, str):
            raise BadLine(f"{field}: a time must be a text in ISO 8601")
        text = parse_text(value, field)
        return None if text is None else self._to_utc(text, field)

    def _to_utc(self, text: str, field: str) -> datetime:
        at = self._parse(text, field)
        if at.tzinfo is None:
            if self._zone is None:
                raise BadLine(f"{field}: {quote(text)} has no offset: set TIMEZONE")
            # A time that occurs twice, when clocks are set back, is taken for the earlier of the two.
            at = at.replace(tzinfo=self._zone)
        try:
            return plausible(at)
        except BadValue as problem:
            raise BadLine(f"{field}: {quote(text)} {problem}") from None

    def _parse(self, text: str, field: str) -> datetime:
        if self._format is not None:
            try:
                return datetime.strptime(text, self._format)  # noqa: DTZ007 - the caller adds the zone
            except ValueError:
                pass
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            expected = f"ISO 8601 or {self._format}" if self._format else "ISO 8601"
            remedy = (
                "correct it, or change DATE_FORMAT" if self._format else "correct it, or set DATE_FORMAT to its form"
            )
            raise BadLine(f"{field}: {quote(text)} is not a time in {expected}: {remedy}") from None
