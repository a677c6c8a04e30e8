"""Bursts: the openings and resolutions by which the tickets of a family form episodes, read by index."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, text

from service.analysis.episodes import NEVER
from service.analysis.families.shape import ALERTS
from service.analysis.major_incidents import NARROWER, MajorFailure
from service.store.results.facts import TicketFlags
from service.store.results.links import Target
from service.store.results.tables import MAJOR, FactLinkRow, FactRow
from service.store.sql import batches, group_pairs
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
LINK = table_of(FactLinkRow)
BATCH_SIZE = 1000
READ_AHEAD = 100

Span = tuple[int, int]
"""Seconds since 1970, from the first up to, and without, the second."""

_IN_FAMILY = FACT.c.family_id == bindparam("family")
_IN_SPAN = and_(_IN_FAMILY, FACT.c.burst_s >= bindparam("begin"), FACT.c.burst_s < bindparam("end"))
_FLAGS = FACT.c.is_repeat, FACT.c.is_endless, FACT.c.leads
_SUMS = select(func.count(), func.coalesce(func.sum(FACT.c.seconds), 0)).where(_IN_SPAN)
_FLAGGED = select(FACT.c.ticket_id, FACT.c.burst_s, *_FLAGS).where(_IN_SPAN)
_IS_MAJOR = text(MAJOR)
_MAJOR = select(FACT.c.ticket_id, FACT.c.burst_s, *(FACT.c[name] for name in NARROWER)).where(_IS_MAJOR)
_MAJOR_IN_SPAN = _MAJOR.add_columns(*_FLAGS).where(_IN_SPAN).order_by(FACT.c.opened_s, FACT.c.external_id)


class StoredMoments:
    """The openings or the resolutions of a family, as `service.analysis.episodes.Moments`.

    `column` is `burst_s` or `repaired_s`.
    """

    # Most questions follow each other within days: the answers to the next ones are read ahead.

    def __init__(self, connection: Connection, family_id: int, column: str) -> None:
        self._connection = connection
        self._family_id = family_id
        moment = FACT.c[column]
        from_moment = select(moment).where(_IN_FAMILY, moment >= bindparam("moment"), moment < NEVER)
        self._following = from_moment.order_by(moment).limit(READ_AHEAD)
        self._last = select(func.max(moment)).where(_IN_FAMILY, moment < bindparam("moment"))
        self._ahead: Sequence[int] = ()
        self._begin, self._end = NEVER, -NEVER

    def first_from(self, moment: int) -> int | None:
        """Return the first that is not before a moment; None if there is none."""
        if not self._begin <= moment <= self._end:
            self._read_ahead(moment)
        place = bisect_left(self._ahead, moment)
        return self._ahead[place] if place < len(self._ahead) else None

    def last_before(self, moment: int) -> int:
        """Return the last that is before a moment. Raises LookupError if there is none."""
        place = bisect_left(self._ahead, moment) if self._begin < moment <= self._end else 0
        if place:
            return self._ahead[place - 1]
        last = self._connection.execute(self._last, {"family": self._family_id, "moment": moment}).scalar()
        if last is None:
            raise LookupError(moment)
        return int(last)

    def _read_ahead(self, moment: int) -> None:
        parameters = {"family": self._family_id, "moment": moment}
        self._ahead = self._connection.execute(self._following, parameters).scalars().all()
        # What is read reaches to its last moment, or, where nothing follows, to the end of time.
        self._begin, self._end = moment, self._ahead[-1] if len(self._ahead) == READ_AHEAD else NEVER


def sums(connection: Connection, family_id: int, span: Span) -> tuple[int, int]:
    """Return (tickets, seconds of work) of a family's tickets whose bursts are in a span."""
    tickets, seconds = connection.execute(_SUMS, {"family": family_id, "begin": span[0], "end": span[1]}).one()
    return int(tickets), int(seconds)


def flagged(connection: Connection, family_id: int, span: Span) -> list[tuple[int, int, TicketFlags]]:
    """Return (ticket, burst, flags) of a family's tickets whose bursts are in a span."""
    rows = connection.execute(_FLAGGED, {"family": family_id, "begin": span[0], "end": span[1]})
    return [(ticket, burst_s, TicketFlags(*flags)) for ticket, burst_s, *flags in rows]


def major_failures(connection: Connection, family_id: int, span: Span) -> list[tuple[MajorFailure, TicketFlags]]:
    """Return the major failures of a family whose bursts are in a span, in the order of openings, with their flags."""
    rows = connection.execute(_MAJOR_IN_SPAN, {"family": family_id, "begin": span[0], "end": span[1]})
    return [(MajorFailure(row[0], row[1], tuple(row[2:-3])), TicketFlags(*row[-3:])) for row in rows]


def major_failures_of(connection: Connection, families: Sequence[int]) -> dict[int, list[MajorFailure]]:
    """Return the major failures of these families in the order of their openings, of those that have any."""
    return {
        family: failures
        for batch in batches(families, BATCH_SIZE)
        for family, failures in _majors_by_family(connection, FACT.c.family_id.in_(batch))
    }


def all_major_failures(connection: Connection) -> Iterator[tuple[int, list[MajorFailure]]]:
    """Yield the major failures of every family that has any, in the order of the families' numbers."""
    return _majors_by_family(connection, FACT.c.family_id.is_not(None))


def _majors_by_family(connection: Connection, condition: Any) -> Iterator[tuple[int, list[MajorFailure]]]:
    ordered = _MAJOR.where(condition).order_by(FACT.c.family_id, FACT.c.opened_s, FACT.c.external_id)
    rows = connection.execute(ordered.add_columns(FACT.c.family_id), execution_options={"yield_per": 5000})
    for family_id, failures in groupby(rows, itemgetter(-1)):
        yield family_id, [MajorFailure(ticket, burst_s, tuple(values)) for ticket, burst_s, *values, _ in failures]


def children(connection: Connection, targets: Sequence[Target]) -> set[int]:
    """Return the numbers of the tickets that name one of these as their parent."""
    numbers: set[int] = set()
    for source_id, ids in group_pairs(targets):
        conditions = LINK.c.source_id == source_id, LINK.c.target.in_(ids), LINK.c.relation == "parent"
        numbers.update(connection.execute(select(LINK.c.ticket_id).where(*conditions)).scalars())
    return numbers


def parents_openings(connection: Connection, tickets: Sequence[int]) -> dict[int, int]:
    """Return the first opening of the incidents and alerts that each of these tickets names as its parent."""
    opening, openings = func.min(FACT.c.opened_s), dict[int, int]()
    parent = and_(FACT.c.source_id == LINK.c.source_id, FACT.c.external_id == LINK.c.target)
    is_alert = FACT.c.kind.in_(ALERTS), FACT.c.nature == "reactive", LINK.c.relation == "parent"
    for batch in batches(tickets, BATCH_SIZE):
        statement = select(LINK.c.ticket_id, opening).select_from(LINK.join(FACT, parent))
        named = statement.where(LINK.c.ticket_id.in_(batch), *is_alert).group_by(LINK.c.ticket_id)
        openings.update((ticket, int(opened_s)) for ticket, opened_s in connection.execute(named))
    return openings
