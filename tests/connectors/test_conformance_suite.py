"""The conformance suite itself: it passes a good connector, and finds each defect."""

import asyncio
import unittest
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from connectors.base import SourceSettings, Usage
from connectors.conformance import ConnectorConformance, FakeSystem
from connectors.errors import BrokenAnswer, Unavailable
from connectors.model import Account, Checkpoint, Count, Page, Ticket

START = datetime(2024, 1, 1, tzinfo=UTC)
TICKETS_A_PAGE = 4
OVERLAP = timedelta(minutes=10)


class Shelf(FakeSystem):
    """Tickets in memory, an hour apart."""

    def __init__(self, kind: "type[ShelfConnector]") -> None:
        self.kind = kind
        self.updated = {f"t{number:02}": START + timedelta(hours=number) for number in range(18)}
        self.repeats = False

    def connector(self, fail_after: int | None = None) -> "ShelfConnector":
        return self.kind(self, fail_after)

    def truth(self) -> Mapping[str, datetime]:
        return dict(self.updated)

    def touch(self, ticket_id: str) -> None:
        self.updated[ticket_id] = datetime.now(UTC)

    def tie(self, ticket_ids: Sequence[str]) -> None:
        self.updated = dict.fromkeys(ticket_ids, START)

    def create(self) -> str:
        self.touch("fresh")
        return "fresh"

    def delete(self, ticket_id: str) -> None:
        del self.updated[ticket_id]

    def repeat_token(self) -> None:
        self.repeats = True

    def secrets(self) -> Sequence[str]:
        return ["open-sesame"]


class ShelfConnector:
    """Does all that the contract asks for."""

    name: ClassVar[str] = "shelf"
    Settings: ClassVar[type[SourceSettings]] = SourceSettings

    def __init__(self, shelf: Shelf, life: int | None) -> None:
        self.usage = Usage()
        self._shelf = shelf
        self._life = life

    async def check(self) -> Account:
        return Account(system="a shelf", user="somebody", tickets=len(self._shelf.updated))

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        start = (self.read(checkpoint) - OVERLAP, "") if checkpoint else (START, "")
        while True:
            self.request()
            page = sorted(
                (at, ticket_id) for ticket_id, at in self._shelf.updated.items() if self.is_due(at, ticket_id, start)
            )
            page = page[:TICKETS_A_PAGE]
            if not page:
                return
            if self._shelf.repeats and start != (START, ""):
                self.loop()
                return
            start = page[-1]
            yield Page(tickets=tuple(self.ticket(*entry) for entry in page), checkpoint=self.checkpoint(start[0]))

    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        yield list(self._shelf.updated)

    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        found = [self.ticket(self._shelf.updated[each], each) for each in ids if each in self._shelf.updated]
        yield Page(tickets=tuple(found), checkpoint={})

    async def count(self) -> Count | None:
        return Count(tickets=len(self._shelf.updated))

    async def aclose(self) -> None:
        pass

    def request(self) -> None:
        if self._life is not None:
            self._life -= 1
            if self._life < 0:
                raise Unavailable("the shelf has fallen down")

    def loop(self) -> None:
        raise BrokenAnswer("this page has come before")

    def is_due(self, at: datetime, ticket_id: str, start: tuple[datetime, str]) -> bool:
        return (at, ticket_id) > start

    def ticket(self, at: datetime, ticket_id: str) -> Ticket:
        return Ticket(
            id=ticket_id,
            key=ticket_id,
            kind="task",
            source_kind="task",
            status="New",
            status_category="new",
            opened_at=START,
            updated_at=at,
            history_is="none",
        )

    def checkpoint(self, at: datetime) -> dict[str, Any]:
        return {"at": at.isoformat()}

    def read(self, checkpoint: Checkpoint) -> datetime:
        return datetime.fromisoformat(checkpoint["at"])


