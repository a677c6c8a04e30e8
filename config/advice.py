"""Remedies for values that cannot be read: what to write instead, where the value shows what was meant."""

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

UNITS = {"s": "S", "sec": "S", "second": "S", "m": "M", "min": "M", "minute": "M", "h": "H", "hr": "H", "hour": "H"}
DAYS = {"d": 1, "day": 1, "w": 7, "week": 7, "month": 30, "y": 365, "year": 365}
_AMOUNT = re.compile(r"(\d+)\s*([a-z]+?)s?(?![a-z])[\s,]*")
_ISO_PERIOD = re.compile(r"p(\d+)([dwmy])")
_NUMBER = re.compile(r"[^\d.,-]*(-?\d+(?:[.,]\d+)?)(?:\s*[^\d\s.,:/-][^\d]*|/[a-z]+)?")
_DATES = ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m", "%Y")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
YES = ("enabled", "enable", "ja", "oui", "si", "sì", "sí", "sim", "active", "tak", "wahr", "vrai")
NO = ("disabled", "disable", "nein", "non", "no", "não", "nie", "inactive", "falsch", "faux", "none")
CRONS = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * sun",
    "@monthly": "0 0 1 * *", "hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * sun",
}  # fmt: skip
CURRENCIES = {"€": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "dollar": "USD", "£": "GBP", "pound": "GBP"}
ZONES = {"mez": "Europe/Berlin", "mesz": "Europe/Berlin", "cest": "Europe/Berlin", "bst": "Europe/London"}
CRON_FIELDS = 5
LONGEST = 200
"""No setting that is advised on is longer; what is, is another thing that was pasted by mistake."""


def advise(error_type: str, message: str, value: Any, bounds: Mapping[str, Any]) -> str:
    """Return what to write instead of a value that is no secret; empty where nothing is close."""
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        return ""
    text = value.strip().casefold()
    if error_type == "literal_error":
        return suggest_option(text, str(bounds.get("expected", "")))
    by_type = next((adviser for name, adviser in BY_TYPE.items() if error_type.startswith(name)), None)
    by_message = next((adviser for phrase, adviser in BY_MESSAGE.items() if phrase in message), None)
    adviser = by_type or by_message
    return adviser(text) if adviser else ""


def suggest_duration(text: str) -> str:
    """Return an ISO 8601 duration for a text such as `10m`, `1h 30m` or `2 days`."""
    if text.isdecimal():
        return f"PT{text}M for minutes or PT{text}S for seconds"
    amounts = _AMOUNT.findall(text)
    if not amounts or "".join(match[0] for match in _AMOUNT.finditer(text)) != text:
        return ""
    if any(unit not in UNITS and unit not in DAYS for _, unit in amounts):
        return ""
    days = sum(int(number) * DAYS[unit] for number, unit in amounts if unit in DAYS)
    clock = "".join(f"{number}{UNITS[unit]}" for number, unit in amounts if unit in UNITS)
    return f"P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"


def suggest_date(text: str) -> str:
    """Return a date for a text such as `2 years`, `yesterday`, `P6M` or `31.12.2025`."""
    today = datetime.now(UTC).date()
    if text in ("today", "now", "yesterday"):
        return str(today - timedelta(days=text == "yesterday"))
    for form in _DATES:
        try:
            return str(datetime.strptime(text, form).date())  # noqa: DTZ007 - only the date counts
        except ValueError:
            continue
    period = _ISO_PERIOD.fullmatch(text) or _AMOUNT.fullmatch(text.removesuffix("ago").removeprefix("last").strip())
    return str(_before(today, int(period[1]), period[2])) if period and period[2][0] in "dwmy" else ""


