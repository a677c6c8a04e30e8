"""Instants as files write them."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.drafts import EARLIEST, SAFE_YEAR, BadValue, plausible
from connectors.file.dates import AFTERNOON, MORNING, Order, Written, is_ambiguous, read_number, read_written
from connectors.file.formats import format_of
from connectors.file.forms import FileForms
from connectors.file.months import month_of
from connectors.file.nesting import is_reference
from connectors.file.values import ValueReader

ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FULL = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WORD = re.compile(r"[ap]\.\s?m\.|[^\W\d_]+\.?", re.IGNORECASE)
_ZONE = re.compile(r"\[([^\[\]]*)\]\s*$|(?:\(|\s)([A-Za-z_]+(?:/[A-Za-z][\w+-]*)+)\)?\s*$")
_SIGN = re.compile(r"%[dm]\s?([-/.\s])\s?%[dm]")
# Ends that a database keeps for "never".
NEVER_DAYS = ("0000-00-00", "0001-01-01", "1753-01-01", "1899-12-30", "1900-01-01")
MIDNIGHTS = ("", " 00:00", " 00:00:00", "T00:00:00", "T00:00:00Z", "T00:00:00.000", "T00:00:00.000Z")
FIRST_YEAR = EARLIEST.year
NEVER = {"0", "-1", *(f"{day}{midnight}" for day in NEVER_DAYS for midnight in MIDNIGHTS)}


class TimeParser:
    """Read times in the operator's formats, if there are any, in ISO 8601, or in any form that has one meaning."""

    def __init__(self, formats: Sequence[str], timezone: str | None, values: ValueReader) -> None:
        self._formats = [(text, _has_words(text)) for text in formats]
        self._zone = ZoneInfo(timezone) if timezone else None
        self._values = values
        self._set_orders = orders_of(formats)
        self._orders: dict[tuple[str, str], Order | None] = {}
        self._forms: FileForms | None = None

    def begin(self, forms: FileForms) -> None:
        """Read the times of another file from now on."""
        self._forms = forms
        self._orders.clear()

    def instant(self, value: object, field: str) -> datetime | None:
        """Return the instant in UTC; None for an empty value. Raise BadValue."""
        if value is None:
            return None
        # The plain case of every export that follows a standard, a dozen times a line.
        if isinstance(value, str) and not self._formats and value[4:5] == "-" and (at := self._plain(value)):
            return at
        zone: ZoneInfo | None = None
        if isinstance(value, dict):
            value, zone = _of_reference(value)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise BadValue("is not a text with a time")
        text = value.strip() if isinstance(value, str) else str(value)
        if text in self._values.nothing or text in NEVER:
            return None
        try:
            at = self._parse(text, field)
        except (OverflowError, ArithmeticError):
            raise BadValue("is not a time of this age", text) from None
        return self._in_zone(at, text, zone)

    def _plain(self, text: str) -> datetime | None:
        """Return the instant of ISO 8601; None for any other text, and for an end that never comes."""
        try:
            at = _from_iso(text)
        except ValueError:
            return None
        if at.tzinfo is UTC and FIRST_YEAR <= at.year <= SAFE_YEAR:
            return at
        if text in NEVER:
            return None
        return self._in_zone(at, text, None) if at.tzinfo is None else plausible(at, text)

    def _in_zone(self, at: datetime, text: str, zone: ZoneInfo | None) -> datetime:
        if at.tzinfo is None:
            zone = zone or _named_zone(text) or self._zone
            if zone is None:
                raise BadValue("has no offset: set TIMEZONE", text)
            # A time that occurs twice, when clocks are set back, is taken for the earlier of the two.
            at = at.replace(tzinfo=zone)
        return plausible(at, text)

    def _parse(self, text: str, field: str) -> datetime:
        plain = " ".join(text.split()) if self._formats else text
        for form, has_words in self._formats:
            try:
                return parse_formatted(plain, form) if has_words else datetime.strptime(plain, form)  # noqa: DTZ007
            except ValueError:
                continue
        # Digits alone are an epoch, unless they are a date of eight: ISO 8601 reads some epochs as years long ago.
        if text[:9].isdecimal() and (at := read_number(text)):
            return at
        try:
            return _from_iso(text)
        except ValueError:
            return self._read_any(text, field)

    def _read_any(self, text: str, field: str) -> datetime:
        if at := read_number(text):
            return at
        written = read_written(text)
        if written is None or not written.orders:
            raise BadValue(f"is not a time that can be read: {self._remedy()}", text)
        self._check_zone(written, text)
        return written.at(self._order_in(written, text, field))

    def _order_in(self, written: Written, text: str, field: str) -> Order:
        if not written.sign:
            return written.orders[0]
        order = self._order(field, written.sign)
        if order in written.orders:
            return order
        if is_ambiguous(written):
            raise BadValue(
                "can be read with the day or the month first, and the file does not show which: "
                f"set DATE_FORMAT to {format_of(text, 'dmy')} or {format_of(text, 'mdy')}",
                text,
            )
        if order or (self._forms and self._forms.is_slip(field, written.sign)):
            raise BadValue("has day and month in another order than the rest: correct it, or set DATE_FORMAT", text)
        return written.orders[0]

    def _order(self, field: str, sign: str) -> Order | None:
        """Return the order of times of a field with this sign: as it is set, else as the file shows it."""
        if sign in self._set_orders:
            return self._set_orders[sign]
        if (field, sign) not in self._orders:
            self._orders[field, sign] = self._forms.order(field, sign) if self._forms else None
        return self._orders[field, sign]

    def _check_zone(self, written: Written, text: str) -> None:
        if written.offset is None and written.zone_name is not None:
            raise _unknown_zone(written.zone_name, text)

    def _remedy(self) -> str:
        return "correct it, or change DATE_FORMAT" if self._formats else "correct it, or set DATE_FORMAT to its form"


