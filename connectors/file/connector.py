"""The connector for files."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from connectors.base import Context, Usage
from connectors.errors import Unavailable
from connectors.file import paths
from connectors.file.inspection import Inspection
from connectors.file.progress import Progress
from connectors.file.reading import Batch, Reading
from connectors.file.settings import FileSettings
from connectors.model import Account, Checkpoint, Count, Page

Step = TypeVar("Step")


class FileConnector:
    """Reads tickets from JSONL and CSV files, plain or compressed.

    A file is the whole truth: one that has not changed since it was read to its end is not read again, any other is
    read whole, and `settings.since` cuts nothing. The files of an event log are one log: when one of them has
    changed, all are read. A file that cannot be read to its end is tried again at every pull.
    """

    name: ClassVar[str] = "file"
    Settings: ClassVar[type[FileSettings]] = FileSettings

    def __init__(self, settings: FileSettings, context: Context) -> None:  # noqa: ARG002 - the contract's signature
        self.usage = Usage()
        self._settings = settings

    async def check(self) -> Account:
        """How many files and lines there are, which columns are used, what would be refused."""
        files = await self._files()
        inspection = Inspection(self._settings)
        for path in files:
            await asyncio.to_thread(inspection.read, path)
        return inspection.account(files)

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """The tickets of all files that are new or have changed; a file is in the checkpoint once it was read whole."""
        progress = Progress(await self._files(), checkpoint, self._settings)
        await asyncio.to_thread(progress.look)
        due = progress.due()
        for together in due:
            reading = Reading(self._settings, together)
            async for batch in steps(reading.batches()):
                if batch.last:
                    progress.finish(together, reading.damaged)
                if batch.tickets or batch.refused or batch.last:
                    yield _page(batch, progress.checkpoint())
        if not due and progress.checkpoint() != checkpoint:
            yield Page(tickets=(), checkpoint=progress.checkpoint())

    async def ids(self) -> AsyncIterator[Sequence[str]]:
        """The ids in all files, some of them in several batches.

        Raises Unavailable where a file cannot be read to its end: what it lacks is not gone.
        """
        reading = Reading(self._settings, await self._files())
        async for batch in steps(reading.ids()):
            yield sorted(batch)
        if reading.damaged:
            raise Unavailable(
                f"these files cannot be read to their end: {', '.join(sorted(reading.damaged))}",
                "Mend or replace them, `check` tells what is wrong; until then no ticket is marked as gone.",
            )

    async def tickets(self, ids: Sequence[str]) -> AsyncIterator[Page]:
        """The tickets with these ids, for which all files are read."""
        reading = Reading(self._settings, await self._files(), only=frozenset(ids))
        async for batch in steps(reading.batches()):
            if batch.tickets or batch.refused:
                yield _page(batch, {})

    async def count(self) -> Count | None:
        """None: counting is reading every file, as the census does."""
        return None

    async def aclose(self) -> None:
        """Nothing is open between two pages but the file being read, which is closed with its walk."""

    async def _files(self) -> list[Path]:
        return await asyncio.to_thread(paths.found, self._settings.path)


async def steps(items: Iterator[Step]) -> AsyncIterator[Step]:
    """The items, each fetched in a thread, so that reading a file does not hold up the event loop."""
    while (item := await asyncio.to_thread(next, items, None)) is not None:
        yield item


def _page(batch: Batch, checkpoint: dict[str, Any]) -> Page:
    return Page(tickets=batch.tickets, refused=batch.refused, checkpoint=checkpoint, authoritative=True)
