"""The forms of values in the columns of one file, as far as its values show them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from connectors.file.columns import COUNTS, TIMES
from connectors.file.dates import ORDERS, Order, is_ambiguous, read_number, read_written
from connectors.file.durations import Unit, shows_decimal_comma
from connectors.file.nesting import unwrap
from connectors.file.record import BadFile

SAMPLE = 1000
TIME_FIELDS = (*TIMES, "at")
NUMBER_FIELDS = ("hours", *COUNTS)
# Work on a ticket takes minutes or hours: whole numbers of this size are seconds.
MANY_SECONDS = 1_000
# Columns of Jira in seconds, and those of the same name in systems that write hours with fractions.
SPENT = re.compile(
    r"time ?_?(spent|worked|logged)|spent ?time|zeitaufwand|aufgewendete|temps (pass|consacr|d[ée]pens)"
    r"|tiempo (dedicado|trabajado)|tempo (gasto|speso|impiegato)|bestede tijd",
    re.IGNORECASE,
)
UNIT_NAMES: tuple[tuple[Unit, str], ...] = (
    ("seconds", r"second|sekund|segund|seconde|\bsecs?\b|_secs?$|\(s\)|_s$|秒"),
    ("minutes", r"minut|\bmins?\b|_mins?$|\(m\)|分"),
    (
        "hours",
        r"hour|stunde|\bstd\b|heure|\bhoras?|\bor[ae]\b|\buren\b|timm|timer|godzin|\bh(rs?)?\b|\(h\)|_h(rs?)?$|時間",
    ),
)
_UNITS = tuple((unit, re.compile(pattern, re.IGNORECASE)) for unit, pattern in UNIT_NAMES)
Fields = Mapping[str, object]


def unit_in(name: str) -> Unit | None:
    """Return the unit that the name of a column says."""
    return next((unit for unit, pattern in _UNITS if pattern.search(name)), None)


class OrderEvidence:
    """The orders of day, month and year in which every time of a column makes a date."""

    def __init__(self) -> None:
        self._left = set(ORDERS)
        self.is_open = False

    def add(self, value: str) -> None:
        """Look at a value of the column."""
        written = None if read_number(value) else read_written(value)
        # Others have one order, whatever the digits of the rest mean.
        if written is not None and written.is_open:
            self._left &= set(written.orders)
            self.is_open = self.is_open or is_ambiguous(written)

    def merge(self, evidence: "OrderEvidence") -> None:
        """Add what another column shows."""
        self._left &= evidence._left

    def order(self) -> Order | None:
        """Return the only possible order; None where several or none are possible."""
        usual = self._left - {"ymd"} or self._left
        return next(iter(usual)) if len(usual) == 1 else None


class UnitEvidence:
    """The unit of the numbers in a column of durations."""

    def __init__(self, least: int = MANY_SECONDS) -> None:
        self._least = least
        self._largest = 0.0
        self.is_against = False
        """True once a number shows that they are no seconds."""

    def add(self, value: str) -> None:
        """Look at a value of the column."""
        try:
            number = float(value)
        except ValueError:
            return
        self.is_against = self.is_against or number % 60 != 0
        self._largest = max(self._largest, number)

    def unit(self) -> Unit | None:
        """Return seconds where the numbers are too many and too round for anything else; None for the default."""
        return "seconds" if self._largest >= self._least and not self.is_against else None


class FileForms:
    """The evidence of the values of one file. Its records are read once, when a value is met that needs it.

    `read` returns the fields of all records from the beginning; `hours_columns` are the names of those of `hours`.
    """

    def __init__(self, read: Callable[[], Iterator[Fields]], hours_columns: Sequence[str] = ()) -> None:
        self._read = read
        self._hours_columns = hours_columns

    def order(self, field: str) -> Order | None:
        """Return the order of day and month in a field, by all of its values, else by those of other fields."""
        evidence = self._orders.get(field)
        return (evidence.order() if evidence else None) or self._common_order

    def decimal_comma(self, field: str) -> bool | None:
        """Return whether commas separate decimals in a field; None where no value of it shows this."""
        return self._commas.get(field)

    @cached_property
    def hours_unit(self) -> Unit | None:
        """The unit of the field `hours` by the name of its column, else by its values; None where neither shows it."""
        names = " ".join(self._hours_columns)
        if unit := unit_in(names):
            return unit
        evidence = UnitEvidence(1 if SPENT.search(names) else MANY_SECONDS)
        for fields in islice(self._records(), SAMPLE):
            for value in _texts(fields.get("hours")):
                evidence.add(value)
            if evidence.is_against:
                break
        return evidence.unit()

    @cached_property
    def _orders(self) -> dict[str, OrderEvidence]:
        evidence: dict[str, OrderEvidence] = {}
        for fields in self._records():
            for field in TIME_FIELDS:
                for value in _texts(fields.get(field)):
                    evidence.setdefault(field, OrderEvidence()).add(value)
        return evidence

    @cached_property
    def _common_order(self) -> Order | None:
        common = OrderEvidence()
        for evidence in self._orders.values():
            common.merge(evidence)
        return common.order()

    @cached_property
    def _commas(self) -> dict[str, bool]:
        shown: dict[str, set[bool | None]] = {}
        for fields in self._records():
            for field in NUMBER_FIELDS:
                for value in _texts(fields.get(field)):
                    shown.setdefault(field, set()).add(shows_decimal_comma(value))
        decided = {field: values - {None} for field, values in shown.items()}
        return {field: True in values for field, values in decided.items() if len(values) == 1}

    def _records(self) -> Iterator[Fields]:
        # A damaged file shows what it can; reading it reports the damage.
        try:
            yield from self._read()
        except BadFile:
            return


def _texts(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        plain = unwrap(item)
        if isinstance(plain, (str, int, float)) and not isinstance(plain, bool):
            yield str(plain).strip()
