"""Phrases that several sentences share; the numbers in them are written by `formatting`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from service.analysis.calendar import Period, local_date
from service.analysis.formatting import count, day, hours, integer, interval, local_day, percent
from service.analysis.printable import printable


def logged_part(logged: float, seconds: float) -> str:
    """Return how much of some work was logged: `all logged`, `all estimated`, `60.2 % logged, the rest estimated`."""
    if logged >= seconds:
        return "all logged"
    if not logged:
        return "all estimated"
    # "100.0 % logged" would deny the rest that follows, so a share next to all or nothing gets more decimals.
    return f"{percent(logged / seconds, apart_from=round(logged / seconds))} logged, the rest estimated"


def known_part(logged: float, seconds: float, unknown: int, n: int) -> str:
    """Return how much of the work in `n` tickets was logged, and the share of them whose hours are unknown."""
    if not unknown:
        return logged_part(logged, seconds)
    return f"{logged_part(logged, seconds)}; unknown for {percent(unknown / n, apart_from=round(unknown / n))} of them"


def work_in(seconds: float, unknown: int, n: int) -> str:
    """Return the work in `n` tickets: `at least 12 h of work in all; hours of 3 of 9 tickets are unknown`."""
    if not unknown:
        return f"{hours(seconds)} of work in all"
    if unknown == n:
        return "unknown hours of work"
    return f"at least {hours(seconds)} of work in all; hours of {integer(unknown)} of {count(n, 'ticket')} are unknown"


def weeks_of(period: Period, zone: ZoneInfo) -> int:
    """Return how many weeks a period of whole weeks has."""
    return (local_date(period.end, zone) - local_date(period.begin, zone)).days // 7


def span(period: Period, zone: ZoneInfo) -> str:
    """Return a period of whole weeks, its last day included: `the 13 weeks from 5 January 2026 to 5 April 2026`."""
    first, last = local_date(period.begin, zone), local_date(period.end, zone) - timedelta(days=1)
    return f"the {count(weeks_of(period, zone), 'week')} from {day(first)} to {day(last)}"


def before_data(begin: datetime | None, zone: ZoneInfo) -> str:
    """Return why nothing of a period is known, by when the data begin; None stands for no ticket until its end."""
    if begin is None:
        return "no ticket up to then is in the store"
    return f"the data begin on {local_day(begin, zone)}, after this period"


def between(low: float | None, high: float | None, apart_from: float | None = None) -> str:
    """Return the interval of a share as `95 % interval 29.1 % to 39.5 %`; `no interval` where a bound is not known."""
    if low is None or high is None:
        return "no interval"
    if apart_from is None:
        return f"95 % interval {interval(low, high, 'share')}"
    return f"95 % interval {percent(low, apart_from)} to {percent(high, apart_from)}"


def listed(words: Sequence[str]) -> str:
    """Return words as `A, B and C`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def repeated(failures: int, by_label: bool) -> str:
    """Return the verb phrase for failures that were there before: `repeated known problems`."""
    # Tickets of one label are alike in kind; that they are one problem is what an audit sample would say.
    if by_label:
        return "was of a known kind" if failures == 1 else "were of a known kind"
    return "repeated a known problem" if failures == 1 else "repeated known problems"


def trouble(by_label: bool) -> str:
    """Return the noun for what comes back, without its plural."""
    return "kind of trouble" if by_label else "problem"


def troubles(by_label: bool) -> str:
    """Return the plural of `trouble`."""
    return "kinds of trouble" if by_label else "problems"


def quoted(title: str) -> str:
    """Return a title in quotation marks, or that there is none."""
    return f'"{printable(title)}"' if title else "(without a title)"
