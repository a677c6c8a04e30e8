"""Flags of tickets: a repeat belongs to a return; endless is known of its family at the end of its local week."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import numpy as np

from service.analysis.calendar import week_begin
from service.analysis.episodes import NEVER, week_numbers
from service.store.results.bursts import Span
from service.store.results.facts import NO_FLAGS, TicketFlags
from service.store.results.families import Episode, FamilyWeek

_ALL_FLAGS = tuple(TicketFlags(bool(code & 1), bool(code & 2), code >> 2) for code in range(128))


class FlaggedTickets(NamedTuple):
    """Tickets in columns, since a family may hold most tickets of a store: numbers, bursts and the flags they have."""

    numbers: Sequence[int]
    bursts: Sequence[int]
    flags: Sequence[TicketFlags]

    @classmethod
    def of(cls, tickets: Sequence[tuple[int, int, TicketFlags]]) -> Self:
        """Return the columns of tickets given as (number, burst, flags)."""
        numbers, moments, flags = zip(*tickets, strict=True) if tickets else ((), (), ())
        return cls(numbers, moments, flags)


def shared_flags(is_repeat: bool, is_endless: bool, leads: int) -> TicketFlags:
    """Return these flags as the one object that all tickets with them share."""
    return _ALL_FLAGS[is_repeat + 2 * is_endless + 4 * leads]


class FamilyFlags:
    """The flags of the tickets of one family, by their bursts."""

    def __init__(self, episodes: Sequence[Episode], weeks: Sequence[FamilyWeek], zone: ZoneInfo) -> None:
        self._zone = zone
        self.returns = [(episode.start_s, episode.is_return) for episode in episodes]
        self.endless = {week.week for week in weeks if week.is_endless}

    def of(self, bursts: Sequence[int]) -> list[TicketFlags]:
        """Return the flags of tickets of these bursts."""
        if not self.endless and not any(is_return for _, is_return in self.returns):
            return [NO_FLAGS] * len(bursts)
        moments = np.array(bursts, np.int64)
        starts, returns = zip(*self.returns, strict=True)
        repeat = np.array(returns, np.int64)[np.searchsorted(np.array(starts, np.int64), moments, "right") - 1]
        endless = np.isin(week_numbers(moments, self._zone), list(self.endless))
        return [_ALL_FLAGS[code] for code in (repeat + 2 * endless).tolist()]

    def flipped(self, former: "FamilyFlags") -> Iterator[Span]:
        """Yield spans that hold every ticket whose flags differ from former ones."""
        yield from _differing(former.returns, self.returns)
        for week in sorted(self.endless ^ former.endless):
            yield week_begin(week, self._zone), week_begin(week + 1, self._zone)


class FlagTable:
    """The flags of all tickets of a store, by ticket number, one byte each."""

    # A rebuild knows the flags family by family and counts ticket by ticket: written in the order of families, they
    # would touch every page of the store for every few tickets.

    def __init__(self) -> None:
        self._codes = bytearray()

    def add(self, flags: Mapping[int, TicketFlags]) -> None:
        """Add the flags of tickets by ticket number."""
        missing = max(flags, default=-1) + 1 - len(self._codes)
        if missing > 0:
            self._codes.extend(bytes(missing))
        for ticket, (is_repeat, is_endless, leads) in flags.items():
            self._codes[ticket] = is_repeat + 2 * is_endless + 4 * leads

    def of(self, ticket: int) -> TicketFlags:
        """Return the flags of a ticket."""
        return _ALL_FLAGS[self._codes[ticket]] if ticket < len(self._codes) else NO_FLAGS


def changed_flags(flags: FamilyFlags, tickets: FlaggedTickets, leads: Mapping[int, int]) -> dict[int, TicketFlags]:
    """Return the flags of those tickets that have others now.

    A ticket leads what it led before unless it is in `leads`.
    """
    changed = dict[int, TicketFlags]()
    for ticket, former, now in zip(tickets.numbers, tickets.flags, flags.of(tickets.bursts), strict=True):
        led = leads.get(ticket, former.leads)
        current = now._replace(leads=led) if led else now
        if current != former:
            changed[ticket] = current
    return changed


def _differing(before: Sequence[tuple[int, bool]], after: Sequence[tuple[int, bool]]) -> Iterator[Span]:
    """Yield the spans in which two flags differ that each hold from a start to the next one."""
    moments = sorted({start for start, _ in (*before, *after)})
    for begin, end in zip(moments, [*moments[1:], NEVER], strict=True):
        if _flag_at(before, begin) != _flag_at(after, begin):
            yield begin, end


def _flag_at(flags: Sequence[tuple[int, bool]], moment: int) -> bool:
    place = bisect_right(flags, (moment, True)) - 1
    return place >= 0 and flags[place][1]
