"""Fetching ahead of storing, within bounds."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar, cast

Item = TypeVar("Item")


class Stopped(Exception):
    """The stop event was set before the last item."""


async def prefetch(items: AsyncIterator[Item], stop: asyncio.Event, size: int = 2) -> AsyncGenerator[Item, None]:
    """The items in their order, up to `size` of them fetched before they are asked for.

    Raises what fetching raises, after the items before it; raises Stopped as soon as `stop` is set.
    """
    queue: asyncio.Queue[Item] = asyncio.Queue(size)
    wake = asyncio.Event()
    fetching = asyncio.create_task(_fill(queue, items, wake))
    stopping = asyncio.create_task(stop.wait())
    for task in (fetching, stopping):
        task.add_done_callback(lambda _task: wake.set())
    try:
        while not stop.is_set():
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
    async with aclosing(cast(AsyncGenerator[Item, None], items)) as stream:
        async for item in stream:
            await queue.put(item)
            wake.set()
