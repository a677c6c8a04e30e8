"""Days, ISO weeks and months, cut in a time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from treadmill.service.analysis.metrics import Period


def closed_weeks(as_of: datetime, weeks: int, zone: ZoneInfo) -> Period:
    """The last `weeks` ISO weeks that had ended by `as_of`, as one period in UTC."""
    local = as_of.astimezone(zone).date()
    monday = local - timedelta(days=local.weekday())
    first = monday - timedelta(weeks=weeks)
    return Period(_midnight(first, zone), _midnight(monday, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
