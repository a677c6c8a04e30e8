"""The definitions of episodes, returns and endless cycles, worked out apart from the product, ticket by ticket."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True)
class PlainTicket:
    """A ticket of a family, with the opening by which it belongs to an episode."""

    id: str
    opened: datetime
    repaired: datetime | None


def episodes_of(tickets: Sequence[PlainTicket]) -> list[list[PlainTicket]]:
    """Return the episodes of a family: each with its tickets."""
    grouped: list[list[PlainTicket]] = []
    for ticket in sorted(tickets, key=lambda ticket: ticket.opened):
        if grouped:
            start, last = grouped[-1][0].opened, grouped[-1][-1].opened
            soon = ticket.opened - last <= 24 * HOUR and ticket.opened - start <= 72 * HOUR
            if soon or not any(t.repaired and start <= t.repaired <= ticket.opened for t in tickets):
                grouped[-1].append(ticket)
                continue
        grouped.append([ticket])
    return grouped


def repeats_of(tickets: Sequence[PlainTicket]) -> set[str]:
    """Return the tickets of the episodes that have an earlier one within the 26 weeks before them."""
    episodes, repeats = episodes_of(tickets), set[str]()
    for number, episode in enumerate(episodes):
        if any(episode[0].opened - earlier[-1].opened <= 26 * WEEK for earlier in episodes[:number]):
            repeats |= {ticket.id for ticket in episode}
    return repeats


def monday_of(at: datetime, zone: ZoneInfo) -> date:
    day = at.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def endless_of(tickets: Sequence[PlainTicket], zone: ZoneInfo) -> set[str]:
    """Return the tickets in whose week the family was known to be an endless cycle, at the end of that week."""
    by_week = defaultdict[date, set[str]](set)
    for ticket in tickets:
        by_week[monday_of(ticket.opened, zone)].add(ticket.id)
    starts = [episode[0].opened for episode in episodes_of(tickets)]
    return {id_ for monday, ids in by_week.items() if _is_endless(starts, by_week, monday, zone) for id_ in ids}


def _is_endless(starts: Sequence[datetime], by_week: Mapping[date, object], monday: date, zone: ZoneInfo) -> bool:
    end = datetime.combine(monday + WEEK, datetime.min.time(), zone)
    begun = [start for start in starts if start < end]
    if len(begun) < 3 or begun[-1] - begun[0] < 14 * DAY:
        return False
    if sum(monday - back * WEEK in by_week for back in range(13)) >= 10:
        return True
    in_seconds = end.timestamp()
    recent = [start.timestamp() for start in begun if in_seconds - start.timestamp() < 182 * 86_400]
    return len(recent) >= 5 and not _slows_down(recent, begun[0].timestamp(), in_seconds)


def _slows_down(recent: Iterable[float], first: float, end: float) -> bool:
    begin = end - 182 * 86_400
    ages = [start - begin for start in recent]
    if first > begin:
        begin, ages = first, [start - first for start in recent if start != first]
    window = end - begin
    return (sum(ages) / len(ages) - window / 2) / (window * math.sqrt(1 / 12 / len(ages))) < -1.645
