"""Formats of strptime in which times are written."""

import re
from datetime import UTC, datetime

from connectors.file.dates import EXCEL_DAYS, Order, read_number
from connectors.file.months import month_of

ISO = "ISO 8601"
SAMPLE_TIME = datetime(2024, 2, 29, 13, 30, tzinfo=UTC)
_CLOCK = re.compile(
    r"(?:(?<=[\sT,])|^)\d{1,2}(?P<sign>[:.])\d{2}(?:(?P=sign)(?P<second>\d{2})(?P<fraction>[.,]\d{1,6})?)?"
    r"(?![\d.]\d)(?P<half>\s?[ap]\.?\s?m\b\.?)?",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{1,4})([-/. ]+)(\d{1,2})([-/. ]+)(\d{1,4})")
_ZONE = re.compile(r"(?:(?<=\d)|\s)([+-]\d{2}:?\d{2}|Z)$")
_WORD = re.compile(r"[^\W\d_]{3,}\.?")
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
DIRECTIVES = "aAbBcdfGHIjmMpSuUVwWxXyYzZ%"
_NUMBER = re.compile(r"(?<![%\d])\d+")


def check_format(form: str) -> None:
    """Raise ValueError for a text that is no format of strptime."""
    try:
        at = datetime.strptime(SAMPLE_TIME.strftime(form), form)  # noqa: DTZ007 - only to try out the format
    except ValueError:
        raise ValueError(f"must be a format of strptime, e.g. %d.%m.%Y %H:%M: {_odd_directives(form)}") from None
    except re.error:
        raise ValueError("must be a format of strptime, e.g. %d.%m.%Y %H:%M: it has a directive twice") from None
    if "%" not in form:
        raise ValueError("must be a format of strptime, e.g. %d.%m.%Y %H:%M: it has no directive")
    if at.date() != SAMPLE_TIME.date():
        raise ValueError("must be a format of strptime, e.g. %d.%m.%Y %H:%M: it lacks the day, the month or the year")


def _odd_directives(form: str) -> str:
    odd = [f"%{letter}" for letter in dict.fromkeys(_DIRECTIVE.findall(form)) if letter not in DIRECTIVES]
    if odd:
        return f"{', '.join(odd)} is no directive" if len(odd) == 1 else f"{', '.join(odd)} are no directives"
    return "its directives do not make a date together"


def is_format(form: str) -> bool:
    """Return whether a text is a format of strptime."""
    try:
        check_format(form)
    except ValueError:
        return False
    return True


def format_of(text: str, order: Order) -> str:
    """Return the format of a time, with the days, months and years of a date of digits in this order.

    Epochs, days of Excel and ISO 8601 have their names instead.
    """
    if name := _name_of(text):
        return name
    form = _ZONE.sub(lambda match: match[0].replace(match[1], "%z"), " ".join(text.split()))
    form = _time_format(form)
    form, count = _DATE.subn(lambda match: _date_format(match, order), form, count=1)
    return form if count else _named_format(form)


def _name_of(text: str) -> str | None:
    if read_number(text):
        whole = text.partition(".")[0]
        if len(whole) == 5 and int(whole) in EXCEL_DAYS:
            return "days of Excel"
        return {9: "epoch seconds", 10: "epoch seconds", 12: "epoch milliseconds", 13: "epoch milliseconds"}.get(
            len(whole), "%Y%m%d%H%M%S"
        )
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return ISO


def _time_format(text: str) -> str:
    match = _clock_in(text)
    if match is None:
        return text
    sign, second, fraction, half = match["sign"], match["second"], match["fraction"], match["half"]
    form = f"%{'I' if half else 'H'}{sign}%M"
    form += f"{sign}%S" if second else ""
    form += f"{fraction[0]}%f" if fraction else ""
    form += f"{' ' if half[0].isspace() else ''}%p" if half else ""
    return text[: match.start()] + form + text[match.end() :]


def _clock_in(text: str) -> re.Match[str] | None:
    """Return the clock of a time: with colons, else with points and behind the date, which may have points as well."""
    clocks = list(_CLOCK.finditer(text))
    dotted = (clock for clock in clocks if any(map(str.isdecimal, text[: clock.start()])))
    return next((clock for clock in clocks if clock["sign"] == ":"), None) or next(dotted, None)


def _date_format(match: re.Match[str], order: Order) -> str:
    first, before, _, after, third = match.groups()
    letters = "Ymd" if len(first) == 4 else order.replace("y", "Y" if len(third) == 4 else "y")
    return f"%{letters[0]}{before}%{letters[1]}{after}%{letters[2]}"


def _named_format(form: str) -> str:
    """Return the format of a date with the name of its month."""

    def name(match: re.Match[str]) -> str:
        return match[0] if month_of(match[0]) is None else "%b" if len(match[0]) <= 4 else "%B"

    def number(match: re.Match[str]) -> str:
        return "%Y" if len(match[0]) == 4 else "%y" if "%d" in form[: match.start()] else "%d"

    form = _WORD.sub(name, form)
    form = _NUMBER.sub(number, form, count=1)
    return _NUMBER.sub(number, form)
