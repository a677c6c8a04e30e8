"""Prefetching: pages are fetched while earlier ones are stored, within bounds."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar, cast

Item = TypeVar("Item")


class Stopped(Exception):
    """The stop event was set before the last item."""


async def prefetch(items: AsyncIterator[Item], stop: asyncio.Event, size: int = 2) -> AsyncGenerator[Item, None]:
    """Yield the items in their order, with up to `size` of them fetched in advance.

    Raises what fetching raises, after the items before it, and Stopped as soon as `stop` is set.
    """
    # Bounded: a source that answers faster than the disk writes would otherwise fill the memory.
    queue: asyncio.Queue[Item] = asyncio.Queue(size)
    wake = asyncio.Event()
    fetching = asyncio.create_task(_fill(queue, items, wake))
    stopping = asyncio.create_task(stop.wait())
    # One event for three causes (an item, the end, a stop): a consumer that awaits the queue alone would not hear
    # of a source that failed, nor of SIGTERM.
    for task in (fetching, stopping):
        task.add_done_callback(lambda _task: wake.set())
    try:
        while not stop.is_set():
            # Cleared before the queue is checked: an item that arrives in between sets it again.
            wake.clear()
            if not queue.empty():
                yield queue.get_nowait()
            elif fetching.done():
                await fetching
                return
            else:
                await wake.wait()
        raise Stopped
    finally:
        fetching.cancel()
        stopping.cancel()
        await asyncio.gather(fetching, stopping, return_exceptions=True)


async def _fill(queue: asyncio.Queue[Item], items: AsyncIterator[Item], wake: asyncio.Event) -> None:
    # Closed in the task that runs it: an abandoned generator is closed whenever the garbage collector comes by,
    # and its HTTP connection with it.
    async with aclosing(cast(AsyncGenerator[Item, None], items)) as stream:
        async for item in stream:
            await queue.put(item)
            wake.set()
