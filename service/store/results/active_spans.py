"""Times in which persons had tickets active, from which work is estimated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, delete, select

from service.analysis.work import ActiveSpan
from service.store.database import Database
from service.store.results.tables import ActiveSpanRow
from service.store.sql import batches, insert_rows
from service.store.tickets.tables import table_of

SPAN = table_of(ActiveSpanRow)
BATCH_SIZE = 1000
_ROWS = select(SPAN.c.ticket_id, SPAN.c.begin_s, SPAN.c.end_s)

TicketSpan = tuple[int, int, int]
"""Number of a ticket, begin and end of a time in which one person had it active."""


class ActiveSpanStore:
    """Writes the active spans of one database."""

    def __init__(self, database: Database) -> None:
        self._insert = insert_rows(SPAN, database.dialect)

    def add(self, connection: Connection, spans: Mapping[int, Iterable[ActiveSpan]]) -> None:
        """Write the spans of tickets that have none, by their numbers."""
        rows = [{"ticket_id": number, **span._asdict()} for number, of_ticket in spans.items() for span in of_ticket]
        self._insert.run(connection, rows)


def remove(connection: Connection, tickets: Sequence[int]) -> None:
    """Delete the spans of these tickets."""
    for batch in batches(tickets, BATCH_SIZE):
        connection.execute(delete(SPAN).where(SPAN.c.ticket_id.in_(batch)))


def of_tickets(connection: Connection, tickets: Sequence[int]) -> dict[int, list[ActiveSpan]]:
    """Return the spans of these tickets in order, by their numbers, of those that have any."""
    spans: dict[int, list[ActiveSpan]] = {}
    for batch in batches(tickets, BATCH_SIZE):
        columns = select(SPAN.c.ticket_id, SPAN.c.person, SPAN.c.begin_s, SPAN.c.end_s)
        rows = connection.execute(columns.where(SPAN.c.ticket_id.in_(batch)))
        for number, *span in rows:
            spans.setdefault(number, []).append(ActiveSpan(*span))
    return {number: sorted(of_ticket, key=itemgetter(1)) for number, of_ticket in spans.items()}


def overlapping(connection: Connection, person: str, intervals: Iterable[tuple[int, int]]) -> set[TicketSpan]:
    """Return the spans of a person that share some time with any of the intervals, which do not overlap."""
    spans: set[TicketSpan] = set()
    for begin, end in intervals:
        shared = SPAN.c.person == person, SPAN.c.end_s > begin, SPAN.c.begin_s < end
        rows = connection.execute(_ROWS.where(*shared))
        spans.update((number, begin_s, end_s) for number, begin_s, end_s in rows)
    return spans


def by_person(connection: Connection) -> Iterator[tuple[str, Iterator[TicketSpan]]]:
    """Yield every person with the person's spans, one person after the other."""
    statement = select(SPAN.c.person, SPAN.c.ticket_id, SPAN.c.begin_s, SPAN.c.end_s).order_by(SPAN.c.person)
    rows = connection.execute(statement, execution_options={"yield_per": 5000})
    for person, spans in groupby(rows, itemgetter(0)):
        yield person, ((number, begin, end) for _, number, begin, end in spans)
