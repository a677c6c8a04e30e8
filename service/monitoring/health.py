"""Whether the service lives, and whether it can be relied on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.store import schema
from service.store.database import Database, DatabaseError
from service.store.tickets import sources

GRACE = timedelta(minutes=15)
INTERVALS_UNTIL_STALE = 3


@dataclass(slots=True)
class Readiness:
    """What keeps the service from being ready; nothing where it is."""

    problems: list[str] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is in the way."""
        return not self.problems


def readiness(database: Database, expected: Iterable[str], interval: timedelta, now: datetime) -> Readiness:
    """Ready: the database answers, its schema is current, and every source was pulled to its end lately.

    `interval` is the time between two pulls; a source is stale after three of them and a grace.
    """
    found = Readiness()
    try:
        database.check()
        if schema.current(database) != schema.head():
            found.problems.append("the database is not migrated to this release")
            return found
        states = {state.name: state.last_success_at for state in sources.states(database)}
    except DatabaseError as problem:
        found.problems.append(str(problem))
        return found
    found.problems += stale(states, expected, interval * INTERVALS_UNTIL_STALE + GRACE, now)
    return found


def stale(last: Mapping[str, datetime | None], expected: Iterable[str], limit: timedelta, now: datetime) -> list[str]:
    """A sentence for every source that was not pulled to its end within `limit`."""
    problems = []
    for name in expected:
        at = last.get(name)
        if at is None:
            problems.append(f"source {name} was never pulled to its end")
        elif now - at > limit:
            problems.append(f"source {name} was last pulled to its end at {at.isoformat(timespec='seconds')}")
    return problems
