"""Pulls, ids and checks of files in tests."""

import asyncio
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from connectors.base import Context
from connectors.errors import NothingRead
from connectors.file.connector import FileConnector
from connectors.model import Account, Page, Refusal, Ticket

OPENED = "2024-03-01T08:00:00+00:00"


@dataclass(slots=True)
class Pulled:
    """The pages of a pull: `ids` in their order, the latest ticket by id, all refusals, and files without a ticket."""

    pages: list[Page] = field(default_factory=list)
    problem: str = ""

    @property
    def ids(self) -> list[str]:
        return [ticket.id for page in self.pages for ticket in page.tickets]

    @property
    def tickets(self) -> dict[str, Ticket]:
        return {ticket.id: ticket for page in self.pages for ticket in page.tickets}

    @property
    def only(self) -> Ticket:
        (ticket,) = (ticket for page in self.pages for ticket in page.tickets)
        return ticket

    @property
    def refused(self) -> list[Refusal]:
        return [refusal for page in self.pages for refusal in page.refused]

    @property
    def reasons(self) -> list[str]:
        return [refusal.reason for refusal in self.refused]

    @property
    def left_out(self) -> list[str]:
        return [kind.text for page in self.pages for kind in page.left_out]

    @property
    def checkpoint(self) -> dict[str, Any]:
        return self.pages[-1].checkpoint


def connector(path: Path | str, **settings: Any) -> FileConnector:
    values = {"path": str(path), **settings}
    return FileConnector(FileConnector.Settings.model_validate(values), Context(source="archive"))


def pull(path: Path | str, checkpoint: dict[str, Any] | None = None, **settings: Any) -> Pulled:
    async def walk() -> Pulled:
        pulled = Pulled()
        try:
            async for page in connector(path, **settings).pages(checkpoint):
                pulled.pages.append(page)
        except NothingRead as problem:
            pulled.problem = str(problem)
        return pulled

    return asyncio.run(walk())


def pull_ids(path: Path | str, ids: Sequence[str], **settings: Any) -> Pulled:
    async def walk() -> Pulled:
        return Pulled([page async for page in connector(path, **settings).tickets(ids)])

    return asyncio.run(walk())


def existing_ids(path: Path | str, **settings: Any) -> list[str]:
    async def walk() -> list[str]:
        return [uid async for batch in connector(path, **settings).ids() for uid in batch]

    return asyncio.run(walk())


def check(path: Path | str, **settings: Any) -> Account:
    return asyncio.run(connector(path, **settings).check())


def ticket(uid: str, **fields: object) -> dict[str, object]:
    """Return the fields of a good line."""
    return {"id": uid, "opened_at": OPENED, **fields}


def write_jsonl(path: Path, *lines: dict[str, object] | bytes) -> Path:
    """Write these lines to a file, compressed if its name ends in .gz."""
    content = b"".join((line if isinstance(line, bytes) else orjson.dumps(line)) + b"\n" for line in lines)
    return write(path, content)


def write(path: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path
