import asyncio
from dataclasses import replace
from itertools import chain

from connectors.errors import WrongCredentials
from service.store.tickets import reader, sources
from service.sync.census import census
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from tests.factory import ticket
from tests.service.sync.fake import InMemorySystem


def take_census(context: SyncContext, system: InMemorySystem) -> Run:
    return asyncio.run(census(replace(context, stop=asyncio.Event()), system.source()))


def run_pull(context: SyncContext, system: InMemorySystem) -> Run:
    return asyncio.run(pull(replace(context, stop=asyncio.Event()), system.source()))


def existing_ids(context: SyncContext) -> set[str]:
    rows = chain.from_iterable(reader.read_all(context.database))
    return {row.ticket.id for row in rows if row.deleted_at is None}


def test_deleted_tickets_are_marked_and_stay(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(6)
    run_pull(context, system)
    del system.tickets["2"], system.tickets["4"]
    run = take_census(context, system)
    assert run.counts.deleted == 2
    assert existing_ids(context) == set(system.tickets)
    assert reader.count(context.database) == 6
    [state] = sources.states(context.database)
    assert (state.complete, state.tickets, state.deleted) == (True, 4, 2)


def test_a_difference_after_a_census_is_recorded_as_unexplained(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(6)
    run_pull(context, system)
    take_census(context, system)
    del system.tickets["2"]
    run_pull(context, system)
    [state] = sources.states(context.database)
    assert state.complete, "an incremental pull leaves counting to the census: it costs what is stored"
    asyncio.run(pull(replace(context, stop=asyncio.Event()), system.source(), full=True))
    [state] = sources.states(context.database)
    assert (state.complete, [(gap.cause, gap.count) for gap in state.gaps]) == (False, [("unexplained", -1)])
    take_census(context, system)
    [state] = sources.states(context.database)
    assert (state.complete, state.gaps) == (True, ())


def test_missing_tickets_are_pulled(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3)
    run_pull(context, system)
    system.tickets["silent"] = ticket("silent")
    run = take_census(context, system)
    assert run.counts.new == 1
    assert "silent" in existing_ids(context)


def test_a_ticket_that_comes_back_is_no_longer_deleted(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3)
    run_pull(context, system)
    lost = system.tickets.pop("1")
    take_census(context, system)
    system.tickets["1"] = lost
    run = take_census(context, system)
    assert run.counts.restored == 1
    assert existing_ids(context) == set(system.tickets)
    [state] = sources.states(context.database)
    assert (state.tickets, state.deleted) == (3, 0)


def test_a_withdrawn_right_is_not_taken_for_a_deletion(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(250, page_size=100)
    run_pull(context, system)
    system.tickets = {"1": system.tickets["1"]}
    run = take_census(context, system)
    assert run.counts.deleted == 0
    assert len(existing_ids(context)) == 250
    [state] = sources.states(context.database)
    assert (state.complete, state.gaps[0].cause, state.gaps[0].count) == (False, "too_many_gone", 249)


def test_an_account_that_is_rejected_marks_nothing(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3)
    run_pull(context, system)
    system.tickets = {}
    system.check_error = WrongCredentials("401")
    assert take_census(context, system).outcome == "failed"
    assert len(existing_ids(context)) == 3


def test_a_ticket_that_cannot_be_read_is_a_gap(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3)
    run_pull(context, system)
    connector = system.connector()

    class Unreadable(connector):  # type: ignore[misc, valid-type]
        async def ids(self):  # type: ignore[no-untyped-def]
            yield [*system.tickets, "unreadable"]

    source = replace(system.source(), connector=Unreadable)
    asyncio.run(census(replace(context, stop=asyncio.Event()), source))
    [state] = sources.states(context.database)
    assert [(gap.cause, gap.count) for gap in state.gaps] == [("refused", 1)]
