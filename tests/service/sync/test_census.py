import asyncio
from dataclasses import replace
from itertools import chain

from connectors.errors import WrongCredentials
from service.store.tickets import reader, sources
from service.sync.census import census
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from tests.factory import ticket
from tests.service.sync.fake import FakeSystem


def counted(workplace: SyncContext, system: FakeSystem) -> Run:
    return asyncio.run(census(replace(workplace, stop=asyncio.Event()), system.source()))


def synced(workplace: SyncContext, system: FakeSystem) -> Run:
    return asyncio.run(pull(replace(workplace, stop=asyncio.Event()), system.source()))


def present(workplace: SyncContext) -> set[str]:
    return {one.ticket.id for one in chain.from_iterable(reader.read_all(workplace.database)) if one.deleted_at is None}


def test_deleted_tickets_are_marked_and_kept(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(6)
    synced(workplace, system)
    del system.tickets["2"], system.tickets["4"]
    run = counted(workplace, system)
    assert run.counts.deleted == 2
    assert present(workplace) == set(system.tickets)
    assert reader.count(workplace.database) == 6
    [state] = sources.states(workplace.database)
    assert (state.complete, state.tickets, state.deleted) == (True, 4, 2)


def test_a_difference_after_a_census_is_told_as_unexplained(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(6)
    synced(workplace, system)
    counted(workplace, system)
    del system.tickets["2"]
    synced(workplace, system)
    [state] = sources.states(workplace.database)
    assert state.complete, "an incremental pull leaves counting to the census: it costs what is stored"
    asyncio.run(pull(replace(workplace, stop=asyncio.Event()), system.source(), full=True))
    [state] = sources.states(workplace.database)
    assert (state.complete, [(gap.cause, gap.count) for gap in state.gaps]) == (False, [("unexplained", -1)])
    counted(workplace, system)
    [state] = sources.states(workplace.database)
    assert (state.complete, state.gaps) == (True, ())


def test_missing_tickets_are_pulled(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3)
    synced(workplace, system)
    system.tickets["silent"] = ticket("silent")
    run = counted(workplace, system)
    assert run.counts.new == 1
    assert "silent" in present(workplace)


def test_a_ticket_that_comes_back_is_no_longer_deleted(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3)
    synced(workplace, system)
    lost = system.tickets.pop("1")
    counted(workplace, system)
    system.tickets["1"] = lost
    run = counted(workplace, system)
    assert run.counts.restored == 1
    assert present(workplace) == set(system.tickets)
    [state] = sources.states(workplace.database)
    assert (state.tickets, state.deleted) == (3, 0)


def test_a_lost_right_is_not_taken_for_deletion(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(250, page_size=100)
    synced(workplace, system)
    system.tickets = {"1": system.tickets["1"]}
    run = counted(workplace, system)
    assert run.counts.deleted == 0
    assert len(present(workplace)) == 250
    [state] = sources.states(workplace.database)
    assert (state.complete, state.gaps[0].cause, state.gaps[0].count) == (False, "too_many_gone", 249)


def test_a_stranger_marks_nothing(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3)
    synced(workplace, system)
    system.tickets = {}
    system.check_error = WrongCredentials("401")
    assert counted(workplace, system).outcome == "failed"
    assert len(present(workplace)) == 3


def test_a_ticket_that_cannot_be_read_is_a_gap(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3)
    synced(workplace, system)
    connector = system.connector()

    class Unreadable(connector):  # type: ignore[misc, valid-type]
        async def ids(self):  # type: ignore[no-untyped-def]
            yield [*system.tickets, "unreadable"]

    source = replace(system.source(), connector=Unreadable)
    asyncio.run(census(replace(workplace, stop=asyncio.Event()), source))
    [state] = sources.states(workplace.database)
    assert [(gap.cause, gap.count) for gap in state.gaps] == [("refused", 1)]
