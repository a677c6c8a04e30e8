"""Retries of one request: how often, how long, and after which pause."""

import time
from datetime import UTC, datetime, timedelta

from connectors.errors import NotJson, Redirected, Transient, Truncated, Unavailable, Undecodable

MIN_PATIENCE = 300.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# Such an answer seldom improves within a minute: the next run is the better retry.
SPOILED = (Truncated, NotJson, Undecodable)
MAX_SPOILED = 3
FAR = timedelta(days=365)


def patience_of(timeout: float) -> float:
    """Return the seconds that one request may take with all its retries, by the timeout of the source."""
    return max(MIN_PATIENCE, 4 * timeout)


class Retries:
    """The decision after each failure of one request, as a backoff hook of stamina.

    No pause begins that would end after `patience` seconds, and no pause is shorter than without `Retry-After`.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._started = time.monotonic()
        self._spoiled = 0
        self.number = 0

    def pause_after(self, error: Exception) -> bool | float:
        """Return True to retry after the usual pause, False to give up, or the seconds to pause."""
        if not isinstance(error, Transient):
            return False
        self._spoiled += isinstance(error, SPOILED)
        pause = max(self.usual_pause, error.retry_after or 0.0)
        if self._spoiled > MAX_SPOILED or self.seconds + pause > self._patience:
            return False
        return True if error.retry_after is None else pause

    @property
    def usual_pause(self) -> float:
        """The least number of seconds before the next attempt, where the system asks for no more."""
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (self.number - 1))

    @property
    def seconds(self) -> float:
        """The time since the request was first sent."""
        return time.monotonic() - self._started

    def give_up(self, host: str, problem: Transient) -> Unavailable:
        """Return the error that ends the run after the last failure."""
        after = f"after {self.number} attempt{'s' if self.number != 1 else ''}"
        wait = problem.retry_after
        if wait is None or self.seconds + wait <= self._patience:
            remedy = problem.remedy if isinstance(problem, Redirected) else None
            return Unavailable(f"{host}: {problem} ({after} in {self.seconds:.0f} seconds)", remedy)
        again = (
            f"at {datetime.now(UTC) + timedelta(seconds=wait):%Y-%m-%d %H:%M} UTC"
            if wait < FAR.total_seconds()
            else "later"
        )
        return Unavailable(
            f"{host}: {problem} ({after}); it asks for a pause of {wait:,.0f} seconds, a run waits at most "
            f"{self._patience:,.0f}",
            f"Everything read so far is kept. The system may be asked again {again}: the next run after that goes on.",
        )
