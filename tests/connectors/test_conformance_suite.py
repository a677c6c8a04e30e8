"""The conformance suite itself: it passes a correct connector and finds each defect."""

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


class MemorySystem(FakeSystem):
    """Tickets in memory, an hour apart."""

    def __init__(self, kind: "type[MemoryConnector]") -> None:
        self.kind = kind
        self.updated = {f"t{number:02}": START + timedelta(hours=number) for number in range(18)}
        self.repeats = False

    def connector(self, fail_after: int | None = None) -> "MemoryConnector":
        return self.kind(self, fail_after)

    def truth(self) -> Mapping[str, datetime]:
        return dict(self.updated)

    def touch(self, ticket_id: str) -> None:
        self.updated[ticket_id] = datetime.now(UTC)

    def tie(self, ticket_ids: Sequence[str]) -> None:
        self.updated = dict.fromkeys(ticket_ids, START)

    def create(self) -> str:
        self.touch("new")
        return "new"

    def delete(self, ticket_id: str) -> None:
        del self.updated[ticket_id]

    def repeat_token(self) -> None:
        self.repeats = True

    def secrets(self) -> Sequence[str]:
        return ["open-sesame"]


class MemoryConnector:
    """A connector that meets the whole contract."""

    name: ClassVar[str] = "memory"
    Settings: ClassVar[type[SourceSettings]] = SourceSettings

    def __init__(self, system: MemorySystem, fail_after: int | None) -> None:
        self.usage = Usage()
        self._system = system
        self._requests_left = fail_after

    async def check(self) -> Account:
        return Account(system="memory", user="somebody", tickets=len(self._system.updated))

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        start = (self.position(checkpoint) - OVERLAP, "") if checkpoint else (START, "")
        while True:
            self.request()
            page = sorted((at, ticket_id) for ticket_id, at in self._system.updated.items() if (at, ticket_id) > start)
            page = page[:TICKETS_A_PAGE]
            if not page:
                return
            if self._system.repeats and start != (START, ""):
                self.raise_for_repeated_token()
                return
            start = page[-1]
            yield Page(tickets=tuple(self.ticket(*entry) for entry in page), checkpoint=self.checkpoint(start[0]))

    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        yield list(self._system.updated)

    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        updated = self._system.updated
        tickets = [self.ticket(updated[ticket_id], ticket_id) for ticket_id in ids if ticket_id in updated]
        yield Page(tickets=tuple(tickets), checkpoint={})

    async def count(self) -> Count | None:
        return Count(tickets=len(self._system.updated))

    async def aclose(self) -> None:
        pass

    def request(self) -> None:
        if self._requests_left is not None:
            self._requests_left -= 1
            if self._requests_left < 0:
                raise Unavailable("the system does not answer")

    def raise_for_repeated_token(self) -> None:
        raise BrokenAnswer("the page token repeats")

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

    def position(self, checkpoint: Checkpoint) -> datetime:
        return datetime.fromisoformat(checkpoint["at"])


