"""Readiness of the service: its database, and the age of the last pulls."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from service.store import schema
from service.store.database import Database
from service.store.errors import UNAVAILABLE, DatabaseError
from service.store.limits import PROBE, limited
from service.store.results.failure import load_failure
from service.store.tickets import runs, sources

# Clocks of two machines differ by seconds; more means that one of them was set.
CLOCK_TOLERANCE = timedelta(minutes=5)
GRACE = timedelta(minutes=15)
INTERVALS_UNTIL_STALE = 3

T = TypeVar("T")
_probes = ThreadPoolExecutor(2, "probe")


UNREACHABLE, NOT_MIGRATED = "database: unreachable", "database: not migrated"
STALE = "sources: no recent complete pull"
REJECTED, FAILED = "sources: credentials rejected", "analysis: failed"
ANALYSIS_REMEDY = "Look at the log, and run `treadmill analyse`; the report shows the last one that succeeded."
STALE_REMEDY = "See its runs on the page Sources, and run `treadmill check`."


@dataclass(slots=True)
class Readiness:
    """The problems that keep the service from being ready; `categories` say of each what strangers may know."""

    problems: list[str] = field(default_factory=list)
    categories: Counter[str] = field(default_factory=Counter)

    def add(self, category: str, *problems: str) -> None:
        """Add problems of one category."""
        self.problems += problems
        self.categories[category] += len(problems)

    @property
    def summary(self) -> list[str]:
        """The categories with how many problems each has: no name of a source, a host or a user."""
        counted = ((category, number) for category, number in self.categories.items() if number)
        return [f"{category} ({number})" if number > 1 else category for category, number in counted]

    @property
    def is_ready(self) -> bool:
        """True if there is no problem."""
        return not self.problems


def readiness(database: Database, expected: Iterable[str], interval: timedelta, now: datetime) -> Readiness:
    """Return the problems of the database, or else those of the expected sources and of the analysis.

    `interval` is the time between two pulls. A source is stale `INTERVALS_UNTIL_STALE` of them, and `GRACE`, after its
    last complete pull.
    """
    result, expected = Readiness(), tuple(expected)
    try:
        with limited(PROBE):
            database.check()
            if schema.current(database) != schema.head():
                result.add(NOT_MIGRATED, "the database is not migrated to this release")
                return result
            states = {state.name: state.last_success_at for state in sources.states(database)}
            rejected, failure = runs.rejections(database), load_failure(database)
    except UNAVAILABLE as problem:
        result.add(UNREACHABLE, str(problem).partition("\n")[0])
        return result
    # Three intervals: one pull that fails and one that takes long are no reason to page somebody.
    result.add(REJECTED, *(_rejection(name, rejected[name]) for name in expected if name in rejected))
    if failure:
        result.add(FAILED, f"the analysis failed at {_moment(failure.at)}: {failure.reason}. {ANALYSIS_REMEDY}")
    overdue = stale(states, expected, interval * INTERVALS_UNTIL_STALE + GRACE, now)
    result.add(STALE, *(f"{problem}. {STALE_REMEDY}" for problem in overdue))
    return result


def _rejection(name: str, rejection: runs.Rejection) -> str:
    text = f"source {name} rejected the credentials at {_moment(rejection.at)}: {rejection.reason}"
    return f"{text}. {rejection.remedy}".rstrip()


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


async def readiness_in_time(ready: Callable[[], Readiness]) -> Readiness:
    """Return the readiness that a function finds out, or that the database does not answer."""
    try:
        return await _in_time(ready)
    except TimeoutError:
        silent = Readiness()
        silent.add(UNREACHABLE, f"the database has not answered for {PROBE.silence:.0f} s: look at its server")
        return silent


async def answers(database: Database) -> bool:
    """Return True if the database answers in time."""

    def check() -> None:
        with limited(PROBE):
            database.check()

    try:
        await _in_time(check)
    except (TimeoutError, DatabaseError):
        return False
    return True


async def _in_time(probe: Callable[[], T]) -> T:
    """Return the result of a probe. Raises TimeoutError."""
    # Threads of their own: those of pages and jobs may all be waiting for the database.
    return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(_probes, probe), PROBE.silence)


def stale(last: Mapping[str, datetime | None], expected: Iterable[str], limit: timedelta, now: datetime) -> list[str]:
    """Return a sentence for every expected source without a complete pull within `limit`."""
    problems = []
    for name in expected:
        at = last.get(name)
        if at is None:
            problems.append(f"source {name} was never pulled to its end")
        elif at > now + CLOCK_TOLERANCE:
            problems.append(
                f"source {name} was last pulled at {at.isoformat(timespec='seconds')}, which is in the future: check "
                "the clock of this machine"
            )
        elif now - at > limit:
            problems.append(
                f"source {name} was last pulled to its end at {_moment(at)}: {STALE_REMEDY.format(name=name)}"
            )
    return problems
