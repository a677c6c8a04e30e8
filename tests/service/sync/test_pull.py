import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
import structlog

from connectors.errors import BudgetSpent, Unavailable, WrongCredentials
from connectors.model import Refusal
from service.store.tickets import reader, runs, sources
from service.store.tickets.reader import StoredTicket
from service.sync.pull import pull
from service.sync.run import MOST_EXPECTED, Run, SyncContext
from service.sync.source import ConfiguredSource
from tests.factory import START, at, moved, ticket
from tests.service.sync.fake import InMemorySystem


def run_pull(context: SyncContext, source: ConfiguredSource, **options: object) -> Run:
    return asyncio.run(pull(replace(context, stop=asyncio.Event()), source, **options))  # type: ignore[arg-type]


def read_tickets(context: SyncContext) -> dict[str, StoredTicket]:
    rows = list(chain.from_iterable(reader.read_all(context.database)))
    assert len(rows) == len({row.ticket.id for row in rows}), "a ticket is stored twice"
    return {row.ticket.id: row for row in rows}


def test_everything_arrives_and_a_second_pull_writes_nothing(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(10)
    first = run_pull(context, system.source())
    assert (first.outcome, first.counts.new, first.counts.read) == ("done", 10, 10)
    second = run_pull(context, system.source())
    assert (second.counts.new, second.counts.changed, second.counts.unchanged) == (0, 0, 1)
    assert set(read_tickets(context)) == set(system.tickets)
    assert system.closed == 3, "the first run opens a connector to pull and one to count, the second only the first"


def test_the_source_is_complete_when_its_count_agrees(context: SyncContext) -> None:
    run_pull(context, InMemorySystem.with_tickets(4).source())
    [state] = sources.states(context.database)
    assert (state.complete, state.gaps, state.tickets) == (True, (), 4)
    assert state.last_success_at is not None


def test_what_changed_is_written_once_and_history_is_replaced(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(5)
    run_pull(context, system.source())
    changes = (moved(1, "New", "Active"), moved(2, "Active", "Resolved"))
    system.touch("2", transitions=changes, status="Resolved", status_category="resolved", key="NET-7")
    run = run_pull(context, system.source())
    assert (run.counts.new, run.counts.changed) == (0, 1)
    system.touch("2", transitions=(*changes, moved(3, "Resolved", "Active")))
    run_pull(context, system.source())
    again = read_tickets(context)["2"].ticket
    assert [change.new for change in again.transitions] == ["Active", "Resolved", "Active"]
    assert again.key == "NET-7"


def test_an_older_version_never_replaces_a_newer_one(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(1)
    system.touch("0", title="new")
    run_pull(context, system.source())
    system.tickets["0"] = system.tickets["0"].model_copy(update={"title": "old", "updated_at": at(0.99)})
    run = run_pull(context, system.source())
    assert (run.counts.read, run.counts.unchanged) == (1, 1)
    assert read_tickets(context)["0"].ticket.title == "new"
    assert run_pull(context, system.source(), full=True).counts.changed == 1, (
        "a full pull takes the version of the source"
    )
    assert read_tickets(context)["0"].ticket.title == "old"


def test_a_ticket_indexed_late_is_found_within_the_overlap(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3)
    run_pull(context, system.source())
    newest = max(stored.updated_at for stored in system.tickets.values())
    system.tickets["late"] = ticket("late", updated_at=newest - timedelta(minutes=9))
    assert run_pull(context, system.source()).counts.new == 1


@pytest.mark.parametrize("page", range(4))
def test_a_run_that_dies_goes_on_where_it_ended(context: SyncContext, page: int) -> None:
    system = InMemorySystem.with_tickets(10)

    def die(number: int) -> None:
        if number == page:
            raise Unavailable("the system is down")

    system.on_page = die
    first = run_pull(context, system.source())
    assert (first.outcome, first.counts.new) == ("failed", page * 3)
    assert first.remedy == Unavailable.remedy
    system.on_page = lambda _number: None
    second = run_pull(context, system.source())
    assert second.counts.new == 10 - page * 3
    assert set(read_tickets(context)) == set(system.tickets)


def test_a_spent_budget_is_not_a_failure_and_the_next_run_goes_on(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(9)

    def spend(number: int) -> None:
        if number == 2:
            raise BudgetSpent("the budget of 2 requests is spent")

    system.on_page = spend
    assert run_pull(context, system.source()).outcome == "budget"
    system.on_page = lambda _number: spend(2)
    nothing = run_pull(context, system.source())
    assert (nothing.outcome, nothing.remedy) == ("failed", "Raise REQUEST_BUDGET.")
    [state] = sources.states(context.database)
    assert (state.complete, state.last_success_at) == (None, None)


def test_an_unexpected_error_ends_its_own_source_alone(context: SyncContext) -> None:
    broken = InMemorySystem.with_tickets(1)
    nothing: dict[int, None] = {}
    broken.on_page = nothing.__getitem__
    well = InMemorySystem.with_tickets(2)

    async def both() -> tuple[Run, Run]:
        stoppable = replace(context, stop=asyncio.Event())
        return await asyncio.gather(pull(stoppable, broken.source("a")), pull(stoppable, well.source("b")))

    bad, good = asyncio.run(both())
    assert (bad.outcome, good.outcome) == ("failed", "done")
    assert "KeyError" in str(bad.reason)


def test_asking_to_stop_commits_the_page_in_progress(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(30)

    async def stopped() -> Run:
        stoppable = replace(context, stop=asyncio.Event())
        stoppable = replace(stoppable, on_page=lambda _source, _page: stoppable.stop.set())
        return await pull(stoppable, system.source())

    run = asyncio.run(stopped())
    assert (run.outcome, run.counts.new) == ("stopped", 3)
    assert len(read_tickets(context)) == 3
    run_pull(context, system.source())
    assert len(read_tickets(context)) == 30


def test_refused_records_are_counted_and_stored_with_their_reason(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(2, refused=(Refusal(place="INC9", reason="no opened_at"),))
    run = run_pull(context, system.source())
    assert run.counts.refused == 1
    assert run.id is not None
    assert runs.refusals(context.database, run.id) == list(system.refused)


def test_full_reads_all_again_and_writes_only_what_differs(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(7)
    run_pull(context, system.source())
    silent = system.tickets["1"].model_copy(update={"title": "changed without a new update time"})
    system.tickets["1"] = silent
    run = run_pull(context, system.source(), full=True)
    assert (run.counts.read, run.counts.changed, run.counts.unchanged) == (7, 1, 6)


def test_since_later_than_the_reach_leaves_the_checkpoint_alone(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(6)
    run_pull(context, system.source())
    [state] = sources.states(context.database)
    before = sources.checkpoint(context.database, state.id)
    run = run_pull(context, system.source(), since=at(4))
    assert run.counts.read == 2
    assert sources.checkpoint(context.database, state.id) == before


def test_since_earlier_than_the_reach_extends_it(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(2)
    system.tickets["old"] = ticket("old", updated_at=START - timedelta(days=9))
    run_pull(context, system.source())
    assert "old" not in read_tickets(context)
    run_pull(context, system.source(), since=START - timedelta(days=30))
    assert "old" in read_tickets(context)
    [state] = sources.states(context.database)
    assert state.reach == START - timedelta(days=30)
    assert state.complete


def test_hidden_tickets_are_reported_as_a_gap_by_the_first_pull(context: SyncContext) -> None:
    run_pull(context, InMemorySystem.with_tickets(5, hidden=2).source())
    [state] = sources.states(context.database)
    assert state.complete is False
    assert [(gap.cause, gap.count) for gap in state.gaps] == [("invisible", 2)]
    run_pull(context, InMemorySystem.with_tickets(5, hidden=2).source())
    [again] = sources.states(context.database)
    assert again.gaps == state.gaps


def test_a_source_that_cannot_count_is_reconciled_by_its_ids(context: SyncContext) -> None:
    run_pull(context, InMemorySystem.with_tickets(5, counts=False).source())
    [state] = sources.states(context.database)
    assert (state.complete, state.gaps) == (True, ())
    assert state.reconciled_at is not None


def test_a_lost_login_is_reported_with_its_remedy(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3, hidden=1, check_error=WrongCredentials("GET /myself: 401"))
    run = run_pull(context, system.source())
    assert (run.outcome, run.reason, run.remedy) == ("failed", "GET /myself: 401", WrongCredentials.remedy)
    assert run.fault == runs.CREDENTIALS


def test_the_log_of_a_failed_run_names_reason_and_remedy(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3)

    def fail(_number: int) -> None:
        raise Unavailable("the system is down")

    system.on_page = fail
    with structlog.testing.capture_logs() as entries:
        run_pull(context, system.source())
    assert [entry["event"] for entry in entries] == ["run started", "run ended"]
    ended = entries[-1]
    assert (ended["outcome"], ended["reason"], ended["remedy"]) == ("failed", "the system is down", Unavailable.remedy)
    assert ended["log_level"] == "error"


def test_a_killed_run_is_recorded_by_the_next(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(2)
    source = system.source()
    state = sources.register(context.database, source.name, "fake", START)
    killed = runs.begin(context.database, state.id, "sync", START)
    run_pull(context, source)
    outcomes = {row["id"]: row["outcome"] for row in runs.latest(context.database)}
    assert outcomes[killed] == "killed"


def test_two_runs_of_one_source_do_not_overlap(context: SyncContext) -> None:
    source = InMemorySystem.with_tickets(2).source()
    with context.database.exclusive(f"source-{source.name}"):
        run = run_pull(context, source)
    assert run.outcome == "busy"
    assert run_pull(context, source).outcome == "done"


def test_people_are_pseudonyms_in_the_store(context: SyncContext) -> None:
    system = InMemorySystem(
        {"1": ticket("1", requester="somebody", transitions=(moved(1, "New", "Active", "actor-1"),))}
    )
    run_pull(context, system.source())
    row = read_tickets(context)["1"].ticket
    assert row.requester is not None
    assert row.requester.startswith("p-")
    assert str(row.transitions[0].actor).startswith("p-")


def test_nul_characters_do_not_stop_a_page(context: SyncContext) -> None:
    texts = {"1": "a\x00b", "2": "written as \\u0000 it is text", "3": "\\\\u0000\x00"}
    system = InMemorySystem({id_: ticket(id_, title=text) for id_, text in texts.items()})
    run_pull(context, system.source())
    assert {id_: row.ticket.title for id_, row in read_tickets(context).items()} == {
        id_: text.replace("\x00", " ") for id_, text in texts.items()
    }
    assert run_pull(context, system.source(), full=True).counts.unchanged == 3


def test_odd_values_of_any_connector_cost_their_fields(context: SyncContext) -> None:
    year_9999 = datetime(9999, 12, 31, tzinfo=UTC)
    system = InMemorySystem(
        {
            "1": ticket("1", closed_at=year_9999, reopen_count=2**40).model_copy(update={"title": "half \ud83d"}),
            "2": ticket("2", opened_at=year_9999, updated_at=at(1)),
            "3 ": ticket("3 ", team="Desk\0", updated_at=at(2)),
        },
        refused=(Refusal(place="\0", reason="odd"),),
    )
    run = run_pull(context, system.source())
    assert (run.outcome, run.counts.new, run.counts.refused, run.taken) == ("done", 2, 2, 2)
    assert {kind.field for kind in run.left_out} == {"closed_at", "reopen_count", "title", "id", "key", "team"}
    stored = read_tickets(context)
    assert {id_: row.ticket.title for id_, row in stored.items()} == {
        "1": "half \ufffd",
        "3": "Printer 3  does not print",
    }
    assert (stored["1"].ticket.closed_at, stored["1"].ticket.reopen_count) == (None, None)
    [state] = sources.states(context.database)
    assert state.deleted == 0


def test_pulled_tickets_stay_when_the_comparison_fails(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3, hidden=1, check_error=Unavailable("a file is cut"))
    run = run_pull(context, system.source())
    assert (run.outcome, run.counts.new) == ("done", 3)
    [state] = sources.states(context.database)
    assert (state.complete, "a file is cut" in state.gaps[0].text) == (False, True)


def test_a_pull_that_goes_on_says_how_far_it_is(context: SyncContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.sync.progress.SECONDS_BETWEEN_LINES", 0.01)
    system = InMemorySystem.with_tickets(9)
    system.on_page = lambda _number: time.sleep(0.05)
    with structlog.testing.capture_logs() as entries:
        run_pull(context, system.source())
    lines = [entry for entry in entries if entry["event"] == "pull goes on"]
    assert {line["read"] for line in lines} <= {0, 3, 6, 9}
    assert {line["expected"] for line in lines if line["read"]} == {9}
    assert all(line["seconds_left"] is not None and line["per_second"] for line in lines if line["read"])
    assert runs.latest(context.database)[0]["expected"] == 9


def test_a_count_beyond_all_bounds_stops_no_pull(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3, announced=10**30)
    assert run_pull(context, system.source()).outcome == "done"
    assert runs.latest(context.database)[0]["expected"] == MOST_EXPECTED
