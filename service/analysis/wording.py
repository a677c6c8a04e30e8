"""Numbers in words, the same on every machine: no locale, no clock."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.analysis.calendar import Period, day_of

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
HOUR = 3600
MOST_DECIMALS = 6


def percent(value: float, decimals: int = 1, apart_from: float | None = None) -> str:
    """A share as `34.2 %`, with more decimals where it would else read like a limit that it is not."""
    return f"{_digits(100 * value, decimals, None if apart_from is None else 100 * apart_from)} %"


def points(value: float) -> str:
    """A difference of two shares in percentage points, with its sign: `+0.12`."""
    text = f"{100 * value:+.2f}"
    return "0.00" if float(text) == 0 else text


def chance(p: float) -> str:
    """A p-value as `p = 0.031`, never so rounded that it seems to be 0 or 0.05."""
    return "p < 0.001" if p < 0.001 else f"p = {_digits(p, 3, 0.05)}"


def hours(seconds: float) -> str:
    """Work as `1,234 h`, with one decimal below ten."""
    value = seconds / HOUR
    return f"{value:,.1f} h" if value < 9.95 else f"{value:,.0f} h"


def logged_part(logged: float, seconds: float) -> str:
    """How much of some work was logged: `all logged`, `all estimated`, `60 % logged, the rest estimated`."""
    if logged >= seconds:
        return "all logged"
    if not logged:
        return "all estimated"
    return f"{percent(logged / seconds, 0, apart_from=round(logged / seconds))} logged, the rest estimated"


def amount(value: float, currency: str) -> str:
    """Money as `EUR 86,700`; the number alone where no currency is set."""
    return f"{currency} {value:,.0f}".strip()


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 ticket`, `1,234 tickets`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def day(at: date) -> str:
    """A day as `5 April 2026`."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def local_day(at: datetime, zone: ZoneInfo) -> str:
    """The local day of an instant as `5 April 2026`."""
    return day(day_of(at, zone))


def weeks_of(period: Period, zone: ZoneInfo) -> int:
    """How many weeks a period of whole weeks has."""
    return (day_of(period.end, zone) - day_of(period.begin, zone)).days // 7


def span(period: Period, zone: ZoneInfo) -> str:
    """A period of whole weeks as `the 13 weeks from 5 January 2026 to 5 April 2026`, its last day included."""
    first, last = day_of(period.begin, zone), day_of(period.end, zone) - timedelta(days=1)
    return f"the {count(weeks_of(period, zone), 'week')} from {day(first)} to {day(last)}"


def between(low: float | None, high: float | None, apart_from: float | None = None) -> str:
    """The interval of a share as `95 % interval 29.1 % to 39.5 %`; empty where a bound is not known."""
    if low is None or high is None:
        return "no interval"
    return f"95 % interval {percent(low, apart_from=apart_from)} to {percent(high, apart_from=apart_from)}"


def listed(words: Sequence[str]) -> str:
    """Words as `A, B and C`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def quoted(title: str) -> str:
    """A title in quotation marks, or that there is none."""
    return f'"{title}"' if title else "(without a title)"


def _digits(value: float, decimals: int, limit: float | None) -> str:
    text = f"{value:.{decimals}f}"
    while limit is not None and value != limit and float(text) == limit and decimals < MOST_DECIMALS:
        decimals += 1
        text = f"{value:.{decimals}f}"
    return text
