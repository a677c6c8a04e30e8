import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest

from connectors.errors import BudgetSpent, Unavailable, WrongCredentials
from connectors.model import Refusal
from service.store.tickets import reader, runs, sources
from service.store.tickets.reader import StoredTicket
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource
from tests.factory import START, at, moved, ticket
from tests.service.sync.fake import FakeSystem


def pulled(workplace: SyncContext, source: ConfiguredSource, **options: object) -> Run:
    return asyncio.run(pull(replace(workplace, stop=asyncio.Event()), source, **options))  # type: ignore[arg-type]


def stored(workplace: SyncContext) -> dict[str, StoredTicket]:
    found = list(chain.from_iterable(reader.read_all(workplace.database)))
    assert len(found) == len({one.ticket.id for one in found}), "a ticket is stored twice"
    return {one.ticket.id: one for one in found}


def test_everything_arrives_and_a_second_pull_writes_nothing(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(10)
    first = pulled(workplace, system.source())
    assert (first.outcome, first.counts.new, first.counts.read) == ("done", 10, 10)
    second = pulled(workplace, system.source())
    assert (second.counts.new, second.counts.changed, second.counts.unchanged) == (0, 0, 1)
    assert set(stored(workplace)) == set(system.tickets)
    assert system.closed == 3, "the first run opens a connector to pull and one to count, the second only the first"


def test_the_source_is_complete_when_its_count_agrees(workplace: SyncContext) -> None:
    pulled(workplace, FakeSystem.with_tickets(4).source())
    [state] = sources.states(workplace.database)
    assert (state.complete, state.gaps, state.tickets) == (True, (), 4)
    assert state.last_success_at is not None


def test_what_changed_is_written_once_and_history_is_replaced(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(5)
    pulled(workplace, system.source())
    changes = (moved(1, "New", "Active"), moved(2, "Active", "Resolved"))
    system.touch("2", transitions=changes, status="Resolved", status_category="resolved", key="NET-7")
    run = pulled(workplace, system.source())
    assert (run.counts.new, run.counts.changed) == (0, 1)
    system.touch("2", transitions=(*changes, moved(3, "Resolved", "Active")))
    pulled(workplace, system.source())
    again = stored(workplace)["2"].ticket
    assert [change.new for change in again.transitions] == ["Active", "Resolved", "Active"]
    assert again.key == "NET-7"


def test_an_older_version_never_replaces_a_newer_one(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(1)
    system.touch("0", title="new")
    pulled(workplace, system.source())
    system.tickets["0"] = system.tickets["0"].model_copy(update={"title": "old", "updated_at": at(0.99)})
    run = pulled(workplace, system.source())
    assert (run.counts.read, run.counts.unchanged) == (1, 1)
    assert stored(workplace)["0"].ticket.title == "new"
    assert pulled(workplace, system.source(), full=True).counts.changed == 1, (
        "asked for anew, the source has the last word"
    )
    assert stored(workplace)["0"].ticket.title == "old"


def test_a_ticket_indexed_late_is_found_within_the_overlap(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3)
    pulled(workplace, system.source())
    newest = max(one.updated_at for one in system.tickets.values())
    system.tickets["late"] = ticket("late", updated_at=newest - timedelta(minutes=9))
    assert pulled(workplace, system.source()).counts.new == 1


@pytest.mark.parametrize("page", range(4))
def test_a_run_that_dies_goes_on_where_it_ended(workplace: SyncContext, page: int) -> None:
    system = FakeSystem.with_tickets(10)

    def die(number: int) -> None:
        if number == page:
            raise Unavailable("the system is down")

    system.on_page = die
    first = pulled(workplace, system.source())
    assert (first.outcome, first.counts.new) == ("failed", page * 3)
    assert first.remedy == Unavailable.remedy
    system.on_page = lambda _number: None
    second = pulled(workplace, system.source())
    assert second.counts.new == 10 - page * 3
    assert set(stored(workplace)) == set(system.tickets)


def test_a_spent_budget_is_no_failure_and_the_next_run_goes_on(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(9)

    def spend(number: int) -> None:
        if number == 2:
            raise BudgetSpent("the budget of 2 requests is spent")

    system.on_page = spend
    assert pulled(workplace, system.source()).outcome == "budget"
    system.on_page = lambda _number: spend(2)
    nothing = pulled(workplace, system.source())
    assert (nothing.outcome, nothing.remedy) == ("failed", "Raise REQUEST_BUDGET.")
    [state] = sources.states(workplace.database)
    assert (state.complete, state.last_success_at) == (None, None)


def test_an_unexpected_error_ends_its_own_source_alone(workplace: SyncContext) -> None:
    broken = FakeSystem.with_tickets(1)
    nothing: dict[int, None] = {}
    broken.on_page = nothing.__getitem__
    well = FakeSystem.with_tickets(2)

    async def both() -> tuple[Run, Run]:
        place = replace(workplace, stop=asyncio.Event())
        return await asyncio.gather(pull(place, broken.source("a")), pull(place, well.source("b")))

    bad, good = asyncio.run(both())
    assert (bad.outcome, good.outcome) == ("failed", "done")
    assert "KeyError" in str(bad.reason)


def test_asking_to_stop_commits_the_page_under_way(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(30)

    async def stopped() -> Run:
        place = replace(workplace, stop=asyncio.Event())
        place = replace(place, watch=lambda _source, _page: place.stop.set())
        return await pull(place, system.source())

    run = asyncio.run(stopped())
    assert (run.outcome, run.counts.new) == ("stopped", 3)
    assert len(stored(workplace)) == 3
    pulled(workplace, system.source())
    assert len(stored(workplace)) == 30


def test_refused_records_are_counted_and_kept_with_their_reason(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(2, refused=(Refusal(place="INC9", reason="no opened_at"),))
    run = pulled(workplace, system.source())
    assert run.counts.refused == 1
    assert run.id is not None
    assert runs.refusals(workplace.database, run.id) == list(system.refused)


def test_full_reads_all_again_and_writes_only_what_differs(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(7)
    pulled(workplace, system.source())
    silent = system.tickets["1"].model_copy(update={"title": "changed without a new update time"})
    system.tickets["1"] = silent
    run = pulled(workplace, system.source(), full=True)
    assert (run.counts.read, run.counts.changed, run.counts.unchanged) == (7, 1, 6)


def test_since_later_than_the_reach_leaves_the_checkpoint_alone(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(6)
    pulled(workplace, system.source())
    [state] = sources.states(workplace.database)
    before = sources.checkpoint(workplace.database, state.id)
    run = pulled(workplace, system.source(), since=at(4))
    assert run.counts.read == 2
    assert sources.checkpoint(workplace.database, state.id) == before


def test_since_earlier_than_the_reach_extends_it(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(2)
    system.tickets["old"] = ticket("old", updated_at=START - timedelta(days=9))
    pulled(workplace, system.source())
    assert "old" not in stored(workplace)
    pulled(workplace, system.source(), since=START - timedelta(days=30))
    assert "old" in stored(workplace)
    [state] = sources.states(workplace.database)
    assert state.reach == START - timedelta(days=30)
    assert state.complete


def test_hidden_tickets_are_reported_as_a_gap_by_the_first_pull(workplace: SyncContext) -> None:
    pulled(workplace, FakeSystem.with_tickets(5, hidden=2).source())
    [state] = sources.states(workplace.database)
    assert state.complete is False
    assert [(gap.cause, gap.count) for gap in state.gaps] == [("invisible", 2)]
    pulled(workplace, FakeSystem.with_tickets(5, hidden=2).source())
    [again] = sources.states(workplace.database)
    assert again.gaps == state.gaps


def test_a_source_that_cannot_count_is_reconciled_by_its_ids(workplace: SyncContext) -> None:
    pulled(workplace, FakeSystem.with_tickets(5, counts=False).source())
    [state] = sources.states(workplace.database)
    assert (state.complete, state.gaps) == (True, ())
    assert state.reconciled_at is not None


def test_a_lost_login_is_told_with_its_remedy(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3, hidden=1, check_error=WrongCredentials("GET /myself: 401"))
    run = pulled(workplace, system.source())
    assert (run.outcome, run.reason, run.remedy) == ("failed", "GET /myself: 401", WrongCredentials.remedy)


def test_a_killed_run_is_told_by_the_next(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(2)
    source = system.source()
    state = sources.register(workplace.database, source.name, "fake", START)
    killed = runs.begin(workplace.database, state.id, "sync", START)
    pulled(workplace, source)
    outcomes = {row["id"]: row["outcome"] for row in runs.latest(workplace.database)}
    assert outcomes[killed] == "killed"


def test_two_runs_of_one_source_do_not_overlap(workplace: SyncContext) -> None:
    source = FakeSystem.with_tickets(2).source()
    with workplace.database.exclusive(f"source-{source.name}"):
        run = pulled(workplace, source)
    assert run.outcome == "busy"
    assert pulled(workplace, source).outcome == "done"


def test_people_are_pseudonyms_in_the_store(workplace: SyncContext) -> None:
    system = FakeSystem({"1": ticket("1", requester="somebody", transitions=(moved(1, "New", "Active", "actor-1"),))})
    pulled(workplace, system.source())
    one = stored(workplace)["1"].ticket
    assert one.requester is not None
    assert one.requester.startswith("p-")
    assert str(one.transitions[0].actor).startswith("p-")


def test_nul_characters_do_not_stop_a_page(workplace: SyncContext) -> None:
    texts = {"1": "a\x00b", "2": "written as \\u0000 it is text", "3": "\\\\u0000\x00"}
    system = FakeSystem({id_: ticket(id_, title=text) for id_, text in texts.items()})
    pulled(workplace, system.source())
    assert {id_: one.ticket.title for id_, one in stored(workplace).items()} == {
        id_: text.replace("\x00", "") for id_, text in texts.items()
    }
    assert pulled(workplace, system.source(), full=True).counts.unchanged == 3


def test_what_was_pulled_stays_where_the_comparison_fails(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3, hidden=1, check_error=Unavailable("a file is cut"))
    run = pulled(workplace, system.source())
    assert (run.outcome, run.counts.new) == ("done", 3)
    [state] = sources.states(workplace.database)
    assert (state.complete, "a file is cut" in state.gaps[0].text) == (False, True)
