"""The end of a run by a stop or by its time limit, whatever it waits for; what is being committed is committed."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from connectors.errors import TimeSpent
from service.sync.buffer import Stopped

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Docker kills ten seconds after SIGTERM, and the outcome has to be stored before that.
SECONDS_TO_END = 3.0


async def run_until(
    work: Coroutine[Any, Any, None], stop: asyncio.Event, limit: timedelta, place: str = "the source"
) -> None:
    """Run the work to its end. Raises Stopped soon after `stop` is set, and TimeSpent, which names `place`."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), timeout=limit.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return await working
        end = (
            Stopped()
            if stop.is_set()
            else TimeSpent(f"{place}: the run has taken {limit}, as long as RUN_LIMIT allows")
        )
        working.cancel()
        await asyncio.wait((working,), timeout=SECONDS_TO_END)
    finally:
        stopping.cancel()
        working.cancel()
    # A commit that failed at the last moment is the more important news.
    if working.done() and not working.cancelled() and (problem := working.exception()):
        raise problem
    raise end


async def finish_in_thread(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Return the result of a function that runs in a thread; a cancellation waits for its end."""
    # A cancelled `to_thread` leaves its thread at work with the database while the run stores its outcome.
    running = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait((running,))
        running.result()
        raise
