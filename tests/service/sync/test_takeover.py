"""Runs that lose their source to another process, and runs that leave the event loop to others."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from service.store.database import Database
from service.store.tickets import runs, sources
from service.sync.census import census
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from tests.factory import ticket
from tests.service.sync.fake import InMemorySystem

on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def run_pull(context: SyncContext, system: InMemorySystem) -> Run:
    return asyncio.run(pull(replace(context, stop=asyncio.Event()), system.source()))


def take_over(database: Database) -> None:
    """Let another process acquire the source as if this one had been frozen until its lease expired."""
    with database.write(fenced=False) as connection:
        connection.execute(text("UPDATE lease SET fence = fence + 1, holder = 'a rival'"))


def stored(context: SyncContext) -> dict[str, Any]:
    """Return what a run leaves behind."""
    [state] = sources.states(context.database)
    checkpoint = sources.checkpoint(context.database, state.id)
    return {"tickets": state.tickets, "checkpoint": checkpoint, "succeeded": state.last_success_at is not None}


@on_postgresql
@pytest.mark.parametrize("page", [0, 2])
def test_the_late_page_of_a_run_that_was_taken_over_is_refused(
    context: SyncContext, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    system = InMemorySystem.with_tickets(10)
    left: list[dict[str, Any]] = []
    write = context.writer.write

    def write_late(connection: Any, *arguments: Any, **options: Any) -> Any:
        if len(left) == page:
            left.append(stored(context))
            take_over(context.database)
        elif len(left) < page:
            left.append({})
        return write(connection, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            type(context.writer), "write", lambda _self, *arguments, **options: write_late(*arguments, **options)
        )
        run = run_pull(context, system)
    assert (run.outcome, run.counts.new) == ("stopped", page * 3)
    assert "a rival took over 'source-fake' while this process was frozen" in str(run.reason)
    assert stored(context) == left[-1]
    [row] = runs.latest(context.database)
    assert (row["outcome"], row["new"]) == ("stopped", page * 3), "the run closes its own row all the same"


def test_a_page_that_is_rolled_back_is_not_counted(context: SyncContext, monkeypatch: pytest.MonkeyPatch) -> None:
    save, pages = runs.save_progress, iter((False, True))

    def fail_late(*arguments: Any, **options: Any) -> None:
        save(*arguments, **options)
        if next(pages):
            raise OverflowError("no space left on the device")

    monkeypatch.setattr(runs, "save_progress", fail_late)
    run = run_pull(context, InMemorySystem.with_tickets(10))
    assert (run.outcome, run.counts.read, run.counts.new) == ("failed", 3, 3)
    [row] = runs.latest(context.database)
    assert row["new"] == stored(context)["tickets"] == 3


@contextmanager
def statements_in_event_loops() -> Iterator[list[str]]:
    """Collect the statements that are executed in the thread of a running event loop."""
    statements: list[str] = []

    def collect(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", collect)


def test_runs_leave_the_event_loop_to_others(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(7, hidden=1)
    with statements_in_event_loops() as statements:
        run_pull(context, system)
    assert statements == []
    assert context.database.check()


def test_a_census_leaves_the_event_loop_to_others(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(7)
    run_pull(context, system)
    del system.tickets["3"]
    system.tickets["8"] = ticket("8")
    with statements_in_event_loops() as statements:
        run = asyncio.run(census(replace(context, stop=asyncio.Event()), system.source()))
    assert (run.outcome, run.counts.deleted, run.counts.new) == ("done", 1, 1)
    assert statements == []
