"""Facts on the columns of a file, as sampled records show them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.file.dates import read_number, read_written
from connectors.file.nesting import flatten, unwrap
from connectors.file.values import ValueReader

MOST_WORDS = 200
READ = ValueReader()
Row = Mapping[str, str]
"""The texts of a record by the dotted names of its columns; empty values are left out."""


class ColumnFacts(NamedTuple):
    """The values of one column: `words` counts the different ones, `times` those that are times."""

    name: str
    rows: int
    filled: int
    words: Counter[str]
    times: int
    naive_times: int
    length: float

    @property
    def holds_times(self) -> bool:
        """True where nearly all values are times."""
        return self.times > 0 and self.times >= 0.8 * self.filled

    @property
    def is_unique(self) -> bool:
        """True where every record has a value, and hardly two have the same."""
        return self.filled == self.rows > 0 and len(self.words) >= 0.98 * self.rows

    @property
    def has_few_words(self) -> bool:
        """True where the values are a short list of words that repeat."""
        return 0 < len(self.words) <= 40 and len(self.words) <= max(2, 0.5 * self.filled) and self.length <= 40


def as_row(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a record by column."""
    texts = {}
    for name, value in flatten(record):
        text = _text(value)
        if text:
            texts[name] = text
    return texts


def _text(value: Any) -> str:
    plain = unwrap(value[0] if isinstance(value, list) and value else value)
    if plain is None or isinstance(plain, (dict, list)):
        return ""
    text = str(plain).strip()
    return "" if text in READ.nothing else text


def facts_of(names: Iterable[str], rows: Sequence[Row]) -> tuple[ColumnFacts, ...]:
    """Return the facts on these columns."""
    return tuple(_facts(name, rows) for name in names)


def _facts(name: str, rows: Sequence[Row]) -> ColumnFacts:
    texts = [row[name] for row in rows if name in row]
    zones = [is_naive for is_naive in map(time_without_offset, texts) if is_naive is not None]
    return ColumnFacts(
        name=name,
        rows=len(rows),
        filled=len(texts),
        words=Counter(texts),
        times=len(zones),
        naive_times=sum(zones),
        length=sum(map(len, texts)) / len(texts) if texts else 0.0,
    )


def time_without_offset(text: str) -> bool | None:
    """Return whether a time lacks an offset; None for a text that is no time."""
    if len(text) < 6 or len(text) > 60:
        return None
    if (at := read_number(text)) is not None:
        # A number of eight digits and the like may be anything; an epoch is an instant.
        return at.tzinfo is None
    written = read_written(text)
    return None if written is None else written.offset is None