class LosesTheLastPage(ShelfConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        async for page in super().pages(checkpoint):
            if len(page.tickets) == TICKETS_A_PAGE:
                yield page


class HurriesAhead(ShelfConnector):
    def checkpoint(self, at: datetime) -> dict[str, Any]:
        return {"at": max(self._shelf.updated.values()).isoformat()}


class LeavesOutTies(ShelfConnector):
    def read(self, checkpoint: Checkpoint) -> datetime:
        return super().read(checkpoint) + OVERLAP + timedelta(microseconds=1)


class BeginsAnew(ShelfConnector):
    def read(self, checkpoint: Checkpoint) -> datetime:
        return START


class KeepsADate(ShelfConnector):
    def checkpoint(self, at: datetime) -> dict[str, Any]:
        return {"at": at.isoformat(), "pages": (1, 2)}


class GivesUpQuietly(ShelfConnector):
    def loop(self) -> None:
        pass

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        try:
            async for page in super().pages(checkpoint):
                yield page
        except Unavailable:
            return


class CommitsTooEarly(ShelfConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        yield Page(tickets=(), checkpoint=self.checkpoint(max(self._shelf.updated.values())))
        async for page in super().pages(checkpoint):
            yield page


class RemembersTheDead(ShelfConnector):
    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        yield ["t00", *self._shelf.updated]


class BringsMore(ShelfConnector):
    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        yield Page(tickets=tuple(self.ticket(at, each) for each, at in self._shelf.updated.items()), checkpoint={})


class SeesTheStart(ShelfConnector):
    """Reads all ids at the beginning, and brings the tickets as they were then."""

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        pages = [page async for page in super().pages(checkpoint)]
        for page in pages:
            yield page.model_copy(update={"checkpoint": self.checkpoint(datetime.now(UTC) + OVERLAP)})


class WaitsForTomorrow(ShelfConnector):
    def checkpoint(self, at: datetime) -> dict[str, Any]:
        return {"at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}


class Miscounts(ShelfConnector):
    async def count(self) -> Count | None:
        return Count(tickets=1)


class LeavesATask(ShelfConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        self.task = asyncio.create_task(asyncio.sleep(60))
        async for page in super().pages(checkpoint):
            yield page


class Talks(ShelfConnector):
    def __repr__(self) -> str:
        return f"<{type(self).__name__} open-sesame>"


class Prints(ShelfConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:  # type: ignore[override]
        print("open-sesame")  # noqa: T201 - that is the defect
        async for page in super().pages(checkpoint):
            yield page


class TestGoodConnector(ConnectorConformance):
    def system(self) -> FakeSystem:
        return Shelf(ShelfConnector)


@pytest.mark.parametrize(
    ("defect", "rule"),
    [
        (LosesTheLastPage, ConnectorConformance.test_brings_every_ticket_under_its_id),
        (KeepsADate, ConnectorConformance.test_checkpoints_are_json),
        (HurriesAhead, ConnectorConformance.test_resumes_behind_every_page),
        (LeavesOutTies, ConnectorConformance.test_equal_times_lose_nothing),
        (BeginsAnew, ConnectorConformance.test_second_pull_reads_only_the_overlap_again),
        (CommitsTooEarly, ConnectorConformance.test_survives_death_at_any_request),
        (GivesUpQuietly, ConnectorConformance.test_a_dead_system_raises_a_connector_error),
        (SeesTheStart, ConnectorConformance.test_sees_what_moves_between_pages),
        (WaitsForTomorrow, ConnectorConformance.test_brings_what_was_created_since),
        (RemembersTheDead, ConnectorConformance.test_deleted_tickets_are_gone),
        (BringsMore, ConnectorConformance.test_tickets_brings_exactly_those_asked_for),
        (Miscounts, ConnectorConformance.test_check_and_count_agree_with_the_system),
        (LeavesATask, ConnectorConformance.test_closed_early_leaves_nothing_behind),
        (GivesUpQuietly, ConnectorConformance.test_repeated_page_token_raises),
        (Talks, ConnectorConformance.test_secrets_stay_secret),
        (Prints, ConnectorConformance.test_secrets_stay_secret),
    ],
)
def test_finds(defect: type[ShelfConnector], rule: Callable[[ConnectorConformance], None]) -> None:
    class Suite(ConnectorConformance):
        def system(self) -> FakeSystem:
            return Shelf(defect)

    with pytest.raises(AssertionError):
        rule(Suite())


def test_what_a_system_cannot_do_is_skipped_with_the_reason() -> None:
    class Plain(Shelf):
        create = FakeSystem.create

    class Suite(ConnectorConformance):
        def system(self) -> FakeSystem:
            return Plain(ShelfConnector)

    with pytest.raises(unittest.SkipTest, match="cannot create tickets"):
        Suite().test_brings_what_was_created_since()
