"""How answers flow from request to page: gathered, fetched ahead, asked for together."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

T = TypeVar("T")
_END: Any = object()


async def ahead(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The same items; the next one is fetched while the present one is handled."""
    async with aclosing(items):
        task = asyncio.ensure_future(anext(items, _END))
        try:
            while (item := await task) is not _END:
                task = asyncio.ensure_future(anext(items, _END))
                await asyncio.sleep(0)
                yield item
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order; the first failure ends all calls."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def grouped(
    pages: AsyncGenerator[list[dict[str, Any]], None], size: int
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """The pages' issues in lists of at least `size`, each issue once a list, in its latest state."""
    group: dict[str, dict[str, Any]] = {}
    async with aclosing(pages):
        async for issues in pages:
            group.update((issue["id"], issue) for issue in issues)
            if len(group) >= size:
                yield list(group.values())
                group = {}
    if group:
        yield list(group.values())
