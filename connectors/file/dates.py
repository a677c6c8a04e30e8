"""Dates and times as people and systems write them, read without a format."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal, NamedTuple

from connectors.drafts import EARLIEST, SAFE_YEAR
from connectors.file.months import month_of

Order = Literal["dmy", "mdy", "ymd"]
"""The order of day, month and year in a date of digits."""

ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no zones
EXCEL_DAYS = range(32874, 60000)
# Offsets that mean one zone wherever they are written; CST, IST and BST mean several.
ABBREVIATIONS = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2,
    "eest": 3, "msk": 3, "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9,
}  # fmt: skip
UNITS = {9: 1, 10: 1, 11: 1_000, 12: 1_000, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""Units a second of an epoch, by the number of its digits."""

MORNING, AFTERNOON = {"am", "fm", "午前", "上午", "오전"}, {"pm", "em", "午後", "下午", "오후"}
_TIME = re.compile(
    r"(?<![\d:./,-])(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,:](?P<part>\d{1,9}))?)?)?"
    r"(?![\d:/])\s*(?P<half>[ap]\.?\s?m\b\.?|[fe]m\b)?",
    re.IGNORECASE,
)
_DOTTED_TIME = re.compile(
    r"(?<=\s)(?P<hour>\d{1,2})\.(?P<minute>\d{2})(?:\.(?P<second>\d{2}))?(?:\s?(?:uhr|h))?$", re.IGNORECASE
)
_ASIAN_HALF = re.compile("|".join(sorted(word for word in MORNING | AFTERNOON if not word.isascii())))
_ASIAN_SIGNS = str.maketrans({"年": "-", "月": "-", "日": " ", "時": ":", "分": ":", "秒": " "})
_ASIAN_DIGIT = re.compile(r"(?<=[時分])\s*(\d)(?=[分秒])")
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\u2212-])(\d{1,2}):?(\d{2})?(?!\d)(?::\d{2})?", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*(?:\[([^\]]*)\]|\(([^)]*)\)|\s([A-Za-z_]+(?:/[A-Za-z][\w+-]*)+))\s*$")
_AHEAD = re.compile(r":\d{2}(?:[.,]\d+)?\s*(?:[a-z]{1,3}\s*)?[+\u2212-]\d|Z$", re.IGNORECASE)
_DIGITS = re.compile(r"(\d{1,4})\s?([-/.\s])\s?(\d{1,2})\s?[-/.\s]\s?(\d{1,4})\.?,?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?")
_JSON_DATE = re.compile(r"\\?/Date\((-?\d+)([+-]\d{4})?\)\\?/")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
MAX_WORDS = 5
HOURS_A_DAY, MINUTES_AN_HOUR = 24, 60
Day = tuple[tuple[int, int, int], tuple[Order, ...], str]
"""The numbers, orders and sign of a date, as in `Written`."""


class Written(NamedTuple):
    """A time as it is written: three numbers of its date, of which the order may be open, and the rest.

    `orders` are the orders in which the numbers make a date; `sign` stands between them, empty where their form, not
    their size, says the order; `zone_name` is the abbreviation of a zone, or an offset that no zone has.
    """

    numbers: tuple[int, int, int]
    orders: tuple[Order, ...]
    sign: str
    since_midnight: timedelta
    offset: tzinfo | None
    zone_name: str | None

    def at(self, order: Order) -> datetime:
        """Return the time in this order, aware where it has an offset. Raise ValueError where there is no such date."""
        day = make_date(self.numbers, order)
        return datetime(day.year, day.month, day.day, tzinfo=self.offset) + self.since_midnight


def read_number(text: str) -> datetime | None:
    """Return the time that a number stands for: an epoch, a day of Excel, or digits alone; None for any other."""
    whole, _, fraction = text.partition(".")
    if not whole.isdecimal() or (fraction and not fraction.isdecimal()):
        return _read_json_date(text)
    if int(whole) in EXCEL_DAYS and len(whole) == 5:
        return EXCEL_START + timedelta(seconds=round(float(text) * 86_400))
    if at := _read_epoch(whole, fraction):
        return at
    if (parts := _COMPACT.fullmatch(text)) is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in parts.groups()))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def _read_epoch(whole: str, fraction: str) -> datetime | None:
    unit = UNITS.get(len(whole))
    if unit is None:
        return None
    # In integers: a double would lose the microseconds.
    microseconds = int(whole) * 1_000_000 // unit + (int(fraction[:6].ljust(6, "0")) // unit if fraction else 0)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return at if EARLIEST.year <= at.year <= SAFE_YEAR + 1 else None


def _read_json_date(text: str) -> datetime | None:
    parts = _JSON_DATE.fullmatch(text)
    return _read_epoch(parts[1], "") if parts else None


def read_written(text: str) -> Written | None:
    """Return a time as it is written; None where it is none in any form."""
    text = _without_brackets(" ".join(text.split()))
    half = _ASIAN_HALF.search(text)
    if half:
        text = text.replace(half[0], " ")
    text = _ASIAN_DIGIT.sub(r"0\1", text).translate(_ASIAN_SIGNS).replace(": ", " ").rstrip(" :")
    match = _time_in(text)
    if match is None:
        return _combine(text, timedelta(), None, None)
    since_midnight = _since_midnight(match, half[0] if half else None)
    if since_midnight is None:
        return None
    rest, offset, zone_name = _split_zone(text[match.end() :])
    return _combine(f"{text[: match.start()].rstrip(' T')} {rest}", since_midnight, offset, zone_name)


