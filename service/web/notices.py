"""Notices that stand on every page: troubles, and the progress of first pulls."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from service.analysis.formatting import HOUR, count, integer
from service.analysis.sufficiency import LEAST_WEEKS
from service.monitoring.health import Readiness, Trouble
from service.store.database import Database
from service.store.results import state
from service.store.tickets import sources
from service.store.tickets.progress import PullProgress, first_pulls

FRESH_SECONDS = 5.0
REFRESH_SECONDS = 15
"""How often a page without any numbers refreshes itself."""
MINUTE = 60
TICKETS_ANALYSED_A_MINUTE = 60_000
"""Measured with 10,000 to 1,000,000 tickets: see how long the first pull takes in the document on installation."""


@dataclass(frozen=True, slots=True)
class Notices:
    """Troubles of the service and progress of its first pulls, as of one moment.

    `tickets` counts those in the store. `data_at` is the moment up to which all sources were pulled to their end, None
    before each of them was; `is_complete` is true if no ticket is missing until then. `is_partial` is true where the
    numbers are those of a part of the tickets, which a first pull had brought.
    """

    troubles: tuple[Trouble, ...] = ()
    pulls: tuple[PullProgress, ...] = ()
    tickets: int = 0
    is_analysed: bool = True
    data_at: datetime | None = None
    is_complete: bool = False
    is_partial: bool = False

    @property
    def troubled(self) -> frozenset[str]:
        """The names of the sources that have a trouble."""
        return frozenset(trouble.source for trouble in self.troubles)

    @property
    def progress(self) -> list[str]:
        """A line for each first pull under way."""
        return [progress_text(pull) for pull in self.pulls]

    @property
    def comes_next(self) -> str:
        """The step after the first pull, and how long it takes."""
        expected = sum(pull.total or pull.done for pull in self.pulls)
        return next_text(max(self.tickets, expected), is_read=not self.pulls)


NOTHING = Notices()


@dataclass(slots=True)
class NoticeBoard:
    """The notices, read again every few seconds: no page pays for more than that."""

    fresh_seconds: float = FRESH_SECONDS
    clock: Callable[[], float] = time.monotonic
    _latest: Notices = NOTHING
    _read_at: float | None = None

    def read(self, database: Database, ready: Callable[[], Readiness]) -> Notices:
        """Return the present notices. Raises an error of the database where it does not answer."""
        begin = self.clock()
        if self._read_at is None or begin > self._read_at + self.fresh_seconds:
            self._latest = load_notices(database, ready().troubles, datetime.now(UTC))
            self._read_at = begin
        return self._latest


def load_notices(database: Database, troubles: Sequence[Trouble], now: datetime) -> Notices:
    """Return the notices of a store. A source in its first pull is in no trouble as long as that goes on."""
    states, pulls = sources.states(database), first_pulls(database, now)
    with database.read() as connection:
        analysis = state.load(connection)
    pulled = {pull.source for pull in pulls}
    ends = [source.last_success_at for source in states]
    return Notices(
        troubles=first_of_each([trouble for trouble in troubles if trouble.source not in pulled]),
        pulls=tuple(pulls),
        tickets=sum(source.tickets for source in states),
        is_analysed=analysis.as_of is not None,
        data_at=min((at for at in ends if at), default=None) if all(ends) else None,
        is_complete=all(source.complete for source in states),
        is_partial=analysis.partial,
    )


def first_of_each(troubles: Sequence[Trouble]) -> tuple[Trouble, ...]:
    """Return the first trouble of each source, and all that belong to none: the first is the cause of the others."""
    first: dict[str, Trouble] = {}
    for trouble in troubles:
        first.setdefault(trouble.source or trouble.text, trouble)
    return tuple(first.values())


def progress_text(pull: PullProgress) -> str:
    """Return how far a pull is: `jira: 660 of about 7,500 tickets, 6 min left`, `jira: 660 tickets so far`."""
    if pull.total is None:
        return f"{pull.source}: {count(pull.done, 'ticket')} so far"
    left = pull.seconds_left
    ending = "" if left is None else f", {time_left(left)}"
    return f"{pull.source}: {integer(pull.done)} of about {count(pull.total, 'ticket')}{ending}"


def time_left(seconds: float) -> str:
    """Return a duration as people plan with it: `less than 1 min left`, `6 min left`, `2 h 10 min left`."""
    minutes = round(seconds / MINUTE)
    if minutes < 1:
        return "less than 1 min left"
    hours, rest = divmod(minutes, HOUR // MINUTE)
    if not hours:
        return f"{minutes} min left"
    return f"{integer(hours)} h {rest} min left" if rest else f"{integer(hours)} h left"


def next_text(tickets: int, *, is_read: bool) -> str:
    """Return what follows a first pull of so many tickets: the analysis, and the weeks that the verdict needs."""
    minutes = count(max(1, round(tickets / TICKETS_ANALYSED_A_MINUTE)), "minute")
    analysis = f"The analysis takes about {minutes}" if is_read else f"Then comes the analysis, about {minutes}"
    return f"{analysis}; the verdict needs {LEAST_WEEKS} weeks of data."
