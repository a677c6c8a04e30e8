"""The connector for files."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from connectors.base import Context, Usage
from connectors.errors import NothingRead, Unavailable
from connectors.file.inspection import Inspection
from connectors.file.paths import matching_files
from connectors.file.progress import Progress
from connectors.file.reader import FileReader, LineBatch
from connectors.file.settings import FileSettings
from connectors.model import Account, Checkpoint, Count, Page

T = TypeVar("T")


class FileConnector:
    """Read tickets from files of JSON, CSV and Excel, plain or compressed.

    A file that has not changed since it was read to its end is not read again; any other one is read whole. The
    files of an event log are one log: if one of them has changed, all are read.
    """

    name: ClassVar[str] = "file"
    Settings: ClassVar[type[FileSettings]] = FileSettings

    def __init__(self, settings: FileSettings, context: Context) -> None:  # noqa: ARG002 - the contract's signature
        self.usage = Usage()
        self._settings = settings

    async def check(self) -> Account:
        """Return the number of files and lines, the columns that are used, and the lines that would be refused."""
        files = await self._files()
        inspection = Inspection(self._settings)
        try:
            for path in files:
                await asyncio.to_thread(inspection.read, path)
        finally:
            inspection.abandon()
        return inspection.account(files)

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """Yield the tickets of all files that are new or have changed.

        Raises NothingRead, after the pages of the others, where nothing of a file can be taken.
        """
        progress = Progress(await self._files(), checkpoint, self._settings)
        await asyncio.to_thread(progress.compare)
        pending = progress.pending()
        barren: list[str] = []
        for group in pending:
            reader = FileReader(self._settings, group)
            async for batch in iterate_in_threads(reader.batches(), reader.abandon):
                # A file enters the checkpoint with its last page: a run that dies before that reads it again.
                if batch.last:
                    progress.finish(group, reader.damaged | reader.barren, reader.count)
                if batch.tickets or batch.refused or batch.taken or batch.last:
                    yield _page(batch, progress.checkpoint(), progress.count())
            barren += sorted(reader.barren)
        # A file that has vanished leaves the checkpoint, or it would count as unchanged when it comes back.
        if not pending and progress.checkpoint() != checkpoint:
            yield Page(tickets=(), checkpoint=progress.checkpoint(), existing=progress.count())
        if barren:
            raise NothingRead(f"nothing could be taken from these files: {', '.join(barren)}")

    async def ids(self) -> AsyncIterator[Sequence[str]]:
        """Yield the ids in all files, some of them in several batches.

        Raises Unavailable where a file cannot be read to its end.
        """
        reader = FileReader(self._settings, await self._files())
        async for batch in iterate_in_threads(reader.ids(), reader.abandon):
            yield sorted(batch)
        # The ids that a damaged file lacks are not those of deleted tickets: the census must not succeed.
        if reader.damaged:
            raise Unavailable(
                f"these files cannot be read to their end: {', '.join(sorted(reader.damaged))}",
                "Repair or replace them; `treadmill check` names the defects. "
                "Until then no ticket is marked as deleted.",
            )

    async def tickets(self, ids: Sequence[str]) -> AsyncIterator[Page]:
        """Yield the tickets with these ids; reads all files."""
        reader = FileReader(self._settings, await self._files(), only=frozenset(ids))
        async for batch in iterate_in_threads(reader.batches(), reader.abandon):
            if batch.tickets or batch.refused:
                yield _page(batch, {}, None)

    async def count(self) -> Count | None:
        """Return None: to count the tickets would be to read every file, as the census does."""
        return None

    async def aclose(self) -> None:
        """Do nothing: the only open file is the one that is being read, and it is closed with its generator."""

    async def _files(self) -> list[Path]:
        return await asyncio.to_thread(matching_files, self._settings.path)


async def iterate_in_threads(items: Iterator[T], abandon: Callable[[], None]) -> AsyncIterator[T]:
    """Yield the items, each fetched in a thread, so that reading a file does not block the event loop.

    `abandon` is called where the caller stops early: a thread cannot be cancelled, and the process waits for its end.
    """
    try:
        while (item := await asyncio.to_thread(next, items, None)) is not None:
            yield item
    finally:
        abandon()


def _page(batch: LineBatch, checkpoint: dict[str, Any], existing: int | None) -> Page:
    # A file has no index that lags: an older version in it is meant, e.g. after an export was restored.
    return Page(
        tickets=batch.tickets,
        taken=batch.taken,
        refused=batch.refused,
        left_out=batch.left_out,
        checkpoint=checkpoint,
        existing=existing,
        authoritative=True,
    )
