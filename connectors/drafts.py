"""Tickets in the making: a value that cannot be read costs its field, and only a required one costs the ticket."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar

from pydantic import ValidationError

from connectors.model import NAME_LENGTH, Refusal, Ticket, Transition
from connectors.omissions import Omission, Omissions
from connectors.placeholders import is_placeholder, label_or_none
from connectors.texts import REPLACEMENT, clean_id, clean_text, is_clean, is_plain

log = logging.getLogger(__name__)
Parameters = ParamSpec("Parameters")
Value = TypeVar("Value")
Raw = TypeVar("Raw")

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
HORIZON_DAYS = 5 * 366
SAFE_YEAR = datetime.now(UTC).year + 4
SECONDS_A_DAY = 86_400
MAX_NUMBER = 1_000_000
MAX_COUNT = 1_000_000
COUNT_DIGITS = len(str(MAX_COUNT))
MAX_HOURS = 100_000
MAX_SECONDS = 2_000_000_000  # databases keep them in 32 bits
MAX_PLACE = 100
# Clocks of two systems differ by seconds, of two time zones by hours.
MAX_SKEW = timedelta(minutes=10)
# No zone is further from Greenwich.
NO_OFFSET, MAX_OFFSET = timedelta(), timedelta(hours=14)
ENDS = ("resolved_at", "closed_at")
IDS = ("id", "key")
TEXTS = ("title", "description")
# Fields that may show words for nothing; of these a history tells the changes of some.
LABELS = ("team", "priority", "service", "configuration_item", "category", "provider")
# Words of lists; databases keep those that nobody understands in an index, whose entries have a limit.
WORDS = ("status", "source_kind", "priority")
TRACKED_LABELS = ("team", "priority", "assignee")
WHOLE = re.compile(r"(\d+)(?:[.,]0{1,2})?", re.ASCII)
# A counter has no decimals, so that three digits behind a sign are thousands. "1.000", however, is how some databases
# write a one.
THOUSANDS = re.compile(r"\d{1,3}(?:[,'\u2019 \u00a0\u202f]\d{3})+|(?!\d+\.000$)[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)
# Whatever code raises that expects one form of a value and gets another; all else is a defect of the code.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

INVISIBLE = "holds control or invisible characters"
UNEXPECTED_FORM = "has an unexpected form"
TOO_LONG = f"is longer than {NAME_LENGTH} characters"


class BadValue(ValueError):
    """A value that cannot be read; `str()` says why in plain words, as the rest of a sentence about its field.

    `value` is shown to people: it is given for times, numbers and words of lists, never for persons and free texts.
    """

    def __init__(self, cause: str, value: object = None) -> None:
        super().__init__(cause)
        self.value = str(value) if isinstance(value, (str, int, float)) else None


class Unmappable(Exception):
    """A record that makes no ticket; `str()` names its field and the reason, without its content."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")