class LosesLastPage(MemoryConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        async for page in super().pages(checkpoint):
            if len(page.tickets) == TICKETS_A_PAGE:
                yield page


class ClosesInYear9999(MemoryConnector):
    def ticket(self, at: datetime, ticket_id: str) -> Ticket:
        return super().ticket(at, ticket_id).model_copy(update={"closed_at": datetime(9999, 1, 1, tzinfo=UTC)})


class CheckpointTooFar(MemoryConnector):
    def checkpoint(self, at: datetime) -> dict[str, Any]:
        return {"at": max(self._system.updated.values()).isoformat()}


class SkipsEqualTimes(MemoryConnector):
    def position(self, checkpoint: Checkpoint) -> datetime:
        return super().position(checkpoint) + OVERLAP + timedelta(microseconds=1)


class RereadsEverything(MemoryConnector):
    def position(self, checkpoint: Checkpoint) -> datetime:
        return START


class CheckpointNotJson(MemoryConnector):
    def checkpoint(self, at: datetime) -> dict[str, Any]:
        return {"at": at.isoformat(), "pages": (1, 2)}


class SwallowsErrors(MemoryConnector):
    def raise_for_repeated_token(self) -> None:
        pass

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        try:
            async for page in super().pages(checkpoint):
                yield page
        except Unavailable:
            return


class CheckpointBeforeTickets(MemoryConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        yield Page(tickets=(), checkpoint=self.checkpoint(max(self._system.updated.values())))
        async for page in super().pages(checkpoint):
            yield page


class ListsDeletedIds(MemoryConnector):
    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        yield ["t00", *self._system.updated]


class ReturnsUnrequestedTickets(MemoryConnector):
    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        updated = self._system.updated
        yield Page(tickets=tuple(self.ticket(at, ticket_id) for ticket_id, at in updated.items()), checkpoint={})


class SnapshotAtStart(MemoryConnector):
    """Read everything at the start and yield the tickets as they were then."""

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        pages = [page async for page in super().pages(checkpoint)]
        for page in pages:
            yield page.model_copy(update={"checkpoint": self.checkpoint(datetime.now(UTC) + OVERLAP)})


class CheckpointInTheFuture(MemoryConnector):
    def checkpoint(self, at: datetime) -> dict[str, Any]:
        return {"at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}


class WrongCount(MemoryConnector):
    async def count(self) -> Count | None:
        return Count(tickets=1)


class LeaksTask(MemoryConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        self.task = asyncio.create_task(asyncio.sleep(60))
        async for page in super().pages(checkpoint):
            yield page


class SecretInRepr(MemoryConnector):
    def __repr__(self) -> str:
        return f"<{type(self).__name__} open-sesame>"


class SecretInOutput(MemoryConnector):
    async def pages(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:  # type: ignore[override]
        print("open-sesame")  # noqa: T201 - the defect
        async for page in super().pages(checkpoint):
            yield page


class TestMemoryConnector(ConnectorConformance):
    def system(self) -> FakeSystem:
        return MemorySystem(MemoryConnector)


def suite_of(system: FakeSystem) -> ConnectorConformance:
    suite = ConnectorConformance()
    suite.system = lambda: system  # type: ignore[method-assign]
    return suite


@pytest.mark.parametrize(
    ("defect", "rule"),
    [
        (LosesLastPage, ConnectorConformance.test_full_pull_returns_every_ticket),
        (ClosesInYear9999, ConnectorConformance.test_every_value_is_within_bounds),
        (CheckpointNotJson, ConnectorConformance.test_checkpoints_are_json),
        (CheckpointTooFar, ConnectorConformance.test_resumes_after_every_page),
        (SkipsEqualTimes, ConnectorConformance.test_equal_update_times_lose_no_ticket),
        (RereadsEverything, ConnectorConformance.test_second_pull_rereads_only_the_overlap),
        (CheckpointBeforeTickets, ConnectorConformance.test_resumes_after_a_failure_at_any_request),
        (SwallowsErrors, ConnectorConformance.test_dead_system_raises_connector_error),
        (SnapshotAtStart, ConnectorConformance.test_tickets_that_change_during_the_pull_are_seen),
        (CheckpointInTheFuture, ConnectorConformance.test_next_pull_returns_new_tickets),
        (ListsDeletedIds, ConnectorConformance.test_deleted_tickets_are_absent),
        (ReturnsUnrequestedTickets, ConnectorConformance.test_tickets_returns_exactly_the_requested_ids),
        (WrongCount, ConnectorConformance.test_check_and_count_agree_with_the_system),
        (LeaksTask, ConnectorConformance.test_closing_early_leaves_no_task),
        (SwallowsErrors, ConnectorConformance.test_repeated_page_token_raises),
        (SecretInRepr, ConnectorConformance.test_secrets_stay_secret),
        (SecretInOutput, ConnectorConformance.test_secrets_stay_secret),
    ],
)
def test_suite_finds(defect: type[MemoryConnector], rule: Callable[[ConnectorConformance], None]) -> None:
    with pytest.raises(AssertionError):
        rule(suite_of(MemorySystem(defect)))


def test_unsupported_rules_are_skipped_with_the_reason() -> None:
    class FixedSystem(MemorySystem):
        create = FakeSystem.create

    with pytest.raises(unittest.SkipTest, match="cannot create tickets"):
        suite_of(FixedSystem(MemoryConnector)).test_next_pull_returns_new_tickets()
