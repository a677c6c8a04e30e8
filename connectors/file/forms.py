"""The forms of values in the columns of one file, as far as its values show them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from connectors.file.columns import COUNTS, TIMES
from connectors.file.dates import ORDERS, Order, Written, is_ambiguous, read_open
from connectors.file.durations import Unit, shows_decimal_comma
from connectors.file.nesting import unwrap
from connectors.file.record import BadFile

SAMPLE = 1000
TIME_FIELDS = (*TIMES, "at")
# One time in so many may be a slip of the pen; with more of them, nothing is clear.
TIMES_A_SLIP = 20
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
    """The number of times of one form, and of those that make no date in an order of day, month and year."""

    def __init__(self) -> None:
        self._times = 0
        self._misfits = dict.fromkeys(ORDERS, 0)
        self.is_open = False

    def add(self, written: Written) -> None:
        """Count a time whose form does not say the order."""
        self._times += 1
        for order in ORDERS:
            self._misfits[order] += order not in written.orders
        self.is_open = self.is_open or is_ambiguous(written)

    def merge(self, evidence: "OrderEvidence") -> None:
        """Add what other times show."""
        self._times += evidence._times
        self.is_open = self.is_open or evidence.is_open
        for order in ORDERS:
            self._misfits[order] += evidence._misfits[order]

    def order(self) -> Order | None:
        """Return the order that the times show, but for slips; None where several or none are possible."""
        likely: tuple[Order, Order] = ("dmy", "mdy")
        best, rival = sorted(likely, key=self._misfits.__getitem__)
        if self._is_slip(self._misfits[best], self._times):
            return best if self._is_slip(self._misfits[best], self._misfits[rival]) else None
        return "ymd" if self._is_slip(self._misfits["ymd"], self._times) else None

    @property
    def tells(self) -> bool:
        """True where a time cannot be read with the day, or not with the month first."""
        return self._misfits["dmy"] > 0 or self._misfits["mdy"] > 0

    def outnumbers(self, evidence: "OrderEvidence") -> bool:
        """Return whether these times are so many that the others, which show another order, are slips."""
        return self._is_slip(evidence._times, self._times)

    def _is_slip(self, few: int, many: int) -> bool:
        return many > 0 and few * TIMES_A_SLIP <= many


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

    def order(self, field: str, sign: str) -> Order | None:
        """Return the order of day and month in times of a field with this sign between them.

        The times of the field with the sign decide, else those of all fields with it; where none with the sign tells,
        all times of the field, else of the file. None where it is not clear, and where the sign itself is a slip.
        """
        if self.is_slip(field, sign):
            return None
        same_sign = self._evidence(sign=sign)
        order = self._evidence(field, sign).order() or same_sign.order()
        if order or same_sign.tells:
            return order
        return self._evidence(field).order() or self._evidence().order()

    @property
    def common_order(self) -> tuple[bool, Order | None]:
        """True where a time can be read in several orders; and the order that all times show."""
        everything = self._evidence()
        return everything.is_open, everything.order()

    def is_slip(self, field: str, sign: str) -> bool:
        """Return whether times of a field with this sign are few, and contradict nearly all times of the field."""
        few, many = self._evidence(field, sign), self._evidence(field)
        orders = few.order(), many.order()
        return None not in orders and orders[0] != orders[1] and many.outnumbers(few)

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

    def _evidence(self, field: str | None = None, sign: str | None = None) -> OrderEvidence:
        """Return what the times of this field and with this sign show together; None stands for all."""
        together = OrderEvidence()
        for place, evidence in self._orders.items():
            if field in (None, place[0]) and sign in (None, place[1]):
                together.merge(evidence)
        return together

    @cached_property
    def _orders(self) -> dict[tuple[str, str], OrderEvidence]:
        evidence: dict[tuple[str, str], OrderEvidence] = defaultdict(OrderEvidence)
        for fields in self._records():
            for field in TIME_FIELDS:
                for value in _texts(fields.get(field)):
                    if written := read_open(value):
                        evidence[field, written.sign].add(written)
        return evidence

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