def read_open(text: str) -> Written | None:
    """Return a time whose form does not say the order of its day, month and year; None for any other text."""
    written = None if read_number(text) else read_written(text)
    return written if written and written.sign else None


def _without_brackets(text: str) -> str:
    """Return a time without what stands in brackets behind it, unless that is its only offset."""
    match = _BRACKETS.search(text)
    if match is None:
        return text
    plain, inside = text[: match.start()], match[1] or match[2] or ""
    is_offset = inside.lower() in ABBREVIATIONS or _OFFSET.fullmatch(inside)
    return f"{plain} {inside}" if is_offset and not _AHEAD.search(plain) else plain


def _time_in(text: str) -> re.Match[str] | None:
    for match in _TIME.finditer(text):
        if match["minute"] or match["half"]:
            return match
    dotted = _DOTTED_TIME.search(text)
    # A date with points behind the name of its day is no clock.
    return dotted if dotted and any(map(str.isdecimal, text[: dotted.start()])) else None


def _since_midnight(match: re.Match[str], half: str | None) -> timedelta | None:
    groups = match.groupdict()
    hour, minute, second = int(groups["hour"]), int(groups["minute"] or 0), int(groups["second"] or 0)
    half = half or (groups.get("half") or "").replace(".", "").replace(" ", "").lower()
    if hour > 24 or minute > 59 or second > 60 or (half and hour > 12):
        return None
    if half in AFTERNOON and hour < 12:
        hour += 12
    elif half in MORNING and hour == 12:
        hour = 0
    part = (groups.get("part") or "")[:6].ljust(6, "0")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59), microseconds=int(part))


def _split_zone(text: str) -> tuple[str, tzinfo | None, str | None]:
    """Return what follows a time without its zone, the offset, and the name of a zone without a possible one."""
    if match := _OFFSET.search(text):
        sign, hours, minutes = match.groups()
        rest = text[: match.start()] + text[match.end() :]
        if int(hours) >= HOURS_A_DAY or int(minutes or 0) >= MINUTES_AN_HOUR:
            return rest, None, match[0].strip()
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return rest, timezone(-ahead if sign != "+" else ahead), None
    for match in _WORD.finditer(text):
        word = match[0]
        rest = text[: match.start()] + text[match.end() :]
        if word.lower() in ABBREVIATIONS:
            hours_ahead = ABBREVIATIONS[word.lower()]
            return rest, timezone(timedelta(hours=hours_ahead)) if hours_ahead else UTC, word.upper()
        if word.isupper() and 3 <= len(word) <= 5 and month_of(word) is None:
            return rest, None, word
    return text, None, None


def _combine(day: str, since_midnight: timedelta, offset: tzinfo | None, zone_name: str | None) -> Written | None:
    parsed = read_day(day.strip(" ,T"))
    return Written(*parsed, since_midnight, offset, zone_name) if parsed else None


@lru_cache(maxsize=8192)
def read_day(text: str) -> Day | None:
    """Return the three numbers of a date, and the orders in which they make one; None where they make none."""
    words = _WORD.findall(text)
    if words and len(words) <= 2 and not any(map(month_of, words)):
        # A weekday before, or the word that leads to a time.
        text = _WORD.sub(" ", text).strip(" ,.")
    if match := _DIGITS.fullmatch(text):
        first, sign, second, third = match.groups()
        numbers = (int(first), int(second), int(third))
        orders = _possible_orders(numbers, len(first), len(third))
        return (numbers, orders, "" if len(first) == 4 else sign) if orders else None
    return _read_named_day(text)


def _possible_orders(numbers: tuple[int, int, int], first: int, third: int) -> tuple[Order, ...]:
    if first == 4:
        candidates: tuple[Order, ...] = ("ymd",)
    elif third == 4:
        candidates = ("dmy", "mdy")
    elif first <= 2 and third <= 2:
        candidates = ORDERS if first == 2 and third == 2 else ("dmy", "mdy")
    else:
        return ()
    return tuple(order for order in candidates if _is_plausible(numbers, order))


def _is_plausible(numbers: tuple[int, int, int], order: Order) -> bool:
    try:
        day = make_date(numbers, order)
    except ValueError:
        return False
    # Years of four digits are read whatever they are, so that an impossible one is named as such.
    return max(numbers) > 99 or EARLIEST.year <= day.year <= SAFE_YEAR + 1


def make_date(numbers: tuple[int, int, int], order: Order) -> date:
    """Return the date of three numbers. Raise ValueError where there is no such date."""
    by_sign = dict(zip(order, numbers, strict=True))
    year = by_sign["y"]
    if year < 100:
        year += 1900 if year >= 69 else 2000
    return date(year, by_sign["m"], by_sign["d"])


def _read_named_day(text: str) -> Day | None:
    words = _WORD.findall(text)
    months = [month for month in map(month_of, words) if month]
    numbers = _NUMBER.findall(text)
    if not months or len(numbers) != 2 or len(words) > MAX_WORDS:
        return None
    # A year of four digits stands at either end, a shorter one at the end. A weekday may begin like a month.
    first, second = numbers if len(numbers[0]) < 4 else reversed(numbers)
    if len(first) > 2 or len(second) not in (2, 4):
        return None
    parts = (int(first), months[-1], int(second))
    try:
        make_date(parts, "dmy")
    except ValueError:
        return None
    return parts, ("dmy",), ""


def is_ambiguous(written: Written) -> bool:
    """Return whether day and month can be read in two ways that make two dates."""
    first, second, _ = written.numbers
    return len(written.orders) > 1 and not (first == second and set(written.orders) == {"dmy", "mdy"})
