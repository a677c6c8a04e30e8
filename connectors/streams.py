"""Concurrent requests, and pages fetched ahead of their use; both end cleanly when the caller stops early."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

T = TypeVar("T")


async def gather_all(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return all results in order. Raise the first failure after the remaining coroutines have ended."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        return await asyncio.gather(*tasks)
    finally:
        # asyncio.gather lets the others run on after a failure: they would spend requests on a run that has ended.
        await _cancel(tasks)


async def prefetch(source: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield the items of the source, fetching the next one while the caller works on the current one."""
    async with aclosing(source):
        pending = asyncio.create_task(_next(source))
        try:
            while (item := await pending) is not None:
                pending = asyncio.create_task(_next(source))
                yield item[0]
        finally:
            # The source can be closed only after the fetch has ended: a running generator refuses aclose().
            await _cancel([pending])


async def merge_pages(
    pages: AsyncGenerator[list[dict[str, Any]], None], size: int
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield the pages' issues in lists of at least `size`, each issue once per list in its latest state."""
    merged: dict[str, dict[str, Any]] = {}
    async with aclosing(pages):
        async for issues in pages:
            # A malformed issue has no id: it is refused, and counts by itself.
            merged.update((issue["id"] or f"?{id(issue)}", issue) for issue in issues)
            if len(merged) >= size:
                yield list(merged.values())
                merged = {}
    if merged:
        yield list(merged.values())


async def _next(source: AsyncGenerator[T, None]) -> tuple[T] | None:
    """Return the next item in a tuple, or None at the end."""
    try:
        return (await anext(source),)
    except StopAsyncIteration:  # a task cannot raise it
        return None


async def _cancel(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
