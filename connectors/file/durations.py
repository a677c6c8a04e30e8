"""Hours of work, as files write numbers and durations."""

import re
from typing import Literal

from connectors.drafts import BadValue

Unit = Literal["hours", "minutes", "seconds"]
SECONDS: dict[Unit, int] = {"hours": 3600, "minutes": 60, "seconds": 1}
# A longer effort is a number in another unit, unless the operator says otherwise.
MAX_HOURS = 1_000
MAX_NUMBER = 1_000_000
CAUSE = f"is not a duration, or a number from 0 to {MAX_NUMBER:,}"
_CLOCK = re.compile(
    r"(?:(?P<days>\d{1,4})\s*(?:d|days?|tage?|jours?|d[ií]as?|giorn[oi]|dagen|dagar?)?\s*[,.]?\s+)?"
    r"(?P<hours>\d{1,5}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d)(?:[.,]\d+)?)?(?:\s*h(?:rs?|ours?)?)?",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?", re.IGNORECASE
)
ISO_SECONDS = (604_800, 86_400, 3600, 60, 1)
# The instant 0 of Unix and a duration: the form of the Table API of ServiceNow.
_SINCE_1970 = re.compile(r"1970-01-(\d{2}) (\d{2}):(\d{2}):(\d{2})")
_PART = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\.?\s*(?:,|and\b|und\b|et\b|y\b|e\b|en\b|och\b|og\b|i\b)?", re.I)
_UNITS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (seconds, re.compile(pattern, re.IGNORECASE))
    for seconds, pattern in (
        (3600, r"h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uur|uren|tim|timm(e|ar)|timer?|godz\w*|tuntia?|saat"
               r"|ч\w*|час\w*|時間"),
        (60, r"m|mins?|minut\w*|мин\w*|dk|dakika|分"),
        (1, r"s|secs?|second[esi]?s?|segundos?|secondi?|seconden|sek\w*|sn|saniye|сек\w*|秒"),
        # A working day of Jira has eight hours or whatever its administrator says; these words mean days of a calendar.
        (86_400, r"days?|tage?|jours?|d[ií]as?|giorn[oi]|dagen|dagar?|dni|dzień|日"),
    )
)  # fmt: skip
_WORKING_DAYS = re.compile(r"\d\s*[dw]\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([.,'\u2019 ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
# By far the commonest form, and read the same whatever the sign of decimals is.
_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,2})?")
_SPACES = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3}(?!\d))")


def parse_hours(text: str, unit: Unit | None, *, decimal_comma: bool | None) -> float:
    """Return a duration in hours. Raise BadValue.

    A number is in `unit`, by default in hours. `decimal_comma` says what a comma before three digits means; None where
    the file does not show it.
    """
    if _PLAIN.fullmatch(text):
        return _bounded(float(text) * SECONDS[unit or "hours"] / 3600, text, MAX_NUMBER if unit else MAX_HOURS)
    if (seconds := _seconds(text)) is not None:
        return _bounded(seconds / 3600, text, MAX_NUMBER)
    if unit == "seconds" and decimal_comma is None and _GROUPED.fullmatch(text):
        # Nobody logs work in thousandths of a second.
        text = re.sub(r"\D", "", text)
    hours = parse_decimal(text, decimal_comma=decimal_comma) * SECONDS[unit or "hours"] / 3600
    return _bounded(hours, text, MAX_NUMBER if unit else MAX_HOURS)


def _bounded(hours: float, text: str, limit: int) -> float:
    if not 0 <= hours <= limit:
        remedy = ": set HOURS_UNIT, if they are minutes or seconds" if limit == MAX_HOURS and hours > 0 else ""
        raise BadValue(f"is not between 0 and {limit:,} hours{remedy}", text)
    return hours


def _seconds(text: str) -> float | None:
    """Return the seconds of a duration with units or colons; None for a number."""
    if match := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if match := _SINCE_1970.fullmatch(text):
        days, hours, minutes, seconds = map(int, match.groups())
        return (((days - 1) * 24 + hours) * 60 + minutes) * 60 + seconds
    if (match := _ISO.fullmatch(text)) and len(text) > 2:
        parts = (float((part or "0").replace(",", ".")) for part in match.groups())
        return sum(part * factor for part, factor in zip(parts, ISO_SECONDS, strict=True))
    return _sum_parts(text)


def _sum_parts(text: str) -> float | None:
    total, at = 0.0, 0
    while match := _PART.match(text, at):
        number, word = match.groups()
        factor = next((seconds for seconds, pattern in _UNITS if pattern.fullmatch(word)), None)
        if factor is None and _WORKING_DAYS.search(match[0]):
            if float(number.replace(",", ".")):
                raise BadValue("counts working days or weeks, whose length the file does not say", text)
            factor = 0
        if factor is None:
            return None
        total += float(number.replace(",", ".")) * factor
        at = match.end()
    # The minutes of `1h30` have no unit.
    rest = text[at:].strip()
    if at and re.fullmatch(r"[0-5]\d", rest):
        return total + int(rest) * 60
    return total if at and not rest else None


def parse_decimal(text: str, *, decimal_comma: bool | None, cause: str = CAUSE) -> float:
    """Return a number with a decimal point or comma, and signs between thousands or without. Raise BadValue."""
    if "_" in text or text.isalpha():
        raise BadValue(cause, text)
    plain = _SPACES.sub("", text)
    if "," in plain:
        plain = _to_point(plain, text, decimal_comma)
    elif plain.count(".") > 1 or (decimal_comma and _THOUSANDS.fullmatch(plain)):
        plain = plain.replace(".", "") if _THOUSANDS.fullmatch(plain) else plain
    try:
        return float(plain)
    except ValueError:
        raise BadValue(cause, text) from None


def _to_point(plain: str, text: str, decimal_comma: bool | None) -> str:
    """Return a number with a comma as Python writes it."""
    if "." in plain:
        # The last sign is that of the decimals.
        return (
            plain.replace(".", "").replace(",", ".") if plain.rfind(",") > plain.rfind(".") else plain.replace(",", "")
        )
    if plain.count(",") > 1:
        return plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain
    if not _THOUSANDS.fullmatch(plain) or plain.lstrip("+-").startswith("0"):
        return plain.replace(",", ".")
    if decimal_comma is None:
        raise BadValue("can be thousands or decimals, and no other value of the file shows which", text)
    return plain.replace(",", "." if decimal_comma else "")


def shows_decimal_comma(text: str) -> bool | None:
    """Return whether a number shows that commas separate decimals, or that points do; None where it shows neither."""
    plain = _SPACES.sub("", text)
    if not re.fullmatch(r"[+-]?[\d.,]+", plain) or ("," not in plain and "." not in plain):
        return None
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        return comma > point
    if plain.count(",") > 1 or plain.count(".") > 1:
        return plain.count(".") > 1
    sign = "," if comma >= 0 else "."
    if _THOUSANDS.fullmatch(plain) and not plain.lstrip("+-").startswith("0"):
        return None
    return sign == ","