def require(
    field: str, read: Callable[Parameters, Value], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Value:
    """Return a value that the ticket cannot do without. Raise Unmappable where it cannot be read."""
    try:
        return read(*args, **kwargs)
    except UNREADABLE as problem:
        raise _unmappable(field, problem) from problem


def require_all(readers: Mapping[str, tuple[str, Callable[[Raw], Any]]], raw: Raw) -> dict[str, Any]:
    """Return the values that the ticket cannot do without. Raise Unmappable where one cannot be read.

    `readers` gives, for each field of the ticket, the source's own name of it and a function of `raw`.
    """
    values = {}
    for name, (field, read) in readers.items():
        try:
            values[name] = read(raw)
        except UNREADABLE as problem:
            raise _unmappable(field, problem) from problem
    return values


def _unmappable(field: str, problem: Exception) -> Unmappable:
    match problem:
        case BadValue():
            return Unmappable(field, str(problem))
        case KeyError():
            return Unmappable(field, "is missing")
        case _:
            return Unmappable(field, UNEXPECTED_FORM)


def attempt(default: Value, read: Callable[..., Value], *args: Any) -> Value:
    """Return a value that is none of a ticket's own, or the default where it cannot be read."""
    try:
        return read(*args)
    except UNREADABLE:
        return default


class Draft:
    """The values of one ticket, and the `omissions`: those that were left out or mended."""

    __slots__ = ("omissions",)

    def __init__(self) -> None:
        self.omissions: list[Omission] = []

    def attempt(self, field: str, default: Value, read: Callable[..., Value], *args: Any) -> Value:
        """Return a value; where it cannot be read, note the field and return the default."""
        try:
            return read(*args)
        except UNREADABLE as problem:
            self.leave_out(field, problem)
            return default

    def read_all(self, readers: Mapping[str, Callable[[Raw], Any]], raw: Raw) -> dict[str, Any]:
        """Return the values that `raw` has and that can be read, by field."""
        values = {}
        for field, read in readers.items():
            try:
                value = read(raw)
            except UNREADABLE as problem:
                self.leave_out(field, problem)
            else:
                # Each value that a ticket lacks would have to be validated as well.
                if value is not None:
                    values[field] = value
        return values

    def collect(self, field: str, read: Callable[[Any], Value | None], items: Any) -> tuple[Value, ...]:
        """Return the values of those items that can be read; none where there is no list of items."""
        if not items:
            return ()
        if not isinstance(items, (list, tuple)):
            self.leave_out(field, BadValue("is not a list"))
            return ()
        values = []
        for item in items:
            try:
                value = read(item)
            except UNREADABLE as problem:
                self.leave_out(field, problem)
            else:
                if value is not None:
                    values.append(value)
        return tuple(values)

    def make_ticket(self, values: dict[str, Any]) -> Ticket:
        """Return the ticket of the mended values, without optional ones that do not fit. Raise Unmappable."""
        self._mend(values)
        _drop_placeholders(values)
        try:
            return _validated(values)
        except ValidationError as problem:
            misfits = {str(error["loc"][0]): _cause_of(error) for error in problem.errors(include_input=False)}
        for field, cause in misfits.items():
            if Ticket.model_fields[field].is_required():
                raise Unmappable(shown_name(field), cause)
            self.omissions.append(Omission(shown_name(field), cause))
        return _validated({field: value for field, value in values.items() if field not in misfits})

    def _mend(self, values: dict[str, Any]) -> None:
        """Change texts and ends to those that a ticket can have."""
        # One look at all texts together: hardly a ticket needs more, and a pull has millions.
        texts = "".join([text for text in values.values() if type(text) is str])
        if not is_plain(f"{values.get('id')}{values.get('key')}"):
            for field in IDS:
                self._mend_text(field, values, clean_id)
        if not is_clean(texts):
            for field in values:
                self._mend_text(field, values, clean_text)
        if not texts.isascii():
            for field in TEXTS:
                if isinstance(text := values.get(field), str) and REPLACEMENT in text:
                    self.mend(field, "holds characters that cannot be read")
        if len(texts) > NAME_LENGTH:
            self._cut_words(values)
        self._mend_ends(values)

    def _cut_words(self, values: dict[str, Any]) -> None:
        for field in WORDS:
            word = values.get(field)
            if type(word) is str and len(word) > NAME_LENGTH:
                self.mend(field, TOO_LONG)
                values[field] = word[:NAME_LENGTH]

    def _mend_text(self, field: str, values: dict[str, Any], clean: Callable[[str], str]) -> None:
        text = values.get(field)
        if isinstance(text, str) and (cleaned := clean(text)) != text:
            self.mend(field, INVISIBLE)
            values[field] = cleaned

    def _mend_ends(self, values: dict[str, Any]) -> None:
        opened_at = values.get("opened_at")
        for field in ENDS:
            end = values.get(field)
            if end is None or opened_at is None or end >= opened_at:
                continue
            if end >= opened_at - MAX_SKEW:
                self.mend(field, "is just before opened_at", end.isoformat())
                values[field] = opened_at
            else:
                # One of the times is wrong, most often by a swapped day and month: a duration of it would be nonsense.
                self.leave_out(field, BadValue("is before opened_at", end.isoformat()))
                del values[field]

    def mend(self, field: str, cause: str, value: str | None = None) -> None:
        """Note that a part of a value was left out or set right."""
        self.omissions.append(Omission(shown_name(field), cause, value, mended=True))

    def leave_out(self, field: str, problem: Exception) -> None:
        """Note that a field was left out, with the cause."""
        field = shown_name(field)
        match problem:
            case BadValue():
                self.omissions.append(Omission(field, str(problem), problem.value))
            case ValidationError():
                error = problem.errors(include_input=False)[0]
                place = ".".join([field, *(str(part) for part in error["loc"][:1])])
                self.omissions.append(Omission(place, _cause_of(error)))
            case _:
                self.omissions.append(Omission(field, UNEXPECTED_FORM))


def _validated(values: dict[str, Any]) -> Ticket:
    # The constructor of a model takes the values apart and puts them together again.
    ticket: Ticket = Ticket.__pydantic_validator__.validate_python(values)
    return ticket


def shown_name(field: str) -> str:
    """Return the name of a field that people know: the word for the kind is filed under a name of its own."""
    return "kind" if field == "source_kind" else field


def _cause_of(error: Mapping[str, Any]) -> str:
    return (
        f"is longer than {error['ctx']['max_length']:,} characters"
        if error["type"] == "string_too_long"
        else (UNEXPECTED_FORM)
    )


def _drop_placeholders(values: dict[str, Any]) -> None:
    for field in LABELS:
        if type(label := values.get(field)) is str and is_placeholder(label):
            del values[field]
            if field == "priority":
                values.pop("priority_level", None)


def make_transition(values: dict[str, Any]) -> Transition:
    """Return the transition of these values, without placeholders. Raise ValidationError."""
    if values["field"] in TRACKED_LABELS:
        sides = {side: values[side] for side in ("old", "new") if isinstance(values[side], str)}
        values |= {side: label_or_none(label) for side, label in sides.items()}
    # A ticket has several: the constructor of the model takes the values apart and puts them together again.
    transition: Transition = Transition.__pydantic_validator__.validate_python(values)
    return transition


def finish(place: object, make: Callable[[Draft], Ticket], omissions: Omissions) -> Ticket | Refusal:
    """Return the ticket that `make` returns, and count its omissions; a refusal where it raises anything."""
    draft = Draft()
    try:
        ticket = make(draft)
    except Unmappable as problem:
        return refuse(place, problem)
    except Exception:  # noqa: BLE001 - a defect of the mapper costs its ticket alone
        return refuse_defect(place)
    if draft.omissions:
        omissions.add(ticket.key, draft.omissions)
    return ticket


def refuse(place: object, problem: Unmappable) -> Refusal:
    """Return the refusal of the record at this place."""
    return Refusal(place=str(place)[:MAX_PLACE], reason=str(problem))


def refuse_defect(place: object) -> Refusal:
    """Return the refusal of a record whose mapper has raised what it never should; log the exception being handled."""
    log.exception("a ticket could not be mapped; report this defect")
    return refuse(place, Unmappable("ticket", "has a form that the connector does not know, see the log"))


def plausible(at: datetime, written: object = None) -> datetime:
    """Return the instant in UTC. Raise BadValue for one before 1990 or far ahead, or with an offset of no zone.

    `written` is the instant as its system writes it.
    """
    if at.tzinfo is not UTC:
        # A zone of the world has no impossible one.
        if type(at.tzinfo) is timezone and abs(at.utcoffset() or NO_OFFSET) > MAX_OFFSET:
            raise BadValue("has an impossible offset", written or at.isoformat())
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            raise BadValue("is not a time of this age", written) from None
    # Every ticket has a dozen instants, and hardly one of them needs the exact bounds.
    if EARLIEST.year <= at.year <= SAFE_YEAR:
        return at
    latest = latest_instant(int(time.time()) // SECONDS_A_DAY)
    if not EARLIEST <= at <= latest:
        raise BadValue(f"is not between {EARLIEST.year} and {latest.year}", written or at.isoformat())
    return at


@lru_cache(maxsize=2)
def latest_instant(day: int) -> datetime:
    """Return the latest plausible instant on a day, counted from 1970."""
    return datetime.fromtimestamp(0, UTC) + timedelta(days=day + HORIZON_DAYS)


def number_of(value: Any, limit: int = MAX_NUMBER) -> float:
    """Return a number from 0 to `limit`. Raise BadValue for anything else, texts included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= limit:
        raise BadValue(f"is not a number from 0 to {limit:,}", value)
    return value


def count_of(text: str) -> int:
    """Return a counter that is written as `3`, `1.0`, `1,024` or `1.024`. Raise BadValue for anything else."""
    if text.isdecimal() and text.isascii() and len(text) < COUNT_DIGITS:
        return int(text)
    if whole := WHOLE.fullmatch(text.strip()):
        digits = whole[1]
    elif THOUSANDS.fullmatch(text.strip()):
        digits = re.sub(r"\D", "", text)
    else:
        raise BadValue("is not a whole number", text)
    # Compared as a text first: Python refuses to read thousands of digits.
    if len(digits) > COUNT_DIGITS or int(digits) > MAX_COUNT:
        raise BadValue(f"is not a number from 0 to {MAX_COUNT:,}", text)
    return int(digits)


def hours_of(seconds: Any) -> float:
    """Return logged seconds in hours. Raise BadValue for a negative number, and for more than eleven years."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 3600 * MAX_HOURS:
        raise BadValue(f"is not between 0 and {MAX_HOURS:,} hours", seconds)
    return float(seconds / 3600)


def text_of(value: Any) -> str:
    """Return a text that is not empty. Raise BadValue for anything else."""
    if not isinstance(value, str) or not value:
        raise BadValue("is missing" if value in (None, "") else "is not a text")
    return value
