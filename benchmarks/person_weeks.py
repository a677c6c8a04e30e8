"""Estimated hours of each person in each week, by a walk from moment to moment that shares no code with the product."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import text

from service.store.database import Database

DAY, WEEK, MONDAY = 86_400, 7 * 86_400, 4 * 86_400
OPENS, CLOSES, WORKDAYS = 8 * 3600, 18 * 3600, 5

Span = tuple[int, int, int]


def person_weeks(database: Database, until: int) -> list[float]:
    """Return the hours of all persons' weeks up to a moment, Monday to Friday from 8 to 18 in UTC.

    What an analysis stored for a ticket is laid over its weeks in proportion to the person's shared time in it.
    """
    shares, totals = defaultdict[tuple[str, int, int], float](float), defaultdict[int, float](float)
    with database.read() as connection:
        stored: dict[int, int] = dict(
            connection.execute(text("SELECT ticket_id, seconds FROM fact WHERE hours_are = 'estimated'")).all()
        )
        rows = connection.execute(text("SELECT person, ticket_id, begin_s, end_s FROM active_span")).all()
    by_person = defaultdict[str, list[Span]](list)
    for person, ticket, begin, end in rows:
        by_person[person].append((ticket, begin, min(end, until)))
    for person, spans in by_person.items():
        for ticket, week, seconds in _shared(spans, alone=not person):
            shares[person, week, ticket] += seconds
            totals[ticket] += seconds
    weeks = defaultdict[tuple[str, int], float](float)
    for (person, week, ticket), seconds in shares.items():
        if person and totals[ticket]:
            weeks[person, week] += stored.get(ticket, 0) * seconds / totals[ticket] / 3600
    return list(weeks.values())


def _shared(spans: Iterable[Span], *, alone: bool) -> Iterator[tuple[int, int, float]]:
    """Yield (ticket, week, seconds of its share), moment by moment in business hours."""
    steps = sorted(step for ticket, begin, end in spans for step in ((begin, 1, ticket), (end, 0, ticket)))
    active: set[int] = set()
    before = steps[0][0] if steps else 0
    for at, begins, ticket in steps:
        for week, seconds in _business(before, at) if active else ():
            for of in active:
                yield of, week, seconds if alone else seconds / len(active)
        active.add(ticket) if begins else active.discard(ticket)
        before = at


def _business(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (week, seconds of business hours) between two moments."""
    for day in range(begin // DAY, end // DAY + 1):
        midnight = day * DAY
        seconds = min(end, midnight + CLOSES) - max(begin, midnight + OPENS)
        if (midnight - MONDAY) // DAY % 7 < WORKDAYS and seconds > 0:
            yield (midnight - MONDAY) // WEEK, seconds