def _before(day: date, number: int, unit: str) -> date:
    """Return the same day so many units earlier, the last of its month where there is none."""
    if unit[0] in "dw":
        return day - timedelta(days=min(number, 10_000) * DAYS[unit[0]])
    months = day.year * 12 + day.month - 1 - number * (12 if unit[0] == "y" else 1)
    first = date(max(1, months // 12), months % 12 + 1, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return min(first.replace(day=1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def suggest_number(text: str) -> str:
    """Return the number in a text such as `80,50`, `30s` or `four`."""
    if text in NUMBERS:
        return str(NUMBERS.index(text))
    match = _NUMBER.fullmatch(text)
    return match[1].replace(",", ".") if match else ""


def suggest_whole_number(text: str) -> str:
    """Return the whole number in a text such as `64MB` or `four`."""
    number = suggest_number(text)
    return number if number.isdecimal() else ""


def suggest_boolean(text: str) -> str:
    """Return true or false for a word of the same meaning in another language."""
    return "true" if text in YES else "false" if text in NO else ""


def suggest_option(text: str, expected: str) -> str:
    """Return the most similar of the options that pydantic lists, in quotes."""
    options = re.findall(r"'([^']*)'", expected)
    matches = difflib.get_close_matches(text, options, n=1, cutoff=0.6)
    return matches[0] if matches else ""


def suggest_zone(text: str) -> str:
    """Return the IANA zone of a city, an abbreviation, an offset in hours, or the most similar name."""
    zones = {zone.casefold(): zone for zone in sorted(available_timezones())}
    if text in ZONES or text in zones:
        return ZONES.get(text) or zones[text]
    if offset := re.fullmatch(r"(?:utc|gmt)?([+-])0?(\d{1,2})(?::?00)?", text):
        # The names of these zones have the opposite sign.
        return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{offset[2]}"
    city = text.replace(" ", "_")
    cities = [zone for name, zone in zones.items() if name.endswith(f"/{city}")]
    matches = difflib.get_close_matches(text, list(zones), n=1, cutoff=0.8)
    return next(iter(cities), "") or (zones[matches[0]] if matches else "")


def suggest_cron(text: str) -> str:
    """Return the cron expression of `@hourly`, of an interval such as `15m`, or of one with seconds in front."""
    if text in CRONS:
        return CRONS[text]
    fields = text.split()
    if len(fields) == CRON_FIELDS + 1 and fields[0].isdecimal():
        return " ".join(fields[1:])
    interval = re.fullmatch(r"(?:every\s+)?(?:pt)?(\d+)\s*(m|min|minutes?|h|hours?)?", text)
    if not interval or not 1 <= int(interval[1]) < 60:
        named = re.sub(r"\b(sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)day\b", lambda day: day[1][:3], text)
        return named if named != text else ""
    every = f"*/{interval[1]}" if interval[1] != "1" else "*"
    return f"0 {every} * * *" if (interval[2] or "m").startswith("h") else f"{every} * * * *"


def suggest_database(text: str) -> str:
    """Return the beginning of the URL of a database that is written in another way."""
    for scheme in ("postgres://", "postgresql://", "postgresql+psycopg2://", "postgresql+asyncpg://"):
        if text.startswith(scheme):
            return f"postgresql+psycopg:// in place of {scheme}"
    is_file = re.fullmatch(r"[\w./-]+\.(?:db|sqlite3?)", text)
    return f"sqlite:///{text}" if is_file else ""


def suggest_currency(text: str) -> str:
    """Return the ISO 4217 code of a sign or a name, or of a code in lower case."""
    return CURRENCIES.get(text) or (text.upper() if re.fullmatch("[a-z]{3}", text) else "")


BY_TYPE: Mapping[str, Callable[[str], str]] = {
    "time_delta": suggest_duration,
    "float_parsing": suggest_number,
    "int_": suggest_whole_number,
    "bool_parsing": suggest_boolean,
}
BY_MESSAGE: Mapping[str, Callable[[str], str]] = {
    "must be a date": suggest_date,
    "IANA time zone": suggest_zone,
    "cron expression": suggest_cron,
    "sqlite:///": suggest_database,
    "ISO 4217": suggest_currency,
}
"""Advisers on what our own validators say, by a part of their message."""
