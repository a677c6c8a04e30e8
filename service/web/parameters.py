"""Parameters of a URL that pages read: numbers, days and places in a list, each within its bounds."""

import difflib
from collections.abc import Collection, Mapping
from datetime import date

from service.analysis.weeks import parse_day
from service.store.queries.ticket_lists import Cursor

MAX_DIGITS = 17
"""Any number of so many digits fits an integer of the database, which would refuse more with an error."""
LAST_PAGE = 1_000_000
MAX_QUOTED = 40


class ParameterError(ValueError):
    """A parameter with a value that it cannot have."""


def whole_number(parameters: Mapping[str, str], name: str, default: int, *, least: int = 0, most: int) -> int:
    """Return a whole number; `default` where the parameter is missing or empty. Raises ParameterError."""
    text = parameters.get(name) or str(default)
    # Few ASCII digits only: int() accepts other scripts, and refuses thousands of digits with an error of its own.
    number = int(text) if _is_number(text) else -1
    if not least <= number <= most:
        raise ParameterError(f"{_quoted(text)} is not a valid {name}: it must be a whole number from {least} to {most}")
    return number


def choice(parameters: Mapping[str, str], name: str, default: str, choices: Collection[str]) -> str:
    """Return one of some words; `default` where the parameter is missing or empty. Raises ParameterError."""
    text = parameters.get(name) or default
    if text not in choices:
        near = difflib.get_close_matches(text, choices, 1)
        hint = f"did you mean {near[0]}?" if near else "choose one on the page"
        raise ParameterError(f"{_quoted(text)} is not a valid {name}: {hint}")
    return text


def day(parameters: Mapping[str, str], name: str) -> date | None:
    """Return a day; None where the parameter is missing or empty. Raises ParameterError."""
    text = parameters.get(name)
    if not text:
        return None
    value = parse_day(text)
    if value is None:
        raise ParameterError(f"{_quoted(text)} is not a valid {name}: it must be a day such as 2026-03-29")
    return value


def cursor(parameters: Mapping[str, str], name: str = "after") -> Cursor | None:
    """Return the place in a list after which it goes on; None for its beginning. Raises ParameterError."""
    text = parameters.get(name)
    if not text:
        return None
    second, _, number = text.partition("-")
    if not _is_number(second) or not _is_number(number):
        raise ParameterError(f"{_quoted(text)} is not a valid {name}: it must come from a link to the next page")
    return int(second), int(number)


def check(parameters: Mapping[str, str]) -> None:
    """Raise ParameterError where the number of a page, or a day, cannot be, or the first day is after the last.

    Pages check before they read the store: an empty one is no reason to accept what another refuses.
    """
    whole_number(parameters, "page", 1, least=1, most=LAST_PAGE)
    begin, end = (day(parameters, name) for name in ("from", "to"))
    if begin is not None and end is not None and begin > end:
        raise ParameterError(f"'{begin}' is not a valid from: it must not be after to, which is '{end}'")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS


def _quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= MAX_QUOTED else f"'{text[:MAX_QUOTED]}...'"