def _of_reference(value: dict[str, object]) -> tuple[object, ZoneInfo | None]:
    """Return the text of an object that stands for a time, and its zone where that is agreed."""
    # The Table API of ServiceNow gives the value in UTC and the text as the account sees it.
    if is_reference(value):
        return value.get("value") or value.get("display_value") or "", ZoneInfo("UTC")
    return next((value[key] for key in ("value", "date", "dateTime", "iso8601") if key in value), value), None


def _named_zone(text: str) -> ZoneInfo | None:
    """Return the zone whose name stands behind a time, in brackets or without. Raise BadValue where there is none."""
    match = None if text[-1:].isdecimal() and "/" not in text else _ZONE.search(text)
    if match is None:
        return None
    name = (match[1] or match[2] or "").strip()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _unknown_zone(name, text) from None


def _from_iso(text: str) -> datetime:
    """Return a time of ISO 8601. Raise BadValue for an offset of more minutes than an hour has, which Python reads."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is not None and at.tzinfo is not UTC and text[-1].isdecimal() and text[-2] > "5":
        raise BadValue("has an impossible offset", text)
    return at


def _unknown_zone(name: str, text: str) -> BadValue:
    if not name.startswith(("+", "-")) and not any(map(str.isdecimal, name)):
        return BadValue(f"is in the zone {name}, which is not known: write the offset instead", text)
    return BadValue(f"has the offset {name}, which is impossible", text)


def parse_formatted(text: str, form: str) -> datetime:
    """Return a time in a format of strptime, with months in any language. Raise ValueError where it is another."""
    return datetime.strptime(_in_english(" ".join(text.split()), form), form)  # noqa: DTZ007 - zones come later


def orders_of(formats: Iterable[str]) -> dict[str, Order]:
    """Return the order of day and month in formats of strptime, by the sign between them; the first one counts."""
    orders: dict[str, Order] = {}
    for form in formats:
        if (order := order_of(form)) and (sign := _SIGN.search(form)):
            orders.setdefault(sign[1], order)
    return orders


def order_of(form: str) -> Order | None:
    """Return the order of day and month in a format of strptime; None where it has not both as numbers."""
    day, month, year = form.find("%d"), form.find("%m"), max(form.find("%Y"), form.find("%y"))
    if min(day, month, year) < 0 or year < min(day, month):
        return None
    return "dmy" if day < month else "mdy"


def _has_words(form: str) -> bool:
    return any(directive in form for directive in ("%b", "%B", "%p", "%a", "%A"))


def _in_english(text: str, form: str) -> str:
    """Return a time with the month and the half of the day as strptime names them."""
    names = FULL if "%B" in form else ENGLISH

    def translate(match: re.Match[str]) -> str:
        word = match[0]
        half = word.replace(".", "").replace(" ", "").lower()
        if half in MORNING or half in AFTERNOON:
            return "AM" if half in MORNING else "PM"
        month = month_of(word)
        return names[month - 1] if month else word

    return _WORD.sub(translate, text)
