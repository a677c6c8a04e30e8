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


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem that keeps the service from being ready.

    `category` says what strangers may know, `text` everything with the remedy, `brief` the cause in a few words, which
    pages show after the name of the `source`, if it is one, and the moment of its last complete pull, `data_until`.
    """

    category: str
    text: str
    brief: str
    source: str = ""
    data_until: datetime | None = None

    @property
    def sentence(self) -> str:
        """The text as it stands alone."""
        return f"{self.text[:1].upper()}{self.text[1:].rstrip('.')}."


@dataclass(slots=True)
class Readiness:
    """The troubles that keep the service from being ready."""

    troubles: list[Trouble] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """A sentence for each trouble, with its remedy, for those who are logged in."""
        return [trouble.text for trouble in self.troubles]

    @property
    def summary(self) -> list[str]:
        """The categories with how many problems each has: no name of a source, a host or a user."""
        counted = Counter(trouble.category for trouble in self.troubles).items()
        return [f"{category} ({number})" if number > 1 else category for category, number in counted]

    @property
    def is_ready(self) -> bool:
        """True if there is no trouble."""
        return not self.troubles


def readiness(database: Database, expected: Iterable[str], interval: timedelta, now: datetime) -> Readiness:
    """Return the problems of the database, or else those of the expected sources and of the analysis.

    `interval` is the time between two pulls. A source is stale `INTERVALS_UNTIL_STALE` of them, and `GRACE`, after its
    last complete pull.
    """
    expected = tuple(expected)
    try:
        with limited(PROBE):
            database.check()
            if schema.current(database) != schema.head():
                problem = "the database is not migrated to this release"
                return Readiness([Trouble(NOT_MIGRATED, problem, problem)])
            states = {state.name: state.last_success_at for state in sources.states(database)}
            failed, failure = runs.failures(database), load_failure(database)
    except UNAVAILABLE as problem:
        return Readiness([_unreachable(str(problem).partition("\n")[0])])
    rejected = [name for name in expected if name in failed and failed[name].is_rejection]
    troubles = [_rejection(name, failed[name], states.get(name)) for name in rejected]
    if failure:
        text = f"the analysis failed at {_moment(failure.at)}: {failure.reason}. {ANALYSIS_REMEDY}"
        troubles.append(
            Trouble(FAILED, text, "the analysis failed: the numbers are those of the last one that succeeded")
        )
    # Three intervals: one pull that fails and one that takes long are no reason to page somebody.
    limit = interval * INTERVALS_UNTIL_STALE + GRACE
    for name in expected:
        # A rejection stands above already, with its own remedy.
        last = None if name in rejected else failed.get(name)
        troubles += [_overdue(problem, name, states.get(name), last) for problem in stale(states, [name], limit, now)]
    return Readiness(troubles)


def _unreachable(text: str) -> Trouble:
    return Trouble(UNREACHABLE, text, "the database does not answer")


def _rejection(name: str, failure: runs.RunFailure, until: datetime | None) -> Trouble:
    text = f"source {name} rejected the credentials at {_moment(failure.at)}: {failure.reason}"
    return Trouble(REJECTED, f"{text}. {failure.remedy}".rstrip(), "it rejected the credentials", name, until)


def _overdue(problem: str, name: str, until: datetime | None, failure: runs.RunFailure | None) -> Trouble:
    if failure is None:
        brief = "no pull has come to its end " + ("since" if until else "yet")
        return Trouble(STALE, f"{problem}. {STALE_REMEDY}", brief, name, until)
    why = f"The last run failed at {_moment(failure.at)}: {failure.reason}. {failure.remedy}".rstrip()
    return Trouble(STALE, f"{problem}. {why}", "its pulls fail", name, until)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


async def readiness_in_time(ready: Callable[[], Readiness]) -> Readiness:
    """Return the readiness that a function finds out, or that the database does not answer."""
    try:
        return await _in_time(ready)
    except TimeoutError:
        silence = f"the database has not answered for {PROBE.silence:.0f} s: look at its server"
        return Readiness([_unreachable(silence)])


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
            problems.append(f"source {name} was last pulled to its end at {_moment(at)}")
    return problems
