"""Values of fields: each function returns the value, None for an empty one, or raises BadValue."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import orjson

from connectors.drafts import COUNT_DIGITS, THOUSANDS, BadValue, count_of
from connectors.file.durations import MAX_NUMBER, parse_decimal
from connectors.file.nesting import IDENTITY_KEYS, unwrap
from connectors.model import NAME_LENGTH
from connectors.texts import REPLACEMENT, clean_id, is_plain

MAX_QUOTE = 40
NO_NUMBER = f"is not a number from 0 to {MAX_NUMBER:,}"
# In cells, words that databases, spreadsheets and scripts write for nothing, in the cases in which they write them.
NOTHING = (
    "null", "none", "nil", "nan", "nat", "n/a", "n.a.", "na", "#n/a", "#na", "<na>", "<null>", "(null)", "[null]",
    "(none)", "<none>", "(empty)", "(blank)", "undefined", "?", "-", "--", "---", "–", "—", ".", "#value!", "#ref!",
    "#div/0!",
)  # fmt: skip
Word = TypeVar("Word", bound=str)
# What a database cannot hold.
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")


class ValueReader:
    """Reads values; `nothing` holds the words that mean nothing, in the cases in which they are written."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        plain = {*NOTHING, *more}
        self.nothing = frozenset(
            {"", *plain, *map(str.upper, plain), *map(str.title, plain), *map(str.lower, plain), "NaN", "NaT", r"\N"}
        )
        self._longest = max(map(len, self.nothing))
        self._reads_counts = not any(map(str.isdecimal, self.nothing))

    def text(self, value: object, field: str) -> str | None:  # noqa: ARG002 - as all parsers are called
        """Return the text without surrounding blanks; a number as it is written."""
        if isinstance(value, str):
            return self.stripped(value)
        if isinstance(value, (dict, list)):
            value = _plain_text(value)
        if value is None:
            return None
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            raise BadValue(f"is not a text, but {_type_name(value)}")
        text = str(value).strip()
        return None if text in self.nothing else text

    def stripped(self, value: str) -> str | None:
        """Return a text without the blanks around it; None for one that means nothing."""
        text = value.strip()
        # A long text would have to be hashed first.
        return None if len(text) <= self._longest and text in self.nothing else text

    def identity(self, value: object, field: str) -> str | None:
        """Return the id of a ticket; a number must be whole and have at most 64 bits."""
        if isinstance(value, str) and len(value) <= NAME_LENGTH and is_plain(value) and value not in self.nothing:
            return value
        value = unwrap(value, IDENTITY_KEYS)
        # A parser reads a larger number as a float, which is another number.
        if isinstance(value, float):
            if not value.is_integer() or abs(value) >= 1 << 53:
                raise BadValue(f"{value} is not a whole number of at most 64 bits: write it in quotes")
            value = int(value)
        text = self.text(value, field)
        if text is None or (text.isascii() and text.isprintable() and len(text) <= NAME_LENGTH):
            return text
        # Two ids that look the same must be the same.
        plain = clean_id(mend_text(text))
        if len(plain) > NAME_LENGTH:
            raise BadValue(f"is longer than {NAME_LENGTH} characters")
        return plain or None

    def number(self, value: object, field: str, *, decimal_comma: bool | None = None) -> float | None:
        """Return a number from 0 to `MAX_NUMBER`, with a decimal point or comma if it has one."""
        text = self.text(value, field)
        if text is None:
            return None
        number = parse_decimal(text, decimal_comma=decimal_comma, cause=NO_NUMBER)
        if not 0 <= number <= MAX_NUMBER:
            raise BadValue(NO_NUMBER, text)
        return number

    def count(self, value: object, field: str, *, decimal_comma: bool | None = None) -> int | None:
        """Return a whole number from 0 to `MAX_NUMBER`."""
        # No parser has to look at the plain form of a counter, unless the operator says that a number means nothing.
        if self._reads_counts:
            if type(value) is int and 0 <= value <= MAX_NUMBER:
                return value
            if isinstance(value, str) and _is_plain_count(value):
                return int(value)
        if type(value) is int:
            value = str(value)
        text = self.text(value, field)
        # Where the file shows what its signs mean, "1,000" may be a one.
        if text is None or (isinstance(value, str) and decimal_comma is None and THOUSANDS.fullmatch(text)):
            return None if text is None else count_of(text)
        number = self.number(value, field, decimal_comma=decimal_comma)
        if number is None or number.is_integer():
            return None if number is None else int(number)
        if isinstance(value, str) and THOUSANDS.fullmatch(text):
            return count_of(text)
        raise BadValue("is not a whole number", str(value))

    def word(self, words: Sequence[Word], value: object, field: str) -> Word | None:
        """Return one of these words, in whatever case it is written."""
        text = self.text(value, field)
        if text is None:
            return None
        lower = text.lower()
        for word in words:
            if word == lower:
                return word
        raise BadValue(f"is not one of {', '.join(words)}", text)

    def texts(self, value: object, field: str) -> tuple[str, ...]:
        """Return the different texts of a list, or of a text with commas, in their order."""
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list):
            raise BadValue(f"is not a list or text, but {_type_name(value)}")
        if not parts:
            return ()
        texts = [self.stripped(part) if type(part) is str else self.text(unwrap(part), field) for part in parts]
        return tuple(dict.fromkeys([text for text in texts if text is not None]))


def _plain_text(value: Any) -> Any:
    """Return the text that an object or a list of texts stands for; the value itself where it stands for none."""
    if isinstance(value, dict):
        return unwrap(value)
    items = [unwrap(item) for item in value]
    if not all(isinstance(item, (str, int, float)) for item in items):
        return value
    # Jira repeats a column for each value.
    return ", ".join(str(item).strip() for item in items if str(item).strip()) or None


def parse_objects(value: object) -> list[Any]:
    """Return a list; a text is read as JSON, since CSV has no lists."""
    items = _parse_json(value) if isinstance(value, str) else value
    if items is None:
        return []
    if not isinstance(items, list):
        raise BadValue("is not a list of objects")
    return items


def _parse_json(value: str) -> Any:
    if not value.strip():
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as problem:
        raise BadValue(f"is invalid JSON at character {problem.pos + 1}") from None


def _is_plain_count(text: str) -> bool:
    return len(text) < COUNT_DIGITS and text.isascii() and text.isdecimal()


def is_fit(text: str) -> bool:
    """Return whether a text holds neither NUL nor half an emoji."""
    # Each of these is ten times as fast as a pattern, and descriptions are most of a file.
    if text.isascii():
        return "\0" not in text
    if text.isprintable():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def mend_text(text: str) -> str:
    """Return a text without NUL, and with U+FFFD for half an emoji."""
    return _UNFIT.sub(lambda match: REPLACEMENT if match[0] >= "\ud800" else "", text)


def quote(value: str) -> str:
    """Return the beginning of a value in quotes, without control characters, for an error message."""
    cut = value[:MAX_QUOTE]
    return ascii(cut) if not cut.isprintable() else f'"{cut}"'


def _type_name(value: object) -> str:
    return {bool: "true or false", dict: "an object", list: "a list"}.get(type(value), "a number")
