"""Concurrent requests and pages fetched ahead, ended cleanly when nobody waits for them any more."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order. The first failure is raised once all the rest has been stopped."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await _stop(tasks)


async def ahead(source: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The same items, the next of them being prepared while the present one is used."""
    async with aclosing(source):
        coming = asyncio.create_task(_next(source))
        try:
            while (found := await coming) is not None:
                coming = asyncio.create_task(_next(source))
                yield found[0]
        finally:
            await _stop([coming])


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


async def _next(source: AsyncGenerator[T, None]) -> tuple[T] | None:
    """The next item, alone in a tuple; None at the end, since a task cannot raise StopAsyncIteration."""
    try:
        return (await anext(source),)
    except StopAsyncIteration:
        return None


async def _stop(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
