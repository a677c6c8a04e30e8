"""Numbers, money, days and instants as people read them: the same in every output and on every machine.

A share reads `40.4 %`, work `1,234 h`, money `EUR 86,700`, a day `5 April 2026`. The formats of units stand in
the metric catalogue. Exports and the API give the numbers as they are, without any format.
"""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from service.analysis.calendar import local_date
from service.analysis.catalogue import FORMATS, SHARE, NumberFormat

# Not by strftime, whose names of months follow the locale of the machine: the same data must give the same report.
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
HOUR = 3600
MAX_DECIMALS = 6
# Not 0 and not empty: a number that could not be measured must not look like one.
NO_NUMBER = "–"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
# In HTML the sign of `p < 0.001` is escaped.
INSIDE_NUMBER = re.compile(
    rf"(?<=\d) (?=(?:%|h|days?|{'|'.join(MONTHS)})(?!\w))"
    r"|(?<=\b[A-Z]{3}) (?=\d)"
    r"|(?<=\b[np]) (?=(?:=|<|&lt;) \d)|(?:(?<=\b[np] [=<])|(?<=\bp &lt;)) (?=\d)"
)
# What follows a text is a tag; what follows the value of an attribute is the end of its tag.
INSIDE_NUMBER_OF_TEXT = re.compile(rf"(?:{INSIDE_NUMBER.pattern})(?=[^<>]*<)")


def number(value: float | None, unit: str) -> str:
    """Return a number in the format of its unit: `40.3 %`, `1,239 h`, `0.39`; a dash for None."""
    return NO_NUMBER if value is None else _written(value, FORMATS[unit])


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Return an interval as `34.6 % to 46.3 %`; `24 h or more`, `48 h or less` with one bound, empty with none."""
    if low is None:
        return f"{number(high, unit)} or less" if high is not None else ""
    return f"{number(low, unit)} to {number(high, unit)}" if high is not None else f"{number(low, unit)} or more"


def percent(share: float, apart_from: float | None = None) -> str:
    """Return a share as `34.2 %`, with more decimals where it would else read like a limit that it is not."""
    limit = None if apart_from is None else 100 * apart_from
    return f"{_apart(100 * share, SHARE.decimals, limit)}{SHARE.ending}"


def tick(value: float, unit: str) -> str:
    """Return a number at an axis, with no more decimals than it needs: `2.5 %`, `50 %`, `1,000`."""
    how = FORMATS[unit]
    return f"{f'{value * how.factor:,.2f}'.rstrip('0').rstrip('.')}{how.ending}"


def threshold(share: float) -> str:
    """Return a share that somebody chose, which has no decimals: `10 %`."""
    return f"{100 * share:.0f}{SHARE.ending}"


def weekly_slope(slope: float, low: float | None, high: float | None, unit: str) -> str:
    """Return the slope of a trend: `-0.31 points a week, 95 % interval -0.50 to -0.12`, points being percent."""
    how = FORMATS[unit]
    ending = " points" if how is SHARE else how.ending
    text = f"{_signed(slope * how.factor)}{ending} a week"
    if low is None or high is None:
        return text
    return f"{text}, 95 % interval {_signed(low * how.factor)} to {_signed(high * how.factor)}"


def visible_change(per_week: float | None, weeks: int, unit: str) -> str:
    """Return the smallest visible change: `a change below 4.1 points in 26 weeks could have gone unseen`."""
    if per_week is None:
        return f"no change of any size can be told from chance in these {weeks} weeks"
    how = FORMATS[unit]
    ending = " points" if how is SHARE else how.ending
    return f"a change below {per_week * how.factor * weeks:,.1f}{ending} in {weeks} weeks could have gone unseen"


def p_value(p: float) -> str:
    """Return a p-value as `p = 0.031`, never so rounded that it seems to be 0 or 0.05."""
    return "p < 0.001" if p < 0.001 else f"p = {_apart(p, 3, 0.05)}"


def score(value: float) -> str:
    """Return a measure of quality between 0 and 1 with three decimals: `0.912`."""
    return f"{value:.3f}"


def hours(seconds: float) -> str:
    """Return seconds of work in hours: `1,234 h`, with one decimal below ten."""
    return number(seconds / HOUR, "hours")


def duration(seconds: float) -> str:
    """Return how long a machine took: `1.5 s`."""
    return f"{seconds:,.1f} s"


def integer(value: int) -> str:
    """Return a whole number with its thousands apart: `1,234`."""
    return f"{value:,}"


def count(value: int, noun: str, plural: str | None = None) -> str:
    """Return a whole number with its noun: `1 ticket`, `1,234 tickets`."""
    return f"{integer(value)} {noun if value == 1 else plural or noun + 's'}"


def money(value: float, currency: str) -> str:
    """Return money as `EUR 86,700`; the number alone where the operator set no currency."""
    return f"{currency} {value:,.0f}".strip()


def money_range(low: float, high: float, currency: str) -> str:
    """Return a range of money as `EUR 80,000 to 90,000`."""
    return f"{money(low, currency)} to {money(high, '')}"


def hourly_rate(value: float, currency: str) -> str:
    """Return the price of an hour, which has cents: `EUR 80.00 an hour`."""
    return f"{currency} {value:,.2f} an hour".strip()


def day(at: date) -> str:
    """Return a day as `5 April 2026`."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def month(at: date) -> str:
    """Return a month as `Apr 2026`, for the axis of a chart."""
    return f"{MONTHS[at.month - 1][:3]} {at.year}"


def short_day(at: date) -> str:
    """Return a day without its year, for the axis of a chart: `5 Apr`."""
    return f"{at.day} {MONTHS[at.month - 1][:3]}"


def local_day(at: datetime, zone: ZoneInfo) -> str:
    """Return the local day of an instant as `5 April 2026`."""
    return day(local_date(at, zone))


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant in local time as `5 April 2026, 07:30`."""
    local = at.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def unbroken(text: str) -> str:
    """Return a text in which no line breaks inside `46.6 %`, `EUR 86,700`, `5 April`, `n = 877` and their like."""
    return INSIDE_NUMBER.sub(NO_BREAK_SPACE, text)


def unbroken_html(html: str) -> str:
    """Return a page in whose texts no line breaks inside a number; attributes, such as values of forms, stay."""
    return INSIDE_NUMBER_OF_TEXT.sub(NO_BREAK_SPACE, html)


def _written(value: float, how: NumberFormat) -> str:
    scaled = value * how.factor
    # Rounded first, so that 9.96 h reads "10 h" beside 10.04 h, not "10.0 h"; a zero is exact where decimals may end.
    is_whole = round(abs(scaled), how.decimals) >= how.whole_from or (scaled == 0 and how.whole_from < float("inf"))
    text = f"{scaled:,.{0 if is_whole else how.decimals}f}"
    return f"{text.removeprefix('-') if not text.strip('-0.') else text}{how.ending}"


def _signed(value: float) -> str:
    text = f"{value:+,.2f}"
    return "0.00" if not text.strip("+-0.") else text


def _apart(value: float, decimals: int, limit: float | None) -> str:
    text = f"{value:.{decimals}f}"
    while limit is not None and value != limit and float(text) == limit and decimals < MAX_DECIMALS:
        decimals += 1
        text = f"{value:.{decimals}f}"
    return text
