import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest
import time_machine

from connectors.errors import WrongCredentials
from connectors.model import NAME_LENGTH, Count
from service.store.tickets import reader, sources
from service.store.tickets.census import UNSEEN
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


def test_many_tickets_at_once_are_marked_at_the_second_look(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(90, page_size=30)
    run_pull(context, system)
    system.tickets = {}
    with time_machine.travel("2026-11-26T14:30:00Z", tick=False) as clock:
        assert take_census(context, system).counts.deleted == 0
        [state] = sources.states(context.database)
        assert (state.complete, state.tickets, state.deleted) == (False, 90, 0)
        [gap] = state.gaps
        assert (gap.cause, gap.count) == ("too_many_gone", 90)
        assert gap.text.startswith("90 of 90 tickets can no longer be seen. They are not marked as deleted yet")
        assert "after 2026-11-26 15:30 UTC" in gap.text
        clock.shift(timedelta(minutes=59))
        assert take_census(context, system).counts.deleted == 0, "an hour has not passed"
        clock.shift(timedelta(minutes=1))
        assert take_census(context, system).counts.deleted == 90
    [state] = sources.states(context.database)
    assert (state.complete, state.gaps, state.deleted) == (True, (), 90)
    with context.database.read() as connection:
        assert connection.execute(UNSEEN.select()).all() == []


def test_a_second_look_marks_only_what_the_first_missed_as_well(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(90, page_size=30)
    run_pull(context, system)
    lost = {str(number): system.tickets.pop(str(number)) for number in range(30)}
    with time_machine.travel("2026-11-26T14:30:00Z", tick=False) as clock:
        take_census(context, system)
        system.tickets["0"] = lost["0"]
        del system.tickets["50"]
        clock.shift(timedelta(hours=2))
        assert take_census(context, system).counts.deleted == 29
        assert existing_ids(context) == {*system.tickets, "50"}
        [state] = sources.states(context.database)
        assert [(gap.cause, gap.count) for gap in state.gaps] == [("too_many_gone", 1)]
        del system.tickets["0"]
        assert take_census(context, system).counts.deleted == 2, "two of 61 need no second look"
    assert existing_ids(context) == set(system.tickets)


def test_a_ticket_that_was_seen_in_between_needs_a_second_look_again(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(90, page_size=30)
    run_pull(context, system)
    everything = system.tickets
    with time_machine.travel("2026-11-26T14:30:00Z", tick=False) as clock:
        for tickets in ({}, everything, {}):
            system.tickets = tickets
            assert take_census(context, system).counts.deleted == 0
            clock.shift(timedelta(hours=2))


@pytest.mark.parametrize(
    ("tickets", "gone", "marked"), [(10, 10, 10), (11, 11, 0), (90, 10, 10), (90, 11, 0), (200, 20, 20), (200, 21, 0)]
)
def test_a_census_marks_a_tenth_of_a_source_or_ten_tickets_at_once(
    context: SyncContext, tickets: int, gone: int, marked: int
) -> None:
    system = InMemorySystem.with_tickets(tickets, page_size=100)
    run_pull(context, system)
    for number in range(gone):
        del system.tickets[str(number)]
    assert take_census(context, system).counts.deleted == marked


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
    assert state.gaps[0].text.startswith("1 ticket exists and could not be read")


def test_an_id_that_is_too_long_is_a_gap_and_stops_nothing(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3)
    run_pull(context, system)
    del system.tickets["2"]
    connector = system.connector()

    class Endless(connector):  # type: ignore[misc, valid-type]
        async def ids(self):  # type: ignore[no-untyped-def]
            yield [*system.tickets, "a" * (NAME_LENGTH + 1)]

        async def count(self):  # type: ignore[no-untyped-def]
            return Count(tickets=3)

    source = replace(system.source(), connector=Endless)
    run = asyncio.run(census(replace(context, stop=asyncio.Event()), source))
    assert (run.outcome, run.counts.deleted) == ("done", 1)
    [state] = sources.states(context.database)
    assert [(gap.cause, gap.count) for gap in state.gaps] == [("refused", 1)]
